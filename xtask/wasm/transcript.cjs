// Hands the engine in WebAssembly the commands of a file, and prints what the example `transcript` prints of the native one.
// usage: node transcript.cjs FOLDER-OF-THE-ENGINE COMMANDS.json
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');

const { Engine } = require(resolve(process.argv[2], 'tenseur_playground.js'));
const commands = JSON.parse(readFileSync(process.argv[3], 'utf8'));

/** @param {string|Uint8Array} message */
function print(message) {
  const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message;
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const kind = typeof message === 'string' ? 'text' : 'binary';
  console.log(`${kind} ${bytes.length} ${hash.toString(16).padStart(8, '0')}`);
}

const engine = new Engine();
engine.tick(0).forEach(print);
for (const command of commands) {
  engine.command(JSON.stringify(command));
  engine.tick(10).forEach(print);
}
