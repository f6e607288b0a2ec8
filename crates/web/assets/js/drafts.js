// Text that is typed and not yet saved: kept on the device at every keystroke, by person, session and field.
import { user } from './dom.js';
import { drop, keep, keys, read } from './store.js';

const draftsOf = (session) => `rf.draft:${user}:${session}:`;

/**
 * @typedef {{text: string, seen?: number, base?: string, bad?: string}} Draft
 * `seen` is the version that was on screen when the typing began, `base` the text then, `bad` why it was refused.
 */

/** Keeps a draft. */
export const keepDraft = (session, field, draft, volatile) => keep(draftsOf(session) + field, draft, volatile);

/** @returns {Draft|null} */
export const draft = (session, field) => read(draftsOf(session) + field);

/** Forgets a draft. */
export const dropDraft = (session, field) => drop(draftsOf(session) + field);

/** @returns {[string, Draft][]} every draft of a session by its field */
export const drafts = (session) =>
  keys(draftsOf(session)).map((key) => [key.slice(draftsOf(session).length), read(key)]).filter(([, draft]) => draft);

/** The field of a key that another tab changed, if it is a draft of this session. */
export const draftField = (session, key) => (key?.startsWith(draftsOf(session)) ? key.slice(draftsOf(session).length) : null);
