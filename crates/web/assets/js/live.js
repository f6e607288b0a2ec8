// What others do, as it happens. One stream a browser: the tab that holds the lock listens for all and shares what
// comes. Where the browser has no locks or channels, each tab that is seen listens for itself. Tabs of another account
// have a stream of their own, which stands while that account is acted in.
import { account, user, uuid } from './dom.js';

const NAME = `rf-live-${user}-${account}`;
const channel = navigator.locks && 'BroadcastChannel' in window ? new BroadcastChannel(NAME) : null;
const me = uuid();
const KINDS = ['session', 'presence', 'lists', 'reset'];

/** @type {Record<string, Set<(data: any) => void>>} */
const hearers = {};
/** What this tab watches. */
const mine = { session: '', version: () => 0, lists: false };
/** What every tab watches, where this one leads. */
const tabs = new Map();
/** The version that each session's stream has come to. */
const reached = new Map();
/** @type {EventSource|null} */
let source = null;
let streamAddress = '';
let leading = false;
let tries = 0;
let timer = 0;
let watching = false;

/** Whether the stream stands, as far as this tab knows. */
export let up;

/** Listens for `session`, `presence`, `lists`, `reset`, `up` and `down`. */
export function hear(type, run) {
  (hearers[type] ??= new Set()).add(run);
}

/** Says what this tab wants to hear of. */
export function watch(topics) {
  Object.assign(mine, topics);
  if (!watching) beginLive();
  announce();
}

/** Hands an event to every listener; one that throws stops no other. */
function hand({ type, data }) {
  if (type === 'up' || type === 'down') up = type === 'up';
  for (const run of hearers[type] ?? []) {
    try {
      run(data);
    } catch (error) {
      console.error(error);
    }
  }
}

function share(message) {
  channel?.postMessage(message);
  hand(message);
}

function announce() {
  const topics = { session: mine.session, version: mine.version(), lists: mine.lists, at: Date.now() };
  if (leading) join(me, topics);
  else channel?.postMessage({ type: 'here', tab: me, topics });
}

/** Takes a tab's topics in, and opens the stream anew where they need it. */
function join(tab, topics) {
  tabs.set(tab, topics);
  const { session, version } = topics;
  const behind = session && reached.has(session) && version < reached.get(session);
  if (session && (behind || !reached.has(session))) reached.set(session, version);
  openStream(behind);
}

function openStream(anew = false) {
  if (!leading) return;
  const live = [...tabs.values()].filter((topics) => Date.now() - topics.at < 90_000);
  const sessions = [...new Set(live.map((topics) => topics.session).filter(Boolean))].sort();
  const lists = live.some((topics) => topics.lists);
  const wanted = sessions.length || lists ? `${sessions.join()} ${lists}` : '';
  if (wanted === streamAddress && source && !anew) return;
  clearTimeout(timer);
  source?.close();
  source = null;
  streamAddress = wanted;
  for (const session of reached.keys()) if (!sessions.includes(session)) reached.delete(session);
  if (!wanted) return;
  const at = sessions.map((session) => `${session}.${reached.get(session) ?? 0}`).join();
  source = new EventSource(`/live?sessions=${encodeURIComponent(at)}${lists ? '&lists=1' : ''}&of-account=${account}`);
  for (const type of KINDS) source.addEventListener(type, (event) => receive(type, event));
  source.onopen = () => {
    tries = 0;
    share({ type: 'up' });
  };
  source.onerror = () => {
    source?.close();
    source = null;
    share({ type: 'down' });
    timer = setTimeout(openStream, Math.min(30_000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2));
  };
}

function receive(type, event) {
  let data;
  try {
    data = JSON.parse(event.data || '{}');
  } catch (error) {
    return console.error(error);
  }
  if (type === 'session') reached.set(data.session, Math.max(data.version, reached.get(data.session) ?? 0));
  share({ type, data });
}

function beginLive() {
  watching = true;
  setInterval(announce, 20_000);
  addEventListener('online', () => (tries = 0, openStream()));
  addEventListener('pagehide', () => {
    channel?.postMessage({ type: 'gone', tab: me });
    source?.close();
    source = null;
  });
  if (!channel) {
    const look = () => {
      leading = !document.hidden;
      if (leading) announce();
      else source = void source?.close() ?? null;
    };
    document.addEventListener('visibilitychange', look);
    return look();
  }
  channel.addEventListener('message', ({ data: message }) => {
    if (message.type === 'who') announce();
    else if (message.type === 'here') {
      if (!leading) return;
      join(message.tab, message.topics);
      channel.postMessage({ type: source?.readyState === 1 ? 'up' : 'down', to: message.tab });
    } else if (message.type === 'gone') {
      if (tabs.delete(message.tab)) openStream();
      // Who asked hears it only where it is news: what it does then may ask again.
    } else if (!message.to || (message.to === me && up !== (message.type === 'up'))) hand(message);
  });
  navigator.locks.request(NAME, () => {
    leading = true;
    channel.postMessage({ type: 'who' });
    announce();
    return new Promise(() => {});
  });
}
