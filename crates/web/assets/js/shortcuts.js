// The list of all keys.
import { button, byId, make, on } from './dom.js';
import { bind, bindings, singleKeys } from './keys.js';
import { words } from './words.js';

const caps = (key) => key.split(/[ +]/).map((part) => make('kbd', {}, part.length > 1 ? part[0].toUpperCase() + part.slice(1) : part.toUpperCase()));

/** Opens the list. */
export function showShortcuts() {
  if (byId('shortcuts')?.open) return;
  byId('shortcuts')?.remove();
  const known = [...[...bindings].map(([key, { label }]) => [key, label]), ...words.otherKeys];
  const rows = known.map(([key, label]) => make('div', {}, make('dt', {}, ...caps(key)), make('dd', {}, label)));
  const dialog = make('dialog', { id: 'shortcuts', class: 'dialog', 'aria-labelledby': 'shortcuts-title' },
    make('h2', { id: 'shortcuts-title' }, words.shortcuts),
    ...(singleKeys() ? [] : [make('p', {}, words.keysOff)]),
    make('dl', { class: 'shortcuts' }, ...rows),
    button(words.close, () => dialog.close(), { class: 'button', autofocus: true }));
  document.body.append(dialog);
  dialog.showModal();
}

bind('?', words.shortcuts, showShortcuts);
on('click', '[data-action=shortcuts]', showShortcuts);
