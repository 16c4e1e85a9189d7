// How many events came when, as stacked bars.

import { h, svg, table } from "./dom.js";
import { axisTime } from "./time.js";

const [HEIGHT, LEFT, BOTTOM] = [190, 44, 22];

/** Draws the rates that the Worker tells, from a time until now (milliseconds since 1970), with the numbers as a table on demand. */
export function chart({ rates, codes, step_seconds: step, since_time: since }, now) {
  // Its text keeps a size that can be read.
  const wide = innerWidth < 760 ? 380 : 960;
  const begin = new Date(since).getTime();
  const steps = Math.max(1, Math.ceil((now - begin) / (step * 1_000)));
  const sum = (numbers) => Object.values(numbers).reduce((all, one) => all + one, 0);
  const top = scale(Math.max(1, ...rates.map(({ numbers }) => sum(numbers))));
  const width = (wide - LEFT) / steps;
  const tall = HEIGHT - BOTTOM - 8;
  const bars = rates.flatMap(({ time, numbers }) => {
    const place = Math.round((new Date(time).getTime() - begin) / (step * 1_000));
    let from = 0;
    return codes.filter((code) => numbers[code]).map((code) => {
      const height = Math.max(1, (numbers[code] / top) * tall);
      const bar = svg("rect", {
        class: `bar ${code}`, x: LEFT + place * width, width: Math.max(1, width - (width > 3 ? 1 : 0)),
        y: HEIGHT - BOTTOM - from - height, height,
      }, svg("title", {}, `${axisTime(new Date(time), step > 600)}: ${numbers[code]} ${code.replaceAll("_", " ")}`));
      from += height;
      return bar;
    });
  });
  const lines = [0, 0.5, 1].map((part) => {
    const y = HEIGHT - BOTTOM - part * tall;
    return [svg("line", { class: "grid", x1: LEFT, x2: wide, y1: y, y2: y }),
      svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, amount(top * part))];
  });
  const times = (wide < 500 ? [0, 2] : [0, 1, 2, 3]).map((quarter) => svg("text", { x: LEFT + (quarter * (wide - LEFT)) / 4, y: HEIGHT - 6 },
    axisTime(new Date(begin + (quarter * (now - begin)) / 4), step > 900)));
  const total = Object.fromEntries(codes.map((code) => [code, rates.reduce((all, { numbers }) => all + (numbers[code] ?? 0), 0)]));
  const words = codes.filter((code) => total[code]).map((code) => `${total[code]} ${code.replaceAll("_", " ")}`).join(", ") || "nothing came";
  return h("figure", { class: "chart" },
    svg("svg", { viewBox: `0 0 ${wide} ${HEIGHT}`, role: "img", "aria-label": `Events: ${words}` }, lines, times, bars),
    h("figcaption", {}, h("ul", { class: "legend" }, codes.map((code) =>
      h("li", {}, h("span", { class: `swatch ${code}`, "aria-hidden": "true" }), `${code.replaceAll("_", " ")} ${total[code].toLocaleString("en")}`)))),
    h("details", {}, h("summary", {}, "As a table"), table("Events by time and outcome", ["time", ...codes.map((code) => code.replaceAll("_", " "))],
      rates.map(({ time, numbers }) => [axisTime(new Date(time), true), ...codes.map((code) => String(numbers[code] ?? 0))]))));
}

/** The next number that is easy to read. */
function scale(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= most);
}

function amount(number) {
  return number >= 10_000 ? `${number / 1_000}k` : String(number);
}
