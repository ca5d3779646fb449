// The link to a step, and how far it works.
import { button, el } from "./dom.js";
import { download } from "./export.js";
import { drawMessage } from "./home.js";

/** Returns the reach of a link to this page, in one sentence. */
function reachOf(place) {
  if (place.protocol === "file:") return "It opens this file on this machine only: send the file itself.";
  if (["127.0.0.1", "localhost", "[::1]"].includes(place.hostname)) {
    return "It works on this machine only, while this explorer runs. For other people, save the page: one file that needs no stranded and no network.";
  }
  return "It works while this explorer runs, with the token that the printed address ends with. For other people, save the page as one file.";
}

/** Copies the link to a step, says how far it works, and offers the page as a file. */
export async function share(box, trace, at, source, { attempt, say }) {
  const address = location.href.replace(/\?token=[^#]*/, "").replace(/#.*$/, "") + `#${trace.link}@${at}`;
  const copied = await navigator.clipboard.writeText(address).then(() => true, () => false);
  const says = `${copied ? "The link was copied." : "Copy this link."} ${reachOf(location)}`;
  const link = el("input", { type: "text", readonly: true, value: address, "aria-label": "Link to this step" });
  const save = button("Save the page", () => attempt(async () => download(await source.export(trace, "html"))), { class: "plain small", id: "save-page" });
  drawMessage(box, says, [link, source.exports(trace, "html") ? save : null]);
  box.scrollIntoView({ block: "nearest" });
  say(says);
}
