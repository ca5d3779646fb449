// The picture of one moment: lanes for the administrator, the directory and each server, tokens for messages, and an arrow
// from the directory to the home of each mailbox. All facts come from the document.
import { el, fill, icon, unseen } from "./dom.js";
import { arrowPath, copyNumbers, destroyedIn, tokenId, transitions } from "./layout.js";

const KINDS = {
  kept: "", flying: "copy in progress", pending: "held until the move ends", queued: "queued in the transport",
  saved: "in a file", lost: "destroyed", returned: "returned to its sender", deleted: "deleted by its owner",
};
const MOVE_TIME = 420;

/** Draws a moment of a trace into a box; tokens move from their former positions, if any are given. */
export function drawPicture(box, trace, at, places) {
  const moment = trace.moments[at];
  const before = at > 0 ? trace.moments[at - 1].picture : null;
  const many = moment.picture.mailboxes.length > 1;
  const token = (mailbox, message, location, kind, copy = 1) => tokenOf(mailbox, message, location, kind, copy, many);
  const ghosts = destroyedIn(before, moment.picture);
  fill(box,
    el("div", { class: "picture", "data-moment": at },
      el("div", { class: "overhead" },
        adminLane(trace, moment),
        directoryLane(trace, moment)),
      el("div", { class: "servers", "data-count": trace.servers.length },
        trace.servers.map((server) => serverLane(trace, server, moment, ghosts, token))),
      elsewhereLane(trace, moment, token),
      lostTray(trace, moment, token)));
  // Measures everything once, then draws.
  const arrows = arrowsOf(box.firstElementChild, moment);
  const moves = places ? movesOf(box, transitions(before, moment.picture), places) : [];
  if (arrows) box.firstElementChild.append(arrows);
  for (const [token, frames, timing] of moves) token.animate(frames, timing);
}

/** Draws the arrows again at the current positions of the boxes. */
export function redrawArrows(box, trace, at) {
  const picture = box.querySelector(".picture");
  if (!picture) return;
  const arrows = arrowsOf(picture, trace.moments[at]);
  picture.querySelector("svg.arrows")?.remove();
  if (arrows) picture.append(arrows);
}

function tokenOf(mailbox, message, location, kind, copy, many) {
  const label = many ? `${mailbox.replace("mailbox-", "")}·${message}` : message;
  const says = copy > 1 ? "a further copy" : KINDS[kind];
  const id = tokenId(mailbox, message, location, copy);
  return el("span", { class: `token ${kind}`, "data-token": id, title: says || null },
    el("span", { class: "flap", "aria-hidden": "true" }), label,
    says ? unseen(`, ${says}`) : null);
}

function adminLane(trace, moment) {
  const running = moment.picture.programs.filter((one) => one.running);
  const shown = running.length > 0 ? running : moment.picture.programs.slice(0, 2);
  const several = moment.picture.programs.some((one) => one.mailbox !== moment.picture.programs[0].mailbox);
  const only = trace.administrators.length === 1 ? trace.administrators[0] : null;
  return el("section", { class: "lane admin" + (moment.by === "administrator" ? " acting" : "") },
    el("h3", {}, trace.run ? "Implementation" : "Administrator"),
    el("ul", { class: "programs" }, shown.map((one) =>
      el("li", { class: one.running ? "running" : "idle" }, one.running ? [icon("▶"), " "] : null,
        one.who === only ? null : el("b", {}, trace.administrators.includes(one.who) ? one.who : "you (repair)", " "), several ? `(${one.mailbox}) ` : null, one.says))),
    trace.run ? null : el("div", { class: "screen" },
      el("table", {},
        el("caption", {}, "Screen: mailbox resources"),
        el("thead", { class: "unseen" }, el("tr", {}, el("th", { scope: "col" }, "server"), el("th", { scope: "col" }, "mailbox"),
          el("th", { scope: "col" }, "total"))),
        el("tbody", {}, trace.servers.flatMap((server) => resourceRows(server, moment)))),
      moment.screen
        ? el("p", { class: "message" + (moment.screen.startsWith("ok") ? "" : " alarm") },
            el("span", { class: "message-mark", "aria-hidden": "true" }, moment.screen.startsWith("ok") ? "i" : icon("!")),
            moment.screen)
        : null));
}

function resourceRows(server, moment) {
  const rows = moment.picture.mailboxes.map((mailbox) => [mailbox, mailbox.stores.find((one) => one.server === server)]);
  const listed = rows.filter(([, store]) => store && store.listed);
  if (listed.length === 0) {
    return [el("tr", { class: "none" }, el("th", { scope: "row" }, server), el("td", { colspan: 2 }, "not listed"))];
  }
  return listed.map(([mailbox, store]) =>
    el("tr", {}, el("th", { scope: "row" }, server), el("td", {}, mailbox.name), el("td", {}, `${store.kilobytes} KB`)));
}

function directoryLane(trace, moment) {
  const many = moment.picture.mailboxes.length > 1;
  const down = moment.picture.down.filter((one) => one.service === "directory").map((one) => one.server);
  return el("section", { class: "lane directory" + (moment.actor === "directory" ? " acting" : "") },
    el("h3", {}, "Directory"),
    moment.picture.mailboxes.map((mailbox) =>
      el("div", { class: "recipient" + (mailbox.stranded ? " wrong" : ""), "data-recipient": mailbox.name },
        el("span", { class: "recipient-name" }, many ? `${mailbox.name} is on` : "The home is"),
        mailbox.directory.map((line) => el("b", {}, line)))),
    down.map((server) => el("p", { class: "down" }, icon("⚠"), ` the directory of ${server} does not answer`)),
    moment.picture.mailboxes.filter((one) => one.stranded || one.partly).map((mailbox) =>
      el("p", { class: "stranded" }, el("strong", {}, mailbox.stranded ? "STRANDED" : "PARTLY STRANDED:"), ` ${mailbox.stranded ?? mailbox.partly}`)));
}

function elsewhereLane(trace, moment, token) {
  const boxes = [];
  for (const mailbox of moment.picture.mailboxes) {
    const put = (says, messages, location, kind) => {
      if (messages.length > 0) {
        boxes.push(el("div", { class: `elsewhere ${kind}` }, el("span", {}, says),
          el("div", { class: "tokens" }, messages.map((one) => token(mailbox.name, one, location, kind)))));
      }
    };
    if (mailbox.held) boxes.push(el("p", { class: "held" }, icon("‖"), ` Delivery to ${mailbox.name} is held`));
    put("Queued in the transport", mailbox.queued, "*transport", "queued");
    put("Saved in a file", mailbox.saved, "*file", "saved");
    put("Returned to its sender", mailbox.returned, "*returned", "returned");
    put("Deleted by its owner", mailbox.deleted, "*deleted", "deleted");
  }
  return boxes.length === 0 ? null : el("section", { class: "lane transport" }, el("h3", {}, "Elsewhere"), boxes);
}

function serverLane(trace, server, moment, ghosts, token) {
  const down = moment.picture.down.some((one) => one.server === server && one.service === "store");
  const many = moment.picture.mailboxes.length > 1;
  const homeOf = moment.picture.mailboxes.flatMap((mailbox) =>
    mailbox.homes.filter((home) => home.server === server).map((home) => ({ name: mailbox.name, says: home.says })));
  const home = many ? `home of ${homeOf.map((one) => one.name.replace("mailbox-", "")).join(" and ")}` : homeOf[0]?.says;
  const hasStray = moment.picture.mailboxes.some((mailbox) =>
    mailbox.stranded && mailbox.stores.some((one) => one.server === server && one.messages.length + one.pending.length > 0));
  return el("section", { class: "lane server" + (down ? " is-down" : ""), "data-server": server },
    el("h3", {}, server, homeOf.length > 0 ? el("span", { class: "home-flag" }, home) : null,
      hasStray ? el("span", { class: "data-flag" }, "the data is here") : null),
    down ? el("p", { class: "down" }, icon("⚠"), " the store does not answer") : null,
    moment.picture.mailboxes.map((mailbox) => {
      const store = mailbox.stores.find((one) => one.server === server);
      const copies = copyNumbers(store.messages);
      const died = ghosts.filter((one) => one.location === server && one.mailbox === mailbox.name);
      return el("div", { class: "store" + (store.listed ? "" : " absent") + (store.transit ? " transit" : ""),
        "data-store": `${mailbox.name}@${server}` },
        many ? el("span", { class: "store-name" }, mailbox.name) : null,
        store.listed
          ? el("div", { class: "tokens" },
              store.messages.map((one, index) =>
                token(mailbox.name, one, server, store.flying.includes(one) ? "flying" : "kept", copies[index])),
              store.pending.map((one) => token(mailbox.name, one, server, "pending")),
              store.messages.length + store.pending.length === 0 ? el("span", { class: "empty" }, "empty") : null)
          : el("span", { class: "empty" }, store.unobserved ? "not observed" : "no mailbox here"),
        el("span", { class: "store-foot" },
          store.listed && !trace.run ? `${store.kilobytes} KB` : "",
          store.transit ? el("span", { class: "transit-flag" }, icon("⇄"), " in transit") : null,
          store.hidden ? el("span", { class: "transit-flag" }, icon("⚠"), ` looks empty, hides ${store.hidden.join(" ")}`) : null),
        died.length > 0
          ? el("p", { class: "died" }, el("strong", {}, trace.run ? "Last seen here: " : "Destroyed here: "),
              died.map((one) => el("s", {}, one.message, " ")))
          : null);
    }));
}

function lostTray(trace, moment, token) {
  const lost = moment.picture.mailboxes.flatMap((mailbox) => mailbox.lost.map((one) => [mailbox.name, one]));
  if (lost.length === 0) return null;
  return el("section", { class: "lost-tray" },
    el("h3", {}, icon("✕"), trace.run ? " No longer found" : " Destroyed"),
    el("div", { class: "tokens" }, lost.map(([mailbox, one]) => token(mailbox, one, "*lost", "lost"))),
    el("p", {}, trace.run ? "seen before, and now in no store, queue or file" : "in no store and no queue, and no sender was notified"));
}

/** Extends a box to the bottom of its lane, so that an arrow from it crosses no other box. */
function below(card, lane) {
  return { ...card, height: lane.y + lane.height - card.y };
}

const SVG = "http://www.w3.org/2000/svg";

function arrowsOf(picture, moment) {
  const frame = picture.getBoundingClientRect();
  if (frame.width === 0) return null;
  const relativeBox = (element) => {
    const box = element.getBoundingClientRect();
    return { x: box.x - frame.x, y: box.y - frame.y, width: box.width, height: box.height };
  };
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "arrows");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  for (const mailbox of moment.picture.mailboxes) {
    const from = [...picture.querySelectorAll("[data-recipient]")].find((one) => one.dataset.recipient === mailbox.name);
    for (const home of mailbox.homes) {
      const to = [...picture.querySelectorAll("[data-server]")].find((one) => one.dataset.server === home.server);
      if (!from || !to) continue;
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", arrowPath(below(relativeBox(from), relativeBox(from.closest(".lane"))), relativeBox(to)));
      path.setAttribute("class", mailbox.stranded ? "arrow wrong" : "arrow");
      const tip = document.createElementNS(SVG, "path");
      const end = relativeBox(to);
      const x = end.x + end.width / 2, y = end.y;
      tip.setAttribute("d", `M ${x - 6} ${y - 9} L ${x} ${y} L ${x + 6} ${y - 9}`);
      tip.setAttribute("class", mailbox.stranded ? "arrow wrong tip" : "arrow tip");
      svg.append(path, tip);
    }
  }
  return svg;
}

/** Sets the size class of each picture. */
export function fitFrames(stage) {
  for (const frame of stage.querySelectorAll(".frame")) {
    const width = frame.clientWidth;
    frame.classList.toggle("narrow", width < 544);
    frame.classList.toggle("tiny", width < 320);
  }
}

/** Returns the positions of the tokens in a box. */
export function tokenPlaces(box) {
  const places = new Map();
  for (const token of box.querySelectorAll("[data-token]")) places.set(token.dataset.token, token.getBoundingClientRect());
  return places;
}

/** Returns the animations of the tokens from their former positions; none if the user prefers reduced motion. */
function movesOf(box, changes, places) {
  if (places.size === 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) return [];
  const shown = new Map([...box.querySelectorAll("[data-token]")].map((token) => [token.dataset.token, token]));
  const moves = [];
  for (const { id, from, how } of changes) {
    const token = shown.get(id);
    if (!token) continue;
    const was = from === null ? null : places.get(from);
    if (was) {
      const is = token.getBoundingClientRect();
      const x = was.x - is.x, y = was.y - is.y;
      if (Math.abs(x) + Math.abs(y) > 1) {
        moves.push([token, [{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }],
          { duration: MOVE_TIME, easing: "cubic-bezier(.3,.7,.2,1)" }]);
      }
    } else if (how === "arrives") {
      moves.push([token, [{ opacity: 0, transform: "translateY(-14px)" }, { opacity: 1, transform: "none" }],
        { duration: MOVE_TIME, easing: "ease-out" }]);
    }
  }
  return moves;
}
