/** The engine in this browser: WebAssembly in a Worker, so that learning never holds up the page. */

import { Answers } from './engine.js';

/** @returns {import('./engine.js').Engine} */
export function openWorker() {
  const answers = new Answers();
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', message => answers.receive(message.data));
  worker.addEventListener('error', event => answers.lose(event.message || 'closed'));
  return {
    welcome: answers.welcome,
    ask: command => answers.ask(command, numbered => worker.postMessage(numbered)),
    onGone: then => answers.mourners.push(then),
  };
}
