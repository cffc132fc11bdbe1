/** The language of the page: one table of strings for each, found by key. */

import { english } from './en.js';
import { french } from './fr.js';
import { setNumberLanguage } from '../view/number-format.js';

/** @type {Record<string, Record<string, string>>} */
export const TABLES = { en: english, fr: french };

let language = 'en';

/** @param {string} to a key of `TABLES` */
export function setLanguage(to) {
  language = to in TABLES ? to : 'en';
  setNumberLanguage(language);
  document.documentElement.lang = language;
}

export function currentLanguage() {
  return language;
}

/**
 * The language to begin with: the one chosen before, else the first of the browser's that there is a table for.
 * @param {string|null} chosen
 * @param {readonly string[]} preferred
 */
export function firstLanguage(chosen, preferred) {
  const wanted = [chosen ?? '', ...preferred].map(tag => tag.slice(0, 2).toLowerCase());
  return wanted.find(tag => tag in TABLES) ?? 'en';
}

/**
 * The string of a key, with `{name}` replaced by a value. Where there is a `one` form (`key.one`) and `values.count` is 1,
 * or 0 in French, it is taken.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const table = TABLES[language];
  const single = values.count === 1 || (language === 'fr' && values.count === 0);
  const text = (single ? table[`${key}.one`] : undefined) ?? table[key] ?? english[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** @param {string} key whether there is a string of this key */
export function has(key) {
  return key in english;
}

/**
 * Fills in all that index.html leaves to the table: `data-t` is the key of an element's text, `data-t-label` of its
 * `aria-label`, `data-t-title` of its tooltip, `data-t-placeholder` of its placeholder.
 * @param {ParentNode} root
 */
export function fillIn(root) {
  for (const target of root.querySelectorAll('[data-t]')) {
    target.textContent = t(/** @type {HTMLElement} */ (target).dataset.t ?? '');
  }
  for (const [attribute, data] of [['aria-label', 't-label'], ['title', 't-title'], ['placeholder', 't-placeholder']]) {
    for (const target of root.querySelectorAll(`[data-${data}]`)) {
      target.setAttribute(attribute, t(target.getAttribute(`data-${data}`) ?? ''));
    }
  }
}
