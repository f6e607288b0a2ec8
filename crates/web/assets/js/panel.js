// The panel of variables: found, filtered, opened as a drawer where there is no room for a third column.
import { all, byId, on, one, seen } from './dom.js';
import { focus, keyOf } from './controls.js';
import { bind } from './keys.js';
import { runner, shown } from './variables.js';
import { words } from './words.js';

/** @type {any} */
let from = null;

const narrow = () => matchMedia('(max-width: 1099px)').matches;

/** Shows which rows fit what is looked for. */
export function filterPanel() {
  const find = (byId('panel-find')?.value ?? '').trim().toLowerCase();
  const only = byId('panel-filter')?.value === 'missing';
  for (const row of all('.field-row')) {
    const { label = '', name = '', var: key } = row.dataset;
    const fits = `${label} ${name}`.toLowerCase().includes(find) && (!only || !shown(key));
    // A row that somebody is in stays.
    row.hidden = !fits && !row.matches(':focus-within, :has([data-dirty])');
  }
}

function set(open) {
  runner.dataset.panel = open ? 'open' : 'closed';
  byId('panel').classList.toggle('open', open);
  byId('variables-button')?.setAttribute('aria-expanded', open);
}

const isOpen = () => seen(byId('panel')) && (!narrow() || byId('panel').classList.contains('open'));

/** Opens the panel and goes to its first unfilled field, or to one that is asked for. */
export function openPanel(key) {
  from = document.activeElement;
  set(true);
  const fields = all('.field-row .control', byId('panel')).filter(seen);
  const to = (key && fields.find((field) => keyOf(field) === key)) ?? fields.find((field) => !shown(keyOf(field))) ?? byId('panel-find');
  if (to) focus(to);
}

function leavePanel() {
  const at = from?.isConnected && from !== document.body ? from : byId('variables-button');
  if (narrow()) set(false);
  at?.focus({ preventScroll: true });
}

/** Listens to everything about the panel. */
export function listenToPanel() {
  if (!byId('panel')) return;
  byId('variables-button')?.setAttribute('aria-expanded', String(isOpen()));
  on('click', '#variables-button', (event) => {
    event.preventDefault();
    if (isOpen()) set(false);
    else openPanel();
  });
  on('click', '[data-action=close-panel]', leavePanel);
  addEventListener('rf:leave-panel', leavePanel);
  on('input', '#panel-find, #panel-filter', filterPanel);
  document.addEventListener('submit', (event) => {
    if (event.target.id === 'fill') (event.preventDefault(), event.stopImmediatePropagation());
  }, true);
  bind('v', words.keys.panel, () => openPanel());
}
