// Going from step to step, and marking them, without loading the page again.
import { all, byId, on, one, seen } from './dom.js';
import { dropDraft } from './drafts.js';
import { bind } from './keys.js';
import { put } from './outbox.js';
import { here } from './presence.js';
import { commit, unfilled } from './prompts.js';
import { reserve } from './hints.js';
import { focus, keyOf } from './controls.js';
import { toast } from './toast.js';
import { may, path, runner, session } from './variables.js';
import { words } from './words.js';

/** The step that is shown. */
export const current = () => one('.step:not([hidden])');

/** Every step of the rail, in order. */
export const rail = () => all('.rail-step');

export const titleOf = (id) => one('.rail-title', byId(`rail-${id}`) ?? runner)?.textContent ?? id;

/** Shows the step that is marked as current; after a merge the rail does not know. */
export function sync() {
  const id = current()?.dataset.step;
  for (const row of rail()) {
    const link = one('a', row);
    if (row.dataset.step === id) link?.setAttribute('aria-current', 'step');
    else link?.removeAttribute('aria-current');
  }
  const toggle = one('.rail-toggle');
  if (toggle) toggle.textContent = words.position(rail().findIndex((row) => row.dataset.step === id) + 1, rail().length);
}

/**
 * Shows a step.
 * @param {string} id
 * @param {{push?: boolean, focus?: boolean}} [how]
 */
export function showStep(id, { push = true, focus = true } = {}) {
  const step = byId(`step-${id}`);
  if (!step) return false;
  const from = current();
  if (from === step) return true;
  if (document.activeElement?.closest('.step') === from) document.activeElement.blur();
  for (const other of all('.step')) other.hidden = other !== step;
  runner.dataset.step = id;
  for (const field of all('form input[name=step]')) field.value = id;
  sync();
  if (push) history.pushState(null, '', `?step=${encodeURIComponent(id)}`);
  const title = one('.step-title', step);
  title?.setAttribute('tabindex', '-1');
  if (focus) title?.focus({ preventScroll: true });
  byId('main').scrollTop = 0;
  if (step.getBoundingClientRect().top < 0) step.scrollIntoView({ block: 'start' });
  byId('rail')?.classList.remove('open');
  one('.rail-toggle')?.setAttribute('aria-expanded', 'false');
  one('[aria-current=step]')?.scrollIntoView({ block: 'nearest' });
  here(id);
  reserve(step);
  return true;
}

/** Goes some steps on. */
export function go(by) {
  const all = rail();
  const to = all[all.findIndex((row) => row.dataset.step === current()?.dataset.step) + by];
  if (to) showStep(to.dataset.step);
}

/** Goes to the next or previous unfilled prompt, in this step or one beyond. */
function goToPrompt(by) {
  const rows = rail();
  let at = rows.findIndex((row) => row.dataset.step === current()?.dataset.step);
  const now = document.activeElement;
  const ahead = (prompt) => !current().contains(now) || now.matches('.step-title') ||
    now.compareDocumentPosition(prompt) & (by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING);
  const pick = (prompts) => prompts.at(by > 0 ? 0 : -1);
  const to = pick(unfilled(current()).filter(ahead));
  if (to) return focus(to);
  for (at += by; rows[at]; at += by) {
    const step = byId(`step-${rows[at].dataset.step}`);
    if (!step || !one('.hole :is(.prompt, .segment)', step)) continue;
    showStep(step.dataset.step, { focus: false });
    const to = pick(unfilled(step));
    if (to) return focus(to);
  }
}

/** Puts work on a step on its way. */
export function work(step, part, body, text, more = {}) {
  put({ session, id: `step:${step}:${part}`, label: `${titleOf(step)}, ${words.parts[part] ?? part}`, text, method: 'PUT',
    path: `${path}/steps/${encodeURIComponent(step)}`, body, ...more });
}

/** Marks the current step, moves on, and offers to undo it. */
function markStep(state, extra = {}, to) {
  const step = current();
  const id = step?.dataset.step;
  if (!id || !may('work')) return;
  for (const control of all('[data-dirty]', step)) if (keyOf(control)) commit(control);
  const row = byId(`rail-${id}`);
  const before = ['done', 'skipped'].find((state) => row?.classList.contains(state)) ?? 'open';
  if (before === state && !Object.keys(extra).length) return;
  const set = (state, extra = {}) => {
    row?.classList.remove('done', 'skipped', 'open');
    row?.classList.add(state);
    work(id, 'state', { state, ...extra }, words.states[state]);
  };
  set(state, extra);
  if (state === 'open') return;
  const rows = rail();
  const next = to ?? rows[rows.indexOf(row) + 1]?.dataset.step;
  toast(words.marked[state](titleOf(id)), { undo: () => (set(before, 'choice' in extra ? { choice: '' } : {}), showStep(id)) });
  if (next) showStep(next);
  else byId('finish-button')?.focus({ preventScroll: true });
}

/** Asks for a reason in place; the second time, or without a place to ask, it skips. */
function skip() {
  const step = current();
  const reason = step && one('[name=reason]', step);
  if (!reason || !may('work')) return markStep('skipped');
  if (!seen(reason)) {
    reveal(reason);
    return reason.focus();
  }
  const text = reason.value.trim();
  unask(reason);
  markStep('skipped', text ? { reason: text } : {});
}

const ASIDE = '.record-note, .output, .reason-row';

/** Keeps out of sight where nobody wrote yet; merging leaves that to us. */
export function tuck() {
  for (const part of all(ASIDE)) {
    part.revealed ??= false;
    part.hidden = part.matches('.blank, .reason-row') && !part.revealed && !one('textarea, input', part)?.value && !part.contains(document.activeElement);
  }
}

/** Brings where people write into sight. */
function reveal(area) {
  const part = area.closest(ASIDE);
  if (part) Object.assign(part, { revealed: true, hidden: false });
}

function unask(reason) {
  dropDraft(session, reason.dataset.draft);
  reason.value = '';
  Object.assign(reason.closest(ASIDE) ?? {}, { revealed: false, hidden: true });
}

/** Puts the focus in the step's note. */
function note() {
  const area = one('textarea.note', current());
  if (!area) return;
  for (const part of all('.step-record textarea', current())) reveal(part);
  area.focus();
}

/** Listens to everything that goes to a step or marks one. */
export function listenToSteps() {
  on('click', 'a[href*="step="]', (event, link) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const to = new URL(link.href);
    if (to.pathname !== location.pathname && to.pathname !== `/sessions/${session}`) return;
    link.closest('dialog')?.close();
    if (showStep(to.searchParams.get('step'))) event.preventDefault();
  });
  addEventListener('popstate', () => showStep(new URLSearchParams(location.search).get('step') ?? rail()[0]?.dataset.step, { push: false }));
  on('click', '.rail-toggle', (_, toggle) => toggle.setAttribute('aria-expanded', byId('rail').classList.toggle('open')));
  document.addEventListener('submit', (event) => {
    const pressed = event.submitter;
    if (!event.target.matches('.step-actions')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (pressed?.name === 'note-open') note();
    else if (pressed?.name === 'choice') markStep('done', { choice: pressed.value }, pressed.dataset.to);
    else if (pressed?.value === 'skipped') skip();
    else if (pressed?.value === 'open') markStep('open');
    else if (document.activeElement?.name === 'reason') skip();
    else markStep('done');
  }, true);
  on('keydown', '[name=reason]', (event, reason) => {
    if (event.key === 'Enter' && !event.isComposing) skip();
    else if (event.key === 'Escape') (unask(reason), one('[data-action=skip]', current())?.focus());
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  bind('j', words.keys.next, () => go(1));
  bind('k', words.keys.previous, () => go(-1));
  bind(']', words.keys.nextPrompt, () => goToPrompt(1));
  bind('[', words.keys.previousPrompt, () => goToPrompt(-1));
  // Whether the person may is asked at each key: it changes when the session is handed over.
  bind('d', words.keys.done, () => {
    // A step that branches is done by choosing.
    const choice = may('work') && one('[name=choice]', current());
    if (choice) choice.focus();
    else markStep('done');
  });
  bind('s', words.keys.skip, () => may('work') && skip());
  bind('n', words.keys.note, () => may('work') && note());
  sync();
  here(current()?.dataset.step ?? null);
}
