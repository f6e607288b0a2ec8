// The completion dialog: what is missing is filled in it, and completing works all the same.
import { all, byId, make, on, one, uuid } from './dom.js';
import { controlOf, focus, keyOf } from './controls.js';
import { dropDraft, drafts } from './drafts.js';
import { bind } from './keys.js';
import { entries, quiet, send } from './outbox.js';
import { commit } from './prompts.js';
import { bringRecordBack } from './records.js';
import { call, page, reason } from './request.js';
import { toast } from './toast.js';
import { may, path, session, shown } from './variables.js';
import { words } from './words.js';

let opening = false;

/** Opens the dialog; Esc leads back to where the focus was. */
async function openFinish() {
  if (byId('finish')?.open || opening || !may('complete')) return;
  opening = true;
  const from = document.activeElement;
  const hole = from?.closest('.hole')?.id;
  for (const control of all('[data-dirty]')) if (keyOf(control)) commit(control);
  await quiet(session, 1000);
  const answer = await page(`/sessions/${session}/finish?dialog=1`);
  opening = false;
  if (answer === null) toast(words.finishFailed, { error: true, actions: [[words.retry, openFinish]] });
  if (!answer) return;
  const content = [...(one('.finish, #main', answer) ?? answer.body).childNodes].map((node) => document.importNode(node, true));
  byId('finish')?.remove();
  const dialog = make('dialog', { id: 'finish', class: 'dialog finish', 'aria-label': words.finish }, ...content);
  const form = one('form[method=post]', dialog);
  dialog.addEventListener('close', () => {
    dialog.remove();
    // A prompt that was saved meanwhile is a value now.
    const to = from?.isConnected ? from : hole && one('.value, .prompt', byId(hole));
    to?.focus({ preventScroll: true });
  });
  dialog.addEventListener('click', (event) => {
    if (event.target.closest('[data-action=cancel], [data-action=close]')) (event.preventDefault(), dialog.close());
  });
  document.body.append(dialog);
  dialog.showModal();
  all('[data-draft]', dialog).forEach(bringRecordBack);
  const fields = [...new Set(all('input, select, textarea', dialog).map(controlOf).filter(Boolean))];
  const first = fields.find((field) => shown(keyOf(field)) === null);
  if (first) focus(first);
  else (one('.primary', form ?? dialog) ?? one('button', dialog))?.focus();
  const key = uuid();
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    event.stopPropagation();
    complete(dialog, form, fields, key, event.submitter);
  });
}

/** Saves what was filled, and completes. What is refused stops only who asked to fill. */
async function complete(dialog, form, fields, key, pressed) {
  if (form.dataset.busy) return;
  form.dataset.busy = 'true';
  const anyway = !pressed || pressed.matches('[data-action=complete], [value=no]');
  try {
    const mine = fields.map((field) => `var:${keyOf(field)}`);
    for (const field of fields) commit(field);
    send(session);
    await quiet(session, 4000);
    const wrong = fields.find((field) => field.matches('.bad, [data-dirty]'));
    if (!anyway && (wrong || entries(session).some((entry) => mine.includes(entry.id)))) {
      if (wrong) return focus(wrong);
      return sayInDialog(dialog, words.fillFailed);
    }
    const values = new FormData(form);
    const body = {};
    for (const name of ['outcome', 'outcome_note', 'next_steps']) if (values.get(name)) body[name] = values.get(name);
    const answer = await call('POST', `${path}/complete`, body, key);
    if (!answer.ok) return sayInDialog(dialog, answer.status ? reason(answer.data) : words.completeFailed);
    for (const [field] of drafts(session)) if (field.startsWith('finish') || field.startsWith('reason')) dropDraft(session, field);
    location.assign(one('[data-report]', dialog)?.dataset.report ?? `/sessions/${session}/report`);
  } finally {
    delete form.dataset.busy;
  }
}

/** Says in the dialog what did not work. */
function sayInDialog(dialog, text) {
  one('.error-summary.local', dialog)?.remove();
  one('form', dialog).prepend(make('p', { class: 'error-summary local', role: 'alert' }, text));
}

/** Listens to everything that finishes. */
export function listenToFinish() {
  on('click', '#finish-button', (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openFinish();
  });
  bind('ctrl+enter', words.keys.finish, (event) => {
    const form = event.target.closest?.('dialog form') ?? one('dialog[open] form');
    const button = form && (one('[data-action=fill-complete]', form) ?? one('.primary', form));
    if (form) form.requestSubmit(button ?? undefined);
    else openFinish();
  });
}
