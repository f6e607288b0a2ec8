// The command palette: flows, sessions, and what can be done on this page; recent first.
import { account, all, byId, later, make, never, one, user } from './dom.js';
import { bind } from './keys.js';
import { page } from './request.js';
import { keep, read } from './store.js';
import { words } from './words.js';

const RECENT = `rf.recent:${user}:${account}`;

/** @type {(() => {text: string, keys?: string, run: () => void}[])[]} */
const sources = [];

/** Adds things that the page can do. */
export const offer = (source) => sources.push(source);

/** Remembers a page for the next time. */
export function visited(href, text) {
  if (text) keep(RECENT, [{ href, text }, ...(read(RECENT) ?? []).filter((one) => one.href !== href)].slice(0, 8));
}

/** @type {AbortController|null} */
let search = null;

/** Opens the palette. */
export function openPalette() {
  if (byId('palette')) return byId('palette').close();
  const list = make('ul', { id: 'palette-list', role: 'listbox', 'aria-label': words.results });
  const input = make('input', { type: 'text', class: 'control', role: 'combobox', placeholder: words.find, 'aria-label': words.find,
    'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false', input: ask });
  const dialog = make('dialog', { id: 'palette', class: 'dialog palette', 'aria-label': words.palette, keydown: move,
    close: () => (search?.abort(), never('palette'), dialog.remove()) }, input, list);
  list.addEventListener('click', (event) => {
    const item = event.target.closest('[role=option]');
    if (item) choose(item, event);
  });
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  fill();

  /** Shows what this page knows. */
  function fill() {
    const query = input.value.trim().toLowerCase();
    const fits = ({ text }) => query.split(/\s+/).every((word) => text.toLowerCase().includes(word));
    const recent = query ? [] : (read(RECENT) ?? []).filter(({ href }) => href !== location.pathname);
    const local = sources.flatMap((source) => source()).filter(fits);
    list.replaceChildren();
    add([...recent.map(({ href, text }) => link(make('a', { href }, text))),
      ...local.slice(0, 40).map(({ text, keys, run }) => option(make('span', {}, text), keys, run))]);
  }

  /** Adds rows; what is selected stays. */
  function add(items) {
    list.append(...items);
    [...list.children].forEach((item, index) => (item.id = `palette-${index}`));
    if (!one('[aria-selected]', list)) select(list.firstChild);
  }

  function option(content, keys, run) {
    const item = make('li', { role: 'option' }, content, ...(keys ? [' ', make('kbd', {}, keys)] : []));
    item.run = run;
    return item;
  }

  /** A row that leads somewhere. What it leads to stands beside it: no control may stand inside an option. */
  function link(anchor) {
    const item = option(make('span', {}, ...anchor.childNodes), anchor.dataset.keys, null);
    item.dataset.href = anchor.getAttribute('href');
    return item;
  }

  function ask() {
    search?.abort();
    fill();
    const query = input.value.trim();
    if (!query) return never('palette');
    later('palette', 80, async () => {
      const own = (search = new AbortController());
      // Old sessions are looked for in turns, until there is one.
      for (let address = `/search?q=${encodeURIComponent(query)}`; address; ) {
        const found = await page(address, own.signal);
        if (!found || own !== search || own.signal.aborted) return;
        add(all('a[href]', found).map((found) => link(document.importNode(found, true))));
        address = one('link[rel=next]', found)?.getAttribute('href');
      }
    });
  }

  function select(item) {
    for (const other of all('[aria-selected]', list)) other.removeAttribute('aria-selected');
    item?.setAttribute('aria-selected', 'true');
    item?.scrollIntoView({ block: 'nearest' });
    if (item) input.setAttribute('aria-activedescendant', item.id);
    else input.removeAttribute('aria-activedescendant');
  }

  function move(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const now = one('[aria-selected]', list);
    if (by && list.children.length) {
      const items = [...list.children];
      select(items[(items.indexOf(now) + by + items.length) % items.length]);
    } else if (event.key === 'Enter' && now && !event.isComposing) choose(now, event);
    else return;
    event.preventDefault();
  }

  function choose(item, event) {
    event.preventDefault();
    dialog.close();
    if (item.run) return item.run();
    visited(item.dataset.href, item.firstChild.textContent.trim());
    location.assign(item.dataset.href);
  }
}

bind('ctrl+k', words.palette, openPalette);
