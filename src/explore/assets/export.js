// Export of a trace in the formats of other programs.
import { button, el } from "./dom.js";

const FORMATS = [["itf", "ITF"], ["mermaid", "Mermaid"], ["dot", "DOT"], ["markdown", "Markdown"], ["json", "JSON"], ["html", "Page"]];

/** Downloads a text as a file. */
export function download({ name, text }) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = el("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Closes the menu on Escape and on a click elsewhere. */
export function closeExports() {
  const open = () => document.querySelector("#export[open]");
  document.addEventListener("click", (event) => {
    const menu = open();
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = open();
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.firstElementChild.focus();
  });
}

/** Makes the buttons, one for each format that this page can write. */
export function exports(trace, source, { attempt, say }) {
  const offered = FORMATS.filter(([form]) => source.exports(trace, form));
  if (offered.length === 0) return null;
  return el("details", { id: "export" }, el("summary", {}, "Export"),
    el("div", { class: "forms" },
      el("div", { class: "switches", role: "group", "aria-label": "Export this trace as" }, offered.map(([form, says]) =>
        button(says, () => attempt(async () => {
          const file = await source.export(trace, form);
          download(file);
          say(`${file.name} was written.`);
        }), { id: `export-${form}` }))),
      source.isLive ? null : el("p", { class: "quiet" }, "This file has no other formats, which are large: use stranded replay TRACE --to itf, or dot.")));
}
