// Changes the document only where something changed: no flicker, no lost focus.
// Text is always set as text; no script of this page writes markup.

export const byId = (id) => document.getElementById(id);

// An element with attributes and children (nodes or text).
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function makeSvg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag),
              attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    setAttribute(node, name, value);
  }
  node.append(...children);
  return node;
}

export function setText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

// null removes it.
export function setAttribute(node, name, value) {
  if (value === null) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

const keys = new WeakMap();

// Makes the children of `parent` that match `selector` correspond to `items`, in
// their order. A node stays with the key it was created for: `create` runs once
// for each new key, `update` for all items.
export function reconcile(parent, selector, items, keyOf, create, update) {
  const old = new Map();
  for (const node of parent.querySelectorAll(`:scope > ${selector}`)) {
    old.set(keys.get(node), node);
  }
  let before = null;
  for (const item of items) {
    const key = keyOf(item);
    let node = old.get(key);
    if (node) {
      old.delete(key);
    } else {
      node = create(item);
      keys.set(node, key);
    }
    update(node, item);
    const place = before ? before.nextSibling : firstOf(parent, selector);
    if (node !== place) parent.insertBefore(node, place);
    before = node;
  }
  for (const node of old.values()) node.remove();
}

function firstOf(parent, selector) {
  return parent.querySelector(`:scope > ${selector}`);
}
