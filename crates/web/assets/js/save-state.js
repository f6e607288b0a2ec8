// The save state in the top bar, and the bars for what keeps changes from being saved.
import { copyText } from './clipboard.js';
import { button, byId, local, make, on, one } from './dom.js';
import { dropDraft } from './drafts.js';
import { entries, forget, outbox, put, resume, state, waiting } from './outbox.js';
import { popover } from './popover.js';
import { refused } from './store.js';
import { ago } from './times.js';
import { toast } from './toast.js';
import { session } from './variables.js';
import { words } from './words.js';

/** How many changes were acknowledged since sending stuck; null while it runs. */
let sentSince = null;

/** Shows the save state of the session. */
export function showSaveState() {
  outbox.addEventListener('change', showState);
  outbox.addEventListener('acknowledged', () => sentSince !== null && sentSince++);
  outbox.addEventListener('sent', () => {
    if (sentSince) toast(words.sent(sentSince));
    sentSince = null;
  });
  outbox.addEventListener('refused', () => offerRefused());
  for (const type of ['rf:refused', 'online', 'offline']) addEventListener(type, showState);
  setInterval(showState, 1000);
  on('click', '#save-state', (_, at) => list(at));
  showState();
}

let sending = 0;

function showState() {
  const count = waiting(session).length;
  const trouble = state.trouble || state.elsewhere.has(session);
  const offline = !navigator.onLine || trouble === 'offline';
  if (state.flight) sending ||= Date.now();
  else sending = 0;
  if (trouble || (offline && count)) sentSince ??= 0;
  else if (!count) sentSince = null;
  const [look, text] = refused && count ? ['failed', words.notKept]
    : count && offline ? ['waiting', words.waiting(count)]
      : count && trouble ? ['failed', trouble === 'server' ? words.retrying : words.waiting(count)]
        : entries(session).length > count ? ['failed', words.notSaved]
          : count && Date.now() - sending > 400 ? ['saving', words.saving]
            : count ? ['saving', null]
              : ['saved', state.savedAt ? words.savedAgo(ago(state.savedAt)) : words.saved];
  const at = byId('save-state');
  if (at) {
    at.dataset.state = look;
    if (text && at.textContent !== text) at.textContent = text;
  }
  bar('offline', offline || (trouble === 'server' && count > 0) ? words.offline(count) : '');
  offerRefused();
}

/** Shows, changes or takes away a bar of our own under the top bar. */
export function bar(kind, text, ...more) {
  const bars = byId('bars');
  const standing = one(`.bar[data-local=${kind}]`);
  if (!text) return standing?.remove();
  if (standing?.dataset.text === text) return;
  const fresh = local({ class: `bar ${kind}`, role: 'status', 'data-local': kind, 'data-text': text }, make('span', {}, text), ...more);
  if (standing) standing.replaceWith(fresh);
  else bars?.append(fresh);
}

/** Offers what the server will not take: for copying, or as a late note. */
function offerRefused() {
  const lost = entries(session).filter((entry) => entry.refused);
  const text = lost.map((entry) => `${entry.label}: ${entry.text}`).join('\n');
  const done = () => lost.forEach((entry) => (forget(entry), dropDraft(session, entry.field)));
  const note = () => {
    put({ session, id: `note:${lost[0].key}`, label: words.lateNote, text, method: 'POST', path: `/api/v1/sessions/${session}/notes`, body: { text } });
    done();
  };
  const may = ` ${byId('runner')?.dataset.may} `.includes(' note ') && !lost.some((entry) => entry.id.startsWith('note:'));
  bar('refused', lost.length ? words.refused(lost[0].refused, text) : '',
    button(words.copy, async () => (await copyText(text)) && toast(words.copied), { class: 'button small' }),
    ...(may ? [button(words.asLateNote, note, { class: 'button small' })] : []),
    button(words.dismiss, done, { class: 'button small' }));
}

/** Lists each change that waits. */
function list(at) {
  const row = (entry) => make('li', {}, make('strong', {}, entry.label), ' ', make('span', { class: 'mono', dir: 'auto' }, entry.text.slice(0, 80)),
    make('small', {}, entry.refused ?? (state.flight?.key === entry.key ? words.saving : words.kept)));
  const rows = entries(session).map(row);
  popover(at, { class: 'popover save-list', 'aria-label': words.changes, tabindex: '-1' }, [
    rows.length ? make('ul', {}, ...rows) : make('p', {}, words.allSaved),
    ...(state.trouble ? [button(words.retryNow, () => resume(), { class: 'button small' })] : []),
  ]);
}
