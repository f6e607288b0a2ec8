// The controls of variables: in the text, in the panel and in dialogs. Each is a single text to the outside.
import { all, make, one, uuid } from './dom.js';
import { words } from './words.js';

/** The control that an element is or belongs to. */
export function controlOf(element) {
  const control = element?.closest?.('.segment, .choices, input, select, textarea');
  const group = control?.closest('.segment, .choices') ?? control;
  return group && keyOf(group) ? group : null;
}

/** The variable of a control: by its surroundings, or by its name as in `fill:server_name`. */
export function keyOf(control) {
  const around = control.closest('[data-var]')?.dataset.var;
  if (around) return control.matches('[type=search], [type=hidden]') ? '' : around;
  const name = control.name || one('input', control)?.name || '';
  return /^\w+:/.test(name) && control.type !== 'hidden' ? name.slice(name.indexOf(':') + 1).toLowerCase() : '';
}

/** What a control says. */
export function readText(control) {
  if (control.matches('.segment, .choices')) return all('input:checked', control).map((box) => box.value).join('\n');
  if (control.multiple) return all('option', control).filter((option) => option.selected).map((option) => option.value).join('\n');
  return control.value;
}

/** Makes a control say something. */
export function writeText(control, text) {
  const lines = text.split('\n');
  if (control.matches('.segment, .choices')) for (const box of all('input', control)) box.checked = lines.includes(box.value);
  else if (control.multiple) for (const option of control.options) option.selected = lines.includes(option.value);
  else if (control.value !== text) control.value = text;
}

/** Whether a control takes lines, so that Enter is one of them. */
export const takesLines = (control) => control.tagName === 'TEXTAREA';

/** Whether a control is set by choosing, not by typing. */
export const chooses = (control) => !takesLines(control) && !/^(text|url|email|tel|number|password)$/.test(control.type ?? '');

/** The element of a control that takes the focus. */
export const focusable = (control) =>
  control.matches('.segment, .choices') ? (one('input:checked', control) ?? one('input', control)) : control;

/** Focuses a control or button without moving the page more than is needed. */
export function focus(control) {
  const at = focusable(control);
  at?.focus({ preventScroll: true });
  at?.scrollIntoView?.({ block: 'nearest' });
}

/** Whether the prompt of a row opens an editor. */
export const opens = (row) => ['long_text', 'multi_select'].includes(row.dataset.kind);

/**
 * Makes the prompt for a variable, as the server would.
 * @param {any} row its row in the panel
 */
export function makePrompt(row) {
  const { name, label } = row.dataset;
  const required = 'required' in row.dataset;
  const spoken = required ? words.required(label) : label;
  const source = one('.control', row);
  if (opens(row)) {
    return make('button', { class: required ? 'prompt' : 'prompt optional', type: 'button', 'aria-label': spoken, 'aria-haspopup': 'dialog' }, label);
  }
  const prompt = source?.cloneNode(true) ?? make('input', { type: 'text', dir: 'auto', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  for (const name of ['id', 'data-dirty', 'data-seen', 'value', 'aria-invalid', 'aria-labelledby']) prompt.removeAttribute(name);
  prompt.className = prompt.matches('.segment') ? 'segment' : required ? 'prompt' : 'prompt optional';
  prompt.setAttribute('aria-label', spoken);
  if (required && !prompt.matches('.segment')) prompt.setAttribute('aria-required', 'true');
  prompt.setAttribute('aria-describedby', `help-${row.dataset.var}`);
  if (prompt.matches('.segment')) {
    const group = `fill:${name}:${uuid()}`;
    for (const box of all('input', prompt)) {
      const tied = box.id && one(`label[for="${box.id}"]`, prompt);
      Object.assign(box, { name: group, id: uuid() });
      if (tied) tied.htmlFor = box.id;
    }
  } else {
    Object.assign(prompt, { name: `fill:${name}` });
    prompt.setAttribute('form', 'fill');
    if (prompt.matches('select') && prompt.options[0]?.value === '') prompt.options[0].text = label;
    if (prompt.matches('input')) Object.assign(prompt, { placeholder: label, size: Math.max(12, label.length + 1) });
  }
  writeText(prompt, '');
  return prompt;
}

/** Makes the editor that a prompt of several lines or choices opens. */
export function makeEditor(row) {
  const { kind, label } = row.dataset;
  if (kind !== 'multi_select') return make('textarea', { class: 'control', rows: '8', dir: 'auto', spellcheck: 'false', 'aria-label': label });
  const boxes = all('.control option', row).map((option) =>
    make('label', {}, make('input', { type: 'checkbox', value: option.value }), ` ${option.textContent}`));
  return make('fieldset', { class: 'choices', 'aria-label': label }, ...boxes);
}
