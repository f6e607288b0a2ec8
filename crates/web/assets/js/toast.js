// What is said to the person: one toast at a time, and a live region that never chatters.
import { button, byId, later, make, never } from './dom.js';
import { words } from './words.js';

/**
 * Shows a toast. Errors stay until they are dismissed.
 * @param {string} text
 * @param {{error?: boolean, undo?: () => void, actions?: [string, () => void][]}} [options]
 */
export function toast(text, { error = false, undo, actions = [] } = {}) {
  const place = byId('toast');
  if (!place) return;
  const act = (run) => () => (clearToast(), run());
  const buttons = (undo ? [[words.undo, undo], ...actions] : actions).map(([label, run]) =>
    button(label, act(run), { class: 'button small' }),
  );
  if (error) buttons.push(button('×', clearToast, { class: 'icon-button', 'aria-label': words.dismiss }));
  place.classList.toggle('error', error);
  place.replaceChildren(make('span', {}, text), ...buttons);
  never('toast');
  if (!error) later('toast', 10_000, () => (place.matches(':focus-within, :hover') ? later('toast', 4000, clearToast) : clearToast()));
}

function clearToast() {
  byId('toast').replaceChildren();
}

/** @type {string[]} */
let sayings = [];
let last = 0;

/** Says something politely, at most once in three seconds; what comes meanwhile is joined. */
export function say(text) {
  if (!sayings.includes(text)) sayings.push(text);
  later('say', Math.max(0, last + 3000 - Date.now()), () => {
    last = Date.now();
    byId('live-region')?.replaceChildren(sayings.join('. '));
    sayings = [];
  });
}

/** Asks a question in a dialog above everything. */
export function ask(text, yes) {
  return new Promise((resolve) => {
    const answer = (value) => () => (dialog.close(), resolve(value));
    const dialog = make(
      'dialog',
      { class: 'dialog', 'aria-label': text, close: () => (dialog.remove(), resolve(false)) },
      make('p', {}, text),
      make('div', { class: 'dialog-actions' }, button(words.cancel, answer(false), { class: 'button' }),
        button(yes, answer(true), { class: 'button primary' })),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
