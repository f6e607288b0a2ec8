// Copying: the text exactly as shown, after what is being saved has arrived.
import { all, button, later, local, on, one } from './dom.js';
import { copyText } from './clipboard.js';
import { focus } from './controls.js';
import { bind } from './keys.js';
import { quiet, waiting } from './outbox.js';
import { current } from './steps.js';
import { toast } from './toast.js';
import { rowOf, session, shown } from './variables.js';
import { words } from './words.js';

/** What stands for a hole in copied text: its value, or its placeholder without filters. */
function textOf(hole) {
  const value = one('.value', hole);
  if (value) return value.classList.contains('empty') ? '' : value.textContent;
  return `${(hole.dataset.source ?? '').split('|')[0].replace(/]$/, '')}]`;
}

/** The text of a piece of the page, as shown. */
export function plain(node) {
  let text = '';
  for (const child of node.childNodes) {
    if (child.nodeType === 3) text += child.data;
    else if (child.nodeType !== 1 || child.matches('[data-local], .visually-hidden, button:not(.value)')) continue;
    else text += child.matches('.hole') ? textOf(child) : child.tagName === 'BR' ? '\n' : plain(child);
  }
  return text;
}

/** The variables of a piece that show nothing, each once. */
const missing = (within) =>
  [...new Set(all('.hole', within).filter((hole) => !one('.value', hole)).map((hole) => hole.dataset.var))];

/** What was just filled gets a second to arrive, and to be shown as the server has it. */
async function arrived() {
  if (!waiting(session).length && !one('.value.saving')) return;
  await quiet(session, 1000);
  for (const end = Date.now() + 500; one('.value.saving') && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 25));
}

async function copy(at, figure, anyway = false) {
  // A prompt that loses the focus to the button is saved in the same moment.
  await new Promise((resolve) => setTimeout(resolve));
  await arrived();
  const without = missing(one('pre', figure));
  one('.copy-note', figure)?.remove();
  if (without.length && !anyway) return askMissing(at, figure, without);
  if (!(await copyText(plain(one('code', figure) ?? one('pre', figure))))) return toast(words.copyFailed, { error: true });
  flashCopied(at);
}

/** What each button says otherwise. */
const labels = new WeakMap();

/** Says on the button that it is copied, for a moment. */
export function flashCopied(at) {
  if (!labels.has(at)) labels.set(at, at.textContent);
  at.textContent = words.copied;
  // What is merged meanwhile leaves it.
  at.dataset.local = '';
  later('copied', 1600, () => {
    at.textContent = labels.get(at);
    delete at.dataset.local;
  });
}

function askMissing(at, figure, without) {
  const named = without.map((key) => rowOf(key)?.dataset.label ?? key);
  const fill = () => {
    note.remove();
    const prompt = [figure, current()].flatMap((place) => all(`.hole[data-var="${CSS.escape(without[0])}"]`, place))
      .map((hole) => one('.prompt, .segment', hole)).find(Boolean) ?? one('.control', rowOf(without[0]));
    if (prompt) focus(prompt);
  };
  const note = local({ class: 'copy-note', role: 'status' }, words.missing(named), ' ',
    button(words.fillIt, fill, { class: 'button small' }), ' ',
    button(words.copyAnyway, () => (at.focus(), copy(at, figure, true)), { class: 'button small' }));
  note.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') (event.stopPropagation(), note.remove(), at.focus());
  });
  one('figcaption', figure).after(note);
  one('button', note).focus();
}

/** Shows the buttons that need this script. */
export function uncover() {
  for (const hidden of all('[data-action=copy][hidden], [data-action=copy-all][hidden]')) hidden.hidden = false;
}

/** Listens to everything that copies. */
export function listenToCopy() {
  uncover();
  on('click', '[data-action=copy]', (_, at) => copy(at, at.closest('.command')));
  on('click', '[data-action=copy-all]', async (_, at) => {
    await arrived();
    const lines = all('.field-row').map(({ dataset }) => `${dataset.label}: ${shown(dataset.var) ?? `[VAR:${dataset.name}]`}`);
    if (await copyText(`${lines.join('\n')}\n`)) flashCopied(at);
  });
  // A selection by hand gets the same text.
  document.addEventListener('copy', (event) => {
    const selection = getSelection();
    if (!selection?.rangeCount || selection.isCollapsed || document.activeElement?.matches('input, textarea')) return;
    const range = selection.getRangeAt(0);
    const inside = range.commonAncestorContainer;
    if (!(inside.nodeType === 1 ? inside : inside.parentElement)?.closest('.command pre')) return;
    event.clipboardData.setData('text/plain', plain(range.cloneContents()));
    event.preventDefault();
  });
  bind('c', words.keys.copy, () => {
    const at = one('[data-action=copy]', current());
    if (at) copy(at, at.closest('.command'));
  });
}
