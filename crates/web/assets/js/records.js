// What people write about a step: notes, output and ticked items. Saved after a while of quiet and on leaving.
import { all, button, later, local, never, on, one } from './dom.js';
import { draft, drafts, dropDraft, keepDraft } from './drafts.js';
import { outbox, waiting } from './outbox.js';
import { work } from './steps.js';
import { say } from './toast.js';
import { session } from './variables.js';
import { words } from './words.js';

const AREAS = '[data-draft]';
const recordBases = new WeakMap();
const saves = (area) => /^(note|output):/.test(area.dataset.draft);

const parts = (area) => area.dataset.draft.split(':');
const stepOf = (area) => parts(area).slice(1).join(':');
const recordVersion = (area) => Number(area.dataset.version ?? area.closest('.step')?.querySelector('textarea[data-version]')?.dataset.version ?? 0);

function beginRecord(area) {
  if (recordBases.has(area) && area.hasAttribute('data-dirty')) return;
  recordBases.set(area, area.value);
  area.dataset.seen = recordVersion(area);
}

function typedRecord(area) {
  if (!recordBases.has(area)) {
    recordBases.set(area, area.defaultValue);
    area.dataset.seen = recordVersion(area);
  }
  area.toggleAttribute('data-dirty', area.value !== recordBases.get(area));
  if (area.value === recordBases.get(area)) dropDraft(session, area.dataset.draft);
  else keepDraft(session, area.dataset.draft, { text: area.value, seen: Number(area.dataset.seen), base: recordBases.get(area) });
  if (saves(area)) later(area.dataset.draft, 800, () => saveRecord(area));
}

/** Saves a note or output, unless a question about another's text stands. */
function saveRecord(area, force) {
  never(area.dataset.draft);
  const [part] = parts(area);
  if (!saves(area) || !area.hasAttribute('data-dirty') || (area.classList.contains('bad') && !force) || !area.isConnected) return;
  const base = recordBases.get(area);
  const text = area.value;
  work(stepOf(area), part, { [part]: text, expected_version: Number(area.dataset.seen) }, text, { base, field: area.dataset.draft });
  dropDraft(session, area.dataset.draft);
  area.removeAttribute('data-dirty');
  recordBases.set(area, text);
}

/** Shows that somebody else wrote too, with both texts. */
function showBoth(area, theirs, version, by) {
  one(`rf-note[data-for="${area.id}"]`)?.remove();
  const settle = (text) => () => {
    note.remove();
    area.classList.remove('bad');
    Object.assign(area.dataset, { seen: version, version });
    recordBases.set(area, theirs);
    area.value = text();
    area.toggleAttribute('data-dirty', area.value !== theirs);
    if (area.value === theirs) dropDraft(session, area.dataset.draft);
    saveRecord(area, true);
    area.focus();
  };
  const choice = (label, text) => button(label, settle(text), { class: 'button small' });
  const pre = document.createElement('pre');
  pre.append(theirs);
  pre.dir = 'auto';
  const note = local({ class: 'conflict', role: 'alert', 'data-for': area.id }, by, pre,
    choice(words.useTheirs, () => theirs), ' ', choice(words.keepMine, () => area.value), ' ',
    choice(words.keepBoth, () => `${theirs}\n${area.value}`));
  area.classList.add('bad');
  area.after(note);
  say(by);
}

/** Brings a kept text back into its area. */
export function bringRecordBack(area) {
  const kept = draft(session, area.dataset.draft);
  if (!kept || document.activeElement === area) return;
  const standing = area.value;
  recordBases.set(area, kept.base ?? standing);
  area.dataset.seen = kept.seen ?? recordVersion(area);
  area.value = kept.text;
  area.setAttribute('data-dirty', '');
  const output = area.closest('details');
  if (output) output.open = true;
  if (!saves(area)) return;
  if (recordVersion(area) > kept.seen && standing !== kept.base) showBoth(area, standing, recordVersion(area), words.otherText);
  else later(area.dataset.draft, 800, () => saveRecord(area));
}

/** Shows what waits to be saved over what the server's rendering says. */
export function repaintRecords() {
  const known = new Map(waiting(session).map((entry) => [entry.id, entry]));
  for (const area of all(AREAS)) {
    const waits = known.get(`step:${stepOf(area)}:${parts(area)[0]}`);
    if (waits && !area.hasAttribute('data-dirty') && document.activeElement !== area) area.value = waits.text;
    area.classList.toggle('saving', !!waits);
  }
  for (const box of all('.task-box')) {
    const waits = known.get(`step:${box.closest('.step')?.dataset.step}:check ${box.dataset.task}`);
    if (waits) box.checked = waits.body.checks[box.dataset.task];
  }
}

/** Listens to everything that is written about a step. */
export function listenToRecords() {
  on('focusin', AREAS, (_, area) => beginRecord(area));
  on('input', AREAS, (_, area) => typedRecord(area));
  on('focusout', AREAS, (_, area) => setTimeout(() => document.activeElement !== area && saveRecord(area)));
  // Before the keys of the page, of which this one finishes.
  document.addEventListener('keydown', (event) => {
    const area = event.target;
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !area.matches('textarea[data-draft]') || area.closest('dialog')) return;
    saveRecord(area);
    event.preventDefault();
    event.stopPropagation();
  }, true);
  on('change', '.task-box', (_, box) => {
    const item = box.dataset.task;
    work(box.closest('.step').dataset.step, `check ${item}`, { checks: { [item]: box.checked } }, words.ticked(box.checked));
  });
  outbox.addEventListener('acknowledged', ({ detail: { entry, data, latest } }) => {
    const area = entry.field && one(`[data-draft="${CSS.escape(entry.field)}"]`);
    if (entry.session !== session || !area || !data?.step) return;
    Object.assign(area.dataset, { seen: data.step.version, version: data.step.version });
    if (latest && !area.hasAttribute('data-dirty')) area.defaultValue = entry.text;
  });
  const back = ({ detail: { entry, current, why } }) => {
    const area = entry.field && one(`[data-draft="${CSS.escape(entry.field)}"]`);
    if (entry.session !== session || !area || !entry.id.startsWith('step:')) return;
    if (!area.hasAttribute('data-dirty')) area.value = entry.text;
    area.setAttribute('data-dirty', '');
    if (current) showBoth(area, current[parts(area)[0]] ?? '', current.version, words.otherText);
    else {
      area.classList.add('bad');
      area.after(local({ class: 'prompt-error', role: 'alert', 'data-for': area.id }, why));
    }
  };
  outbox.addEventListener('conflict', back);
  outbox.addEventListener('invalid', back);
  on('input', '.bad[data-draft]', (_, area) => {
    const error = one(`rf-note.prompt-error[data-for="${area.id}"]`);
    if (error) (error.remove(), area.classList.remove('bad'));
  });
  if (drafts(session).length) all(AREAS).forEach(bringRecordBack);
  repaintRecords();
}
