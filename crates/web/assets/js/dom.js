// Small helpers for the page: find, make, listen, wait.

/** @returns {any} the first element that matches */
export const one = (selector, within = document) => within.querySelector(selector);

/** @returns {any[]} every element that matches */
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** @returns {any} the element with this id */
export const byId = (id) => document.getElementById(id);

/** The signed-in person's id. */
export const user = document.body.dataset.user ?? '';

/** The id of the account that the page is of. */
export const account = document.body.dataset.account ?? '';

/**
 * Makes an element. A function among the attributes listens to the event of that name; text becomes text, never markup.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** A button of a note, menu or toast. */
export const button = (text, click, attributes = {}, ...more) => make('button', { type: 'button', click, ...attributes }, text, ...more);

/**
 * Something of our own among the server's markup. Its tag is one that no fragment has, so merging never takes it for
 * something else.
 */
export const local = (attributes, ...children) => make('rf-note', { 'data-local': true, ...attributes }, ...children);

/** Listens on the document for events on elements that match, now and later. */
export function on(type, selector, handle) {
  document.addEventListener(type, (event) => {
    const target = event.target instanceof Element && event.target.closest(selector);
    if (target) handle(event, target);
  });
}

const timers = new Map();

/** Runs something after a while of quiet; asking again under the same name starts the while anew. */
export function later(name, milliseconds, run) {
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(() => (timers.delete(name), run()), milliseconds));
}

/** Takes back what `later` was told; whether there was something. */
export function never(name) {
  clearTimeout(timers.get(name));
  return timers.delete(name);
}

/** A random UUID, also where the page is not served over HTTPS. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Whether keys that this element gets are text. */
export const typing = (element) =>
  !!element?.matches?.('textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])');

/** Whether an element can be seen. */
export const seen = (element) => !!element && element.getClientRects().length > 0;
