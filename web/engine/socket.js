/** The engine in the program that served this page, over a WebSocket. */

import { Answers } from './engine.js';

/** @returns {import('./engine.js').Engine} */
export function openSocket() {
  const answers = new Answers();
  const address = new URL('engine', document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  const socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', message => answers.receive(message.data));
  socket.addEventListener('close', () => answers.lose('closed'));
  socket.addEventListener('error', () => answers.lose('closed'));
  return {
    welcome: answers.welcome,
    ask: command => answers.ask(command, numbered => socket.send(JSON.stringify(numbered))),
    onGone: then => answers.mourners.push(then),
  };
}
