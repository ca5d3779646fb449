// The panels around the picture: caption, list of steps, properties, changes, alternatives, and effects of procedures. All
// sentences about the world come from the document.
import { append, button, byId, el, fill, icon, unseen } from "./dom.js";
import { scrolledTo, stretches, windowOf } from "./layout.js";

const STANDING = { true: ["✓", "true"], "not-quiescent": ["·", "not quiescent"], violated: ["✕", "violated"] };

/** Returns the badges of a moment: those of the document, and the marks of a fork or a loop. */
function badgesOf(trace, moment) {
  const badges = [...moment.badges];
  if (trace.forked_at === moment.number) badges.push({ kind: "fork", sign: "⑂", says: "forked after this" });
  if (trace.repeats_from === moment.number) badges.push({ kind: "fork", sign: "↻", says: "repeats from here" });
  return badges;
}

/** Makes the elements of the badges. */
function badges(trace, moment) {
  return badgesOf(trace, moment).map(({ kind, sign, says }) =>
    el("span", { class: `badge ${kind}` }, icon(sign), " ", says));
}

/** Returns the text of a moment for screen readers. */
export function spoken(trace, moment) {
  const parts = [`Step ${moment.number} of ${trace.moments.length - 1}.`];
  parts.push(moment.number === 0 ? "Start." : `${moment.actor}: ${moment.says}.`);
  for (const mailbox of moment.picture.mailboxes) {
    if (mailbox.stranded) parts.push(`Stranded: ${mailbox.stranded}.`);
    else if (mailbox.partly) parts.push(`Partly stranded: ${mailbox.partly}.`);
  }
  parts.push(...badgesOf(trace, moment).map(({ says }) => `${says}.`));
  if (moment.reported) parts.push(`Reported: ${moment.reported}`);
  return parts.join(" ");
}

/** Makes a disclosure whose content is made when it is opened. */
function opened(says, make, attributes = {}) {
  const box = el("details", attributes, el("summary", {}, says));
  box.addEventListener("toggle", () => { if (box.open && box.children.length === 1) append(box, [make()]); });
  return box;
}

/** Makes the link to what to do instead, in one line; nothing if the summary has no such answer. */
function insteadOf(trace) {
  const instead = trace.summary.find((one) => one.about.startsWith("What to do"));
  if (!instead) return null;
  return button([el("b", {}, instead.about.endsWith("now?") ? "Now: " : "Instead: "), instead.short ?? instead.says],
    () => byId("summary").scrollIntoView({ block: "start" }), { class: "link", title: instead.says });
}

/** Draws that link below the caption of a phone. */
export function drawInstead(box, trace) {
  const link = insteadOf(trace);
  box.hidden = !link;
  fill(box, link);
}

/** Draws the caption: step, sources, sentence and badges. */
export function drawCaption(box, trace, moment) {
  box.classList.toggle("ends", trace.forked_at !== null && moment.number === trace.moments.length - 1);
  fill(box,
    el("p", { class: "step-of" }, moment.number === 0 ? "Start" : `Step ${moment.number} of ${trace.moments.length - 1}`,
      moment.sources.length > 0 ? el("span", { class: "sources" }, ` ${moment.sources.join(", ")}`) : null, insteadOf(trace)),
    el("h2", {}, moment.number === 0
      ? (trace.run ? "Before the first event: nothing is observed" : "The initial state")
      : [el("b", { class: "actor" }, moment.actor), " ", moment.says]),
    trace.moments.length === 1 ? el("p", { class: "quiet" }, "Choose a first step from the list below the picture.") : null,
    el("p", { class: "badges" }, badges(trace, moment)));
}

/** Lets the keyboard scroll a caption that is longer than its room. */
export function reachCaption(box) {
  if (box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

/** Makes the list of steps, which holds only the visible rows, so that thousands of steps are fast. */
export function stepList(box, chosen) {
  const list = el("div", { class: "step-list", role: "listbox", tabindex: "0", "aria-label": "Steps; the arrow keys select the previous or next one" });
  const spaceAbove = el("div", { "aria-hidden": "true" }), rows = el("div", { role: "presentation" }), spaceBelow = el("div", { "aria-hidden": "true" });
  list.append(spaceAbove, rows, spaceBelow);
  fill(box, el("h3", {}, "Steps"), list);
  let trace = null, at = 0, rowHeight = 0, drawn = "";
  const measure = () => parseFloat(getComputedStyle(list).getPropertyValue("--row")) * parseFloat(getComputedStyle(list).fontSize);
  const draw = () => {
    if (!trace) return;
    rowHeight = measure() || 52;
    const view = windowOf(list.scrollTop, list.clientHeight, rowHeight, trace.moments.length);
    const now = `${view.first}:${view.last}:${at}:${trace.link}`;
    if (now === drawn) return;
    drawn = now;
    spaceAbove.style.height = `${view.above}px`;
    spaceBelow.style.height = `${view.below}px`;
    fill(rows, trace.moments.slice(view.first, view.last + 1).map((moment) =>
      el("div", { class: "step" + (moment.number === at ? " current" : ""), role: "option", id: `step-${moment.number}`,
        "aria-selected": moment.number === at ? "true" : "false", "aria-posinset": moment.number + 1,
        "aria-setsize": trace.moments.length, onclick: () => chosen(moment.number) },
        el("span", { class: "number" }, moment.number),
        el("span", { class: "what" },
          el("span", { class: "happens" }, moment.number === 0 ? "start" : [el("b", {}, moment.actor), " ", moment.says]),
          el("span", { class: "marks" }, badges(trace, moment))))));
    list.setAttribute("aria-activedescendant", `step-${at}`);
  };
  list.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  return {
    show(document, number) {
      trace = document;
      at = number;
      rowHeight = measure() || 52;
      // Rows that are not drawn keep their space.
      spaceBelow.style.height = `${trace.moments.length * rowHeight}px`;
      list.scrollTop = scrolledTo(number, list.scrollTop, list.clientHeight, rowHeight);
      drawn = "";
      draw();
    },
  };
}

/** Draws every property of the shown state, with its values. */
export function drawProperties(box, trace, detail) {
  fill(box, el("h3", {}, "Properties of this state"),
    el("ul", { class: "judged" }, (detail?.properties ?? []).map((one) => {
      const [sign, word] = STANDING[one.standing];
      const says = trace.properties.find((property) => property.name === one.name);
      return el("li", { class: one.standing, "data-property": one.name, "data-standing": one.standing },
        el("span", { class: "sign", "aria-hidden": "true" }, icon(sign)),
        el("span", {}, el("b", {}, one.name), unseen(`, ${word}`), el("span", { class: "values" }, one.says),
          el("span", { class: "law" }, says?.says ?? "", says ? ` [${says.sources.join(", ")}]` : "")));
    })),
    Object.keys(trace.assumptions).length > 0
      ? el("p", { class: "quiet", id: "assumed" }, `These steps assume ${Object.entries(trace.assumptions).map(([name, value]) => `${name}=${value}`).join(", ")}.`) : null);
}

/** Draws the changes since the previous moment, in words, and the sources of the rule. */
export function drawChanges(box, moment) {
  const { detail, number: at, sources } = moment;
  const changes = detail?.changes ?? [];
  fill(box, el("h3", {}, "What changed"),
    changes.length === 0 ? el("p", { class: "quiet" }, at === 0 ? "This is the initial state." : "Nothing changed.") : null,
    el("ul", { class: "changes" }, changes.map((says) => el("li", {}, says))),
    sources.length > 0 ? el("p", { class: "quiet" }, `By ${sources.join(", ")}`) : null,
    detail?.state
      ? opened("The whole state", () => el("pre", { tabindex: "0" }, JSON.stringify(detail.state, null, 1)))
      : null);
}

/** Draws the alternatives: enabled actions, disabled actions with the reason, and procedures to apply. */
export function drawWhatIf(box, trace, at, detail, source, does) {
  const next = trace.moments[at + 1]?.action;
  const enabled = detail?.enabled ?? [];
  const disabled = detail?.disabled ?? [];
  const runs = trace.moments[at].picture.programs.some((one) => one.running);
  const effects = new Map((trace.moments[at].outlook?.rescues ?? []).map((one) => [one.procedure, trace.effects.findIndex(({ name }) => name === one.effect)]));
  const rank = (one) => effects.get(one.name) ?? trace.effects.length;
  const applicable = trace.procedures.filter((one) => source.isLive || source.canApply(trace, at, one.name)).sort((one, other) => rank(one) - rank(other));
  const signed = (one) => {
    const effect = trace.effects[effects.get(one.name)];
    return [effect ? [el("span", { class: `part ${effect.name}` }, icon(effect.sign), unseen(`${effect.short}: `)), " "] : null, namedProcedure(trace, one.name)];
  };
  fill(box, el("h3", {}, at === 0 ? "Possible first steps" : `Possible steps after step ${at}`));
  append(box, [
    enabled.length === 0 ? el("p", { class: "quiet" }, "No further step is possible in this scenario.") : null,
    el("ul", { class: "choices" }, enabled.map((one, index) => {
      const happened = one.action === next;
      const possible = happened || source.isLive || one.then;
      return el("li", {}, button([source.isLive && index < 9 ? [el("kbd", { "aria-hidden": "true" }, index + 1), " "] : null, el("b", {}, one.actor), " ", one.says, happened ? el("span", { class: "happened" }, "the step of this trace") : null],
        () => (happened ? does.go(at + 1) : does.fork(one.action)),
        { class: "choice" + (happened ? " taken" : ""), disabled: !possible, "data-action": one.action }));
    })),
    at > (source.until ?? Infinity)
      ? el("p", { class: "quiet" }, `This page has no alternatives after step ${source.until}; stranded explore shows them.`) : null,
    !source.isLive && applicable.length === 0 ? el("p", { class: "quiet", id: "not-applied" }, notApplied(source)) : null,
    source.isLive && runs
      ? button("Run the current procedures to their end", does.runOn, { class: "plain", id: "run-on" }) : null,
    applicable.length > 0 ? el("h4", {}, runs ? "Stop the running procedures, and apply" : "Apply") : null,
    el("div", { class: "apply" }, applicable.map((one) => button(signed(one), () => does.apply(one.name),
      { class: "plain", title: one.acts.join("; "), "data-procedure": one.name, "data-effect": trace.effects[effects.get(one.name)]?.name })),
      source.isLive ? button("Advise here", does.advise, { class: "plain", id: "advise" }) : null),
    applicable.length > 0 ? opened("Steps of each procedure",
      () => [el("p", { class: "quiet" }, "Each with its conditions. stranded show NAME --procedure has the file."), el("dl", {}, trace.procedures.map((one) => [el("dt", {}, namedProcedure(trace, one.name)), el("dd", {}, one.acts.join("; "))]))]) : null,
    el("div", { id: "advice", "aria-live": "polite" }),
    disabled.length > 0
      ? opened(`Impossible steps, with the reason (${disabled.length})`, () =>
          el("ul", { class: "impossible" }, disabled.map((one) =>
            el("li", {}, el("b", {}, one.actor), " ", one.says, el("span", { class: "because" }, `because ${one.because}`)))), { id: "impossible" })
      : null,
  ]);
}

/** Returns why a page that is a file applies no procedure at a step. */
function notApplied(source) {
  const steps = source.appliedAt.join(" and ");
  const where = steps === "" ? "This page applies no procedure" : `This page applies procedures only after ${source.appliedAt.length > 1 ? "steps" : "step"} ${steps} of its trace`;
  return `${where}; stranded explore applies them after each step.`;
}

/** Draws the advice: each procedure with its verdict, with and without new mail. */
export function drawAdvice(box, advice) {
  const heads = {
    never: "if delivery is held", before: "if delivery is held", "until-repair": "if mail arrives until it starts",
    "any-time": "if mail arrives at any time",
  };
  const broken = { stranded: " is stranded.", "no-home": " has no one home.", "no-recipient": " has no recipient." };
  const status = (one) => broken[one.standing] ?? (one.has_mail ? " is at its home." : " has no mail left.");
  fill(box, advice.map((one) => el("div", { class: "advice" },
    el("p", {}, el("b", {}, one.mailbox), status(one)),
    one.lost.length > 0
      ? el("p", { class: "stranded" }, el("strong", {}, `Too late for ${one.lost.join(" ")}.`),
          " No procedure brings back what is destroyed: restore it from a backup.")
      : null,
    one.has_mail || one.lost.length === 0
      ? folded(one, () => el("ul", {}, one.procedures.map((each) => el("li", {},
          el("b", {}, `${each.procedure} from ${each.from} to ${each.to}`),
          el("ul", {}, each.cases.map((found) => el("li", { class: found.verdict },
            `${found.verdict.replace("-", " ")} ${heads[found.delivery] ?? found.delivery}${found.harm ? `: ${found.harm}` : ""}`))),
          each.preconditions.length > 0 ? el("p", {}, `First ${each.preconditions.join("; ")}.`) : null,
          each.steps.length > 0 ? el("p", { class: "quiet" }, each.steps.join("; ")) : null))))
      : null)));
}

/** Folds the procedures of a mailbox that needs none. */
function folded(one, make) {
  if (one.standing !== "healthy") return make();
  return [el("p", {}, el("strong", {}, "Nothing to do.")), opened(`What each procedure would do (${one.procedures.length})`, make)];
}

/** Returns the effect of a procedure at each moment. */
function effectsOf(trace, name) {
  return trace.moments.map(({ outlook }) => outlook.rescues.find((one) => one.procedure === name)?.effect ?? "unknown");
}

/** Returns the kind of an effect: its sign, a few words, its meaning. */
function kindOfEffect(trace, name) {
  return trace.effects.find((one) => one.name === name);
}

/** Makes the words of a procedure, with its name in small type. */
function namedProcedure(trace, name) {
  const words = trace.procedures.find((one) => one.name === name)?.words ?? name;
  return words === name ? [el("b", {}, name)] : [el("span", { class: "words" }, words), " ", el("small", { class: "quiet" }, name)];
}

/** Draws the effect of each procedure at each moment of the trace. */
export function drawRescue(box, trace, at, chosen) {
  const known = trace.moments.every((moment) => moment.outlook !== null);
  if (!known) {
    delete box.dataset.of;
    const here = trace.moments[at].outlook;
    fill(box, el("h3", {}, "Effect of each procedure"),
      el("p", { class: "quiet" }, here ? "At this step:" : "This trace has too many different states to try every procedure at each; it is tried at the shown step."),
      here ? el("ul", { class: "here" }, hereOf(trace, here)) : null);
    return;
  }
  const names = trace.moments[0].outlook.rescues.map((one) => one.procedure);
  if (box.dataset.of === trace.link && box.querySelector(".strip")) {
    moveCursors(box, trace, at);
    return;
  }
  box.dataset.of = trace.link;
  fill(box, el("h3", {}, `Effect of each procedure from ${trace.run_of[0]} to ${trace.run_of[1]}, if it ran at this step and nothing else happened`),
    el("div", { class: "strips" }, names.map((name) => {
      const effects = effectsOf(trace, name);
      const parts = stretches(effects);
      const cursor = trace.moments.length > 1 ? el("span", { class: "cursor", "aria-hidden": "true" }) : null;
      return el("div", { class: "strip", "data-procedure": name },
        el("span", { class: "strip-name" }, namedProcedure(trace, name), " ",
          el("span", { class: "now" })),
        unseen(parts.map((one) => `: steps ${one.first} to ${one.last}: ${kindOfEffect(trace, one.effect).short}`).join("")),
        el("div", { class: "bar", "aria-hidden": "true" }, parts.map((one) => {
          const part = el("span", { class: `part ${one.effect}`, title: `steps ${one.first} to ${one.last}: ${kindOfEffect(trace, one.effect).short}`,
            onclick: () => chosen(one.first) }, icon(kindOfEffect(trace, one.effect).sign));
          part.style.flexGrow = String(one.last - one.first + 1);
          return part;
        }), cursor));
    })),
    el("p", { class: "legend" }, trace.effects.filter(({ name }) => name !== "unknown").map(({ name, sign, short, says }) =>
      el("span", {}, el("span", { class: `part ${name}`, "aria-hidden": "true" }, icon(sign)), ` ${short}: ${says}`))),
    el("p", { class: "quiet outlook" }));
  moveCursors(box, trace, at);
}

function moveCursors(box, trace, at) {
  const here = trace.moments[at].outlook;
  for (const strip of box.querySelectorAll(".strip")) {
    const found = here.rescues.find((one) => one.procedure === strip.dataset.procedure);
    const now = kindOfEffect(trace, found?.effect ?? "unknown");
    const label = strip.querySelector(".now");
    label.className = `now ${now.name}`;
    fill(label, icon(now.sign), ` ${now.short}`);
    const cursor = strip.querySelector(".cursor");
    if (cursor) cursor.style.insetInlineStart = `${((at + 0.5) / trace.moments.length) * 100}%`;
  }
  const isLate = trace.no_return !== null && at >= trace.no_return;
  box.querySelector(".outlook").textContent = isLate ? "At this step it is too late."
    : here.whole ? "At this step all mail is at the home: there is nothing to recover." : "";
}

function hereOf(trace, outlook) {
  return outlook.rescues.map((one) => el("li", {}, namedProcedure(trace, one.procedure), `: ${kindOfEffect(trace, one.effect).short}`,
    one.loses.length > 0 ? ` (${one.loses.join(" ")})` : ""));
}

/** Draws the lanes as a table: one row for each step, with so many before and after the shown one. */
export function drawTable(box, trace, at, chosen, around = 60) {
  const first = Math.max(0, at - around), last = Math.min(trace.moments.length - 1, at + around);
  fill(box, el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "The lanes as a table" },
    el("table", { class: "lanes" },
      el("caption", {}, last - first + 1 < trace.moments.length ? `Steps ${first} to ${last} of ${trace.moments.length - 1}` : "Every step, lane by lane"),
      el("thead", {}, el("tr", {}, ["step", "who", "what happens", "directory", ...trace.servers, "elsewhere"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, trace.moments.slice(first, last + 1).map((moment) => {
        const boxes = moment.picture.mailboxes;
        const name = (mailbox) => (boxes.length > 1 ? `${mailbox.name}: ` : "");
        const lines = (text) => boxes.map((mailbox) => el("div", {}, name(mailbox), text(mailbox)));
        const cell = (label, ...children) => el("td", { "data-label": label }, el("div", {}, children));
        return el("tr", { class: moment.number === at ? "current" : "", "aria-current": moment.number === at ? "step" : null },
          el("th", { scope: "row" }, button(String(moment.number), () => chosen(moment.number), { class: "link", "aria-label": `Go to step ${moment.number}` })),
          cell("who", moment.actor), cell("what happens", moment.says,
            " ", badges(trace, moment),
            moment.reported ? el("div", { class: "quiet" }, `reported: ${moment.reported}`) : null),
          cell("directory", lines((one) => [one.directory.join(", "), one.stranded ? el("strong", { class: "stranded-word" }, " STRANDED") : one.partly ? [el("strong", { class: "stranded-word" }, " PARTLY STRANDED: "), one.partly] : null])),
          trace.servers.map((server) => cell(server, lines((one) => one.stores.find((store) => store.server === server).says.join(", ")))),
          cell("elsewhere", lines((one) => [["queued", one.queued], ["in a file", one.saved], ["destroyed", one.lost], ["returned", one.returned], ["deleted", one.deleted]]
            .filter(([, list]) => list.length > 0).map(([says, list]) => `${says}: ${list.join(" ")}`).join(", ") || "–")));
      })))));
  if (box.id === "stage") box.querySelector("tr.current")?.scrollIntoView({ block: "nearest" });
}
