// The console: which address shows which view.

import { h, link, plain, put } from "./dom.js";
import { problem } from "./problem.js";
import { start } from "./session.js";

// Views are loaded when they are shown for the first time. Each exports `title` and `show(main, parameters, id)`.
const VIEWS = [
  { path: "/", name: "overview", label: "Overview", load: () => import("./views/overview.js") },
  { path: "/events", name: "events", label: "Events", load: () => import("./views/events.js") },
  { path: "/events/*", name: "event", load: () => import("./views/event.js") },
  { path: "/dead-letters", name: "dead-letters", label: "Dead letters", load: () => import("./views/dead-letters.js") },
  { path: "/dead-letters/*", name: "dead-letter", load: () => import("./views/dead-letter.js") },
  { path: "/replays", name: "replays", label: "Replays", load: () => import("./views/replays.js") },
  { path: "/replays/new", name: "replay-new", load: () => import("./views/replay-new.js") },
  { path: "/replays/*", name: "replay", load: () => import("./views/replay.js") },
  { path: "/try", name: "try", label: "Try it", load: () => import("./views/try.js") },
  { path: "/configuration", name: "configuration", label: "Configuration", load: () => import("./views/configuration.js") },
];

const main = document.getElementById("main");

/** The view of an address such as `#/events/<key>?a=b`, what its path names, and its parameters. */
function read(hash) {
  const [path, query] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const segments = (path || "/").split("/");
  const id = segments.length > 2 ? segments.slice(2).join("/") : "";
  const exact = VIEWS.find((view) => view.path === (path || "/"));
  const view = exact ?? VIEWS.find((one) => one.path === `/${segments[1]}/*` && id !== "");
  return { view, id: decode(id), parameters: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

function decode(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

let shown = 0;

async function show() {
  const turn = (shown += 1);
  const { view, id, parameters } = read(location.hash);
  main.removeAttribute("data-ready");
  main.dataset.view = view?.name ?? "none";
  menu(view);
  // A view that is left must not write over the next one, so each has an element of its own.
  const place = h("div", { class: `view ${view?.name ?? "none"}` });
  try {
    if (!view) {
      title("Nothing here");
      put(place, h("h1", { tabindex: "-1" }, "Nothing here"), h("p", {}, "There is no such view. ", link("#/", "Overview")));
      put(main, place);
    } else {
      const module = await view.load();
      if (turn !== shown) return;
      title(module.title(id));
      put(main, place);
      await module.show(place, parameters, id);
    }
  } catch (failure) {
    if (turn !== shown) return;
    if (!place.querySelector("h1")) place.prepend(h("h1", { tabindex: "-1" }, view?.label ?? "Console"));
    place.append(problem(failure, show));
    put(main, place);
  }
  if (turn === shown) {
    main.dataset.ready = "true";
    if (hasMoved) place.querySelector("h1")?.focus({ preventScroll: true });
  }
}

function title(words) {
  document.title = `${plain(words)} · elytra-webhooks`;
}

function menu(current) {
  const of = current?.path.split("/")[1];
  const items = VIEWS.filter((view) => view.label).map((view) => h("li", {}, h("a", {
    href: `#${view.path}`, "aria-current": view.path.split("/")[1] === of ? "page" : undefined,
  }, view.label)));
  put(document.getElementById("menu"), items);
}

let hasMoved = false;

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address is that of the view.
  event.preventDefault();
  main.focus();
});

async function begin() {
  menu(read(location.hash).view);
  try {
    await start();
  } catch (failure) {
    put(main, h("h1", {}, "Console"), problem(failure, () => location.reload()));
    return;
  }
  addEventListener("hashchange", () => {
    hasMoved = true;
    show();
  });
  await show();
}

begin();
