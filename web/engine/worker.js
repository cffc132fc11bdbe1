/**
 * The engine in WebAssembly, inside a Worker. Commands are taken as they come; in between the engine trains and answers in
 * slices of a few milliseconds, so that a pause is heard at once.
 */

import initialize, { Engine } from './wasm/tenseur_playground.js';

/** How long the engine may work before it looks for commands again, in milliseconds. */
const SLICE = 12;

await initialize({ module_or_path: new URL('./wasm/tenseur_playground_bg.wasm', import.meta.url) });
const engine = new Engine();

self.addEventListener('message', message => {
  engine.command(JSON.stringify(message.data));
  work();
});

// A message to itself comes after the commands that wait, and sooner than a timer would.
const wake = new MessageChannel();
let awake = false;
wake.port1.onmessage = () => {
  awake = false;
  work();
};

function work() {
  const answers = engine.tick(SLICE);
  for (const answer of answers) {
    if (typeof answer === 'string') self.postMessage(answer);
    else self.postMessage(answer.buffer, [answer.buffer]);
  }
  if (awake || !engine.busy()) return;
  awake = true;
  wake.port2.postMessage(null);
}

work();
