// What every page has: times, keys, palette, toasts, forms that are sent once, and the live stream.
import { copyText } from './clipboard.js';
import { all, byId, on, one, user } from './dom.js';
import { listenToDrops } from './import.js';
import { bind } from './keys.js';
import { listenToLists } from './lists.js';
import { outbox, send, waiting } from './outbox.js';
import { offer, openPalette, visited } from './palette.js';
import { keepForm } from './prepare.js';
import { listenToReport } from './report.js';
import { ofAccount, tellStale } from './request.js';
import { run } from './runner.js';
import { showShortcuts } from './shortcuts.js';
import { signInAgain } from './sign-in.js';
import { refresh } from './times.js';
import { ask, toast } from './toast.js';
import { words } from './words.js';

const root = document.documentElement;
root.classList.add('js');

// A newer search takes the place of one under way.
for (const element of all('[hx-get]:is(form, input):not([hx-sync])')) element.setAttribute('hx-sync', 'this:replace');

// A form is sent once; a page that was kept for going back is read anew.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || form.matches('[hx-post], [hx-put], [hx-patch], [hx-delete]')) return;
  if (form.dataset.busy) return event.preventDefault();
  form.dataset.busy = 'true';
  setTimeout(() => all('button', form).forEach((button) => (button.disabled = true)));
});
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

// Signing out with changes that were not sent yet asks first.
document.addEventListener('submit', async (event) => {
  const form = event.target;
  const count = waiting().length;
  if (!form.matches('form[action="/sign-out"]') || !count || form.dataset.sure) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  send();
  if (!(await ask(words.signOutWaiting(count), words.signOut))) return;
  form.dataset.sure = 'true';
  form.requestSubmit();
}, true);

// A setting is saved at once, in order, and says so beside it.
document.addEventListener('change', ({ target }) => target.closest?.('[data-setting]')?.requestSubmit());
document.addEventListener('submit', async (event) => {
  const form = event.target;
  const what = form.dataset.setting;
  if (!what) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const body = new URLSearchParams(new FormData(form));
  const value = body.get(what) ?? 'off';
  if (what === 'keys') document.body.dataset.keys = value;
  else if (value === 'system') delete root.dataset.theme;
  else if (what === 'theme') root.dataset.theme = value;
  const tick = one('.tick', form);
  tick.textContent = '';
  const answer = await (form.sent = Promise.resolve(form.sent).then(() => fetch(form.action, { method: 'POST', body, redirect: 'manual' })).catch(() => null));
  if (answer?.status < 400) tick.textContent = words.savedTick;
  else toast(words.notSavedSetting, { error: true });
}, true);

// Menus close when the focus or a click goes elsewhere.
const closeMenus = (event) => {
  for (const menu of all('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
};
document.addEventListener('click', closeMenus);
document.addEventListener('focusin', closeMenus);

document.addEventListener('htmx:configRequest', ({ detail }) => detail.verb === 'get' && Object.assign(detail.headers, ofAccount));
document.addEventListener('htmx:responseError', ({ detail: { xhr: { status, responseText } } }) => {
  if (status === 401) signInAgain();
  else if (responseText.includes('/other-account')) tellStale();
  else toast(words.failed, { error: true });
});
document.addEventListener('htmx:sendError', () => toast(words.noNetwork, { error: true }));
document.addEventListener('htmx:afterSettle', ({ target }) => refresh(target));
outbox.addEventListener('signed-out', signInAgain);

bind('/', words.keys.search, () => (all('#main input[type=search], #panel-find').find((input) => input.getClientRects().length) ?? { focus: openPalette }).focus());
for (const [key, [href, label]] of Object.entries(words.places)) {
  bind(`g ${key}`, words.goTo(label), () => location.assign(href));
  offer(() => [{ text: words.goTo(label), keys: `G ${key.toUpperCase()}`, run: () => location.assign(href) }]);
}
offer(() => [{ text: words.shortcuts, keys: '?', run: showShortcuts }]);
const rows = (by) => () => {
  const links = all('#main .list > .row').map((row) => one('a, button', row)).filter(Boolean);
  const at = links.findIndex((link) => link.closest('.row').contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
};
bind('j', words.keys.nextRow, rows(1));
bind('k', words.keys.previousRow, rows(-1));
on('click', '[data-action=palette]', openPalette);
const [done, link] = byId('toast')?.children ?? [];
if (done) {
  const copy = async () => toast((await copyText(link.href)) ? words.copied : words.copyFailed);
  toast(done.textContent, { actions: link ? [[words.copyLink, copy]] : [] });
  history.replaceState(null, '', location.pathname);
}
if (/^\/(flows|sessions)\/[0-9a-f-]{36}$/.test(location.pathname)) visited(location.pathname, document.title.replace(/ · [^·]*$/, ''));
// Who opens a session has read what they were told of it.
if (/^\/sessions\/[0-9a-f-]{36}/.test(location.pathname) && +byId('bell')?.dataset.unread) fetch(`${location.pathname.slice(0, 46)}/read`, { method: 'POST', redirect: 'manual' }).catch(() => {});
listenToDrops();
listenToReport();
keepForm();
on('click', '[data-action=show-password]', (_, toggle) => {
  const password = one('input', toggle.parentElement);
  const show = password.type === 'password';
  password.type = show ? 'text' : 'password';
  const [text, label] = show ? words.hidePassword : words.showPassword;
  toggle.textContent = text;
  toggle.setAttribute('aria-label', label);
  password.focus();
});

if (byId('runner')) run();
if (user) listenToLists();
