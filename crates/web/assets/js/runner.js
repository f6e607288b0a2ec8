// The runner: everything about one session on one page, brought together.
import { all, later, one, typing, user } from './dom.js';
import { listenToCopy, uncover } from './copy.js';
import { draftField, drafts } from './drafts.js';
import { listenToFinish } from './finish.js';
import { apply, onFragments, refetch, settleFragments, version, want } from './fragments.js';
import { hear, up, watch } from './live.js';
import { entries, isEntry, outbox, send, state, waiting } from './outbox.js';
import { offer } from './palette.js';
import { filterPanel, listenToPanel, openPanel } from './panel.js';
import { meet } from './presence.js';
import { checkConflicts, give, listenToPrompts, mirror, onSettled } from './prompts.js';
import { listenToRecords, repaintRecords } from './records.js';
import { bar, showSaveState } from './save-state.js';
import { listenToSteps, showStep, sync, titleOf, tuck } from './steps.js';
import { refresh } from './times.js';
import { say, toast } from './toast.js';
import { listenToValues } from './value-menu.js';
import { colour, holesOf, learn, may, nameOf, paint, rowOf, runner, session } from './variables.js';
import { words } from './words.js';

/** What flashes, for merging takes its classes away. */
const flashing = new Map();

/** The number of the last event that was told. */
let said = 0;

/** Shows what waits and what is being typed over what the server rendered. */
function repaintAll() {
  for (const entry of waiting(session)) if (entry.name) paint(entry.id.slice(4));
  for (const control of all('[data-dirty]')) if (control.closest('[data-var]')) mirror(control);
  repaintRecords();
}

/** Says and shows what others did. */
function tellDone(events = []) {
  for (const { number, by, name, kind, var: key, label, step } of events) {
    if (number <= said) continue;
    said = number;
    learn(by, name);
    if (by === user) continue;
    const text = words.did(kind, nameOf(by), label ?? '', step && titleOf(step));
    if (text) say(text);
    if (kind === 'variable_set') for (const node of [...holesOf(key), rowOf(key)]) flashFilled(node, by);
  }
}

/** Shows for a moment whose value it is. */
function flashFilled(node, by) {
  if (!node || flashing.has(node)) return;
  flashing.set(node, ['flashed', colour(by)]);
  setTimeout(() => (node.classList.remove(...flashing.get(node)), flashing.delete(node)), 2000);
}

/** Offers what was typed and can no longer be saved. */
function ended() {
  const lost = drafts(session).filter(([field, { text }]) => text && !field.startsWith('finish'));
  if (!['completed', 'discarded'].includes(runner.dataset.status) || !lost.length) return;
  setTimeout(settleFragments);
  for (const control of all('[data-dirty]')) control.removeAttribute('data-dirty');
  for (const [field, { text }] of lost) {
    const key = field.slice(4);
    give(field, text, field.startsWith('var:') ? (rowOf(key)?.dataset.label ?? key) : `${titleOf(field.slice(field.indexOf(':') + 1))}, ${words.parts[field.split(':')[0]]}`);
  }
}

/** While the stream is away, what happened is asked for; the answer says why it is away. */
async function catchUp() {
  const { status } = await refetch();
  if (status === 401) outbox.dispatchEvent(new CustomEvent('signed-out'));
  bar('away', status === 0 && navigator.onLine && !waiting(session).length ? words.offline(0) : '');
}

/** Other steps and fields stand on the page of another version; what is typed here is kept on the device. */
function readAnew() {
  if (typing(document.activeElement)) toast(words.newerVersion, { error: true, actions: [[words.readAnew, () => location.reload()]] });
  else location.reload();
}

/** Brings the page to life. */
export function run() {
  said = version();
  for (const listen of [listenToPrompts, listenToSteps, listenToRecords, listenToCopy, listenToPanel, listenToFinish, listenToValues]) listen();
  meet();
  showSaveState();
  repaintAll();
  tuck();
  ended();

  onFragments((batch) => {
    refresh(runner);
    sync();
    repaintAll();
    filterPanel();
    checkConflicts();
    uncover();
    tuck();
    tellDone(batch.said);
    if (batch.said?.some(({ kind }) => kind === 'version_changed')) readAnew();
    for (const [node, names] of flashing) node.classList.add(...names);
    ended();
  });
  onSettled(settleFragments);

  outbox.addEventListener('acknowledged', ({ detail: { entry, data } }) => {
    if (entry.session === session && data?.version) want(data.version, up ? 300 : 0);
  });
  let trouble = '';
  outbox.addEventListener('change', () => {
    if (trouble !== state.trouble) repaintAll();
    trouble = state.trouble;
  });
  // Changes that the server will not take leave the page as the server has it.
  outbox.addEventListener('refused', ({ detail: { entry } }) => {
    if (entry.session !== session) return;
    if (entry.name) paint(entry.id.slice(4));
    refetch(0);
  });
  addEventListener('storage', ({ key, newValue }) => {
    if (!isEntry(session, key) && !draftField(session, key)) return;
    outbox.dispatchEvent(new CustomEvent('change'));
    // Behind the other tab, or in its place where it was closed or cannot send.
    if (newValue && isEntry(session, key)) send(session);
    later('repaint', 50, () => {
      for (const row of all('.field-row')) paint(row.dataset.var);
      repaintRecords();
    });
  });

  hear('session', apply);
  hear('reset', ({ session: of }) => of === session && refetch(0));
  hear('down', catchUp);
  hear('up', () => watch({}));
  watch({ session, version, lists: true });

  hear('up', () => bar('away', ''));

  offer(() => [
    ...all('.rail-step').map((row) => ({ text: words.goTo(one('.rail-title', row).textContent), run: () => showStep(row.dataset.step) })),
    ...(may('fill') ? all('.field-row').map(({ dataset }) => ({ text: words.set(dataset.label), run: () => openPanel(dataset.var) })) : []),
  ]);

  addEventListener('beforeunload', (event) => {
    // What could not be kept on the device is lost with the page.
    if (entries(session).some((entry) => entry.volatile)) event.preventDefault();
  });
}
