// Times as people say them; the exact local one on hover.
import { all } from './dom.js';
import { words } from './words.js';

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** How long ago something was, or how long it is until it. */
export function ago(date) {
  const seconds = Math.round((Date.now() - date) / 1000);
  const size = Math.abs(seconds);
  const [count, unit] =
    size < 60 ? [size, 's'] : size < 3600 ? [size / 60, 'min'] : size < 86_400 ? [size / 3600, 'h'] : [size / 86_400, 'd'];
  return words.ago(Math.floor(count), unit, seconds < 0);
}

/** Brings every relative time on the page up to date. */
export function refresh(within = document) {
  for (const time of all('time[data-relative]', within)) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(+date)) continue;
    time.textContent = Math.abs(Date.now() - +date) < 30 * 86_400_000 ? ago(+date) : exact.format(date);
    time.title = exact.format(date);
  }
}

refresh();
setInterval(refresh, 20_000);
