/**
 * Runs the browser tests: `node tests/browser/run.mjs PATH-OF-TENSEUR` starts that program's playground on a free port,
 * `node tests/browser/run.mjs http://…` tests one that is served already. `CHROMIUM` names another browser than
 * /usr/bin/chromium.
 */

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [what, ...only] = process.argv.slice(2);
if (!what) {
  console.error('usage: node tests/browser/run.mjs PATH-OF-TENSEUR|http://… [TEST-FILE…]');
  process.exit(2);
}

const files = readdirSync(here).filter(name => name.endsWith('.test.mjs') && (only.length === 0 || only.some(part => name.includes(part))));
const { url, stop } = what.startsWith('http') ? { url: what, stop: () => {} } : await serve(what);
const result = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...files.map(name => join(here, name))], {
  stdio: 'inherit',
  env: { ...process.env, PLAYGROUND_URL: url, TENSEUR: what.startsWith('http') ? '' : what },
});
stop();
process.exit(result.status ?? 1);

/**
 * @param {string} program
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
function serve(program) {
  const server = spawn(program, ['play', '--port', '0', '--no-open'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let said = '';
    server.on('error', reject);
    server.on('exit', code => reject(new Error(`${program} play ended with ${code} before it told its address`)));
    server.stdout.on('data', text => {
      said += text;
      const found = /http:\/\/\S+/.exec(said);
      if (found) resolve({ url: found[0], stop: () => server.kill() });
    });
  });
}
