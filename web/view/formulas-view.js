/** The network as formulas: MathML, with symbols or with the weights as they are now. */

import { byId, element, setText } from './element.js';
import { has, t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

/** While it learns, how often formulas with numbers are written anew, in milliseconds. */
const EVERY = 200;

/** @param {Playground} playground */
export function makeFormulas(playground) {
  const panel = byId('panel-formulas');
  const numbers = element('input', { type: 'checkbox', id: 'formula-numbers', change: () => load() });
  const label = element('label', { for: 'formula-numbers' });
  const lines = element('div', { class: 'formulas' });
  panel.append(element('div', { class: 'field field-switch' }, numbers, label), lines);
  let visible = false;
  let asking = false;
  let last = 0;
  let shown = '';
  async function load() {
    setText(label, t('formulas.numbers'));
    if (!visible || asking) return;
    asking = true;
    const { event } = await playground.engine.ask({ type: 'formulas', numbers: numbers.checked });
    asking = false;
    last = performance.now();
    const now = JSON.stringify([event.lines, t('language.name')]);
    if (event.type !== 'formulas' || now === shown) return;
    shown = now;
    lines.replaceChildren(...event.lines.flatMap((/** @type {{ heading: string, text: string, mathml: string }} */ line) => [
      line.heading ? element('h3', {}, heading(line.heading)) : null,
      element('div', { class: 'formula-line' }, mathematics(line.mathml, line.text)),
    ].filter(each => each !== null)));
  }
  playground.on('frame', () => {
    if (numbers.checked && performance.now() - last > EVERY) load();
  });
  playground.on(['configured', 'language', 'done'], load);
  return {
    /** @param {boolean} now */
    show(now) {
      visible = now;
      load();
    },
  };
}

/**
 * The engine's headings in the language of the page.
 * @param {string} text
 */
function heading(text) {
  const layer = /^layer (\d+)$/.exec(text);
  if (layer) return t('layer.name', { layer: layer[1] });
  return has(`formulas.${text}`) ? t(`formulas.${text}`) : text;
}

/**
 * MathML as nodes; the plain text where it cannot be read.
 * @param {string} mathml
 * @param {string} text
 * @returns {Node}
 */
function mathematics(mathml, text) {
  const parsed = new DOMParser().parseFromString(`<math>${mathml}</math>`, 'text/html').querySelector('math');
  if (!parsed) return element('span', {}, text);
  const math = document.importNode(parsed, true);
  math.setAttribute('aria-label', text);
  return math;
}
