// The side of a worker in the talk with the runner: a line of JSON comes on standard input, a line of JSON goes to standard
// output. bench/README.md says what the lines are; protocol.py and protocol/ are the same for Python and Rust.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { inflateRawSync } from 'node:zlib';

const BATCHES = 5;

/** The seconds that a step takes, found in about `seconds`; `run(n)` makes n steps. */
function step(seconds, run) {
  const timed = (steps) => {
    const start = performance.now();
    run(steps);
    return (performance.now() - start) / 1000;
  };
  const batch = seconds / BATCHES;
  // The first steps find memory and caches as the other systems left them, and show how many make a batch.
  let steps = 1;
  let taken = timed(1);
  while (taken < batch / 10) {
    steps *= 2;
    taken = timed(steps);
  }
  steps = Math.max(1, Math.floor((steps * batch) / taken));
  const times = Array.from({ length: BATCHES }, () => timed(steps));
  times.sort((a, b) => a - b);
  return times[Math.floor(BATCHES / 2)] / steps;
}

/** Answers commands until there are no more. `works` has a function for each work, from the request to `{ losses, run }`. */
export async function serve(works) {
  let job = null;
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      const command = JSON.parse(line);
      if ('measure' in command) {
        answer = { step: step(command.measure, job.run) };
      } else {
        job = works[command.prepare](command);
        answer = { loss: job.losses, check: {} };
      }
    } catch (error) {
      answer = { error: String(error) }; // Whatever it is, the runner is to hear of it.
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/** The arrays of a file of NumPy's, `{ shape, data }` by name: float32, in the order of their axes. */
export function load(path) {
  const file = readFileSync(path);
  const arrays = {};
  const end = file.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let entry = file.readUInt32LE(end + 16);
  for (let count = file.readUInt16LE(end + 10); count > 0; count -= 1) {
    const method = file.readUInt16LE(entry + 10);
    const bytes = file.readUInt32LE(entry + 20);
    const lengths = [28, 30, 32].map((at) => file.readUInt16LE(entry + at));
    const local = file.readUInt32LE(entry + 42);
    const name = file.toString('utf8', entry + 46, entry + 46 + lengths[0]);
    const begin = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const stored = file.subarray(begin, begin + bytes);
    arrays[name.replace(/\.npy$/, '')] = array(method === 0 ? stored : inflateRawSync(stored));
    entry += 46 + lengths[0] + lengths[1] + lengths[2];
  }
  return arrays;
}

function array(npy) {
  const begin = npy[6] === 1 ? 10 + npy.readUInt16LE(8) : 12 + npy.readUInt32LE(8);
  const header = npy.toString('latin1', 10, begin);
  if (!header.includes("'<f4'") || header.includes("'fortran_order': True")) throw new Error(`an array of ${header}`);
  const shape = header.match(/\(([^)]*)\)/)[1].split(',').filter((size) => size.trim()).map(Number);
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Array.from({ length }, (_, index) => npy.readFloatLE(begin + 4 * index)) };
}

/** The rows of a matrix. */
export function rows({ shape, data }) {
  return Array.from({ length: shape[0] }, (_, row) => data.slice(row * shape[1], (row + 1) * shape[1]));
}

/** The weights and biases of fully connected layers, `{ weights: [input][unit], biases: [unit] }`. */
export function layers(arrays) {
  const found = [];
  for (let layer = 1; arrays[`w${layer}`]; layer += 1) {
    found.push({ weights: rows(arrays[`w${layer}`]), biases: arrays[`b${layer}`].data });
  }
  return found;
}
