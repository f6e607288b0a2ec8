// One request to the server, never thrown: a network that is away is the status 0.
import { account, byId } from './dom.js';
import { toast } from './toast.js';
import { words } from './words.js';

/** Says of which account this page is: of another one nothing is read here, wherever another tab went. */
export const ofAccount = account ? { 'Of-Account': account } : {};

/** Says that another account is acted in by now, where that does not stand there. */
export function tellStale() {
  if (byId('toast')?.textContent.includes(words.otherAccount)) return;
  toast(words.otherAccount, { error: true, actions: [[words.readAnew, () => location.reload()]] });
}

/**
 * @param {string} method
 * @param {string} url
 * @param {unknown} [body] sent as JSON
 * @param {string} [key] the Idempotency-Key
 * @returns {Promise<{status: number, ok: boolean, data: any, retryAfter: number}>}
 */
export async function call(method, url, body, key) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const reads = method === 'GET';
  const headers = { Accept: 'application/json', ...(reads && ofAccount) };
  if (text !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 20_000);
  try {
    const answer = await fetch(url, { method, headers, body: text, signal: limit.signal, cache: 'no-store' });
    const data = await answer.json().catch(() => null);
    if (reads && answer.status === 409) tellStale();
    const retryAfter = Number(answer.headers.get('Retry-After')) || 0;
    return { status: answer.status, ok: answer.ok, data, retryAfter };
  } catch {
    return { status: 0, ok: false, data: null, retryAfter: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A page or piece of one, parsed; null where it could not be had, nothing where that was said.
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<Document|null|void>}
 */
export async function page(url, signal) {
  try {
    const answer = await fetch(url, { signal, headers: { Accept: 'text/html', ...ofAccount }, cache: 'no-store' });
    if (answer.status === 409) return tellStale();
    return answer.ok && !answer.redirected ? parse(await answer.text()) : null;
  } catch {
    return null;
  }
}

/** The server's markup as a document of its own, in which nothing runs. */
export const parse = (html) => new DOMParser().parseFromString(html, 'text/html');

/** What a problem document says, in the server's words; a text that it begins with stays as it was typed. */
export const reason = (data, text = '') => {
  const said = data?.errors?.map((problem) => problem.detail).join('. ') || data?.detail || '';
  const quotes = text !== '' && said.startsWith(text.slice(0, 8));
  return said && (quotes ? said[0] : said[0].toUpperCase()) + said.slice(1).replace(/([^.!?])$/, '$1.');
};
