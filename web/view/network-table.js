/** The network as a table: every weight and bias in a field of its own, with its gradient. Built when it is opened. */

import { byId, element, setText } from './element.js';
import { parameterField } from './parameter-card.js';
import { inputName, neuronName } from './network-view.js';
import { short } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

/** @param {Playground} playground */
export function makeNetworkTable(playground) {
  const holder = /** @type {HTMLDetailsElement} */ (byId('table-holder'));
  const place = byId('network-table');
  /** @type {(() => void)[]} */
  let updates = [];
  let shape = '';
  const update = () => {
    if (!holder.open) return;
    const now = JSON.stringify([playground.network, t('language.name')]);
    if (now !== shape) {
      shape = now;
      updates = [];
      place.replaceChildren(...playground.network.layers.map((_, layer) => table(playground, layer, updates)));
    }
    for (const each of updates) each();
  };
  playground.on(['frame', 'configured', 'language'], update);
  holder.addEventListener('toggle', update);
}

/**
 * @param {Playground} playground
 * @param {number} index
 * @param {(() => void)[]} updates
 */
function table(playground, index, updates) {
  const layer = playground.network.layers[index];
  const isOutput = index === playground.network.layers.length - 1;
  const units = Array.from({ length: layer.units }, (_, unit) => neuronName(playground, index, unit));
  /** @type {(name: string, unit: number, parameter: number, place: import('../engine/protocol.js').ParameterPlace) => HTMLElement} */
  const cell = (name, unit, parameter, place) => {
    const field = parameterField(playground, { name, index: parameter, place }, `table-${parameter}`);
    field.input.setAttribute('aria-label', `${units[unit]}: ${name}`);
    const gradient = element('span', { class: 'gradient' });
    updates.push(() => {
      field.update();
      setText(gradient, `∂ ${short(playground.frame?.gradients[parameter])}`);
    });
    return element('td', {}, field.input, gradient);
  };
  const rows = Array.from({ length: layer.inputs }, (_, input) => {
    const from = inputName(playground, index, input);
    const name = t('weight.from', { from });
    return element('tr', {}, element('th', { scope: 'row' }, from), ...units.map((_, unit) => cell(
      name, unit, layer.weights + input * layer.units + unit, { kind: 'weight', layer: index, input, unit })));
  });
  rows.push(element('tr', {}, element('th', { scope: 'row' }, t('bias')), ...units.map((_, unit) => cell(
    t('bias'), unit, layer.biases + unit, { kind: 'bias', layer: index, unit }))));
  const { alphas } = layer;
  if (alphas !== null) {
    rows.push(element('tr', {}, element('th', { scope: 'row' }, 'α'), ...units.map((_, unit) => cell(
      'α', unit, alphas + unit, { kind: 'alpha', layer: index, unit }))));
  }
  return element('table', { class: 'numbers parameters' },
    element('caption', {}, isOutput ? t('output.layer') : t('layer.name', { layer: index + 1 })),
    element('thead', {}, element('tr', {}, element('td', {}), ...units.map(unit => element('th', { scope: 'col' }, unit)))),
    element('tbody', {}, ...rows));
}
