// How elements are made. Whatever comes from an event becomes a text node, never markup.

const SVG = "http://www.w3.org/2000/svg";

// Characters that cannot be seen or that change the order of others, and lone surrogates.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** How many characters of a text are shown at first. */
const SHOWN_CHARACTERS = 300;

/** Makes an element. A property that begins with `on` is a listener, a boolean one is there or not, others are attributes. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Makes an element of SVG. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/** Appends nodes and texts. Lists are flattened, and nothing comes of what is missing. */
export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) element.append(child);
  }
  return element;
}

/** Replaces all that is in an element. */
export function put(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

/** Replaces what is in an element that is refreshed. The focus stays where it was, if the same is there again. */
export function refresh(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
  const same = (one) => one.tagName === focused.tagName && one.getAttribute("href") === focused.getAttribute("href") && one.textContent === focused.textContent;
  put(element, children);
  if (focused) [...element.querySelectorAll("a, button, summary")].find(same)?.focus({ preventScroll: true });
  return element;
}

/** A text that anybody may have written, isolated from its surroundings. What cannot be seen is escaped. */
export function text(value, most = SHOWN_CHARACTERS) {
  const whole = String(value);
  const characters = whole.length > most ? [...whole.slice(0, 2 * most)].slice(0, most).join("") : whole;
  const bdi = h("bdi", { class: "text" }, escaped(characters));
  if (characters.length < whole.length) {
    const more = h("button", { type: "button", class: "small", onclick: () => put(bdi, escaped(whole)) },
      `… all ${whole.length.toLocaleString("en")} characters`);
    add(bdi, " ", more);
  }
  return bdi;
}

/** A text for a narrow place, such as a cell: on one line, shortened. */
export function brief(value, most = 80) {
  const whole = String(value);
  return h("bdi", { class: "text" }, escaped(whole.length > most ? `${whole.slice(0, most)}…` : whole));
}

function escaped(value) {
  const parts = [];
  let from = 0;
  for (const found of value.matchAll(UNSEEN)) {
    parts.push(value.slice(from, found.index), h("span", { class: "unseen-character" }, name(found[0])));
    from = found.index + found[0].length;
  }
  parts.push(value.slice(from));
  return parts;
}

function name(character) {
  const known = { "\n": "\\n", "\t": "\\t", "\r": "\\r" }[character];
  const code = character.codePointAt(0).toString(16);
  return known ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`);
}

/** A text for an attribute, where nothing can be isolated: without what cannot be seen. */
export function plain(value, most = 200) {
  return String(value).slice(0, most).replace(UNSEEN, "�");
}

/** A link to an address of the console. */
export function link(address, ...children) {
  return h("a", { href: address }, children);
}

/** A button. */
export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, label);
}

/** A field of a form with its label. */
export function field(label, input, hint) {
  const id = input.id || `field-${(numbers += 1)}`;
  input.id = id;
  const help = hint && h("small", { id: `${id}-hint` }, hint);
  if (help) input.setAttribute("aria-describedby", help.id);
  return h("div", { class: "field" }, h("label", { for: id }, label), input, help);
}

let numbers = 0;

/** Says something to those who cannot see it. */
export function say(words) {
  put(document.getElementById("live"), words);
}

/** Copies a text, and says so. */
export async function copy(value, element) {
  let words = "Copied";
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    words = "Not copied";
  }
  element.dataset.label ??= element.textContent;
  element.textContent = words;
  say(words);
  setTimeout(() => { element.textContent = element.dataset.label; }, 1_500);
}

/** Names and values. Values are nodes. */
export function pairs(entries) {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null);
  return h("dl", { class: "pairs" }, shown.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

/** A table of few rows, whose cells are nodes. */
export function table(label, columns, rows) {
  const head = h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)));
  const body = rows.map((cells) => h("tr", {}, cells.map((cell, place) =>
    h("td", { "data-label": columns[place] }, cell))));
  return h("table", { "aria-label": label }, h("thead", {}, head), h("tbody", {}, body));
}

/** A mark for an outcome: its colour never says anything that its word does not. */
export function mark(word, kind = kindOf(word)) {
  return h("span", { class: `mark ${kind}` }, word.replaceAll("_", " "));
}

const KINDS = {
  good: ["accepted", "held", "delivered", "finished", "drained", "redriven"],
  fair: ["duplicate", "held_before", "superseded", "running", "under_way", "spooled", "retried", "paused"],
  bad: ["undelivered", "failed", "dead", "refused"],
};

function kindOf(word) {
  const found = Object.entries(KINDS).find(([, words]) => words.includes(word));
  return found ? found[0] : "plain";
}
