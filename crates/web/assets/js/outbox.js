// Changes on their way to the server. Each waits on the device until the server has acknowledged it: in order, one
// request at a time for a session, from one tab, under a key that makes a repeat harmless. A newer change of the
// same thing takes the placeOf of an older one.
import { user, uuid } from './dom.js';
import { keepDraft } from './drafts.js';
import { call, reason, tellStale } from './request.js';
import { drop, keep, keys, read } from './store.js';

/**
 * @typedef {object} Entry
 * @property {string} session
 * @property {string} id what it changes: `var:KEY` or `step:STEP:PART`
 * @property {string} label what people call that
 * @property {string} text what was typed, to be offered again when it is refused
 * @property {string} [field] the draft that the text becomes when it is refused
 * @property {string} method
 * @property {string} path
 * @property {any} body
 * @property {string} [name] the variable
 * @property {string} [base] the text when the typing began
 * @property {string[]} [own] texts of ours that the server may have without our knowing
 * @property {boolean} [volatile] never kept on the device
 * @property {string} key the Idempotency-Key
 * @property {number} at
 * @property {string} [refused] why the server will never take it
 */

const PREFIX = `rf.out:${user}:`;
const placeOf = (entry) => `${PREFIX}${entry.session}:${entry.id}`;
const busy = new Set();
let counter = 0;

/** What happens to changes: `change`, `acknowledged`, `invalid`, `conflict`, `refused`, `signed-out`, `sent`. */
export const outbox = new EventTarget();

/**
 * How it goes: the entry in flight, what keeps all from going ('' | 'offline' | 'server'), the sessions that wait for
 * their account to be acted in again, and what was sent last.
 */
export const state = { flight: null, trouble: '', tries: 0, until: 0, savedAt: 0, elsewhere: new Set() };

const tellOutbox = (type, detail) => outbox.dispatchEvent(new CustomEvent(type, { detail }));

/** @returns {Entry[]} what waits, oldest first; of one session or of all */
export const entries = (session = '') =>
  keys(PREFIX + session).map(read).filter(Boolean).sort((a, b) => a.at - b.at);

/** @returns {Entry[]} what will still be sent */
export const waiting = (session = '') => entries(session).filter((entry) => !entry.refused);

/** @returns {Entry|null} */
export const changeOf = (session, id) => read(`${PREFIX}${session}:${id}`);

/**
 * Puts a change in.
 * @param {Omit<Entry, 'key'|'at'>} change
 */
export function put(change) {
  const old = changeOf(change.session, change.id);
  const same = old && !old.refused && JSON.stringify(old.body) === JSON.stringify(change.body);
  if (!same) {
    const fresh = { ...change, key: uuid(), at: Date.now() + ++counter / 1000 };
    if (old && !old.refused) {
      fresh.base = old.base;
      fresh.own = [...(old.own ?? []), old.text];
      if (old.body.expected) fresh.body.expected = old.body.expected;
      if ('expected_version' in old.body) fresh.body.expected_version = old.body.expected_version;
    }
    keep(placeOf(fresh), fresh, fresh.volatile);
    tellOutbox('change');
  }
  send(change.session);
}

/** Forgets a change. */
export function forget(entry) {
  drop(placeOf(entry));
  tellOutbox('change');
}

/** Sends what waits, of one session or of all. */
export function send(session) {
  if (!session) return new Set(waiting().map((entry) => entry.session)).forEach((id) => send(id));
  if (busy.has(session) || Date.now() < state.until) return;
  // Without locks only the tab that is seen sends; a change sent by two would still have one effect.
  if (!navigator.locks && document.hidden) return;
  busy.add(session);
  const work = () => drain(session);
  const done = navigator.locks ? navigator.locks.request(`rf-out-${session}`, work) : work();
  done.catch(console.error).finally(() => {
    busy.delete(session);
    tellOutbox('change');
    if (!state.trouble && !state.elsewhere.has(session) && waiting(session).length) send(session);
  });
}

async function drain(session) {
  let sent = 0;
  for (let next; (next = waiting(session)[0]); sent += 1) {
    state.flight = next;
    tellOutbox('change');
    const answer = await call(next.method, next.path, next.body, next.key);
    state.flight = null;
    if (!settleChange(next, answer)) break;
  }
  if (sent && !waiting(session).length) tellOutbox('sent', sent);
}

/** What an answer does to its change; whether the next may go. */
function settleChange(sent, { status, ok, data, retryAfter }) {
  const trouble = status === 0 ? 'offline' : status === 408 || status === 429 || status >= 500 ? 'server' : '';
  if (trouble) {
    const wait = Math.max(retryAfter * 1000, Math.min(30_000, 1000 * 2 ** state.tries) * (0.75 + Math.random() / 2));
    Object.assign(state, { trouble, tries: state.tries + 1, until: retryAfter ? Date.now() + wait : 0 });
    setTimeout(send, wait);
    tellOutbox('change');
    return false;
  }
  Object.assign(state, { trouble: '', tries: 0, until: 0 });
  if (status === 401) {
    state.trouble = 'signed-out';
    tellOutbox('signed-out');
    return false;
  }
  // The change stays as it is, for a page of its account.
  if (status === 409 && data?.type?.endsWith('/other-account')) {
    state.elsewhere.add(sent.session);
    if (location.pathname.includes(sent.session)) tellStale();
    return false;
  }
  state.elsewhere.delete(sent.session);
  const now = read(placeOf(sent));
  const latest = !now || now.key === sent.key;
  if (ok) {
    state.savedAt = Date.now();
    if (latest) drop(placeOf(sent));
    else expect(now, data?.step?.version ?? data?.variables?.[sent.name]?.version ?? sent.body.expected?.[sent.name] + 1);
    tellOutbox('acknowledged', { entry: sent, data, latest });
  } else if (!latest) {
    // Something newer took its place and will get its own answer.
  } else if (status === 409 && data?.type?.endsWith('/newer-value')) {
    const { variables, step } = data.current;
    const current = step ?? variables?.[sent.name];
    const part = sent.id.split(':')[2];
    const ours = step
      ? [sent.base, sent.text, ...(sent.own ?? [])].includes(step[part])
      : sent.own?.length && current?.set_by_id === user && current.version === sent.body.expected[sent.name] + 1;
    if (ours) {
      expect(sent, current.version);
    } else {
      makeDraft(sent);
      tellOutbox('conflict', { entry: sent, current });
    }
  } else if (status === 422) {
    makeDraft(sent, reason(data, sent.text));
    tellOutbox('invalid', { entry: sent, why: reason(data, sent.text) });
  } else {
    keep(placeOf(sent), { ...sent, refused: reason(data, sent.text) || String(status) }, sent.volatile);
    tellOutbox('refused', { entry: sent, status, data });
  }
  return true;
}

/** Lets a waiting change stand on another version than it did. */
function expect(entry, version) {
  if (entry.name) entry.body.expected = { [entry.name]: version };
  else if ('expected_version' in entry.body) entry.body.expected_version = version;
  keep(placeOf(entry), { ...entry, own: [], key: uuid() }, entry.volatile);
}

/** Makes a refused change a draft again. */
function makeDraft(entry, bad) {
  drop(placeOf(entry));
  if (!entry.field) return;
  const seen = entry.name ? entry.body.expected[entry.name] : entry.body.expected_version;
  keepDraft(entry.session, entry.field, { text: entry.text, seen, base: entry.base, bad }, entry.volatile);
}

/** Takes up sending after a pause, such as a sign-in. */
export function resume() {
  Object.assign(state, { trouble: '', tries: 0, until: 0 });
  send();
}

/** Whether a key of the device's store belongs to a change of this session. */
export const isEntry = (session, key) => !!key?.startsWith(PREFIX + session);

/** Resolves when nothing of a session waits, or after a while. */
export async function quiet(session, milliseconds) {
  for (const end = Date.now() + milliseconds; waiting(session).length && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

addEventListener('online', resume);
document.addEventListener('visibilitychange', () => document.hidden || send());
addEventListener('load', () => send());
