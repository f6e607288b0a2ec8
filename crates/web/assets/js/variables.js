// What the variables of the session are at this moment: what the server said, what waits to be saved, and what is
// being typed; and how a hole in the text shows it until the server's own rendering arrives.
import { all, byId, make, one, user } from './dom.js';
import { makePrompt, writeText } from './controls.js';
import { changeOf, state } from './outbox.js';
import { ago } from './times.js';
import { words } from './words.js';

/** @type {any} the runner's root, with what the server says of the session */
export const runner = byId('runner');
const names = JSON.parse(runner?.dataset.names || '{}');

/** The session that is shown. */
export const session = runner?.dataset.session ?? '';

/** Where the API has it. */
export const path = `/api/v1/sessions/${session}`;

/** Whether this person may do something here. */
export const may = (action) => ` ${runner.dataset.may} `.includes(` ${action} `);

/** What people call somebody, for short. */
export const nameOf = (id) => (id === user ? words.you : (names[id] ?? words.somebody).split(' ')[0]);

/** Learns names that come with events. */
export const learn = (id, name) => (names[id] ??= name);

/** The presence colour of somebody: the sum of the bytes of the id, modulo six. */
export const colour = (id) => `who-${(id.replaceAll('-', '').match(/../g) ?? []).reduce((sum, byte) => sum + parseInt(byte, 16), 0) % 6}`;

/** The row of a variable in the panel. */
export const rowOf = (key) => byId(`var-${key}`);

/** The row's control. */
export const panelControl = (key) => one('.control', rowOf(key) ?? document.createElement('i'));

/** @returns {any[]} the holes of a variable */
export const holesOf = (key, within = document) => all(`.hole[data-var="${CSS.escape(key)}"]`, within);

/** The version of a variable that is on screen. */
export const versionOf = (key) => Number(rowOf(key)?.dataset.version ?? 0);

/** @returns {string|null} what the server has for a variable; null where it is unset */
export const saved = (key) => {
  const row = rowOf(key);
  return row && 'set' in row.dataset ? (row.dataset.value ?? '') : null;
};

/** @returns {string|null} what a variable is, with what waits to be saved */
export function value(key) {
  const entry = changeOf(session, `var:${key}`);
  return entry && !entry.refused ? entry.body.variables[entry.name] : saved(key);
}

/** @returns {string|null} what shows: the value, or the default; null where a prompt stands */
export const shown = (key) => value(key) ?? (rowOf(key)?.dataset.default || null);

/** Writes what an answer of the server says into the row. */
export function setRow(key, view) {
  const row = rowOf(key);
  if (!row || (view?.version ?? 0) < Number(row.dataset.version)) return;
  const set = typeof view?.value === 'string';
  row.toggleAttribute('data-set', set);
  Object.assign(row.dataset, { value: set ? view.value : '', version: view?.version ?? 0, by: view?.set_by_id ?? '' });
}

const quote = (text, quotes, twice) => `'${text.replace(quotes, twice)}'`;
const filters = {
  sh: (text) => quote(text, /'/g, "'\\''"),
  ps: (text) => quote(text, /['\u2018-\u201b]/g, '$&$&'),
  url: (text) => encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  trim: (text) => text.trim(),
};

/** A value after the filters of a hole. */
const filtered = (hole, text) =>
  (hole.dataset.source ?? '').replace(/]$/, '').split('|').slice(1).reduce((text, name) => filters[name]?.(text) ?? text, text);

/** Whether somebody is busy in an element: the focus in a control, unsent text. */
export const inUse = (element) =>
  element.matches('[data-dirty], .bad') || !!one('[data-dirty], .bad', element) ||
  (element.contains(document.activeElement) && !document.activeElement.matches('.value, a, button:not(.prompt)'));

/**
 * Shows a variable in every hole and in the panel, but not where somebody is busy.
 * @param {string} key
 * @param {string} [mirrored] what is being typed elsewhere
 */
export function paint(key, mirrored) {
  const text = mirrored ?? shown(key);
  const waits = !!changeOf(session, `var:${key}`);
  for (const hole of holesOf(key)) if (!inUse(hole)) paintHole(hole, key, text, mirrored !== undefined, waits);
  const control = panelControl(key);
  if (control && !inUse(control)) writeText(control, text ?? '');
}

function paintHole(hole, key, text, mirrored, waits) {
  const prompt = one('.prompt, .segment', hole);
  if (prompt && (mirrored || text === null)) {
    if (prompt.tagName !== 'BUTTON') writeText(prompt, text ?? '');
    return;
  }
  const row = rowOf(key);
  let value = one('.value, .unset, .prompt-label', hole);
  if (text === null && row && may('fill') && value?.tagName === 'BUTTON') return hole.replaceChildren(makePrompt(row));
  if (text === null) return;
  if (!value) {
    value = make('button', { class: 'value', type: 'submit', form: 'edit', name: 'edit', value: row?.dataset.name, dir: 'auto' });
    const focused = hole.contains(document.activeElement);
    hole.replaceChildren(value);
    if (focused) value.focus({ preventScroll: true });
  }
  const rendered = text === '' && !mirrored ? words.empty : filtered(hole, text);
  if (value.textContent !== rendered) value.textContent = rendered;
  value.classList.add('value');
  value.classList.remove('unset', 'prompt-label');
  value.classList.toggle('empty', text === '');
  value.classList.toggle('saving', waits && !mirrored);
  value.classList.toggle('waiting', waits && (state.trouble !== '' || !navigator.onLine));
  if (value.tagName === 'BUTTON') value.setAttribute('aria-label', words.valueLabel(row?.dataset.label ?? key, rendered));
}

/** Says on hover and focus who filled a value. */
export function describe(value) {
  const key = value.closest('.hole')?.dataset.var;
  const row = key && rowOf(key);
  if (!row) return;
  const time = one('.field-state time', row);
  value.title = changeOf(session, `var:${key}`) && state.trouble ? words.keptHere
    : words.filledBy(row.dataset.by && nameOf(row.dataset.by), time && ago(+new Date(time.dateTime)), usesOf(row).length);
}

/** The steps that use a variable. */
export const usesOf = (row) => (row.dataset.steps ?? '').split(' ').filter(Boolean);
