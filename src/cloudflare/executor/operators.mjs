// What operators need of the runtime. None of it is on the path of an event.

/** A file of the console: `null`, or its media type, its entity tag and its text, which is `null` if the caller has it. */
export async function asset(env, path, etag) {
  if (!env.ASSETS) return null;
  const headers = etag === undefined ? {} : { "if-none-match": etag };
  // The host decides nothing: the binding has only our files.
  const response = await env.ASSETS.fetch(new URL(path, "https://assets.invalid"), { headers, redirect: "manual" });
  const found = (text) => [response.headers.get("content-type") ?? "", response.headers.get("etag"), text];
  if (response.status === 304) return found(null);
  const text = await response.text();
  return response.ok ? found(text) : null;
}

/** The text at a URL, which may have this many bytes. */
export async function text(url, most) {
  const response = await fetch(url, { redirect: "manual" });
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  const reader = response.body.getReader({ mode: "byob" });
  const bytes = new Uint8Array(most);
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(4096));
    if (done) return new TextDecoder().decode(bytes.subarray(0, length));
    if (length + value.length > most) {
      reader.cancel().catch(() => {});
      throw new Error(`${new URL(url).host} answered with more than ${most} bytes`);
    }
    bytes.set(value, length);
    length += value.length;
  }
}

/** Whether a JSON Web Key has signed a text with RS256. */
export async function hasSigned(jwk, text, signature) {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  // Its other members, such as what it may be used for, say nothing that was not decided before.
  const { kty, n, e } = JSON.parse(jwk);
  const key = await crypto.subtle.importKey("jwk", { kty, n, e }, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, signature, new TextEncoder().encode(text));
}
