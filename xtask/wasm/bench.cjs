// The time of a frame of the engine in WebAssembly: an epoch, the map and all neurons' maps. Prints the median in seconds.
// usage: node bench.cjs FOLDER-OF-THE-ENGINE
const { resolve } = require('node:path');

const { Engine } = require(resolve(process.argv[2], 'tenseur_playground.js'));
const engine = new Engine();
engine.tick(0);
const config = {
  xSquared: true, ySquared: true, xTimesY: true, sinX: true, sinY: true, networkShape: [8, 8, 8, 8, 8, 8], dataset: 'spiral',
};
engine.command(JSON.stringify({ type: 'configure', config }));
engine.command(JSON.stringify({ type: 'play' }));
engine.tick(0);
const times = [];
for (let frame = 0; frame < 300; frame += 1) {
  const start = performance.now();
  engine.command(JSON.stringify({ type: 'frame', wanted: { maps: true } }));
  let said = [];
  while (said.length === 0) said = engine.tick(10);
  times.push(performance.now() - start);
}
times.splice(0, 20);
times.sort((a, b) => a - b);
console.log(times[Math.floor(times.length / 2)] / 1000);
