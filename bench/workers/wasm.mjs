// What is measured, in tenseur compiled to WebAssembly, in Node.js.
// usage: node wasm.mjs, where target/bench/wasm/ is the package wasm/ with the JavaScript beside it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import { serve } from './protocol.mjs';

const { Small } = createRequire(import.meta.url)(resolve('target/bench/wasm/tenseur_bench.js'));

function small(request) {
  const network = new Small(readFileSync(request.data));
  return { losses: [...network.losses(request.losses ?? 3)], run: (steps) => network.run(steps) };
}

await serve({ small });
