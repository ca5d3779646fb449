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
