// The page: which ways are open, which moment is shown, and what the keys and the buttons do.
import { byId, button, el, fill } from "./dom.js";
import { marksOf, nextMark, within } from "./layout.js";
import { beside } from "./align.js";
import { FILE_MAX, QUESTION_MAX, fileSource, serverSource } from "./source.js";
import { drawPicture, redrawArrows, tokenPlaces } from "./picture.js";
import { drawAdvice, drawCaption, drawChanges, drawProperties, drawRescue, drawTable, drawWhatIf, spoken, stepList } from "./panels.js";
import { compared, drawAligned } from "./compare.js";
import { runCheck } from "./check.js";
import { exports } from "./export.js";
import { drawCatalogue, drawChoice, drawSummary, drawHelp, drawMessage, drawRun } from "./home.js";

const inside = byId("inside");
const source = inside ? fileSource(JSON.parse(inside.textContent)) : serverSource();
const page = { ways: [], current: 0, at: 0, other: null, view: "picture", isHome: false, pair: null, catalogue: null, isAwaited: false, resting: 0 };
const list = stepList(byId("steps"), (at) => go(at));
/** How long a moment is shown before it is asked about and becomes the address, in milliseconds. */
const REST = 120;
/** The most steps before and after the one shown that are printed. */
const PRINTED_MAX = 500;
const trace = () => page.ways[page.current];

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

/** Opens a way beside those that are open, and shows it. */
function add(way, at, other = null) {
  const known = page.ways.findIndex((one) => one.link === way.link);
  if (known >= 0) page.ways[known] = way;
  else page.ways.push(way);
  page.current = known >= 0 ? known : page.ways.length - 1;
  page.other = other;
  page.isHome = false;
  const isChecking = byId("checking").querySelector("progress");
  if (!isChecking && page.ways.some((one) => one.scenario !== way.scenario)) byId("checking").hidden = true;
  show(at, true);
  bringIntoView();
}

/** A fork that goes on from its own end stays one way. */
function fork(way, from, at, shown) {
  const origin = page.ways[from];
  if (origin.forked_at === null || at !== origin.moments.length - 1) {
    add(way, shown, from);
    return;
  }
  page.ways[from] = { ...way, title: origin.title, forked_at: origin.forked_at };
  show(shown, true);
  bringIntoView();
}

/** Closes a way; the last one stays. */
function shut(index) {
  page.ways.splice(index, 1);
  page.other = null;
  if (page.current >= index) page.current = Math.max(0, page.current - 1);
  show(page.at, true);
}

/** What happened and its picture come into view, where they are not. */
function bringIntoView() {
  const stage = byId("stage").getBoundingClientRect(), caption = byId("caption").getBoundingClientRect();
  if (caption.top < 0 || Math.min(stage.bottom, stage.top + 300) > innerHeight) byId("caption").scrollIntoView({ block: "start" });
}

function only(ways, current, at, other) {
  Object.assign(page, { ways, current, other });
  show(at, true);
}

/** Shows a moment of the current way. */
function show(at, isNew = false) {
  const way = trace();
  page.at = within(at, way.moments.length);
  const moment = way.moments[page.at];
  byId("way").hidden = false;
  byId("run").hidden = true;
  byId("intro").hidden = !page.isHome;
  const hadFocus = document.activeElement !== document.body;
  document.title = `${way.title}: step ${page.at} – stranded`;
  const other = page.other === null ? null : page.ways[page.other];
  page.pair = other ? (page.pair && page.pair.left === way && page.pair.right === other ? page.pair : compared(way, other)) : null;
  if (isNew) {
    drawSummary(byId("summary"), way, (step) => { go(step); bringIntoView(); });
    drawWays();
    drawControls();
  }
  // What is there is measured before anything changes.
  const places = isNew ? [] : [...byId("stage").querySelectorAll(".frame")].map(tokenPlaces);
  drawCaption(byId("caption"), way, moment);
  updateControls();
  drawStage(isNew, places);
  byId("announce").textContent = spoken(way, moment);
  byId("aligned").hidden = !page.pair;
  // The picture comes first; what stands around it follows in the next frame, and the address when one rests.
  if (isNew) {
    drawAround();
    // What was pressed may be gone; whoever goes by keys goes on at the picture.
    if (hadFocus && document.activeElement === document.body) byId("stage").focus({ preventScroll: true });
  } else if (!page.isAwaited) {
    page.isAwaited = true;
    setTimeout(() => { page.isAwaited = false; drawAround(); });
  }
  clearTimeout(page.resting);
  page.resting = setTimeout(() => { askDetails(); remember(false); }, isNew ? 0 : REST);
  if (isNew) remember(true);
}

/** Lets each picture know how much room it has. */
function fit() {
  for (const frame of byId("stage").querySelectorAll(".frame")) {
    const width = frame.clientWidth;
    frame.classList.toggle("narrow", width < 544);
    frame.classList.toggle("tiny", width < 320);
  }
}

function drawAround() {
  list.show(trace(), page.at);
  drawRescue(byId("rescue"), trace(), page.at, go);
  drawDetails();
  if (page.pair) drawAligned(byId("aligned"), page.pair, page.at, { go });
}

function drawStage(isNew, places) {
  const stage = byId("stage");
  if (page.view === "table") {
    stage.className = "stages table";
    drawTable(stage, trace(), page.at, go);
    return;
  }
  const shown = page.pair ? [[trace(), page.at], [page.pair.right, beside(page.pair.rows, page.at)]] : [[trace(), page.at]];
  const frames = stage.querySelectorAll(":scope > figure");
  if (isNew || frames.length !== shown.length) {
    stage.className = `stages of-${shown.length}`;
    fill(stage, shown.map(() => el("figure", {}, el("figcaption", {}), el("div", { class: "frame" }))));
  }
  [...stage.children].forEach((figure, index) => {
    const [way, at] = shown[index];
    fill(figure.firstElementChild, shown.length > 1 ? [el("b", {}, way.title), ` step ${at}`] : null);
    drawPicture(figure.lastElementChild, way, at, places[index]);
  });
}

function drawDetails() {
  const way = trace();
  const moment = way.moments[page.at];
  drawProperties(byId("judged"), way, moment.detail);
  drawChanges(byId("changes"), moment.detail, page.at);
  drawWhatIf(byId("whatif"), way, page.at, moment.detail, source, does);
}

/** A long way has the details of a moment on request. */
function askDetails() {
  const way = trace();
  const moment = way.moments[page.at];
  if (moment.detail || !source.isLive) return;
  source.moment(way, page.at).then(({ detail, outlook }) => {
    moment.detail = detail;
    moment.outlook ??= outlook;
    if (trace() === way && page.at === moment.number) drawAround();
  }, fail);
}

function drawWays() {
  const ways = byId("ways");
  fill(ways,
    el("div", { class: "tabs", role: "group", "aria-label": "Ways that are open" }, page.ways.map((way, index) =>
      el("span", {}, button([index === page.current ? "● " : "○ ", way.title], () => { page.current = index; if (page.other === index) page.other = null; show(page.at, true); },
        { class: "tab", "aria-pressed": index === page.current ? "true" : "false" }),
        page.ways.length > 1 && !page.isHome ? button("×", () => shut(index), { class: "shut", "aria-label": `Close ${way.title}` }) : null))),
    el(page.isHome ? "p" : "h1", { class: "question" }, el("b", {}, trace().scenario), " – ", trace().question,
      !page.isHome && Object.keys(trace().assumptions).length > 0
        ? el("span", { class: "quiet" }, ` (assuming ${Object.entries(trace().assumptions).map(([name, value]) => `${name}=${value}`).join(", ")})`) : null));
}

function drawControls() {
  const control = (id, says, label, pressed, more = {}) => button(says, pressed, { id, "aria-label": label, title: label, ...more });
  const others = page.ways.map((way, index) => [way, index]).filter(([, index]) => index !== page.current);
  const select = el("select", { id: "beside", onchange: (event) => { page.other = event.target.value === "" ? null : Number(event.target.value); show(page.at, true); } },
    el("option", { value: "" }, "nothing"), others.map(([way, index]) => el("option", { value: index, selected: page.other === index }, way.title)));
  fill(byId("controls"),
    el("div", { class: "stepper" },
      control("first", "⏮", "First step", () => go(0)), control("before", "◀ Back", "Step before", () => go(page.at - 1)),
      control("after", "Next ▶", "Step after", () => go(page.at + 1), { class: "primary" }),
      control("last", "⏭", "Last step", () => go(trace().moments.length - 1)),
      control("mark", "⚑ Next mark", "Next step worth a look", () => go(nextMark(marksOf(trace()), page.at, true)))),
    el("input", { type: "range", id: "slider", min: 0, max: trace().moments.length - 1, step: 1, "aria-label": "Step",
      oninput: (event) => go(Number(event.target.value)) }),
    el("div", { class: "switches" },
      others.length > 0 ? el("label", {}, "Beside it ", select) : null,
      control("view", page.view === "table" ? "Picture" : "Table", "Picture or table", toggleView),
      source.isLive ? control("check", "Check", "Check all that can happen in this scenario", () => runCheck(byId("checking"), source, trace().link, { follow, fail })) : null,
      control("share", "Copy link", "Copy the link to this step", share),
      exports(trace(), source, { attempt, say: (says) => { byId("announce").textContent = says; } })));
}

function updateControls() {
  byId("slider").value = String(page.at);
  byId("slider").setAttribute("aria-valuetext", `Step ${page.at} of ${trace().moments.length - 1}`);
  byId("before").disabled = byId("first").disabled = page.at === 0;
  byId("after").disabled = byId("last").disabled = page.at === trace().moments.length - 1;
}

function go(at) {
  const next = within(at, trace().moments.length);
  if (next === page.at) return;
  const focused = document.activeElement;
  show(next);
  // A button that can do no more hands on to its neighbour.
  if (focused && focused.disabled) (byId("before").disabled ? byId("after") : byId("before")).focus();
}

function toggleView() {
  page.view = page.view === "table" ? "picture" : "table";
  show(page.at, true);
  byId("view").focus();
}

/** Keeps the address in step with what is shown. */
function remember(isNew) {
  if (page.isHome && page.at === 0) return;
  const hash = `#${trace().link}@${page.at}`;
  if (location.hash === hash) return;
  if (isNew && !page.isHome) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

async function share() {
  const address = location.href.replace(/\?token=[^#]*/, "").replace(/#.*$/, "") + `#${trace().link}@${page.at}`;
  try {
    await navigator.clipboard.writeText(address);
    byId("announce").textContent = "The link was copied.";
    byId("share").textContent = "Copied";
  } catch {
    drawMessage(byId("message"), address);
  }
}

const does = {
  go,
  fork: (action) => attempt(async () => {
    const from = page.current, at = page.at;
    const { document: way } = await source.fork(trace(), at, action);
    fork(way, from, at, at + 1);
  }),
  apply: (procedure) => attempt(async () => {
    const from = page.current, at = page.at;
    const { document: way } = await source.apply(trace(), at, procedure);
    fork(way, from, at, way.moments.length - 1);
  }),
  goOn: () => attempt(async () => {
    const from = page.current, at = page.at;
    const { document: way } = await source.goOn(trace(), at);
    fork(way, from, at, way.moments.length - 1);
  }),
  advise: () => attempt(async () => {
    const { advice } = await source.advise(trace(), page.at);
    drawAdvice(byId("advice"), advice);
  }),
};

function follow(text) {
  return attempt(async () => {
    const [, link, at] = /^#?(.*?)(?:@(\d+))?$/s.exec(text);
    const known = page.ways.find((way) => way.link === link);
    const way = known ?? (await source.follow(link)).document;
    if (Number(at) >= way.moments.length) throw new Error(`The link is to step ${at}, and the way has ${way.moments.length - 1}: it was changed. Nothing is shown in its place.`);
    add(way, at === undefined ? way.moments.length - 1 : Number(at));
  });
}

function open(scenario) {
  return attempt(async () => {
    const { document: way } = await source.open(scenario);
    add(way, 0);
    byId("stage").focus();
  });
}

/** Shows what a question or the command line brought. */
function take(answer, again) {
  if (answer.choice) drawChoice(byId("message"), answer.choice, (part) => attempt(async () => take(await again(part), again)));
  else if (answer.run) {
    drawRun(byId("run"), answer.run);
    byId("run").scrollIntoView({ block: "start" });
  } else add(answer.document, answer.document.forked_at === null && answer.document.summary.length > 0 ? answer.document.first_violation ?? 0 : 0);
}

async function files(dropped) {
  const file = dropped?.[0];
  if (!file) return;
  await attempt(async () => {
    if (file.size > FILE_MAX) {
      throw new Error(`${file.name} has ${(file.size / 1e6).toFixed(0)} MB: the explorer reads at most ${FILE_MAX / 1e6} MB.`);
    }
    const text = await file.text();
    if (JSON.stringify(text).length > QUESTION_MAX) throw new Error(`${file.name} is too large to be asked about in one question.`);
    const again = (part) => source.drop(file.name, text, part ?? null);
    take(await again(null), again);
  });
}

async function home(keepsMessage = false) {
  await attempt(async () => {
    page.isHome = source.isLive;
    const answer = await source.start();
    if (answer.pair) only(answer.pair, 0, 0, 1);
    else only([answer.document], 0, 0, null);
  }, keepsMessage);
}

function keys(event) {
  const typing = event.target.closest("input:not([type=range]), textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || byId("help").open) return;
  const forks = () => [...byId("whatif").querySelectorAll(".choice:not([disabled])")];
  const turn = (by) => { page.current = (page.current + by + page.ways.length) % page.ways.length; page.other = null; show(page.at, true); };
  const actions = {
    ArrowRight: () => go(page.at + 1), ArrowLeft: () => go(page.at - 1),
    Home: () => go(0), End: () => go(trace().moments.length - 1),
    n: () => go(nextMark(marksOf(trace()), page.at, true)), p: () => go(nextMark(marksOf(trace()), page.at, false)),
    d: () => byId("first-difference")?.click(),
    c: () => { page.other = page.other === null ? page.ways.findIndex((_, index) => index !== page.current) : null; if (page.other === -1) page.other = null; show(page.at, true); },
    t: toggleView, w: () => forks()[0]?.focus(), f: () => byId("file")?.click(),
    "[": () => turn(-1), "]": () => turn(1), "?": () => byId("help").showModal(),
  };
  if (event.target.closest("[role=listbox]")) Object.assign(actions, { ArrowDown: actions.ArrowRight, ArrowUp: actions.ArrowLeft });
  if (event.target.type === "range" && ["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key)) return;
  const action = /^[1-9]$/.test(event.key) ? () => forks()[Number(event.key) - 1]?.click() : actions[event.key];
  if (!action || page.ways.length === 0) return;
  event.preventDefault();
  action();
  // Whoever goes through a list below looks at the list.
  if (!byId("steps").contains(document.activeElement)) bringIntoView();
}

function theme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
}

function listen() {
  drawHelp(byId("help"), source);
  fill(byId("tools"),
    source.isLive ? button("Scenarios", () => { byId("catalogue").scrollIntoView(); byId("filter")?.focus(); }, { id: "to-scenarios" }) : null,
    button("Light or dark", theme, { id: "theme" }),
    button("Keys ?", () => byId("help").showModal(), { id: "to-help" }));
  byId("go-home").addEventListener("click", () => { history.pushState(null, "", location.pathname + location.search); home(); });
  document.addEventListener("keydown", keys);
  // The address is taken from the event: by then the page may have written its own again.
  addEventListener("hashchange", (event) => {
    clearTimeout(page.resting);
    const { hash } = new URL(event.newURL);
    if (hash.length > 1) follow(hash);
    else home();
  });
  // On paper every step has its row; what is not shown on the screen is not there until then.
  addEventListener("beforeprint", () => { if (page.ways.length > 0) drawTable(byId("printed"), trace(), page.at, go, PRINTED_MAX); });
  addEventListener("afterprint", () => byId("printed").replaceChildren());
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
  document.addEventListener("drop", (event) => { event.preventDefault(); document.body.classList.remove("dropping"); files(event.dataTransfer.files); });
  new ResizeObserver(() => {
    if (page.ways.length === 0 || page.view === "table") return;
    fit();
    const frames = [...byId("stage").querySelectorAll(".frame")];
    frames.forEach((frame) => {
      const at = Number(frame.querySelector(".picture")?.dataset.moment ?? 0);
      redrawArrows(frame, frame === frames[0] ? trace() : page.pair.right, at);
    });
  }).observe(byId("stage"));
}

async function begin() {
  listen();
  const link = location.hash;
  if (link.length > 1) {
    await follow(link);
  }
  if (!source.isLive) {
    if (page.ways.length === 0) await home(true);
    return;
  }
  const asked = source.catalogue().then((catalogue) => { page.catalogue = catalogue; return catalogue; });
  if (page.ways.length === 0) {
    const first = await Promise.all([asked, link.length > 1 ? null : source.start()]).catch((error) => { fail(error); return [null, null]; });
    if (link.length <= 1 && first[0]?.opened) take(first[0].opened, () => Promise.resolve(first[0].opened));
    else if (first[1]) { page.isHome = true; only(first[1].pair, 0, 0, 1); }
  }
  const catalogue = await asked.catch(() => null);
  if (catalogue) drawCatalogue(byId("catalogue"), catalogue, { open, files });
}

begin();
