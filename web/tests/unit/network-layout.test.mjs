import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { FEATURES } from '../../engine/protocol.js';
import { inputs, layout, lineWidth } from '../../view/network-layout.js';

const SIZE = { width: 600, node: 40, gap: 12, left: 50, right: 10, top: 90, column: 100 };

/** @param {number[]} shape hidden layers and outputs @param {string[]} features */
function network(shape, features) {
  let next = 0;
  let before = features.length;
  const layers = shape.map((units, index) => {
    const layer = {
      name: `layer${index}`, activation: /** @type {const} */ ('tanh'), inputs: before, units, weights: next, biases: next + before * units, alphas: null,
    };
    next += before * units + units;
    before = units;
    return layer;
  });
  return { features, layers, parameters: next, outputs: Array.from({ length: before }, String) };
}

/** Many networks: every depth and some widths. */
const NETWORKS = [[1], [4, 1], [4, 2, 1], [8, 8, 8, 8, 8, 8, 3], [16, 1, 16, 6], [1, 1]].flatMap(shape => [
  network(shape, ['x', 'y']), network(shape, [...FEATURES]), network(shape, ['sinY']),
]);

test('every neuron has a place of its own inside the picture, and a thumbnail of its own', () => {
  for (const each of NETWORKS) {
    const made = layout(each, SIZE);
    assert.equal(made.places.length, FEATURES.length + each.layers.reduce((sum, layer) => sum + layer.units, 0));
    assert.deepEqual(made.places.map(place => place.thumbnail), made.places.map((_, index) => index));
    for (const place of made.places) {
      assert.ok(place.x - SIZE.node / 2 >= 0 && place.x + SIZE.node / 2 <= made.width, JSON.stringify(place));
      assert.ok(place.y - SIZE.node / 2 >= SIZE.top && place.y + SIZE.node / 2 <= made.height, JSON.stringify(place));
    }
    for (const [index, one] of made.places.entries()) {
      for (const other of made.places.slice(index + 1)) {
        assert.ok(Math.abs(one.x - other.x) >= SIZE.node || Math.abs(one.y - other.y) >= SIZE.node, `${one.key} is on ${other.key}`);
      }
    }
  }
});

test('every weight has one link, from an input that is on', () => {
  for (const each of NETWORKS) {
    const made = layout(each, SIZE);
    const weights = each.layers.flatMap(layer => Array.from({ length: layer.inputs * layer.units }, (_, index) => layer.weights + index));
    assert.deepEqual(made.links.map(link => link.parameter).sort((a, b) => a - b), weights);
    assert.deepEqual(inputs(each, made.places, 0).map(place => place.unit), each.features.map(feature => FEATURES.findIndex(name => name === feature)));
  }
});

test('a narrow page makes the picture wider than itself, not the layers closer', () => {
  const made = layout(network([2, 2, 2, 2, 1], ['x']), { ...SIZE, width: 300 });
  assert.ok(made.width > 300);
  for (let column = 1; column < made.columns.length; column += 1) assert.ok(made.columns[column] - made.columns[column - 1] >= SIZE.column - 1e-9);
});

test('lines grow with the size of a weight, up to 5', () => {
  assert.equal(lineWidth(0), 1);
  assert.equal(lineWidth(-5), 9);
  assert.equal(lineWidth(500), 9);
  assert.equal(lineWidth(NaN), 1);
  assert.ok(lineWidth(2) > lineWidth(1));
});
