// The report: copying the file that a button names, and printing.
import { on, one } from './dom.js';
import { copyText } from './clipboard.js';
import { flashCopied } from './copy.js';
import { ofAccount } from './request.js';
import { toast } from './toast.js';
import { words } from './words.js';

/** Copies the text of an address, exactly. */
async function copyFrom(at) {
  const text = fetch(at.dataset.copyFrom, { headers: ofAccount, cache: 'no-store' }).then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error())));
  const asked = text.then((text) => new Blob([text], { type: 'text/plain' }));
  try {
    // Some browsers let a page copy only while the click lasts, and take a promise then.
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': asked })]);
  } catch {
    const known = await text.catch(() => null);
    if (known === null) return toast(words.loadFailed, { error: true });
    if (!(await copyText(known))) return toast(words.copyFailed, { error: true });
  }
  flashCopied(at);
}

/** Listens to what stands above a report. */
export function listenToReport() {
  on('click', '[data-copy-from]', (_, at) => copyFrom(at));
  on('click', '[data-action=print]', () => print());
  // On a small screen the report itself comes first.
  const more = one('.report-more');
  if (more && matchMedia('(max-width: 719px)').matches) more.open = false;
}
