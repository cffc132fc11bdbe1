/** How well each layer learns: its gradient's norm, how far a step moves its weights, and units that no longer learn. */

import { byId, element, setText } from './element.js';
import { short } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').LayerHealth} LayerHealth */

/** A step that moves the weights by more than this share of themselves, or less than that, is worth a word. */
const LARGE_STEP = 0.1;
const SMALL_STEP = 1e-6;

/** While it learns, how often the table is written anew, in milliseconds: as fast as it can be read. */
const EVERY = 200;

/** @param {Playground} playground */
export function makeHealth(playground) {
  const holder = /** @type {HTMLDetailsElement} */ (byId('health-holder'));
  const table = element('table', { class: 'numbers health' });
  byId('health').append(table);
  let shown = '';
  let last = 0;
  const update = () => {
    const { layers, step, playing } = playground.status;
    if (!holder.open || (playing && performance.now() - last < EVERY)) return;
    last = performance.now();
    const most = Math.max(...layers.map(layer => layer.gradientNorm || 0), 1e-30);
    const words = layers.map(layer => remark(layer, step));
    const now = JSON.stringify([layers, words, t('language.name')]);
    if (now === shown) return;
    shown = now;
    const head = ['health.layer', 'health.gradient', 'health.update', 'health.units'].map(key => element('th', { scope: 'col' }, t(key)));
    table.replaceChildren(element('caption', { class: 'visually-hidden' }, t('health.title')), element('thead', {}, element('tr', {}, ...head)), element('tbody', {},
      ...layers.map((layer, index) => {
        const bar = element('span', { class: 'bar-of' });
        bar.style.setProperty('--share', String(Math.min(1, (layer.gradientNorm || 0) / most)));
        const ratio = element('td', {});
        setText(ratio, step === 0 ? '–' : short(layer.updateRatio));
        return element('tr', {},
          element('th', { scope: 'row' }, index === layers.length - 1 ? t('output.layer') : t('layer.name', { layer: index + 1 })),
          element('td', {}, bar, short(layer.gradientNorm)), ratio, element('td', { class: 'remark' }, words[index]));
      })));
  };
  playground.on(['frame', 'configured', 'language', 'done'], update);
  holder.addEventListener('toggle', update);
}

/**
 * @param {LayerHealth} layer
 * @param {number} step
 */
function remark(layer, step) {
  const words = [];
  if (layer.dead.length) words.push(t('health.dead', { count: layer.dead.length }));
  if (layer.saturated.length) words.push(t('health.saturated', { count: layer.saturated.length }));
  if (step > 0 && layer.updateRatio > LARGE_STEP) words.push(t('health.large'));
  if (step > 0 && layer.updateRatio < SMALL_STEP) words.push(t('health.small'));
  return words.join(' · ');
}
