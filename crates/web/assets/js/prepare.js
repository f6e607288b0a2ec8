// The form for preparing: what is typed is kept on this device until it was sent, and times are where the person is.
import { byId, one, user } from './dom.js';
import { drop, keep, keys, read } from './store.js';

const FORMS = `rf.form:${user}:`;

/** Keeps the form; on other pages it forgets what was sent. */
export function keepForm() {
  const form = byId('prepare');
  if (!form) {
    for (const key of keys(FORMS)) if (read(key)?.sent) drop(key);
    return;
  }
  const place = FORMS + location.pathname + location.search;
  const { due, offset } = form.elements;
  const zone = () => (offset.value = new Date(due.value || Date.now()).getTimezoneOffset());
  if (due.dataset.at) {
    const at = new Date(due.dataset.at);
    due.value = new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }
  // What came back after it was refused is as it was typed.
  if (!offset.value) zone();
  due.addEventListener('change', zone);

  const texts = () => {
    const found = {};
    for (const [name, value] of new FormData(form)) (found[name] ??= []).push(value);
    return found;
  };
  const first = texts();
  const kept = read(place)?.typed;
  const again = 'again' in form.dataset;
  let sent = false;
  const store = () => {
    const now = texts();
    const typed = again ? { ...kept } : {};
    for (const name of new Set([...Object.keys(first), ...Object.keys(now)])) {
      if (name === 'key' || `${first[name]}` === `${now[name]}`) continue;
      // With what the person saw, so that nothing newer is overwritten unseen.
      const known = name.replace('panel:', '');
      for (const it of [name, ...(known === name ? [`before:${name}`] : [`seen:${known}`, `was:${known}`])]) typed[it] = now[it] ?? [];
    }
    if (Object.keys(typed).length) keep(place, { typed, sent });
    else drop(place);
  };
  if (again) store();
  else if (kept) {
    for (const control of form.elements) {
      const values = kept[control.name];
      if (!values) continue;
      if (/radio|checkbox/.test(control.type)) control.checked = values.includes(control.value);
      else if (control.multiple) for (const option of control.options) option.selected = values.includes(option.value);
      else control.value = values[0] ?? '';
    }
    byId('brought-back').hidden = false;
  }
  one('#brought-back button').addEventListener('click', () => (drop(place), location.assign(location.href)));
  // An answer that comes after the form was sent makes it no draft again; typing does.
  form.addEventListener('htmx:afterSettle', store);
  form.addEventListener('input', () => ((sent = false), store()));
  form.addEventListener('submit', () => ((sent = true), store()));
}
