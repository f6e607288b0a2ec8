// Lists that others change: Quick start brings itself up to date, other lists say how many rows are new, and a row
// that somebody points at or is in never moves.
import { all, button, byId, later, local, one } from './dom.js';
import { hear, watch } from './live.js';
import { page } from './request.js';
import { refresh } from './times.js';
import { say } from './toast.js';
import { words } from './words.js';

const main = byId('main');
const listRows = (within) => all('.list > .row', within);
const rowName = (row) => row.id || one('a', row)?.getAttribute('href');
let listAsks = 0;
let stood = false;

/** Reads the page again and shows what is new in it; answers what was read. */
async function look() {
  const ask = ++listAsks;
  const answer = await page(location.href);
  // Only the newest answer counts.
  const fresh = answer && ask === listAsks && one('#main', answer);
  if (!fresh) return null;
  const known = new Set(listRows(main).map(rowName));
  const count = listRows(fresh).filter((row) => !known.has(rowName(row))).length;
  one('.new-rows')?.remove();
  const used = main.matches(':focus-within, :hover') || getSelection()?.type === 'Range';
  const list = one('.list', main);
  if (!used) merge(fresh);
  else if (count) (list ?? main.firstChild)?.before(local({ class: 'new-rows' }, button(words.newRows(count), () => merge(fresh), { class: 'button small' })));
  return answer;
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

/** Brings the bell up to date, and the mark at Quick start. */
function ring(answer) {
  const [bell, fresh] = [byId('bell'), answer && one('#bell', answer)];
  if (!bell || !fresh) return;
  const { unread, prepared } = fresh.dataset;
  if (+unread > +bell.dataset.unread) say(fresh.getAttribute('aria-label'));
  for (const dot of all('.side .dot')) dot.hidden = prepared === undefined;
  Idiomorph.morph(bell, fresh);
}

/** Listens for lists that changed; while the stream was away, they may have. */
export function listenToLists() {
  greet();
  const shows = () => listRows(main).length || ['quick-start', 'notifications'].includes(document.body.dataset.page);
  const again = () => later('lists', 400, async () => ring(await (shows() ? look() : page('/notifications/bell'))));
  hear('lists', again);
  hear('up', () => (stood = true, again()));
  // A stream that ends may be one that is refused to a page of another account, which says so when it asks.
  hear('down', () => stood && (stood = false, again()));
  if (!byId('runner')) watch({ lists: true });
}
