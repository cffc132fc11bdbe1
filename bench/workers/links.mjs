// A playground's engine as one would write it in plain JavaScript, without typed arrays: units and links are objects, an
// example goes through the network at a time, and everything is a loop. Fully connected, tanh between the layers, mean square.

import { layers, load, rows, serve } from './protocol.mjs';

const RATE = 0.01;

class Link {
  constructor(from, to, weight) {
    this.from = from;
    this.to = to;
    this.weight = weight;
    this.slope = 0; // Σ over the batch's examples.
  }
}

class Unit {
  constructor(bias, squashes) {
    this.bias = bias;
    this.squashes = squashes;
    this.incoming = [];
    this.outgoing = [];
    this.value = 0;
    this.blame = 0; // What the error changes by, where the unit's sum changes.
    this.slope = 0;
  }

  compute() {
    let sum = this.bias;
    for (const link of this.incoming) sum += link.weight * link.from.value;
    this.value = this.squashes ? Math.tanh(sum) : sum;
  }

  /** Takes its share of what the error changes by where its value changes. */
  take(change) {
    this.blame = this.squashes ? change * (1 - this.value * this.value) : change;
    this.slope += this.blame;
    for (const link of this.incoming) link.slope += this.blame * link.from.value;
  }

  blamed() {
    let change = 0;
    for (const link of this.outgoing) change += link.weight * link.to.blame;
    this.take(change);
  }

  descend(rate) {
    this.bias -= rate * this.slope;
    this.slope = 0;
    for (const link of this.incoming) {
      link.weight -= rate * link.slope;
      link.slope = 0;
    }
  }
}

class Network {
  constructor(given) {
    this.inputs = given[0].weights.map(() => new Unit(0, false));
    this.layers = given.map(({ biases }, layer) => biases.map((bias) => new Unit(bias, layer < given.length - 1)));
    let before = this.inputs;
    this.layers.forEach((units, layer) => {
      units.forEach((unit, to) => {
        before.forEach((from, input) => {
          const link = new Link(from, unit, given[layer].weights[input][to]);
          from.outgoing.push(link);
          unit.incoming.push(link);
        });
      });
      before = units;
    });
    [this.output] = before;
  }

  forward(example) {
    for (let input = 0; input < example.length; input += 1) this.inputs[input].value = example[input];
    for (const units of this.layers) for (const unit of units) unit.compute();
    return this.output.value;
  }

  backward(change) {
    this.output.take(change);
    for (let layer = this.layers.length - 2; layer >= 0; layer -= 1) {
      for (const unit of this.layers[layer]) unit.blamed();
    }
  }

  /** A step over a batch; the loss before it. */
  step(x, y) {
    let loss = 0;
    for (let example = 0; example < x.length; example += 1) {
      const error = this.forward(x[example]) - y[example];
      loss += error * error;
      this.backward(2 * error);
    }
    for (const units of this.layers) for (const unit of units) unit.descend(RATE / x.length);
    return loss / x.length;
  }
}

function small(request) {
  const arrays = load(request.data);
  const network = new Network(layers(arrays));
  const [x, y] = [rows(arrays.x), arrays.y.data];
  const losses = Array.from({ length: request.losses ?? 3 }, () => network.step(x, y));
  return {
    losses,
    run: (steps) => {
      for (let step = 0; step < steps; step += 1) network.step(x, y);
    },
  };
}

await serve({ small });
