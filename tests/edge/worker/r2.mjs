// Reads an R2 bucket.

/** How many objects are read at a time: a Worker can have no more connections. */
const READ_AT_ONCE = 6;

/** Every object, by key. */
export async function dump(bucket) {
  const objects = {};
  let cursor;
  do {
    const page = await bucket.list({ cursor });
    for (const { key } of page.objects) {
      const object = await bucket.get(key);
      const { contentType } = object.httpMetadata;
      objects[key] = { contentType, metadata: object.customMetadata, body: await object.text() };
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return objects;
}

/** The bodies of the objects with these keys, in the same order; null if there is no object. */
export async function get(bucket, keys) {
  const bodies = [];
  const read = async (key) => (await (await bucket.get(key))?.text()) ?? null;
  for (let start = 0; start < keys.length; start += READ_AT_ONCE) {
    bodies.push(...(await Promise.all(keys.slice(start, start + READ_AT_ONCE).map(read))));
  }
  return bodies;
}
