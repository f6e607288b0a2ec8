// Lists that others change: Quick start brings itself up to date, other lists say how many rows are new, and a row
// that somebody points at or is in never moves.
import { all, button, byId, later, local, one, user } from './dom.js';
import { hear, watch } from './live.js';
import { call, page } from './request.js';
import { keep, read } from './store.js';
import { refresh } from './times.js';
import { words } from './words.js';

const main = byId('main');
const listRows = (within) => all('.list > .row', within);
const rowName = (row) => row.id || one('a', row)?.getAttribute('href');
let listAsks = 0;

/** Reads the page again and shows what is new in it. */
async function look() {
  const ask = ++listAsks;
  const answer = await page(location.href);
  // Only the newest answer counts.
  const fresh = answer && ask === listAsks && one('#main', answer);
  if (!fresh) return;
  const known = new Set(listRows(main).map(rowName));
  const count = listRows(fresh).filter((row) => !known.has(rowName(row))).length;
  one('.new-rows')?.remove();
  const used = main.matches(':focus-within, :hover') || getSelection()?.type === 'Range';
  if (!used) return merge(fresh);
  const list = one('.list', main);
  if (count) (list ?? main.firstChild)?.before(local({ class: 'new-rows' }, button(words.newRows(count), () => merge(fresh), { class: 'button small' })));
}

/** Greets by the time of day where the person is. */
function greet() {
  const head = one('[data-greeting]');
  if (head) head.textContent = words.greeting(new Date().getHours(), head.dataset.greeting.split(' ')[0]);
}

function merge(fresh) {
  one('.new-rows')?.remove();
  const keepsTyping = (node) => !(node instanceof Element) || !node.matches('input, select, textarea, [data-local]');
  Idiomorph.morph(main, fresh, { morphStyle: 'outerHTML', callbacks: {
    beforeNodeMorphed: keepsTyping,
    beforeAttributeUpdated: (name) => name !== 'open',
  } });
  window.htmx?.process(main);
  refresh(main);
  greet();
}

/** Marks Quick start in the navigation when something was prepared for the person. */
async function markNavigation() {
  const dot = one('.side a[href="/"] .dot');
  if (!dot) return;
  const { data } = await call('GET', '/api/v1/sessions?status=prepared&assigned_to_id=me&limit=1');
  const key = `rf.newest:${user}`;
  const newest = data?.items?.[0]?.id ?? '';
  if (!data) return;
  if (location.pathname === '/' || read(key) === null) keep(key, newest);
  dot.hidden = !newest || newest <= read(key);
}

/** Listens for lists that changed. */
export function listenToLists() {
  greet();
  hear('lists', () => {
    later('lists', 400, () => {
      if (listRows(main).length || document.body.dataset.page === 'quick-start') look();
      markNavigation();
    });
  });
  hear('up', () => later('lists', 400, markNavigation));
  watch({ lists: true });
}
