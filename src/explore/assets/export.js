// Handing a way out in the forms of other programs.
import { button, el } from "./dom.js";

const FORMS = [["itf", "ITF"], ["mermaid", "Mermaid"], ["dot", "DOT"], ["markdown", "Markdown"], ["json", "JSON"], ["html", "Page"]];

/** Lets whoever looks keep a text as a file. */
function keep({ name, text }) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = el("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The buttons, one for each form that this page can write. */
export function exports(way, source, { attempt, say }) {
  const offered = FORMS.filter(([form]) => source.exports(way, form));
  if (offered.length === 0) return null;
  const close = (event) => {
    if (event.key !== "Escape" || !event.currentTarget.open) return;
    event.currentTarget.open = false;
    event.currentTarget.firstElementChild.focus();
  };
  return el("details", { id: "export", onkeydown: close }, el("summary", {}, "Export"),
    el("div", { class: "forms" },
      el("div", { class: "switches", role: "group", "aria-label": "Export this way as" }, offered.map(([form, says]) =>
        button(says, () => attempt(async () => {
          const file = await source.export(way, form);
          keep(file);
          say(`${file.name} was written.`);
        }), { id: `export-${form}` }))),
      source.isLive ? null : el("p", { class: "quiet" }, "The other forms would make this file large: stranded replay TRACE --to itf, or dot.")));
}
