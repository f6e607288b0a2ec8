// What can be done with a value in the text: edit, copy, see its history, empty or clear it, go to where it is used.
import { button, byId, make, on, one } from './dom.js';
import { copyText } from './clipboard.js';
import { close, popover } from './popover.js';
import { edit, saveVariable } from './prompts.js';
import { call } from './request.js';
import { showStep, titleOf } from './steps.js';
import { ago } from './times.js';
import { toast } from './toast.js';
import { describe, holesOf, nameOf, paint, path, rowOf, shown, usesOf } from './variables.js';
import { words } from './words.js';

/** Opens the menu of a value. */
function menu(value) {
  const hole = value.closest('.hole');
  const key = hole.dataset.var;
  const row = rowOf(key);
  const then = (run) => () => (close(), setTimeout(run));
  const change = (text) => then(() => {
    saveVariable(key, text);
    paint(key);
    (one('.value, .prompt, input', hole) ?? hole).focus?.({ preventScroll: true });
  });
  popover(value, { class: 'menu-list value-menu', 'aria-label': row.dataset.label }, [
    button(words.edit, then(() => edit(hole))),
    button(words.copy, then(async () => (await copyText(shown(key) ?? '')) && toast(words.copied))),
    button(words.history, then(() => showHistory(value, key))),
    button(words.setEmpty, change('')),
    button(words.clearValue, change(null)),
    button(words.jump(usesOf(row).length), then(() => uses(value, key))),
  ]);
}

/** Lists who set a variable to what, newest first. */
async function showHistory(value, key) {
  const list = make('ul', {}, make('li', {}, words.loading));
  const node = popover(value, { class: 'popover history', 'aria-label': words.history, tabindex: '-1' }, [make('h3', {}, words.historyOf(rowOf(key).dataset.label)), list]);
  const found = [];
  let cursor = '';
  do {
    const { ok, data } = await call('GET', `${path}/events?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    if (!ok) return list.replaceChildren(make('li', {}, words.loadFailed));
    found.push(...data.items.filter(({ kind, facts }) => kind.startsWith('variable_') && facts.name?.toLowerCase() === key));
    cursor = data.next_cursor;
  } while (cursor && node.isConnected);
  list.replaceChildren(...found.reverse().map((event) => make('li', {},
    make('span', { class: 'mono', dir: 'auto' }, event.kind === 'variable_unset' ? words.cleared : event.texts.value || words.empty),
    make('small', { title: new Date(event.at).toLocaleString() }, ` ${nameOf(event.actor_id)}, ${ago(+new Date(event.at))}`))));
  if (!found.length) list.replaceChildren(make('li', {}, words.noHistory));
}

/** Lists the steps that use a variable. */
function uses(value, key) {
  const go = (step) => () => {
    close();
    showStep(step, { focus: false });
    const hole = holesOf(key, byId(`step-${step}`))[0];
    const to = hole && one('.value, .prompt, input, select', hole);
    (to ?? one('.step-title', byId(`step-${step}`)))?.focus();
    to?.scrollIntoView({ block: 'nearest' });
  };
  popover(value, { class: 'menu-list', 'aria-label': words.uses(usesOf(rowOf(key)).length) }, usesOf(rowOf(key)).map((step) => button(titleOf(step), go(step))));
}

/** Listens to values. */
export function listenToValues() {
  on('click', '.hole button.value', (event, value) => {
    if (!rowOf(value.closest('.hole').dataset.var)) return;
    event.preventDefault();
    menu(value);
  });
  for (const type of ['pointerover', 'focusin']) on(type, '.hole .value', (_, value) => describe(value));
}
