// The page around a trace: summary, list of scenarios, dropped files, runs of implementations, help.
import { append, button, el, fill, icon } from "./dom.js";

/** Draws the summary of a trace: a few questions and answers, each with its step. */
export function drawSummary(box, trace, go) {
  fill(box, trace.summary.map((one, index) =>
    el("div", { class: "answer" + kindOf(trace, one), "data-about": index },
      el("h2", {}, one.about), el("p", {}, withNames(trace, one.says)), linesOf(one.lines),
      one.step === null ? null : button(`Show step ${one.step}`, () => go(one.step), { class: "plain small" }))));
  box.hidden = trace.summary.length === 0;
}

/** Makes the lines below an answer: reasons and warnings as paragraphs, the instructions as a numbered list. */
function linesOf(lines) {
  const first = lines.findIndex(({ number }) => number !== null), count = lines.filter(({ number }) => number !== null).length;
  if (first < 0) return lines.map(({ says }) => el("p", {}, says));
  const paragraphs = (some) => some.map(({ says }) => el("p", {}, says));
  return [paragraphs(lines.slice(0, first)),
    el("ol", {}, lines.slice(first, first + count).map(({ says }) => el("li", {}, says))), paragraphs(lines.slice(first + count))];
}

/** Returns a text with the names of procedures, which stand in brackets behind their words, in small type. */
function withNames(trace, says) {
  return says.split(/(\([a-z0-9-]+\))/).map((part) =>
    (trace.procedures.some(({ name }) => part === `(${name})`) ? el("small", { class: "quiet" }, part) : part));
}

/** Red marks the loss, green the remedy. */
function kindOf(trace, one) {
  if (one.about.startsWith("What to do")) return " saves";
  return one.about.startsWith("Which act") ? " destroys" : "";
}

/** Draws the scenarios, filtered by the typed words. */
export function drawCatalogue(box, catalogue, does) {
  const list = el("ul", { class: "scenarios" });
  const draw = (wanted) => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const found = catalogue.scenarios.filter((one) => words.every((word) => `${one.name} ${one.family} ${one.question}`.toLowerCase().includes(word)));
    fill(list, found.map((one) => el("li", {},
      button([el("b", {}, one.name), el("span", { class: "family" }, one.family), el("span", { class: "question" }, one.question)],
        () => does.open(one.name), { class: "scenario", "data-scenario": one.name }))),
      found.length === 0 ? el("li", { class: "quiet" }, "No scenario matches these words.") : null);
  };
  const filter = el("input", { type: "search", id: "filter", placeholder: "second move, cache, fault…", oninput: (event) => draw(event.target.value) });
  const file = el("input", { type: "file", id: "file", onchange: (event) => does.files(event.target.files) });
  fill(box, el("h2", {}, "All scenarios"),
    el("p", { class: "quiet" }, "Open a scenario to choose its steps, or to check every execution."),
    el("div", { class: "row" },
      el("label", { for: "filter" }, "Find ", filter),
      el("label", { for: "file", class: "file" }, "Open a trace, a report, an ITF file, a scenario or a conformance run ", file)),
    list);
  draw("");
  box.hidden = false;
}

/** Draws a run of an implementation: expected and observed results. If it has a picture, a row shows the moment after its step. */
export function drawRun(box, run, at = null, go = null) {
  if (box.shownRun === run && go) {
    for (const row of box.querySelectorAll("tbody tr")) row.classList.toggle("current", row.dataset.step === String(at));
    return;
  }
  box.shownRun = run;
  const step = (number) => el("th", { scope: "row" }, go ? button(String(number), () => go(number), { class: "link", "aria-label": `Go to step ${number}` }) : el("span", { class: "number" }, number), " ");
  fill(box, el("h2", {}, run.title), run.verdict ? el("p", {}, el("b", {}, run.verdict), run.says ? `: ${run.says}` : "") : null,
    el("p", { class: run.left_at === null ? "quiet" : "stranded", id: "left-at" }, run.left_at === null
      ? (run.verdict ? "No single step shows this verdict." : "The model allows every step.")
      : `At step ${run.left_at} the implementation deviates from the model.`),
    run.shown_at ? el("p", { class: "stranded" }, `Step ${run.shown_at} shows the verdict: ${run.verdict}.`) : null,
    el("table", { class: "aligned" }, el("caption", { class: "unseen" }, "Expected and observed results"),
      el("thead", {}, el("tr", {}, ["step", "expected", "observed"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, run.steps.map((one) => el("tr", { class: (one.number === run.left_at || one.number === run.shown_at ? "differs" : "") + (go && one.number === at ? " current" : ""), "data-step": one.number },
        append(step(one.number), [one.says]),
        el("td", { "data-label": "expected" }, one.agrees && one.expected === one.observed ? el("span", {}, icon("✓"), " as observed") : one.expected || "–"),
        el("td", { "data-label": "observed", class: one.agrees ? "" : "loses" }, one.observed || "–", one.agrees ? null : el("span", { class: "badge bad" }, icon("✕"), " not as expected"), (one.because ?? []).map((says) => el("p", {}, "because ", says))))))),
    go ? null : button("Close", () => { box.hidden = true; }, { class: "plain small" }));
  box.hidden = false;
}

/** Draws the traces of a report for selection. */
export function drawChoice(box, parts, chosen) {
  fill(box, el("p", {}, "The report has several counterexamples:"),
    el("ul", { class: "choices" }, parts.map((part) => el("li", {}, button(part, () => chosen(part), { class: "choice" })))));
  box.hidden = false;
}

const KEYS = [
  ["← →", "previous step, next step"], ["Home End", "first step, last step"],
  ["n p", "next mark, previous mark"], ["d", "the first difference of two traces side by side"],
  ["c", "side by side on or off"], ["t", "picture or table"], ["w", "to the alternatives"],
  ["1 … 9", "an alternative, by its number"], ["[ ]", "previous trace, next trace"],
  ["f", "open a file"], ["?", "this help"], ["Esc", "close the help"],
];

/** Draws the help. */
export function drawHelp(dialog, source) {
  fill(dialog, el("h2", { id: "help-title" }, "Keys"),
    el("dl", { class: "keys" }, KEYS.filter(([key]) => source.isLive || key !== "f").map(([keys, says]) => el("div", {}, el("dt", {}, keys.split(" ").map((key) => [el("kbd", {}, key), " "])), el("dd", {}, says)))),
    el("h2", {}, "Signs"),
    el("ul", { class: "signs" },
      [["kept", "a message in a store"], ["flying", "a copy in progress: the source has it too"], ["pending", "held until the move ends"],
        ["queued", "queued in the transport"], ["lost", "destroyed"]].map(([kind, says]) =>
        el("li", {}, el("span", { class: `token ${kind}` }, el("span", { class: "flap", "aria-hidden": "true" }), "m1"), ` ${says}`))),
    button("Close", () => dialog.close(), { class: "plain" }));
}

/** Draws an error message. */
export function drawMessage(box, says, offers = []) {
  // A sentence starts with a capital, the name of a file with what it is.
  const sentence = /^[a-z]+ /.test(says) ? says[0].toUpperCase() + says.slice(1) : says;
  fill(box, el("p", { class: says.includes("\n") ? "several" : null }, sentence),
    el("div", { class: "row" }, offers, button("Close", () => { box.hidden = true; }, { class: "plain small" })));
  box.hidden = false;
}
