/**
 * Where the neurons of a network are drawn and how they are linked: numbers in, numbers out, nothing of the page.
 *
 * Columns from left to right are the features (all seven, those that are off too), the hidden layers and the outputs.
 */

import { FEATURES } from '../engine/protocol.js';

/** @typedef {import('../engine/protocol.js').Network} Network */

/**
 * A neuron, or a feature where `layer` is −1.
 * @typedef {Object} Place
 * @property {string} key
 * @property {number} layer
 * @property {number} unit
 * @property {boolean} active
 * @property {boolean} output
 * @property {number} thumbnail which of a frame's thumbnails is its own
 * @property {number} x of its centre
 * @property {number} y
 *
 * @typedef {Object} Link
 * @property {string} key
 * @property {number} layer of the weight
 * @property {number} input
 * @property {number} unit
 * @property {number} parameter which of a frame's parameters is its weight
 * @property {string} path
 *
 * @typedef {Object} Size
 * @property {number} width
 * @property {number} node side of a neuron
 * @property {number} gap between neurons of a layer
 * @property {number} left room for the features' names
 * @property {number} right room behind the outputs
 * @property {number} top room for the layers' heads
 * @property {number} column least distance of two layers
 *
 * @typedef {{ width: number, height: number, places: Place[], links: Link[], columns: number[] }} Layout
 */

/**
 * @param {Network} network
 * @param {Size} size
 * @returns {Layout}
 */
export function layout(network, size) {
  const columnsBesideFeatures = network.layers.length;
  const needed = size.left + size.node + columnsBesideFeatures * size.column + size.right;
  const width = Math.max(size.width, needed);
  const first = size.left + size.node / 2;
  const last = width - size.right - size.node / 2;
  const columns = [first];
  for (let layer = 1; layer <= columnsBesideFeatures; layer += 1) {
    columns.push(first + ((last - first) * layer) / columnsBesideFeatures);
  }

  const step = size.node + size.gap;
  const tallest = Math.max(FEATURES.length, ...network.layers.map(layer => layer.units));
  const before = network.layers.length > 1 ? Math.max(...network.layers.slice(0, -1).map(layer => layer.units)) : FEATURES.length;
  const height = size.top + tallest * step;

  /** @type {Place[]} */
  const places = FEATURES.map((feature, unit) => ({
    key: `feature-${feature}`,
    layer: -1,
    unit,
    active: network.features.includes(feature),
    output: false,
    thumbnail: unit,
    x: columns[0],
    y: size.top + (unit + 0.5) * step,
  }));
  let thumbnail = FEATURES.length;
  network.layers.forEach((layer, index) => {
    const isOutput = index === network.layers.length - 1;
    // Outputs stand in the middle of what they read; hidden neurons count from the top, as features do.
    const start = isOutput ? size.top + ((before - layer.units) * step) / 2 : size.top;
    for (let unit = 0; unit < layer.units; unit += 1) {
      places.push({
        key: `neuron-${index}-${unit}`,
        layer: index,
        unit,
        active: true,
        output: isOutput,
        thumbnail,
        x: columns[index + 1],
        y: Math.max(size.top, start) + (unit + 0.5) * step,
      });
      thumbnail += 1;
    }
  });
  return { width, height, places, links: links(network, places, size), columns };
}

/**
 * @param {Network} network
 * @param {Place[]} places
 * @param {Size} size
 * @returns {Link[]}
 */
function links(network, places, size) {
  /** @type {Link[]} */
  const made = [];
  network.layers.forEach((layer, index) => {
    const from = inputs(network, places, index);
    const to = places.filter(place => place.layer === index);
    from.forEach((source, input) => {
      to.forEach((target, unit) => {
        made.push({
          key: `link-${index}-${input}-${unit}`,
          layer: index,
          input,
          unit,
          parameter: layer.weights + input * layer.units + unit,
          path: curve(source.x + size.node / 2, source.y, target.x - size.node / 2, target.y),
        });
      });
    });
  });
  return made;
}

/**
 * What a layer reads: the features that are on, or the neurons of the layer before.
 * @param {Network} network
 * @param {Place[]} places
 * @param {number} layer
 */
export function inputs(network, places, layer) {
  if (layer > 0) return places.filter(place => place.layer === layer - 1);
  return network.features.map(feature => places[FEATURES.indexOf(/** @type {any} */ (feature))]);
}

/**
 * A line that leaves and arrives level.
 * @param {number} fromX
 * @param {number} fromY
 * @param {number} toX
 * @param {number} toY
 */
export function curve(fromX, fromY, toX, toY) {
  const bend = (toX - fromX) * 0.45;
  const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  return `M${round(fromX)} ${round(fromY)}C${round(fromX + bend)} ${round(fromY)} ${round(toX - bend)} ${round(toY)} ${round(toX)} ${round(toY)}`;
}

/**
 * How wide the line of a weight is: 1 to 9 pixels for 0 to 5.
 * @param {number} weight
 */
export function lineWidth(weight) {
  if (Number.isNaN(weight)) return 1;
  return 1 + 8 * Math.min(1, Math.abs(weight) / 5);
}
