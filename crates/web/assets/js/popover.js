// Menus and small editors that float beside what opened them. One is openNow at a time.
import { all, make, one } from './dom.js';

/** @type {any} */
let openNow = null;

/** What is open, if it belongs to this variable. */
export const openFor = (key) => openNow?.dataset.var === key;

/**
 * Opens a popover beside an element; leaving it by Esc gives the focus back.
 * @param {Element} anchor
 * @param {Record<string, any>} attributes
 * @param {Node[]} children
 * @param {(open: any) => void} [closed] runs once it is closed
 */
export function popover(anchor, attributes, children, closed) {
  close();
  const from = document.activeElement;
  const node = make('div', { popover: 'auto', role: 'dialog', ...attributes }, ...children);
  node.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    const inside = node.contains(document.activeElement) || document.activeElement === document.body;
    if (openNow === node) openNow = null;
    node.remove();
    if (inside) (anchor.isConnected ? anchor : from)?.focus?.({ preventScroll: true });
    closed?.(node);
  });
  node.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.matches('textarea, input')) return;
    event.preventDefault();
    const items = all('button, a', node);
    items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
  });
  (anchor.closest('dialog') ?? document.body).append(node);
  openNow = node;
  node.showPopover();
  standBeside(node, anchor);
  (one('[autofocus]', node) ?? one('button, a, textarea, input', node) ?? node).focus();
  return node;
}

/** Closes what is open. */
export function close() {
  if (openNow?.isConnected) openNow.hidePopover();
  openNow = null;
}

/** Puts a popover below its anchor, or above where there is no room. */
function standBeside(node, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = node.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight || at.top < size.height;
  Object.assign(node.style, {
    position: 'fixed',
    margin: '0',
    left: `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`,
    top: `${below ? Math.min(at.bottom + 4, Math.max(8, innerHeight - size.height - 8)) : at.top - 4 - size.height}px`,
  });
}
