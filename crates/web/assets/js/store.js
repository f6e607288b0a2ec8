// What is kept on this device. Where the browser refuses (full, private, switched off) it lives as long as the tab,
// and the save state says so.

const memory = new Map();

/** Whether the device refused to keep something. */
export let refused = false;

/** Keeps a value under a key; `volatile` ones never touch the device. */
export function keep(key, value, volatile = false) {
  if (!volatile) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      memory.delete(key);
      return;
    } catch {
      refused = true;
      dispatchEvent(new Event('rf:refused'));
    }
  }
  memory.set(key, value);
}

/** The value under a key, or null. */
export function read(key) {
  if (memory.has(key)) return memory.get(key);
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** Forgets a key. */
export function drop(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

/** Every key that begins so. */
export function keys(prefix) {
  const found = [...memory.keys()];
  try {
    found.push(...Object.keys(localStorage));
  } catch {
    // Nothing is kept.
  }
  return [...new Set(found)].filter((key) => key.startsWith(prefix));
}
