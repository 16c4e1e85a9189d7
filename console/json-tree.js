// A JSON text as a tree that folds. What is shown and copied are parts of the text itself, so numbers, escapes, the order
// of members and repeated names are as they were sent.

import { brief, button, copy, h, plain, put, text } from "./dom.js";

/** How many members are shown at first. */
const SHOWN_MEMBERS = 100;

/** How many members of the outermost values are unfolded at first. */
const UNFOLDED_MEMBERS = 40;

const TOKEN = /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|([^\t\n\r {}[\],:"]+))/gsuy;

/** Where each value of a text begins and ends. Throws if it is not JSON. The depth is limited by memory alone. */
export function parse(json) {
  JSON.parse(json);
  const root = { children: [] };
  const open = [root];
  let name;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(json); token; token = TOKEN.exec(json)) {
    const [whole, mark, string, other] = token;
    const end = TOKEN.lastIndex;
    const begin = end - whole.trimStart().length;
    const parent = open.at(-1);
    if (mark === "{" || mark === "[") {
      const node = { name, begin, kind: mark === "{" ? "object" : "array", children: [] };
      parent.children.push(node);
      open.push(node);
      name = undefined;
    } else if (mark === "}" || mark === "]") {
      open.pop().end = end;
    } else if (string !== undefined && parent.kind === "object" && name === undefined) {
      name = string;
    } else if (string !== undefined || other !== undefined) {
      parent.children.push({ name, begin, end, kind: string === undefined ? "literal" : "string" });
      name = undefined;
    }
  }
  return root.children[0];
}

/** Shows a JSON text as a tree, or as it is if it is no JSON. */
export function tree(json) {
  let root;
  try {
    root = parse(json);
  } catch {
    return h("pre", { class: "json" }, text(json, 20_000));
  }
  return h("div", { class: "json" }, node(json, root, 0));
}

function node(json, { name, begin, end, kind, children }, depth) {
  const label = name && [h("span", { class: "name" }, text(unquote(name), 200)), ": "];
  const copied = () => json.slice(begin, end);
  const copies = button("Copy", (event) => copy(copied(), event.target), { class: "small", "aria-label": `Copy ${name ? plain(unquote(name), 60) : "all"}` });
  if (!children) {
    const value = copied();
    return h("div", { class: "leaf" }, label, h("span", { class: kind }, kind === "string" ? text(value) : brief(value, 400)), " ", copies);
  }
  const number = children.length;
  const what = kind === "array" ? `[ ${number} ]` : `{ ${number} }`;
  const inner = h("div", { class: "children" });
  const details = h("details", {}, h("summary", {}, label, h("span", { class: "size" }, what)), inner);
  const unfold = () => {
    if (!details.open || inner.hasChildNodes()) return;
    show(json, children, inner, 0, depth);
  };
  details.addEventListener("toggle", unfold);
  details.open = depth < 2 && number <= UNFOLDED_MEMBERS;
  unfold();
  return h("div", { class: "branch" }, details, copies);
}

function show(json, children, inner, from, depth) {
  const shown = children.slice(from, from + SHOWN_MEMBERS);
  inner.append(...shown.map((child, place) => {
    const element = node(json, child, depth + 1);
    return child.name === undefined ? h("div", { class: "item" }, h("span", { class: "place" }, String(from + place)), element) : element;
  }));
  const left = children.length - from - shown.length;
  if (left === 0) return;
  const more = button(`Show ${Math.min(left, SHOWN_MEMBERS)} more of ${left.toLocaleString("en")}`, () => {
    more.remove();
    show(json, children, inner, from + SHOWN_MEMBERS, depth);
  });
  inner.append(more);
}

function unquote(name) {
  return JSON.parse(name);
}

/** A JSON text with what can be done with it. `name` is that of the file. */
export function payload(json, name) {
  const place = h("div", {}, tree(json));
  let isRaw = false;
  const raw = button("As sent", () => {
    isRaw = !isRaw;
    put(place, isRaw ? h("pre", { class: "json" }, text(json, 20_000)) : tree(json));
    raw.textContent = isRaw ? "As a tree" : "As sent";
  });
  const save = button("Download", () => {
    const url = URL.createObjectURL(new Blob([json], { type: "application/json" }));
    h("a", { href: url, download: name }).click();
    URL.revokeObjectURL(url);
  });
  return h("div", { class: "payload" },
    h("p", { class: "buttons" }, button("Copy event", (event) => copy(json, event.target)), save, raw), place);
}
