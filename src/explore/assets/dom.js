// Elements of the page. Text from a trace becomes text nodes, never markup.

/** Makes an element with attributes and children; a string among the children becomes text. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else element.setAttribute(key, String(value));
  }
  append(element, children);
  return element;
}

/** Adds children and lists of children; skips `null`, `undefined` and `false`. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Replaces the children of an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Makes a button. */
export function button(says, pressed, attributes = {}) {
  return el("button", { type: "button", onclick: pressed, ...attributes }, says);
}

/** Filled icons, in a square of 16 by 16; a sign of a document is a name too. */
const SHAPES = {
  first: "M3 3h2v10H3z M13 3v10L6 8z", back: "M11 3v10L4 8z", next: "M5 3v10l7-5z", last: "M11 3h2v10h-2z M3 3v10l7-5z",
  mark: "M3 2h2v12H3z M5 3h8l-2 3 2 3H5z", "⚑": "M3 2h2v12H3z M5 3h8l-2 3 2 3H5z", "▶": "M4 2v12l9-6z",
  "!": "M6.3 1.5h3.4L9 10H7z M6.7 11.4h2.6V14H6.7z", "·": "M6.4 6.4h3.2v3.2H6.4z", "–": "M3 7h10v2H3z", "‖": "M4 3h2.6v10H4z M9.4 3H12v10H9.4z",
};
/** Icons of lines. */
const LINES = {
  "✕": "M3.5 3.5l9 9M12.5 3.5l-9 9", "✓": "M2.5 8.5l3.5 4 7.5-9", "○": "M8 3a5 5 0 1 0 .01 0z", "⊘": "M8 2a6 6 0 1 0 .01 0z M3.9 12.1l8.2-8.2",
  "⑂": "M4 2v4c0 3 4 2 4 5v3M12 2v4c0 3-4 2-4 5", "↻": "M12.8 5A5.6 5.6 0 1 0 13.6 8M13.4 1.8v3.6H9.8", "⇄": "M2 5h11l-3-3M14 11H3l3 3",
  "⚠": "M8 2l6.5 12h-13z M8 6.5v3.4M8 12v.4", "?": "M5 5.5a3 3 0 1 1 4.4 2.6c-1 .6-1.4 1-1.4 2.2M8 13v.4",
};

/** Makes an icon in the colour of the text beside it; a sign without an icon stays a sign. */
export function icon(name) {
  const outline = SHAPES[name] ?? LINES[name];
  if (!outline) return name;
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const attributes = { class: SHAPES[name] ? "icon" : "icon lines", viewBox: "0 0 16 16", "aria-hidden": "true", "data-sign": name };
  for (const [key, value] of Object.entries(attributes)) drawing.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", outline);
  drawing.append(path);
  return drawing;
}

/** Makes text for screen readers only. */
export function unseen(says) {
  return el("span", { class: "unseen" }, says);
}

/** Returns the element of this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Switches between the light and the dark theme. */
export function toggleTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
}
