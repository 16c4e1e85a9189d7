// What a receiver has stored, as text, so that another version can go on with it: see ../upgrading.rs.

const TABLES = `SELECT name, type, sql FROM sqlite_master
  WHERE sql IS NOT NULL AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY rowid`;

/** The names of the objects of a ledger: as many shards as any test has, and the replays. */
const OBJECTS = [...Array.from({ length: 8 }, (_, n) => `shard-${n}`), "replays"];

/** The tables of an object, their rows, and its alarm. */
export async function dumpObject({ storage }) {
  const found = storage.sql.exec(TABLES).toArray();
  const tables = found.filter(({ type }) => type === "table");
  const rows = tables.map(({ name }) => [name, storage.sql.exec(`SELECT * FROM "${name}"`).toArray()]);
  return {
    schema: found.map(({ sql }) => sql),
    rows: Object.fromEntries(rows),
    alarm: await storage.getAlarm(),
  };
}

/** Replaces the tables of an object, their rows, and its alarm, which is due in so many milliseconds. */
export async function restoreObject({ storage }, { schema, rows, due_in_ms }) {
  const { sql } = storage;
  const tables = sql.exec(TABLES).toArray().filter(({ type }) => type === "table");
  for (const { name } of tables) sql.exec(`DROP TABLE "${name}"`);
  for (const statement of schema) sql.exec(statement);
  for (const [name, all] of Object.entries(rows)) {
    for (const row of all) {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      const values = columns.map(() => "?").join(", ");
      sql.exec(`INSERT INTO "${name}" (${columns.join(", ")}) VALUES (${values})`, ...Object.values(row));
    }
  }
  if (due_in_ms === null) await storage.deleteAlarm();
  else await storage.setAlarm(Date.now() + due_in_ms);
  await storage.sync();
}

/** All objects of a ledger that have a row. */
export async function dumpLedger(namespace) {
  const dumps = OBJECTS.map(async (name) => [name, await namespace.getByName(name).dump()]);
  const all = await Promise.all(dumps);
  return Object.fromEntries(all.filter(([, { rows }]) => Object.values(rows).flat().length > 0));
}

/** Replaces objects of a ledger. Each begins anew with what it has then. */
export async function restoreLedger(namespace, objects) {
  for (const [name, stored] of Object.entries(objects)) {
    await namespace.getByName(name).restore(stored);
    // The answer of an object that ends is an error.
    await namespace.getByName(name).restart().catch(() => {});
  }
}

/** Writes keys with their values, metadata, and after how many seconds they expire. */
export async function restoreKv(namespace, entries) {
  for (const [key, { value, metadata, expiration_ttl }] of Object.entries(entries)) {
    await namespace.put(key, value, { metadata, expirationTtl: expiration_ttl ?? undefined });
  }
}
