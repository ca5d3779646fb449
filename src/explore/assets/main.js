// The page: the open traces, the moment that is shown, and the effects of keys and buttons.
import { byId, button, el, fill, icon, toggleTheme } from "./dom.js";
import { marksOf, nextMark, within } from "./layout.js";
import { beside } from "./align.js";
import { fileSource, serverSource, textOf } from "./source.js";
import { drawPicture, fitFrames, redrawArrows, tokenPlaces } from "./picture.js";
import { drawAdvice, drawCaption, drawChanges, drawInstead, drawProperties, drawRescue, drawTable, drawWhatIf, reachCaption, spoken, stepList } from "./panels.js";
import { compared, drawAligned } from "./compare.js";
import { runCheck } from "./check.js";
import { closeExports, exports } from "./export.js";
import { share } from "./share.js";
import { drawCatalogue, drawChoice, drawSummary, drawHelp, drawMessage, drawRun } from "./home.js";

const inside = byId("inside");
const source = inside ? fileSource(JSON.parse(inside.textContent)) : serverSource();
const page = { traces: [], current: 0, at: 0, other: null, view: "picture", isHome: false, pair: null, isAwaited: false, resting: 0 };
const list = stepList(byId("steps"), (at) => go(at));
/** The delay before a shown moment is queried and becomes the address, in milliseconds. */
const REST = 120;
/** The most steps before and after the shown one on paper. */
const PRINTED_MAX = 500;
const currentTrace = () => page.traces[page.current];

function fail(error) {
  drawMessage(byId("message"), error.message ?? String(error));
  byId("message").scrollIntoView({ block: "nearest" });
}

async function attempt(work, keepsMessage = false) {
  try {
    if (!keepsMessage) byId("message").hidden = true;
    return await work();
  } catch (error) {
    fail(error);
    return null;
  }
}

/** Opens a trace beside the open ones, and shows it. */
function add(trace, at, other = null) {
  const known = page.traces.findIndex((one) => one.link === trace.link);
  if (known >= 0) page.traces[known] = trace;
  else page.traces.push(trace);
  page.current = known >= 0 ? known : page.traces.length - 1;
  page.other = other;
  page.isHome = false;
  const isChecking = byId("checking").querySelector("progress");
  if (!isChecking && page.traces.some((one) => one.scenario !== trace.scenario)) byId("checking").hidden = true;
  show(at, true);
  bringIntoView();
}

/** Opens a fork; a fork that continues its own end replaces it. */
function fork(trace, from, at, shown) {
  const origin = page.traces[from];
  if (origin.forked_at === null || at !== origin.moments.length - 1) {
    add(trace, shown, from);
    scrollTo({ top: 0 });
    return;
  }
  page.traces[from] = { ...trace, title: origin.title, forked_at: origin.forked_at };
  show(shown, true);
  scrollTo({ top: 0 });
}

/** Closes a trace; the last one stays open. */
function shut(index) {
  page.traces.splice(index, 1);
  page.other = null;
  if (page.current >= index) page.current = Math.max(0, page.current - 1);
  show(page.at, true);
}

/** Scrolls to the caption and the picture, if they are not in view. */
function bringIntoView() {
  const stage = byId("stage").getBoundingClientRect(), caption = byId("caption").getBoundingClientRect();
  if (caption.top < 0 || Math.min(stage.bottom, stage.top + 300) > innerHeight) byId("caption").scrollIntoView({ block: "start" });
}

function only(traces, current, at, other) {
  Object.assign(page, { traces, current, other });
  show(at, true);
}

/** Shows a moment of the current trace. */
function show(at, isNew = false) {
  const trace = currentTrace();
  page.at = within(at, trace.moments.length);
  const moment = trace.moments[page.at];
  byId("trace").hidden = false;
  byId("waiting").hidden = true;
  byId("intro").hidden = !page.isHome;
  const hadFocus = document.activeElement !== document.body;
  document.title = `${trace.title}: step ${page.at} – stranded`;
  const other = page.other === null ? null : page.traces[page.other];
  page.pair = other ? (page.pair && page.pair.left === trace && page.pair.right === other ? page.pair : compared(trace, other)) : null;
  if (isNew) {
    drawSummary(byId("summary"), trace, (step) => { go(step); bringIntoView(); });
    drawInstead(byId("instead"), trace);
    drawPanelsOf(trace);
    drawTabs();
    drawControls();
  }
  const places = isNew ? [] : [...byId("stage").querySelectorAll(".frame")].map(tokenPlaces);
  drawCaption(byId("caption"), trace, moment);
  updateControls();
  drawStage(isNew, places);
  byId("announce").textContent = spoken(trace, moment);
  byId("aligned").hidden = !page.pair;
  // Draws the picture first, the panels around it in the next frame, and updates the address after a pause.
  if (isNew) {
    drawAround();
    // The pressed button may be gone: the focus moves to the picture.
    if (hadFocus && document.activeElement === document.body) byId("stage").focus({ preventScroll: true });
  } else if (!page.isAwaited) {
    page.isAwaited = true;
    setTimeout(() => { page.isAwaited = false; drawAround(); });
  }
  clearTimeout(page.resting);
  page.resting = setTimeout(() => { askDetails(); remember(false); }, isNew ? 0 : REST);
  if (isNew) remember(true);
}

/** Shows the panels that a trace has: a run of an implementation has its table, and nothing to try. */
function drawPanelsOf(trace) {
  for (const part of document.querySelectorAll("#rescue, #summary, .panels")) part.hidden = Boolean(trace.run);
  if (trace.run) byId("intro").after(byId("run"));
  else byId("run").hidden = true;
}

function drawAround() {
  reachCaption(byId("caption"));
  if (currentTrace().run) {
    drawRun(byId("run"), currentTrace().run, page.at, go);
    return;
  }
  list.show(currentTrace(), page.at);
  drawRescue(byId("rescue"), currentTrace(), page.at, go);
  drawDetails();
  if (page.pair) drawAligned(byId("aligned"), page.pair, page.at, { go });
}

function drawStage(isNew, places) {
  const stage = byId("stage");
  if (page.view === "table") {
    stage.className = "stages table";
    drawTable(stage, currentTrace(), page.at, go);
    return;
  }
  const shown = page.pair ? [[currentTrace(), page.at], [page.pair.right, beside(page.pair.rows, page.at)]] : [[currentTrace(), page.at]];
  const frames = stage.querySelectorAll(":scope > figure");
  if (isNew || frames.length !== shown.length) {
    stage.className = `stages of-${shown.length}`;
    fill(stage, shown.map(() => el("figure", {}, el("figcaption", {}), el("div", { class: "frame" }))));
  }
  [...stage.children].forEach((figure, index) => {
    const [trace, at] = shown[index];
    fill(figure.firstElementChild, shown.length > 1 ? [el("b", {}, trace.title), ` step ${at}`] : null);
    drawPicture(figure.lastElementChild, trace, at, places[index]);
  });
}

function drawDetails() {
  const trace = currentTrace();
  const moment = trace.moments[page.at];
  drawProperties(byId("judged"), trace, moment.detail);
  drawChanges(byId("changes"), moment);
  drawWhatIf(byId("whatif"), trace, page.at, moment.detail, source, does);
}

/** Queries the details of a moment, which a long trace does not contain. */
function askDetails() {
  const trace = currentTrace();
  const moment = trace.moments[page.at];
  if (moment.detail || trace.run || !source.isLive) return;
  source.moment(trace, page.at).then(({ detail, outlook }) => {
    moment.detail = detail;
    moment.outlook ??= outlook;
    if (currentTrace() === trace && page.at === moment.number) drawAround();
  }, fail);
}

function drawTabs() {
  const traces = byId("traces");
  fill(traces,
    el("div", { class: "tabs", role: "group", "aria-label": "Open traces" }, page.traces.map((trace, index) =>
      el("span", {}, button(trace.title, () => { page.current = index; if (page.other === index) page.other = null; show(page.at, true); },
        { class: "tab", "aria-pressed": index === page.current ? "true" : "false" }),
        page.traces.length > 1 && !page.isHome ? button(icon("✕"), () => shut(index), { class: "shut", "aria-label": `Close ${trace.title}` }) : null))),
    page.isHome ? el("h1", { class: "question headline" }, "How moving a mailbox twice destroys its mail") : el("h1", { class: "question" }, el("b", {}, currentTrace().scenario), " – ", currentTrace().question));
}

function drawControls() {
  const control = (id, says, label, pressed, more = {}) => button(says, pressed, { id, "aria-label": label, title: label, ...more });
  const others = page.traces.map((trace, index) => [trace, index]).filter(([, index]) => index !== page.current);
  const select = el("select", { id: "beside", onchange: (event) => { page.other = event.target.value === "" ? null : Number(event.target.value); show(page.at, true); } },
    el("option", { value: "" }, "nothing"), others.map(([trace, index]) => el("option", { value: index, selected: page.other === index }, trace.title)));
  fill(byId("controls"),
    el("div", { class: "pace" }, el("div", { class: "stepper" },
      control("first", icon("first"), "First step", () => go(0)), control("before", [icon("back"), "Back"], "Previous step", () => go(page.at - 1)),
      control("after", ["Next", icon("next")], "Next step", () => go(page.at + 1), { class: "primary" }),
      control("last", icon("last"), "Last step", () => go(currentTrace().moments.length - 1)),
      control("mark", [icon("mark"), el("span", { class: "long" }, "Next mark")], "Next marked step", () => go(nextMark(marksOf(currentTrace()), page.at, true))),
      control("more", "More", "Table, check, link and export", (event) => event.currentTarget.setAttribute("aria-expanded", String(byId("controls").classList.toggle("more"))), { "aria-expanded": String(byId("controls").classList.contains("more")) })),
    el("input", { type: "range", id: "slider", min: 0, max: currentTrace().moments.length - 1, step: 1, "aria-label": "Step",
      oninput: (event) => go(Number(event.target.value)) })),
    el("div", { class: "switches" },
      others.length > 0 ? el("label", {}, "Beside it ", select) : null,
      control("view", page.view === "table" ? "Picture" : "Table", "Picture or table", toggleView),
      source.isLive && !currentTrace().run ? control("check", "Check", "Check every execution of this scenario", () => runCheck(byId("checking"), source, currentTrace().link, { follow, fail })) : null,
      currentTrace().run ? null : control("share", "Copy link", "Copy the link to this step",
        () => share(byId("message"), currentTrace(), page.at, source, { attempt, say: (says) => { byId("announce").textContent = says; } })),
      exports(currentTrace(), source, { attempt, say: (says) => { byId("announce").textContent = says; } })));
}

function updateControls() {
  byId("slider").value = String(page.at);
  byId("slider").setAttribute("aria-valuetext", `Step ${page.at} of ${currentTrace().moments.length - 1}`);
  byId("before").disabled = byId("first").disabled = page.at === 0;
  byId("after").disabled = byId("last").disabled = page.at === currentTrace().moments.length - 1;
}

function go(at) {
  const next = within(at, currentTrace().moments.length);
  if (next === page.at) return;
  const focused = document.activeElement;
  show(next);
  // A disabled button passes the focus to its neighbour.
  if (focused && focused.disabled) (byId("before").disabled ? byId("after") : byId("before")).focus();
}

function toggleView() {
  page.view = page.view === "table" ? "picture" : "table";
  show(page.at, true);
  byId("view").focus();
}

/** Updates the address to the shown moment. */
function remember(isNew) {
  if (currentTrace().run || (page.isHome && page.at === decisive(currentTrace()))) return;
  const hash = `#${currentTrace().link}@${page.at}`;
  if (location.hash === hash) return;
  if (isNew && !page.isHome) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

const does = {
  go,
  fork: (action) => attempt(async () => {
    const from = page.current, at = page.at;
    const { document: trace } = await source.fork(currentTrace(), at, action);
    fork(trace, from, at, at + 1);
  }),
  apply: (procedure) => attempt(async () => {
    const from = page.current, at = page.at;
    const { document: trace } = await source.apply(currentTrace(), at, procedure);
    fork(trace, from, at, trace.moments.length - 1);
  }),
  runOn: () => attempt(async () => {
    const from = page.current, at = page.at;
    const { document: trace } = await source.runOn(currentTrace(), at);
    fork(trace, from, at, trace.moments.length - 1);
  }),
  advise: () => attempt(async () => {
    const { advice } = await source.advise(currentTrace(), page.at);
    drawAdvice(byId("advice"), advice);
  }),
};

function follow(text, property = null) {
  return attempt(async () => {
    const [, link, at] = /^#?(.*?)(?:@(\d+))?$/s.exec(text);
    const known = page.traces.find((trace) => trace.link === link && (property === null || trace.property === property));
    const trace = known ?? (await source.follow(link, property)).document;
    if (Number(at) >= trace.moments.length) throw new Error(`The link is to step ${at}, but the trace has ${trace.moments.length - 1} steps: the link was changed.`);
    add(trace, at === undefined ? decisive(trace) : Number(at));
  });
}

function open(scenario) {
  return attempt(async () => {
    const { document: trace } = await source.worst(scenario);
    add(trace, decisive(trace));
    byId("stage").focus();
  });
}

/** Returns the step at which a trace opens: the one that destroyed mail, or else the first violation. */
function decisive(trace) {
  return trace.summary.find((one) => one.step !== null)?.step ?? trace.first_violation ?? 0;
}

/** Shows an answer: a choice of traces, a run, or a trace. */
function take(answer, again) {
  if (answer.choice) drawChoice(byId("message"), answer.choice, (part) => attempt(async () => take(await again(part), again)));
  else if (answer.run?.drawn) add({ ...answer.run.drawn, run: answer.run, link: `run/${answer.run.title}` }, decisive(answer.run.drawn));
  else if (answer.run) {
    byId("trace").before(byId("run"));
    drawRun(byId("run"), answer.run);
    byId("run").scrollIntoView({ block: "start" });
  } else add(answer.document, answer.document.forked_at === null ? decisive(answer.document) : 0);
}

async function files(dropped) {
  const file = dropped?.[0];
  if (!file) return;
  await attempt(async () => {
    const text = await textOf(file);
    const again = (part) => source.drop(file.name, text, part ?? null);
    take(await again(null), again);
  });
}

async function home(keepsMessage = false) {
  await attempt(async () => {
    page.isHome = source.isLive;
    const answer = await source.start();
    if (answer.pair) only(answer.pair, 0, decisive(answer.pair[0]), 1);
    else only([answer.document], 0, decisive(answer.document), null);
  }, keepsMessage);
}

function keys(event) {
  const typing = event.target.closest("input:not([type=range]), textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || byId("help").open) return;
  const forks = () => [...byId("whatif").querySelectorAll(".choice:not([disabled])")];
  const turn = (by) => { page.current = (page.current + by + page.traces.length) % page.traces.length; page.other = null; show(page.at, true); };
  const actions = {
    ArrowRight: () => go(page.at + 1), ArrowLeft: () => go(page.at - 1),
    Home: () => go(0), End: () => go(currentTrace().moments.length - 1),
    n: () => go(nextMark(marksOf(currentTrace()), page.at, true)), p: () => go(nextMark(marksOf(currentTrace()), page.at, false)),
    d: () => byId("first-difference")?.click(),
    c: () => { page.other = page.other === null ? page.traces.findIndex((_, index) => index !== page.current) : null; if (page.other === -1) page.other = null; show(page.at, true); },
    t: toggleView, w: () => forks()[0]?.focus(), f: () => byId("file")?.click(),
    "[": () => turn(-1), "]": () => turn(1), "?": () => byId("help").showModal(),
  };
  if (event.target.closest("[role=listbox]")) Object.assign(actions, { ArrowDown: actions.ArrowRight, ArrowUp: actions.ArrowLeft });
  if (event.target.type === "range" && ["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key)) return;
  const action = /^[1-9]$/.test(event.key) ? () => forks()[Number(event.key) - 1]?.click() : actions[event.key];
  if (!action || page.traces.length === 0) return;
  event.preventDefault();
  action();
  // Keys in the list of steps leave the scroll position of the page.
  if (!byId("steps").contains(document.activeElement)) bringIntoView();
}

function listen() {
  closeExports();
  drawHelp(byId("help"), source);
  fill(byId("tools"),
    source.isLive ? button("Scenarios", () => { byId("catalogue").scrollIntoView(); byId("filter")?.focus(); }, { id: "to-scenarios" }) : null,
    button("Light or dark", toggleTheme, { id: "theme" }),
    button("Keys ?", () => byId("help").showModal(), { id: "to-help" }));
  byId("go-home").addEventListener("click", () => { history.pushState(null, "", location.pathname + location.search); home(); });
  document.addEventListener("keydown", keys);
  // The event has the address; the page may have replaced it by now.
  addEventListener("hashchange", (event) => {
    clearTimeout(page.resting);
    const { hash } = new URL(event.newURL);
    if (hash.length > 1) follow(hash);
    else home();
  });
  // On paper, every step has a row.
  addEventListener("beforeprint", () => { if (page.traces.length > 0) drawTable(byId("printed"), currentTrace(), page.at, go, PRINTED_MAX); });
  addEventListener("afterprint", () => byId("printed").replaceChildren());
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
  document.addEventListener("drop", (event) => { event.preventDefault(); document.body.classList.remove("dropping"); files(event.dataTransfer.files); });
  new ResizeObserver(() => {
    if (page.traces.length === 0 || page.view === "table") return;
    fitFrames(byId("stage"));
    const frames = [...byId("stage").querySelectorAll(".frame")];
    frames.forEach((frame) => {
      const at = Number(frame.querySelector(".picture")?.dataset.moment ?? 0);
      redrawArrows(frame, frame === frames[0] ? currentTrace() : page.pair.right, at);
    });
  }).observe(byId("stage"));
}

async function begin() {
  listen();
  const link = location.hash;
  if (link.length > 1) await follow(link);
  if (!source.isLive) {
    if (page.traces.length === 0) await home(true);
    return;
  }
  const asked = source.catalogue();
  if (page.traces.length === 0) {
    const first = await Promise.all([asked, link.length > 1 ? null : source.start()]).catch((error) => { fail(error); return [null, null]; });
    if (link.length <= 1 && first[0]?.opened) take(first[0].opened, () => Promise.resolve(first[0].opened));
    else if (first[1]) { page.isHome = true; only(first[1].pair, 0, decisive(first[1].pair[0]), 1); }
  }
  byId("waiting").hidden = true;
  const catalogue = await asked.catch(() => null);
  if (catalogue) drawCatalogue(byId("catalogue"), catalogue, { open, files });
}

begin();
