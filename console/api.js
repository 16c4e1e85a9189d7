// The operator's JSON interface.

/** What went wrong, in the words of the Worker (RFC 9457), or of the browser. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || "");
    this.status = status;
    this.code = body.code;
    this.title = body.title || "Something went wrong";
    this.detail = body.detail || "";
    this.mistakes = body.mistakes ?? [];
    this.retryAfter = retryAfter;
  }
}

const UNREACHABLE = { title: "The Worker cannot be reached", detail: "Check the connection, and try again.", code: "unreachable" };
const UNEXPECTED = { title: "This is not the Worker's answer", detail: "Something between the browser and the Worker has answered.", code: "unexpected" };

let askToSignIn;

/** Sets what is done when nobody is signed in any more: it returns when somebody is. */
export function onSignedOut(act) {
  askToSignIn = act;
}

/** Asks the Worker. A query is an object, and what is empty in it is left out. If nobody is signed in, it waits until somebody is. */
export async function ask(path, { method = "GET", query = {}, body, type = "application/json", headers = {}, signal, asText = false } = {}) {
  const address = path + print(query);
  const options = { method, headers: { ...headers }, signal, credentials: "same-origin", cache: "no-store", redirect: "error" };
  if (body !== undefined) {
    options.body = typeof body === "string" ? body : JSON.stringify(body);
    options.headers["content-type"] = type;
  }
  for (;;) {
    const answer = await send(address, options);
    if (answer.ok && asText) return answer.text();
    const told = await answer.json().catch(() => undefined);
    if (answer.ok && told?.code) return told;
    if (answer.status === 401 && askToSignIn && path !== "/session") {
      await askToSignIn();
      continue;
    }
    const problem = told?.code ? told : UNEXPECTED;
    throw new Problem(answer.status, problem, Number(answer.headers.get("retry-after")) || undefined);
  }
}

async function send(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, UNREACHABLE);
  }
}

/** Prints a query, with its question mark. */
export function print(query) {
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const printed = new URLSearchParams(filled.map(([name, value]) => [name, String(value)])).toString();
  return printed && `?${printed}`;
}

/** The path of something with an id. */
export function at(path, id, rest = "") {
  return `${path}/${encodeURIComponent(id)}${rest}`;
}
