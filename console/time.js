// Times in the reader's zone, with the exact text on demand.

import { h } from "./dom.js";

const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "2-digit", day: "2-digit" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The name of the reader's zone. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A time (RFC 3339), without its day if that is today. The exact text is its title. */
export function time(exact) {
  const at = new Date(exact);
  if (Number.isNaN(at.getTime())) return h("span", {}, exact);
  const isToday = day.format(at) === day.format(new Date());
  const words = isToday ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
  return h("time", { datetime: exact, title: exact }, words);
}

/** A time with its day and its exact text. */
export function exactTime(exact) {
  const at = new Date(exact);
  const words = Number.isNaN(at.getTime()) ? "" : `${day.format(at)} ${clock.format(at)} · `;
  return h("time", { datetime: exact }, words, h("code", {}, exact));
}

/** Hours and minutes, or the day too. */
export function axisTime(at, withDay) {
  return withDay ? `${day.format(at)} ${short.format(at)}` : short.format(at);
}

/** How long something takes or has taken, in words. */
export function duration(seconds) {
  const steps = [[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]];
  const [length, unit] = steps.find(([length]) => seconds >= length) ?? [1, "second"];
  const number = Math.floor(seconds / length);
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/** How long ago something was. It goes on by itself as long as it is shown. */
export function age(exact) {
  const at = new Date(exact).getTime();
  const element = h("time", { datetime: exact, title: exact });
  const tick = () => {
    element.textContent = `${duration(Math.max(0, (Date.now() - at) / 1_000))} ago`;
    setTimeout(() => { if (element.isConnected) tick(); }, 1_000);
  };
  tick();
  return element;
}

/** Calls something now and then, while the page is seen and an element is in it. Returns what ends it. */
export function whileSeen(element, milliseconds, act) {
  let timer;
  let hasEnded = false;
  const later = () => {
    clearTimeout(timer);
    if (!hasEnded && !document.hidden) timer = setTimeout(run, milliseconds);
  };
  const run = async () => {
    if (hasEnded || !element.isConnected) return end();
    await act();
    return later();
  };
  const seen = () => (document.hidden ? clearTimeout(timer) : run());
  const end = () => {
    hasEnded = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
  document.addEventListener("visibilitychange", seen);
  later();
  return end;
}
