// The lines beneath a paragraph: help for the focused prompt, why a value was refused, and a colleague's newer value.
import { all, button, local, make, one } from './dom.js';
import { keyOf } from './controls.js';
import { rowOf, usesOf } from './variables.js';
import { words } from './words.js';

const BLOCKS = 'figure.command, p, li, td, th, dd, blockquote, table, h2, h3, h4';

/** Where lines for a control stand: in its row or field, or behind its paragraph. */
function standBeneath(control, line) {
  const field = control.closest('.field-row, .field, [popover]');
  if (field) return field.append(line);
  const block = control.closest(BLOCKS) ?? control;
  if (block.matches('li, td, th, dd')) return block.append(line);
  let last = block;
  while (last.nextElementSibling?.matches('rf-note')) last = last.nextElementSibling;
  last.after(line);
}

/** Keeps a line free for help beneath each paragraph with a prompt, so that the text does not jump. */
export function reserve(within = document) {
  for (const prompt of all('.step:not([hidden]) .hole :is(.prompt, .segment)', within)) {
    const block = prompt.closest(BLOCKS);
    if (block && !helpOf(block)) standBeneath(prompt, local({ class: 'prompt-help' }));
  }
}

const helpOf = (block) => {
  if (block.matches('li, td, th, dd')) return one(':scope > .prompt-help', block);
  for (let at = block.nextElementSibling; at?.matches('rf-note'); at = at.nextElementSibling) if (at.matches('.prompt-help')) return at;
  return null;
};

/** @type {{control: Element, line: Element}|null} */
let helped = null;

/** Shows the help for a prompt in the text. */
export function help(control) {
  noHelp();
  const block = control.closest('.hole') && control.closest(BLOCKS);
  const line = block && helpOf(block);
  if (!line) return;
  const row = rowOf(keyOf(control));
  const said = [one('.help', row ?? line)?.textContent?.trim(), row && words.uses(usesOf(row).length)].filter(Boolean);
  line.replaceChildren(said.map((text) => text.replace(/[.]?$/, '.')).join(' '), ' ', make('span', { class: 'key-hint' }, make('kbd', {}, 'Enter'), ` ${words.toSave}`));
  helped = { control, line };
}

/** Hides the help, of one prompt or whatever stands. */
export function noHelp(control) {
  if (!helped || (control && helped.control !== control)) return;
  helped.line.replaceChildren();
  helped = null;
}

/** Puts a line about a control beneath it, in place of one of its kind. */
function line(control, kind, attributes, ...children) {
  clearHint(control, kind);
  const id = `${kind}-${keyOf(control)}`;
  const made = local({ id, class: kind, 'data-for': keyOf(control), ...attributes }, ...children);
  standBeneath(control, made);
  return made;
}

/** Takes the line of a kind away. */
export function clearHint(control, kind) {
  for (const standing of all(`rf-note.${kind}[data-for="${keyOf(control)}"]`)) standing.remove();
}

/** Says why a value was refused, and offers to keep it all the same. */
export function showRefusal(control, why, keepAnyway) {
  line(control, 'prompt-error', { role: 'alert' }, make('span', {}, why), ' ',
    button(words.keepAnyway, keepAnyway, { class: 'button small', 'data-action': 'keep-anyway' }), ' ', make('kbd', {}, 'Alt+K'));
  control.classList.add('bad');
  control.setAttribute('aria-invalid', 'true');
}

/** Takes a refusal back. */
export function clearRefusal(control) {
  clearHint(control, 'prompt-error');
  control.classList.remove('bad');
  control.removeAttribute('aria-invalid');
}

/** Says that somebody saved another value meanwhile, and asks which one stands. */
export function showNewer(control, who, text, theirs, mine) {
  line(control, 'conflict', { role: 'alert' }, make('span', {}, ...words.conflict(who, text ?? '').map((part, index) =>
    index === 1 ? make('span', { class: 'mono', dir: 'auto' }, part) : part)), ' ',
    button(words.useTheirs, theirs, { class: 'button small', 'data-action': 'theirs' }), ' ', make('kbd', {}, 'Alt+U'), ' ',
    button(words.keepMine, mine, { class: 'button small', 'data-action': 'mine' }), ' ', make('kbd', {}, 'Enter'));
}

/** Whether a question about a newer value stands beneath a control. */
export const asked = (control) => !!one(`rf-note.conflict[data-for="${keyOf(control)}"]`);
