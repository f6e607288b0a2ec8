// Text into the clipboard, also where the page is not served over HTTPS.
import { make } from './dom.js';

/** Copies a text byte for byte; whether it worked. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byCommand(text);
  }
}

function byCommand(text) {
  const focused = document.activeElement;
  const area = make('textarea', { class: 'visually-hidden', readonly: true, 'aria-hidden': 'true' });
  area.value = text;
  (dialogOf(focused) ?? document.body).append(area);
  area.select();
  // The text itself, for a text area makes one newline of two kinds.
  const exact = (event) => (event.clipboardData.setData('text/plain', text), event.preventDefault(), event.stopImmediatePropagation());
  document.addEventListener('copy', exact, { capture: true, once: true });
  const worked = document.execCommand('copy');
  document.removeEventListener('copy', exact, { capture: true });
  area.remove();
  focused?.focus?.({ preventScroll: true });
  return worked;
}

/** The dialog around an element; what is outside it cannot be selected. */
const dialogOf = (element) => element?.closest?.('dialog');
