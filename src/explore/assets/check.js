// Checks from the page: progress, cancellation, verdicts and links to counterexamples.
import { button, el, fill, icon } from "./dom.js";

/** The polling interval of a running check, in milliseconds. */
const POLL = 300;
const number = new Intl.NumberFormat("en");

/** Starts a check, shows its progress, then its verdicts. */
export function runCheck(box, source, link, does) {
  // The result of a finished check is shown again. A link starts with the name and the hash of its scenario.
  const scenario = link.split("/").slice(1, 3).join("/");
  if (box.dataset.over === scenario) {
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
    return;
  }
  delete box.dataset.over;
  let closed = false, running = null;
  const status = el("div", { class: "check-status" });
  const figures = ["states", "depth", "states per second", "seconds"].map((name) => [name, el("dd", { id: `check-${name.replaceAll(" ", "-")}` })]);
  const update = (standing) => [standing.states, standing.depth, Math.round(standing.rate), Math.round(standing.seconds * 10) / 10]
    .forEach((figure, index) => { figures[index][1].textContent = number.format(figure); });
  const cancel = (standing) => button("Cancel", () => source.cancel(standing.check).then(draw, does.fail), { class: "plain", id: "check-cancel" });
  const begin = (standing) => {
    fill(status, el("p", { role: "status" }, el("b", {}, `Checking ${standing.scenario}…`)), el("progress", { "aria-label": "The check is running" }),
      el("dl", { class: "figures" }, figures.map(([name, shown]) => el("div", {}, el("dt", {}, name), shown))), cancel(standing));
  };
  const end = (found, scenario) => {
    const isFocused = box.contains(document.activeElement);
    fill(status, el("p", { id: "check-over", role: "status" }, el("b", {}, scenario), `: ${number.format(found.states)} states, depth ${found.depth}, ${found.seconds.toFixed(2)} s, `,
      found.truncated ? el("strong", {}, `truncated: ${found.truncated}`) : "complete"),
      el("ul", { class: "verdicts" }, found.properties.map((one) =>
        el("li", { class: one.verdict }, el("b", {}, one.name), " ", el("span", { class: "verdict" }, one.verdict), " ",
          one.as_expected ? el("span", { class: "quiet" }, one.verdict === "violated" ? "(the scenario expects it)" : "(as the scenario expects)") : el("span", { class: one.verdict === "inconclusive" ? "quiet" : "unexpected" }, icon(one.verdict === "inconclusive" ? "?" : "✕"), ` expected: ${one.expected}`), " ",
          one.link ? button(`Show the ${one.steps} steps`, () => { box.hidden = true; does.follow(one.link, one.name); }, { class: "plain small", "data-counterexample": one.name }) : null,
          one.under.length > 0 ? el("ul", { class: "under" }, one.under.map((says) => el("li", {}, says)),
            el("li", { class: "quiet" }, "No source settles these assumptions; stranded list assumptions explains them.")) : null))));
    if (isFocused) (status.querySelector("button") ?? closing).focus();
  };
  const draw = (standing) => {
    running = standing.running ? standing.check : null;
    if (!standing.running) {
      if (!standing.found.truncated) box.dataset.over = scenario;
      end(standing.found, standing.scenario);
    }
    else {
      if (!status.querySelector("progress")) begin(standing);
      update(standing);
    }
  };
  const watch = async (standing) => {
    draw(standing);
    if (!standing.running || closed) return;
    setTimeout(async () => {
      try { await watch(await source.progress(standing.check)); } catch (error) { does.fail(error); }
    }, POLL);
  };
  const closing = button("Close", () => {
    closed = true;
    box.hidden = true;
    if (running !== null) source.cancel(running).catch(does.fail);
  }, { class: "plain small" });
  fill(box, el("h3", {}, "Check every execution"), status, closing);
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
  source.check(link).then(watch, does.fail);
}
