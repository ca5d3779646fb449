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

/** The outlines of the icons, in a square of 16 by 16. */
const ICONS = {
  first: "M3 3h2v10H3z M13 3v10L6 8z", back: "M11 3v10L4 8z", next: "M5 3v10l7-5z", last: "M11 3h2v10h-2z M3 3v10l7-5z",
  mark: "M3 2h2v12H3z M5 3h8l-2 3 2 3H5z",
};

/** Makes an icon in the colour of the text beside it. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" })) drawing.setAttribute(key, value);
  const outline = document.createElementNS(space, "path");
  outline.setAttribute("d", ICONS[name]);
  drawing.append(outline);
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
