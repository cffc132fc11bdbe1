/** Over each layer: its name, how many neurons it has, buttons for more and fewer, and its transfer function. */

import { element, setText } from './element.js';
import { choiceName } from './fields.js';
import { showCurveOf } from './activation-curves.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

/** The most neurons of a layer; the greatest width of a head and the room between two, in pixels. */
const MOST_NEURONS = 16;
const WIDEST = 98;
const ROOM = 6;

/** @param {Playground} playground */
export function makeLayerHeads(playground) {
  return {
    /** @type {HTMLElement[]} */
    elements: [],
    /**
     * @param {import('./network-layout.js').Layout} layout
     * @param {number} node
     */
    build(layout, node) {
      const hidden = playground.config.networkShape.length;
      const width = Math.min(WIDEST, layout.columns[1] - layout.columns[0] - ROOM);
      this.elements = layout.columns.map((x, column) => {
        const head = column === 0 ? plainHead(t('section.features'))
          : column <= hidden ? hiddenHead(playground, column - 1) : plainHead(t('output.layer'));
        head.classList.toggle('left', column === 0);
        head.style.left = column === 0 ? '0px' : `${Math.min(x - width / 2, layout.width - width)}px`;
        head.style.width = column === 0 ? `${x + node / 2 + 12}px` : `${width}px`;
        return head;
      });
    },
  };
}

/** @param {string} name */
function plainHead(name) {
  return element('div', { class: 'layer-head' }, element('span', { class: 'layer-name' }, name));
}

/**
 * @param {Playground} playground
 * @param {number} layer
 */
function hiddenHead(playground, layer) {
  const { networkShape, layerActivations } = playground.config;
  const units = networkShape[layer];
  const resize = (/** @type {number} */ change) => {
    const shape = [...playground.wanted.networkShape];
    if (layer >= shape.length) return;
    shape[layer] += change;
    playground.configure({ networkShape: shape });
  };
  const count = element('span', { class: 'neuron-count' });
  setText(count, t('neurons', { count: units }));
  const select = element('select', {
    class: 'layer-function',
    'aria-label': t('layer.function', { layer: layer + 1 }),
    'data-key': `function-${layer}`,
    change: () => {
      const all = [...playground.activations];
      all[layer] = /** @type {any} */ (select.value);
      playground.configure({ layerActivations: all });
    },
  }, ...playground.catalog.choices.activation.map(value => element('option', { value }, choiceName('activation', value))));
  select.value = playground.activations[layer];
  showCurveOf(playground, select, () => /** @type {any} */ (select.value));
  select.classList.toggle('own', layerActivations.length > 0);
  return element('div', { class: 'layer-head', role: 'group', 'aria-label': t('layer.name', { layer: layer + 1 }) },
    element('div', { class: 'layer-buttons', 'data-control': `numNodes${layer + 1}` },
      roundButton('−', t('neuron.remove', { layer: layer + 1 }), `remove-${layer}`, units <= 1, () => resize(-1)),
      roundButton('+', t('neuron.add', { layer: layer + 1 }), `add-${layer}`, units >= MOST_NEURONS, () => resize(1))),
    count,
    select);
}

/**
 * @param {string} sign
 * @param {string} name
 * @param {string} key
 * @param {boolean} disabled
 * @param {() => void} act
 */
function roundButton(sign, name, key, disabled, act) {
  return element('button', { type: 'button', class: 'round', 'aria-label': name, 'data-key': key, disabled, click: act }, sign);
}
