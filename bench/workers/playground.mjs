// What is measured, in the engine of TensorFlow Playground, which runs as it is: one example at a time, as its page does it.
// usage: node playground.mjs, where target/bench/playground/compiled/nn.js is that engine, compiled to JavaScript.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import { layers, load, rows, serve } from './protocol.mjs';

const { Activations, backProp, buildNetwork, forwardProp, updateWeights } = createRequire(import.meta.url)(
  resolve('target/bench/playground/compiled/nn.js'),
);

const RATE = 0.01;

// Its own error is half of the square.
const square = { error: (output, target) => (output - target) ** 2, der: (output, target) => 2 * (output - target) };

function small(request) {
  const arrays = load(request.data);
  const given = layers(arrays);
  const [x, y] = [rows(arrays.x), arrays.y.data];
  const shape = [given[0].weights.length, ...given.map(({ biases }) => biases.length)];
  const inputs = given[0].weights.map((_, input) => `x${input}`);
  const network = buildNetwork(shape, Activations.TANH, Activations.LINEAR, null, inputs);
  given.forEach(({ weights, biases }, layer) => {
    network[layer + 1].forEach((node, unit) => {
      node.bias = biases[unit];
      node.inputLinks.forEach((link, input) => {
        link.weight = weights[input][unit];
      });
    });
  });
  const step = () => {
    for (let example = 0; example < x.length; example += 1) {
      forwardProp(network, x[example]);
      backProp(network, y[example], square);
    }
    updateWeights(network, RATE, 0);
  };
  const loss = () => {
    const errors = x.map((example, index) => square.error(forwardProp(network, example), y[index]));
    return errors.reduce((sum, error) => sum + error, 0) / x.length;
  };
  const losses = Array.from({ length: request.losses ?? 3 }, () => {
    const before = loss();
    step();
    return before;
  });
  return {
    losses,
    run: (steps) => {
      for (let made = 0; made < steps; made += 1) step();
    },
  };
}

await serve({ small });
