// The server's rendering, merged into the page without touching what somebody is using.
import { all, byId, later, one } from './dom.js';
import { openFor } from './popover.js';
import { call, parse } from './request.js';
import { inUse, runner, session } from './variables.js';

/** @type {Map<string, {html: string, version: number, held: boolean}>} what could not be merged whole, by id */
const deferred = new Map();
const mergeListeners = new Set();

/** Runs after each batch that was merged. */
export const onFragments = (run) => mergeListeners.add(run);

/** The version that the page shows. */
export const version = () => Number(runner.dataset.version);

/** Merges a batch of the server: `{version, status, fragments: [{id, html}], said}`. */
export function apply(batch) {
  if (batch.session && batch.session !== session) return;
  keepingFocus(() => {
    for (const { id, html } of batch.fragments ?? []) placeFragment(id, html);
  });
  runner.dataset.version = Math.max(version(), batch.version ?? 0);
  if (batch.status) runner.dataset.status = batch.status;
  if (typeof batch.may === 'string') runner.dataset.may = batch.may;
  for (const run of mergeListeners) run(batch);
}

/** Merges what was skipped, once nobody is busy there. */
export function settleFragments() {
  if (!deferred.size) return;
  keepingFocus(() => {
    for (const [id, { html }] of [...deferred]) placeFragment(id, html, false);
  });
  for (const run of mergeListeners) run({});
}

const fragmentVersion = (root) => Number(root.dataset.fragment ?? root.dataset.version ?? 0);

function placeFragment(id, html, again = true) {
  const standing = byId(id);
  const fresh = parse(html).body.firstElementChild;
  if (!standing || !fresh) return;
  const newest = fragmentVersion(fresh);
  if (newest < fragmentVersion(standing) || newest < (deferred.get(id)?.version ?? 0)) return;
  deferred.delete(id);
  const held = selected(standing);
  let skipped = held;
  try {
    if (!held) Idiomorph.morph(standing, fresh, { morphStyle: 'outerHTML', restoreFocus: false, callbacks: guard(() => (skipped = true)) });
  } catch (error) {
    // The other pieces are merged all the same, and this one soon.
    console.error(error);
    skipped = true;
    if (again) later('merge', 500, settleFragments);
  }
  if (skipped) deferred.set(id, { html, version: newest, held });
}

/** Whether the person has selected text in an element. */
const selected = (element) => {
  const selection = getSelection();
  return !!selection && !selection.isCollapsed && selection.containsNode(element, true) && !document.activeElement?.matches('input, textarea');
};

const UNITS = '.hole, .control, .segment, input, select, textarea';

/** What merging must leave as it is. */
function guard(skip) {
  const busy = (node) => inUse(node) || (node.dataset.var && openFor(node.dataset.var));
  return {
    beforeNodeMorphed(node, fresh) {
      if (node.nodeType !== 1) return true;
      if (node.matches('[data-local], .here')) return false;
      if (!node.matches(UNITS)) return true;
      // A value that is focused may say something new, but must not go.
      const goes = node.contains(document.activeElement) && node.matches('.hole') && !one('.value', fresh);
      if (!busy(node) && !goes) return true;
      skip();
      return false;
    },
    beforeNodeRemoved(node) {
      if (node.nodeType !== 1) return true;
      if (node.matches('[data-local]')) return false;
      if (!inUse(node)) return true;
      skip();
      return false;
    },
    beforeAttributeUpdated(name, node) {
      if (name === 'open') return false;
      if (name === 'hidden') return !node.matches('.step, .field-row') && node.revealed === undefined;
      if (name === 'aria-current') return !node.closest('#rail');
      return true;
    },
  };
}

/** Does something to the page; a focus whose element goes finds the nearest thing that stands for it. */
function keepingFocus(work) {
  const focused = document.activeElement;
  const around = [focused?.id, ...['.hole', 'form', '.step', '.field-row'].map((kind) => focused?.closest(kind)?.id)].filter(Boolean);
  const scroll = all('pre, .work, .panel, .rail').map((node) => [node, node.scrollTop, node.scrollLeft]);
  work();
  for (const [node, top, left] of scroll) if (node.scrollTop !== top || node.scrollLeft !== left) node.scrollTo(left, top);
  if (focused === document.body || document.activeElement === focused) return;
  for (const id of around) {
    const node = byId(id);
    const to = node?.matches('button, a, input, select, textarea') ? node : node && one('button, input, select, textarea, .step-title', node);
    to?.focus({ preventScroll: true });
    if (document.activeElement === to) return;
  }
}

const asking = new Map();

/** Reads what changed since a version; the same question is asked once at a time. */
export function refetch(after = version()) {
  if (!asking.has(after)) {
    asking.set(after, call('GET', `/sessions/${session}/fragments?after=${after}`).then((answer) => {
      asking.delete(after);
      if (answer.ok) apply(answer.data);
      return answer;
    }));
  }
  return asking.get(after);
}

/** Sees to it that the page comes to show a version: by the stream, or soon by asking. */
export function want(wanted, patience = 300) {
  setTimeout(() => version() < wanted && refetch(), patience);
}

document.addEventListener('selectionchange', () => {
  if (getSelection()?.isCollapsed && [...deferred.values()].some(({ held }) => held)) settleFragments();
});
