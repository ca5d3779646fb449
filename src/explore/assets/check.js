// Checks from the page: how far they are, how to end them, and the way to what they found.
import { button, el, fill } from "./dom.js";

const LOOK = 300;

/** Starts a check, shows how far it is until it is over, and offers what it found. */
export function runCheck(box, source, link, does) {
  let over = false;
  const status = el("div", { class: "check-status", role: "status" });
  const draw = (standing) => {
    const number = new Intl.NumberFormat("en");
    if (standing.running) {
      fill(status, el("p", {}, el("b", {}, `Checking ${standing.scenario}…`)), el("progress", { "aria-label": "The check is under way" }),
        el("dl", { class: "figures" },
          el("div", {}, el("dt", {}, "states"), el("dd", { id: "check-states" }, number.format(standing.states))),
          el("div", {}, el("dt", {}, "depth"), el("dd", {}, number.format(standing.depth))),
          el("div", {}, el("dt", {}, "states a second"), el("dd", {}, number.format(Math.round(standing.rate)))),
          el("div", {}, el("dt", {}, "seconds"), el("dd", {}, standing.seconds.toFixed(1)))),
        button("Cancel", async () => { draw(await source.cancel(standing.check)); }, { class: "plain", id: "check-cancel" }));
      return;
    }
    const found = standing.found;
    fill(status, el("p", { id: "check-over" }, el("b", {}, standing.scenario), `: ${number.format(found.states)} states, depth ${found.depth}, ${found.seconds.toFixed(2)} s, `,
      found.cut ? el("strong", {}, `not all searched: ${found.cut}`) : "all searched"),
      el("ul", { class: "verdicts" }, found.properties.map((one) =>
        el("li", { class: one.as_expected ? "as-expected" : "unexpected" },
          el("b", {}, one.name), ` ${one.verdict}`, one.as_expected ? " (as expected)" : ` (expected: ${one.expected})`, " ",
          one.link ? button(`Show the ${one.steps} steps`, () => does.follow(one.link), { class: "plain small", "data-counterexample": one.name }) : null))));
  };
  const watch = async (standing) => {
    draw(standing);
    if (!standing.running || over) return;
    setTimeout(async () => {
      try { await watch(await source.progress(standing.check)); } catch (error) { does.fail(error); }
    }, LOOK);
  };
  fill(box, el("h3", {}, "Check"), status, button("Close", () => { over = true; box.hidden = true; }, { class: "plain small" }));
  box.hidden = false;
  source.check(link).then(watch, does.fail);
}
