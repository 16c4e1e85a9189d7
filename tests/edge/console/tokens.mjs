// Makes keys and tokens as Cloudflare Access does. Stdin has a list of tokens to make: what differs from a right one in
// `header` and `claims`, `key` (which of the keys signs it), and `spoil` (what happens to it afterwards). Stdout has the
// sets of keys and the tokens.

import { createHmac, generateKeyPairSync, sign } from "node:crypto";

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { tokens, claims } = JSON.parse(input);

const pairs = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
const set = (numbers) => ({
  keys: numbers.map((number) => ({ kid: `key-${number}`, use: "sig", alg: "RS256", ...pairs[number].publicKey.export({ format: "jwk" }) })),
  public_certs: [],
});

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function token({ header, claims: own, key = 0, spoil }) {
  const head = { alg: "RS256", typ: "JWT", kid: `key-${key}`, ...header };
  const signed = `${encode(head)}.${encode({ ...claims, ...own })}`;
  let signature = sign("sha256", signed, pairs[key].privateKey).toString("base64url");
  if (spoil === "hmac") {
    // The public key as a secret: the mistake of libraries that believe the header.
    const secret = pairs[key].publicKey.export({ format: "pem", type: "spki" });
    signature = createHmac("sha256", secret).update(signed).digest("base64url");
  }
  if (spoil === "signature") signature = encode("no signature at all");
  if (spoil === "none") signature = "";
  if (spoil === "claims") return `${encode(head)}.${encode({ ...claims, ...own, email: "mallory@example.com" })}.${signature}`;
  return `${signed}.${signature}`;
}

process.stdout.write(JSON.stringify({ first: set([0]), both: set([0, 1]), tokens: tokens.map(token) }));
