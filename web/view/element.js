/** Elements of the page, made in one expression. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An HTML element. A property that is a function listens to the event of its name; `class`, `aria-…`, `data-…` and `for`
 * become attributes; anything else is set as a property. Strings among the children become text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (name === 'class' || name === 'role' || name === 'for' || name === 'list' || name.includes('-')) made.setAttribute(name, String(value));
    else /** @type {any} */ (made)[name] = value;
  }
  append(made, children);
  return made;
}

/**
 * An SVG element with attributes; functions listen to events.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'function') made.addEventListener(name, value);
    else made.setAttribute(name, String(value));
  }
  append(made, children);
  return /** @type {SVGElementTagNameMap[Tag]} */ (made);
}

/**
 * @param {Element} parent
 * @param {(Node|string|null|undefined|false)[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

/**
 * The element of index.html with this id.
 * @template {HTMLElement} [Wanted=HTMLElement]
 * @param {string} id
 * @returns {Wanted}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element with the id "${id}"`);
  return /** @type {Wanted} */ (found);
}

/**
 * Sets text only where it differs, so that nothing is laid out again and no live region speaks twice.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
