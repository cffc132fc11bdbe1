/**
 * How an example is marked on the map: colour and shape both tell its class, so that neither is needed alone. Training
 * points have a light rim, test points a dark one, and what the network gets wrong a ring around it.
 */

import { CLASS_COLOURS, css } from './colour.js';

/** @typedef {import('./colour.js').ValueColours} ValueColours */

/**
 * @typedef {Object} Mark
 * @property {number} shape 0 to 5
 * @property {string} colour
 */

/**
 * @param {import('../engine/protocol.js').Config} config
 * @param {number[]} target
 * @param {ValueColours} colours
 * @returns {Mark}
 */
export function markOf(config, target, colours) {
  switch (config.problem) {
    case 'multiclass':
      return { shape: target[0] % 6, colour: css(CLASS_COLOURS[target[0] % CLASS_COLOURS.length]) };
    case 'multilabel': {
      const labels = target.reduce((sum, label, index) => sum + (label > 0.5 ? 1 << index : 0), 0);
      return { shape: labels % 6, colour: css(labels === 0 ? [120, 120, 120] : colours.blend(target)) };
    }
    case 'regression':
      return { shape: 0, colour: css(colours.exact(target[0])) };
    default:
      return { shape: target[0] > 0 ? 1 : 0, colour: css(target[0] > 0 ? colours.positive : colours.negative) };
  }
}

/** Corners of shapes 1 to 5 at radius 1; shape 0 is a circle. @type {[number, number][][]} */
const SHAPES = [
  [],
  [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  [[-0.95, -0.95], [0.95, -0.95], [0.95, 0.95], [-0.95, 0.95]],
  [[0, -1.25], [1.15, 0.85], [-1.15, 0.85]],
  [[0, 1.25], [1.15, -0.85], [-1.15, -0.85]],
  [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4],
    [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]],
];

/**
 * Adds the outline of a mark to the current path.
 * @param {CanvasRenderingContext2D} context
 * @param {number} shape
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function traceMark(context, shape, x, y, radius) {
  context.beginPath();
  if (shape === 0) {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  SHAPES[shape].forEach(([right, down], index) => {
    if (index === 0) context.moveTo(x + right * radius, y + down * radius);
    else context.lineTo(x + right * radius, y + down * radius);
  });
  context.closePath();
}

/**
 * Whether the network takes an example for another class than it is.
 * @param {import('../engine/protocol.js').Config} config
 * @param {number[]} target
 * @param {number[]} outputs of the map at its place
 */
export function isWrong(config, target, outputs) {
  if (outputs.some(Number.isNaN)) return false;
  switch (config.problem) {
    case 'classification': return (outputs[0] >= 0) !== (target[0] > 0);
    case 'multiclass': return outputs.indexOf(Math.max(...outputs)) !== target[0];
    case 'multilabel': return outputs.some((output, label) => (output >= 0.5) !== (target[label] >= 0.5));
    default: return false;
  }
}
