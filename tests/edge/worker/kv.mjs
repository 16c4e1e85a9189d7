// Reads KV namespaces, and fills them.

/** How many keys KV takes per call. */
const KEYS_AT_ONCE = 100;

/** Every key, with its value, metadata and expiration. */
export async function dump(namespace) {
  const entries = {};
  let cursor;
  do {
    const page = await namespace.list({ cursor });
    const values = await Promise.all(page.keys.map(({ name }) => namespace.get(name)));
    page.keys.forEach(({ name, metadata, expiration }, index) => {
      entries[name] = { metadata, expiration, value: values[index] };
    });
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor);
  return entries;
}

/**
 * The values of these keys, in order, or null if there is none. Several keys are read per call,
 * which KV limits to 25 MB.
 */
export async function get(namespace, keys) {
  const values = [];
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    const some = keys.slice(start, start + KEYS_AT_ONCE);
    const found = await namespace.get(some);
    values.push(...some.map((key) => found.get(key) ?? null));
  }
  return values;
}

/** Writes keys with their values and metadata, several at a time. */
export async function fill(namespace, entries) {
  for (let start = 0; start < entries.length; start += KEYS_AT_ONCE) {
    const some = entries.slice(start, start + KEYS_AT_ONCE);
    await Promise.all(some.map(([key, value, metadata]) => namespace.put(key, value, { metadata })));
  }
}
