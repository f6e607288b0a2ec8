// Filling variables: in the text, in the panel, in dialogs. Enter saves and goes on, leaving saves, Esc restores.
import { all, button, byId, later, make, never, on, one, seen, user } from './dom.js';
import { chooses, controlOf, focus, keyOf, makeEditor, makePrompt, opens, readText, takesLines, writeText } from './controls.js';
import { draft, draftField, drafts, dropDraft, keepDraft } from './drafts.js';
import { asked, clearHint, clearRefusal, help, noHelp, reserve, showNewer, showRefusal } from './hints.js';
import { outbox, put, state } from './outbox.js';
import { close, openFor, popover } from './popover.js';
import { say, toast } from './toast.js';
import { holesOf, inUse, nameOf, paint, panelControl, path, rowOf, saved, session, setRow, shown, value, versionOf } from './variables.js';
import { words } from './words.js';

const nowhere = document.createElement('i');

/** The text of each control when it was last clean. */
const cleanTexts = new WeakMap();
/** The control that each variable was last edited in, by its hole or row. */
const lastUsed = new Map();
/** Where Enter led from a variable, to come back if the value is refused. */
let led = null;

const baseOf = (control) => cleanTexts.get(control) ?? readText(control);
const dirty = (control) => control.hasAttribute('data-dirty');
const field = (key) => `var:${key}`;
const hidden = (key) => 'secret' in (rowOf(key)?.dataset ?? {});
const controlsOf = (key) =>
  [...holesOf(key).map((hole) => one('.prompt:not(button), .segment', hole)), panelControl(key), ...all(`[popover][data-var="${key}"] :is(textarea, .choices)`),
    ...inDialogs(key)].filter(Boolean);
const inDialogs = (key) => all('dialog[open] [name]').map(controlOf).filter((control) => control && keyOf(control) === key);

/** Called when nobody is busy in some control any more. */
let settled = () => {};
export const onSettled = (run) => (settled = run);

/** An editor begins: what is on screen now is what the person saw. */
function beginPrompt(control) {
  const key = keyOf(control);
  const other = controlsOf(key).find((other) => other !== control && dirty(other));
  if (other && !dirty(control)) {
    // Unsent text goes along to where it is edited next.
    writeText(control, readText(other));
    cleanTexts.set(control, baseOf(other));
    control.dataset.seen = other.dataset.seen;
    control.setAttribute('data-dirty', '');
    clean(other, true);
    checkConflict(control);
  } else if (!dirty(control)) {
    cleanTexts.set(control, shown(key) ?? '');
    control.dataset.seen = versionOf(key);
  }
  help(control);
}

/** A control says something else than before. */
function typedPrompt(control) {
  const key = keyOf(control);
  const text = readText(control);
  if (!cleanTexts.has(control)) beginPrompt(control);
  clearRefusal(control);
  if (text === baseOf(control) && !asked(control)) {
    control.removeAttribute('data-dirty');
    dropDraft(session, field(key));
  } else {
    control.setAttribute('data-dirty', '');
    keepDraft(session, field(key), { text, seen: Number(control.dataset.seen), base: baseOf(control) }, hidden(key));
  }
  const place = control.closest('.hole, .field-row')?.id;
  if (place) lastUsed.set(key, place);
  mirror(control);
  checkConflict(control);
}

/** Shows what is being typed wherever else the variable stands. */
export function mirror(control) {
  const key = keyOf(control);
  const text = readText(control);
  // Nothing typed in a prompt shows the label, not an empty value.
  paint(key, dirty(control) && (text || value(key) !== null) ? text : undefined);
}

/** Forgets what was typed; the control shows what it was told and is like the others again. */
function clean(control, keepsDraft = false) {
  const key = keyOf(control);
  for (const kind of ['conflict', 'prompt-error']) clearHint(control, kind);
  clearRefusal(control);
  control.removeAttribute('data-dirty');
  cleanTexts.set(control, readText(control));
  if (!keepsDraft) dropDraft(session, field(key));
  never(`commit:${key}`);
}

/** Puts a change of a variable on its way. */
export function saveVariable(key, text, { seen = versionOf(key), base = saved(key) ?? '', keepInvalid = false, name = rowOf(key)?.dataset.name ?? key } = {}) {
  const body = { variables: { [name]: text }, expected: { [name]: seen } };
  if (keepInvalid) body.keep_invalid = true;
  put({ session, id: field(key), label: rowOf(key)?.dataset.label ?? name, text: text ?? '', field: field(key), base,
    method: 'PATCH', path: `${path}/variables`, body, name, volatile: hidden(key) });
}

/** Saves what a control says, if anybody changed it; whether it is settled. */
export function commit(control, { keepInvalid = false } = {}) {
  if (!dirty(control)) return true;
  if (asked(control) || (control.classList.contains('bad') && !keepInvalid)) return false;
  const key = keyOf(control);
  const text = readText(control);
  const base = baseOf(control);
  const seen = Number(control.dataset.seen);
  if (text !== base || keepInvalid) saveVariable(key, text === '' ? null : text, { seen, base, keepInvalid });
  clean(control);
  paint(key);
  return true;
}

/** Brings a control back to the last saved value. */
function restore(control) {
  writeText(control, shown(keyOf(control)) ?? '');
  clean(control);
  control.dataset.seen = versionOf(keyOf(control));
  paint(keyOf(control));
}

/** The prompts of a step that nobody filled, in order, one for each variable. */
export function unfilled(step) {
  const known = new Set();
  return all('.hole', step).map((hole) => one('.prompt, .segment', hole)).filter((prompt) => {
    const key = prompt && keyOf(prompt);
    return key && seen(prompt) && shown(key) === null && !known.has(key) && known.add(key);
  });
}

/** Goes on from a control: to the next unfilled prompt of the step, or to its first action. */
function goOn(control) {
  const key = keyOf(control);
  const step = control.closest('.step');
  if (!step) {
    const fields = all('.control', control.closest('#panel, dialog') ?? document).filter((other) => keyOf(other) && seen(other));
    const next = fields.slice(fields.indexOf(control) + 1).find((other) => shown(keyOf(other)) === null);
    if (next) focus(next);
    return;
  }
  const others = unfilled(step).filter((prompt) => keyOf(prompt) !== key);
  const after = others.find((prompt) => control.compareDocumentPosition(prompt) & Node.DOCUMENT_POSITION_FOLLOWING);
  const to = after ?? others[0] ?? one('[data-action=done]', step) ?? one('.step-actions button', step);
  if (to) focus(to);
  led = { key, to: document.activeElement };
}

/** Asks which value stands, where somebody saved a newer one than the person saw. */
function checkConflict(control) {
  const key = keyOf(control);
  const row = rowOf(key);
  const version = versionOf(key);
  if (!row || !dirty(control) || version <= Number(control.dataset.seen)) return;
  const text = saved(key);
  const ours = row.dataset.by === user && state.flight?.id === field(key);
  if (ours || (text ?? '') === readText(control)) {
    control.dataset.seen = version;
    if (!ours) restore(control);
    return;
  }
  if (asked(control) && one(`rf-note.conflict[data-for="${key}"]`).dataset.version === String(version)) return;
  showNewer(control, nameOf(row.dataset.by), text, () => useTheirs(control), () => keepMine(control));
  one(`rf-note.conflict[data-for="${key}"]`).dataset.version = version;
  say(words.conflict(nameOf(row.dataset.by), text ?? '').join(''));
}

function useTheirs(control) {
  const hole = control.closest('.hole');
  restore(control);
  focus(control);
  if (hole && shown(keyOf(control)) !== null) toValue(hole);
  settled();
}

/** Makes a prompt the value that stands, which gets the focus. */
function toValue(hole) {
  document.activeElement.blur();
  paint(hole.dataset.var);
  one('.value', hole)?.focus({ preventScroll: true });
}

function keepMine(control, on) {
  control.dataset.seen = versionOf(keyOf(control));
  clearHint(control, 'conflict');
  if (commit(control)) leavePrompt(control, on);
}

/** Moves on by Enter, or leaves the focus on the value that the prompt became. */
function leavePrompt(control, on = true) {
  const hole = control.closest('.hole');
  const key = keyOf(control);
  if (on) goOn(control);
  const stays = hole && (hole.contains(document.activeElement) || document.activeElement === document.body);
  if (stays && shown(key) !== null) toValue(hole);
  paint(key);
  settled();
}

/** Puts a text that nobody will save any more among what is offered for copying. */
export function give(id, text, label) {
  dropDraft(session, id);
  put({ session, id, label, text, field: id, method: 'PATCH', path: `${path}/variables`, body: {}, refused: words.endedReason });
}

/** Brings a draft back into a control: after a reload, a refusal or a conflict. */
function bringPromptBack(key, kept, refocus) {
  const row = rowOf(key);
  if (!row) return;
  const last = byId(lastUsed.get(key));
  const place = (seen(last) ? last : holesOf(key, one('.step:not([hidden])') ?? document)[0]) ?? row;
  let control = inDialogs(key)[0] ?? one('.prompt:not(button), .segment, .control', place);
  if (!control && place.matches('.hole') && !opens(row) && one('button.value', place)) {
    control = makePrompt(row);
    place.replaceChildren(control);
  }
  control ??= panelControl(key);
  if (!control) return;
  cleanTexts.set(control, kept.base ?? '');
  writeText(control, kept.text);
  control.dataset.seen = kept.seen ?? versionOf(key);
  control.setAttribute('data-dirty', '');
  lastUsed.set(key, place.id);
  if (kept.bad) showRefusal(control, kept.bad, () => keepAnyway(control));
  if (refocus) focus(control);
  else if (kept.bad && !seen(control)) toast(`${row.dataset.label}: ${kept.bad}`, { error: true });
  mirror(control);
  checkConflict(control);
}

function keepAnyway(control) {
  if (commit(control, { keepInvalid: true })) leavePrompt(control, false);
}

/** Whether the focus is still where Enter led it, and nothing was typed there. */
const followed = (key) => led?.key === key && [led.to, document.body].includes(document.activeElement) && !led.to.closest('[data-dirty]');

/** Looks at every control with unsent text again, after something came from the server. */
export function checkConflicts() {
  for (const control of all('[data-dirty]')) if (keyOf(control)) checkConflict(control);
  reserve();
}

/** Opens the editor for several lines or choices beside what stands in the text. */
function openEditor(key, anchor) {
  const row = rowOf(key);
  const editor = makeEditor(row);
  const kept = draft(session, field(key));
  writeText(editor, shown(key) ?? '');
  const saveIt = () => (commit(editor), close());
  popover(anchor, { class: 'popover editor', 'data-var': key, 'aria-label': row.dataset.label }, [
    editor, one('.help', row)?.cloneNode(true) ?? '',
    button(words.save, saveIt, { class: 'button primary small' }, ' ', make('kbd', {}, 'Ctrl+Enter'))], () => {
    paint(key);
    settled();
    const hole = anchor.isConnected ? anchor : one('.value, .prompt', byId(lastUsed.get(key)) ?? nowhere);
    if (document.activeElement === document.body) hole?.focus({ preventScroll: true });
  });
  beginPrompt(editor);
  lastUsed.set(key, anchor.closest('.hole')?.id);
  if (kept) {
    writeText(editor, kept.text);
    typedPrompt(editor);
  }
}

/** Makes a value a prompt again, in place. */
export function edit(hole) {
  const key = hole.dataset.var;
  const row = rowOf(key);
  if (opens(row)) return openEditor(key, one('.value', hole));
  const prompt = makePrompt(row);
  writeText(prompt, shown(key) ?? '');
  hole.replaceChildren(prompt);
  focus(prompt);
  prompt.select?.();
}

function pressed(event, control) {
  const { key, code, altKey, ctrlKey, metaKey } = event;
  const alt = (letter) => altKey && (key.toLowerCase() === letter || code === `Key${letter.toUpperCase()}`);
  const id = keyOf(control);
  const editor = control.closest('[popover]');
  if (alt('u') && asked(control)) useTheirs(control);
  else if (alt('k') && control.classList.contains('bad')) keepAnyway(control);
  else if (key === 'Enter' && !event.isComposing && takesLines(control) === (ctrlKey || metaKey)) {
    if (asked(control)) keepMine(control, !editor);
    else if (commit(control) && !editor) leavePrompt(control);
    if (editor && !dirty(control)) close();
  } else if (key === 'Escape' && editor) {
    // The draft stays and is there when the editor is opened again.
    return control.removeAttribute('data-dirty');
  } else if (key === 'Escape' && (dirty(control) || (control.closest('.hole') && shown(id) !== null))) {
    if (dirty(control)) restore(control);
    else toValue(control.closest('.hole'));
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Listens to everything that fills. */
export function listenToPrompts() {
  const each = (type, handle) => document.addEventListener(type, (event) => {
    const control = controlOf(event.target);
    if (control) handle(event, control);
  }, type === 'keydown');
  let pressing = false;
  for (const type of ['pointerdown', 'pointerup', 'pointercancel']) addEventListener(type, () => (pressing = type === 'pointerdown'), true);
  each('focusin', (_, control) => beginPrompt(control));
  each('input', (_, control) => typedPrompt(control));
  each('change', (_, control) => {
    if (!chooses(control)) return;
    typedPrompt(control);
    if (!control.closest('[popover]')) later(`commit:${keyOf(control)}`, 600, () => control.isConnected && commit(control));
  });
  each('keydown', pressed);
  each('focusout', (_, control) => {
    const key = keyOf(control);
    // After the focus has arrived elsewhere; a window that loses the focus keeps it in the control.
    const left = () => {
      if (control.contains(document.activeElement)) return;
      noHelp(control);
      if (!openFor(key)) commit(control);
      if (!dirty(control)) paint(key);
      settled();
    };
    // What is being clicked must not move before the click is whole.
    if (pressing) for (const type of ['pointerup', 'pointercancel']) addEventListener(type, () => setTimeout(left), { once: true });
    else setTimeout(left);
  });
  on('click', '.hole button.prompt', (event, prompt) => {
    event.preventDefault();
    openEditor(keyOf(prompt), prompt);
  });
  outbox.addEventListener('acknowledged', ({ detail: { entry, data } }) => {
    if (entry.session !== session || !entry.name) return;
    const key = entry.id.slice(4);
    // An unset variable is absent from the answer; taking away what was not there changes nothing.
    const view = data?.variables?.[entry.name] ?? { value: null, version: entry.body.expected[entry.name] + (saved(key) === null ? 0 : 1), set_by_id: user };
    setRow(key, view);
    for (const control of controlsOf(key)) control.dataset.seen = view.version;
    if (!all('[data-dirty]').some((control) => keyOf(control) === key)) paint(key);
  });
  const refused = (type) => outbox.addEventListener(type, ({ detail: { entry, current, why } }) => {
    if (entry.session !== session || !entry.name) return;
    const key = entry.id.slice(4);
    if (type === 'conflict') setRow(key, current);
    if (why) say(`${entry.label}: ${why}`);
    bringPromptBack(key, draft(session, field(key)), followed(key));
  });
  refused('invalid');
  refused('conflict');
  addEventListener('storage', ({ key: stored, newValue }) => {
    const key = draftField(session, stored)?.match(/^var:(.+)/)?.[1];
    const kept = newValue && key && draft(session, field(key));
    // Only what was refused elsewhere; what is being typed in another tab stays there.
    if (kept?.bad && !controlsOf(key).some(inUse)) bringPromptBack(key, kept, false);
  });
  for (const [name, kept] of drafts(session)) if (name.startsWith('var:')) bringPromptBack(name.slice(4), kept, false);
  reserve();
}
