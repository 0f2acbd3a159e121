// @ts-check
// Elements, made and changed in as few words as possible. Text is always text: nothing is ever read as markup.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Makes an element: `h('button.primary', { type: 'button', onclick: f }, 'Write')`.
 * @param {string} selector The tag, with classes behind dots.
 * @param {Record<string, any>} [attributes] `on…` are listeners; null sets none; but for `aria-…` true sets an empty attribute and false none.
 * @param {...(Child | Child[])} children
 * @returns {any} The element; typed loosely, since the tag is not known to the type checker.
 */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith('aria-')) element.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/**
 * @param {Node} parent
 * @param {(Child | Child[])[]} children
 */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Puts children in the place of those that an element has.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * Sets a text if it differs: an unchanged node costs the browser nothing.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets a class name if it differs.
 * @param {Element} element
 * @param {string} name
 */
export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/** Strokes in a box of 24, of which all pictures of the page are made. */
const pictures = {
  live: 'M3 12h4l3-8 4 16 3-8h4',
  system: 'M4 7h16M4 12h16M4 17h16M8 5v4M15 10v4M10 15v4',
  maps: 'M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7',
  find: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  log: 'M4 6h16M4 10h11M4 14h14M4 18h8',
  good: 'M5 13l4 4L19 7',
  uncertain: 'M9 9a3 3 0 1 1 4 3c-1 .6-1 1-1 2M12 18v.01',
  bad: 'M6 6l12 12M18 6L6 18',
  stale: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  unread: 'M7 12h10',
  warning: 'M12 4L3 20h18zM12 10v4M12 17v.01',
  edit: 'M4 20h4L19 9l-4-4L4 16z',
  theme: 'M12 4v16a8 8 0 0 0 0-16zM12 4a8 8 0 0 0 0 16',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  devices: 'M6 3v6M12 3v6M18 3v6M4 9h16v5a8 8 0 0 1-16 0z',
  queue: 'M4 6h16v4H4zM4 14h16v4H4zM7 8v.01M7 16v.01',
  uplink: 'M7 18a4 4 0 1 1 .6-8 5.5 5.5 0 0 1 10.6 1.6A3.3 3.3 0 0 1 18 18zM12 18v-6M9.5 14.5L12 12l2.5 2.5',
  broker: 'M12 10v.01M8.5 13.5a5 5 0 1 1 7 0M5.6 16.4a9 9 0 1 1 12.8 0M12 12v9',
};

/** @typedef {keyof typeof pictures} Picture */

/**
 * A picture; for those who see only. What it means is said beside it.
 * @param {Picture} name
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const path = svg.appendChild(document.createElementNS(svg.namespaceURI, 'path'));
  path.setAttribute('d', pictures[name]);
  return svg;
}

/**
 * A state as picture, colour and word.
 * @param {Picture} picture
 * @param {string} tone good, uncertain, bad, stale or quiet
 * @param {string} text
 */
export function badge(picture, tone, text) {
  return h(`span.badge.${tone}`, {}, icon(picture), h('span', {}, text));
}
