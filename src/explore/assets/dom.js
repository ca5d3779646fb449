// Making elements. Whatever comes from a trace becomes text, never markup.

/** An element with attributes and children; a string among the children is text. */
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

/** Adds children, lists of them included; nothing is skipped but `null`, `undefined` and `false`. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Puts these children in the place of what is there. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** A button. */
export function button(says, pressed, attributes = {}) {
  return el("button", { type: "button", onclick: pressed, ...attributes }, says);
}

/** Text that only a screen reader has. */
export function unseen(says) {
  return el("span", { class: "unseen" }, says);
}

/** The element of this id. */
export function byId(id) {
  return document.getElementById(id);
}
