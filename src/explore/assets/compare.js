// Two traces side by side, row by row, with the first difference marked.
import { button, el, fill, icon, unseen } from "./dom.js";
import { alignedRows, firstDifference } from "./align.js";

const ROWS_MAX = 400;

/** Prepares the comparison of two traces. */
export function compared(left, right) {
  const rows = alignedRows(left.moments, right.moments);
  return { left, right, rows, difference: firstDifference(rows, left.moments, right.moments) };
}

/** Draws the rows of two traces, with the current row and the first difference marked. */
export function drawAligned(box, pair, at, does) {
  const { left, right, rows, difference } = pair;
  if (box.alignedPair === pair && rows.length <= ROWS_MAX) {
    for (const row of box.querySelectorAll("tbody tr")) {
      const isCurrent = row.dataset.left === String(at);
      row.classList.toggle("current", isCurrent);
      if (isCurrent) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    }
    return;
  }
  box.alignedPair = pair;
  const start = Math.max(0, Math.min(rows.findIndex((row) => row.left === at) - ROWS_MAX / 2, rows.length - ROWS_MAX));
  const first = difference < 0 ? null : rows[difference];
  const side = (trace, number, label) => {
    if (number === null) return el("td", { class: "gap", "data-label": label }, unseen("no such step"), el("span", { "aria-hidden": "true" }, "–"));
    const moment = trace.moments[number];
    return el("td", { "data-label": label, class: moment.lost.length > 0 ? "loses" : "" },
      el("span", { class: "number" }, number), number === 0 ? "start" : [el("b", {}, moment.actor), " ", moment.says],
      moment.lost.length > 0 ? el("span", { class: "badge bad" }, icon("✕"), ` destroys ${moment.lost.join(" ")}`) : null,
      moment.reported ? el("span", { class: "badge reported" }, `reported: ${moment.reported.length > 110 ? `${moment.reported.slice(0, 110)}…` : moment.reported}`) : null);
  };
  fill(box, el("h3", {}, "Side by side"),
    el("p", { class: "difference-line" }, first === null
      ? "Directory and stores are equal in both at every step."
      : ["The first difference in directory or stores: ", el("b", {}, `step ${first.left}`), ` ${left.moments[first.left].says}; beside it `, el("b", {}, `step ${first.right}`), ` ${right.moments[first.right].says}. `,
          button("Show it", () => does.go(first.left), { class: "plain small", id: "first-difference" })]),
    el("table", { class: "aligned" },
      el("caption", { class: "unseen" }, "Two traces, step by step"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, left.title), el("th", { scope: "col" }, right.title))),
      el("tbody", {}, rows.slice(start, start + ROWS_MAX).map((row, index) =>
        el("tr", { class: (row.left === at ? "current" : "") + (start + index === difference ? " differs" : ""),
          "aria-current": row.left === at ? "step" : null, "data-left": row.left, onclick: () => row.left !== null && does.go(row.left) },
          side(left, row.left, left.title), side(right, row.right, right.title))))));
}
