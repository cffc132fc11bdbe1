/**
 * Lessons hide what they do not need: any control of `HIDEABLE` goes away when the address says so, under the names that
 * TensorFlow Playground has for them. The list at the end of the page makes such an address.
 */

import { FEATURES } from '../engine/protocol.js';
import { byId, element } from './element.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

const HIDEABLE = [
  'playButton', 'stepButton', 'resetButton', 'learningRate', 'activation', 'regularization', 'regularizationRate', 'problem',
  'dataset', 'percTrainData', 'noise', 'batchSize', 'numHiddenLayers', 'showTestData', 'discretize', ...FEATURES,
];

/** @param {Playground} playground */
export function makeHiddenControls(playground) {
  const list = byId('hide-controls');
  const build = () => {
    list.replaceChildren(...HIDEABLE.map(name => {
      const id = `hide-${name}`;
      const box = element('input', { type: 'checkbox', id, change: () => {
        const others = playground.config.hide.filter(each => each !== name);
        playground.configure({ hide: box.checked ? others : [...others, name] });
      } });
      box.checked = !playground.config.hide.includes(name);
      return element('span', { class: 'field field-switch' }, box, element('label', { for: id }, hideableName(name)));
    }));
  };
  const apply = () => {
    const { hide } = playground.config;
    for (const control of document.querySelectorAll('[data-control]')) {
      control.classList.toggle('put-away', hide.includes(control.getAttribute('data-control') ?? ''));
    }
    for (const feature of document.querySelectorAll('[data-feature]')) {
      feature.classList.toggle('put-away', hide.includes(feature.getAttribute('data-feature') ?? ''));
    }
    for (const name of HIDEABLE) /** @type {HTMLInputElement} */ (byId(`hide-${name}`)).checked = !hide.includes(name);
    byId('article').hidden = playground.config.hideText;
  };
  playground.on('language', build);
  playground.on(['configured', 'language', 'built'], apply);
  build();
  apply();
}

/** @param {string} name */
function hideableName(name) {
  if (FEATURES.some(feature => feature === name)) return t(`feature.${name}`);
  return t(`hideable.${name}`);
}
