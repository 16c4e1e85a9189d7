// A list of any length, of which only the rows in view are in the page.

import { h, put } from "./dom.js";

/** How many rows are ready above and below those in view. */
const SPARE = 4;

/**
 * Makes a list.
 *
 * `columns` are their labels, `row` makes the cells of an item, `open` says where an item leads, and `more` is called
 * when its end comes into view. All rows have the same height, which the style sheet says.
 */
export function list({ label, columns, row, open, more }) {
  const spacer = h("div", { class: "spacer", role: "presentation" });
  const head = h("div", { role: "row", class: "row head", "aria-rowindex": 1 },
    columns.map((column) => h("div", { role: "columnheader" }, column)));
  const box = h("div", { class: "rows", role: "rowgroup" }, spacer);
  const grid = h("div", { class: "list", role: "grid", "aria-label": label, tabindex: 0, "aria-rowcount": 1, "aria-colcount": columns.length },
    h("div", { role: "rowgroup", class: "heads" }, head), box);
  const id = `list-${(lists += 1)}`;
  const made = new Map();
  let items = [];
  let active = 0;
  let height = 0;
  let isDue = false;

  const draw = () => {
    isDue = false;
    if (!height) return;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE);
    for (const [place, element] of made) {
      if (place < first || place >= last) {
        element.remove();
        made.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      if (!made.has(place)) make(place);
    }
    if (last >= items.length - SPARE) more();
  };

  const make = (place) => {
    const element = h("div", { role: "row", class: "row", id: `${id}-${place}`, "aria-rowindex": place + 2 },
      row(items[place]).map((cell, column) => h("div", { role: "gridcell", "data-label": columns[column] }, cell)));
    element.style.transform = `translateY(${place * height}px)`;
    // The arrow keys and Enter lead to each row, so Tab need not stop at all of them.
    element.querySelectorAll("a").forEach((one) => { one.tabIndex = -1; });
    if (place === active) mark(element, true);
    element.addEventListener("click", (event) => {
      if (!event.target.closest("a, button, input")) location.hash = open(items[place]);
    });
    made.set(place, element);
    spacer.append(element);
  };

  const mark = (element, isActive) => {
    element?.classList.toggle("active", isActive);
    element?.setAttribute("aria-selected", String(isActive));
  };

  const later = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(draw);
  };

  const measure = () => {
    const measured = Number.parseFloat(getComputedStyle(grid).getPropertyValue("--row-height"));
    if (measured !== height) {
      height = measured;
      redraw();
    }
    later();
  };

  const redraw = () => {
    made.forEach((element) => element.remove());
    made.clear();
    size();
    draw();
    if (grid.hasAttribute("aria-activedescendant")) grid.setAttribute("aria-activedescendant", `${id}-${active}`);
  };

  const size = () => {
    spacer.style.height = `${items.length * height}px`;
    box.style.height = `min(66vh, 760px, ${Math.max(1, items.length) * height}px)`;
    grid.setAttribute("aria-rowcount", items.length + 1);
  };

  const go = (place) => {
    mark(made.get(active), false);
    active = Math.max(0, Math.min(items.length - 1, place));
    const top = active * height;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight;
    draw();
    mark(made.get(active), true);
    grid.setAttribute("aria-activedescendant", `${id}-${active}`);
  };

  const page = () => Math.max(1, Math.floor(box.clientHeight / height) - 1);
  const KEYS = {
    ArrowDown: () => go(active + 1),
    ArrowUp: () => go(active - 1),
    PageDown: () => go(active + page()),
    PageUp: () => go(active - page()),
    Home: () => go(0),
    End: () => go(items.length - 1),
    Enter: () => { if (items[active]) location.hash = open(items[active]); },
  };
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || !KEYS[event.key] || items.length === 0) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  grid.addEventListener("focus", () => { if (items.length > 0) go(active); });
  box.addEventListener("scroll", later, { passive: true });
  new ResizeObserver(measure).observe(grid);

  return {
    element: grid,
    /** Shows other items. */
    set(all) {
      items = all;
      active = Math.min(active, Math.max(0, items.length - 1));
      redraw();
    },
    /** Shows items that have been appended to those it has. */
    grow() {
      size();
      later();
    },
    /** Shows new items above the others, which stay where they are on the screen. */
    prepend(all, number) {
      items = all;
      active += active > 0 ? number : 0;
      const { scrollTop } = box;
      redraw();
      if (scrollTop > 0) box.scrollTop = scrollTop + number * height;
    },
    /** Whether the reader is at its beginning. */
    isAtTop: () => box.scrollTop < height && !(active > 0 && document.activeElement === grid),
    toTop() {
      box.scrollTop = 0;
      go(0);
    },
  };
}

let lists = 0;
