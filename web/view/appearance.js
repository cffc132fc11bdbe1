/** Light or dark, and the language: chosen here, kept in this browser. */

import { byId, element, setText } from './element.js';
import { ValueColours } from './colour.js';
import { TABLES, currentLanguage, fillIn, firstLanguage, setLanguage, t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

const THEMES = /** @type {const} */ (['system', 'light', 'dark']);

const ICONS = {
  system: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 1 0-14z',
  light: 'M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM4 5.4 5.4 4 8 6.6 6.6 8zM16 17.4 17.4 16 20 18.6 18.6 20zM4 18.6 6.6 16 8 17.4 5.4 20zM16 6.6 18.6 4 20 5.4 17.4 8z',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.500z',
};

/** What was chosen, if this browser lets pages keep anything. @param {string} key */
function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/** The language before anything is drawn. */
export function startLanguage() {
  setLanguage(firstLanguage(kept('language'), navigator.languages));
  fillIn(document);
}

/** The colours of the theme in force; views read `current` whenever they draw. */
export function startTheme() {
  const theme = THEMES.find(each => each === kept('theme')) ?? 'system';
  document.documentElement.dataset.theme = theme;
  return { current: new ValueColours(isDark()) };
}

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
}

/**
 * @param {Playground} playground
 * @param {{ current: ValueColours }} colours
 */
export function makeAppearance(playground, colours) {
  const language = /** @type {HTMLSelectElement} */ (byId('language'));
  language.append(...Object.entries(TABLES).map(([tag, table]) => element('option', { value: tag, lang: tag }, table['language.name'])));
  language.value = currentLanguage();
  language.addEventListener('change', () => {
    keep('language', language.value);
    setLanguage(language.value);
    fillIn(document);
    playground.tell('language');
  });

  const button = byId('theme');
  const icon = button.querySelector('path');
  const words = () => {
    const theme = /** @type {keyof typeof ICONS} */ (document.documentElement.dataset.theme ?? 'system');
    setText(byId('theme-name'), t(`theme.${theme}`));
    button.title = t(`theme.${theme}`);
    icon?.setAttribute('d', ICONS[theme]);
  };
  const change = () => {
    colours.current = new ValueColours(isDark());
    words();
    playground.tell('theme');
  };
  button.addEventListener('click', () => {
    const now = THEMES.findIndex(each => each === document.documentElement.dataset.theme);
    const next = THEMES[(now + 1) % THEMES.length];
    document.documentElement.dataset.theme = next;
    keep('theme', next);
    change();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', change);
  playground.on('language', words);
  words();
}
