// Signing in again above the page, when the login ended meanwhile; what waits is sent afterwards.
import { button, byId, make, one, user } from './dom.js';
import { resume } from './outbox.js';
import { call } from './request.js';
import { words } from './words.js';

/** Opens the dialog, once. */
export function signInAgain() {
  if (byId('sign-in-again')) return;
  const error = make('p', { class: 'error', role: 'alert' });
  const field = (label, type, autocomplete) =>
    make('div', { class: 'field' }, make('label', { for: `again-${type}` }, label),
      make('input', { id: `again-${type}`, class: 'control', name: type, type, autocomplete, required: true }));
  const form = make('form', { action: '/sign-in', method: 'post', submit },
    make('h2', { id: 'again-title' }, words.signedOut), make('p', {}, words.signedOutHelp), error,
    field(words.email, 'email', 'username'), field(words.password, 'password', 'current-password'),
    make('div', { class: 'dialog-actions' }, button(words.later, () => dialog.close(), { class: 'button' }),
      make('button', { class: 'button primary' }, words.signIn)));
  const dialog = make('dialog', { id: 'sign-in-again', class: 'dialog', 'aria-labelledby': 'again-title', close: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();

  async function submit(event) {
    event.preventDefault();
    event.stopPropagation();
    const send = one('button:not([type])', form);
    send.disabled = true;
    const answer = await fetch('/sign-in', { method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    send.disabled = false;
    if (!answer?.ok) {
      const problem = await answer?.json().catch(() => null);
      error.textContent = problem?.detail ?? words.signInFailed;
      return;
    }
    const me = await call('GET', '/api/v1/me');
    // Somebody else's changes are not ours to send.
    if (me.data && me.data.user_id !== user) return location.reload();
    dialog.close();
    resume();
  }
}
