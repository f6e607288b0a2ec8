// Keys, one list for the whole page. Single keys are off while somebody types, in dialogs, and by setting.
import { byId, one, typing } from './dom.js';

/** @type {Map<string, {label: string, run: (event: KeyboardEvent) => void}>} */
export const bindings = new Map();

/**
 * Binds a key such as `j`, `ctrl+k` or `g q`; a later binding takes the place of an earlier one.
 * @param {string} key
 * @param {string} label what it does, for the list of keys
 * @param {(event: KeyboardEvent) => void} run
 */
export const bind = (key, label, run) => bindings.set(key, { label, run });

/** Whether single keys are on. */
export const singleKeys = () => document.body.dataset.keys !== 'off';

let keyPrefix = '';
let prefixed = 0;

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  // On some keyboards brackets are typed with AltGr, which is Ctrl and Alt to the browser.
  const altGraph = event.getModifierState('AltGraph');
  const control = !altGraph && (event.ctrlKey || event.metaKey);
  const key = event.key.toLowerCase();
  const dialog = one('dialog:modal');
  let name = control ? `ctrl+${key}` : key;
  if (!control) {
    if (key === 'escape') return escape(event);
    if ((event.altKey && !altGraph) || typing(event.target) || dialog || !singleKeys()) return;
    if (keyPrefix && event.timeStamp - prefixed < 1500) name = `${keyPrefix} ${key}`;
    keyPrefix = '';
    if ([...bindings.keys()].some((bound) => bound.startsWith(`${name} `))) {
      keyPrefix = name;
      prefixed = event.timeStamp;
      return;
    }
  } else if (dialog && key !== 'enter' && key !== 'k') return;
  // A key of a row counts in that row alone.
  const row = document.activeElement?.closest('.row');
  const keyed = `[data-key="${CSS.escape(key)}"]`;
  const target = !control && ((row && one(keyed, row)) ?? one(`#main ${keyed}:not(.row *)`));
  const bound = bindings.get(name);
  if (!bound && !target) return;
  event.preventDefault();
  if (bound) bound.run(event);
  else target.click();
});

/** Closes the nearest layer that the browser does not close by itself. */
function escape(event) {
  const layer = one('details.menu[open]');
  if (layer && !one('dialog:modal')) {
    layer.open = false;
    one('summary', layer)?.focus();
    event.preventDefault();
  } else if (byId('panel')?.contains(event.target)) dispatchEvent(new Event('rf:leave-panel'));
  else if (typing(event.target) && event.target.type === 'search' && !one('dialog:modal')) event.target.blur();
  // What is written about a step is saved on leaving; single keys work again from its button on.
  else if (event.target.matches?.('.step-record textarea')) one('[data-action=note]', event.target.closest('.step'))?.focus();
}
