/**
 * The engine, wherever it runs: commands go in, each has one answer. `socket.js` reaches one in the program that served
 * the page, `worker-engine.js` one in this browser.
 *
 * @typedef {import('./protocol.js').Command} Command
 * @typedef {import('./packet.js').Packet} Packet
 *
 * @typedef {Object} Engine
 * @property {(command: Command) => Promise<Packet>} ask sends a command; the answer is whatever the engine says, `failed`
 *   and `invalid` included. It never comes when the engine is gone, of which `onGone` tells.
 * @property {Promise<Packet>} welcome what it says first
 * @property {(then: (reason: string) => void) => void} onGone calls when the engine can no longer be reached
 */

import { readPacket } from './packet.js';

/** Pairs answers with commands by their `id`. Both transports are made of it. */
export class Answers {
  constructor() {
    this.next = 1;
    /** @type {Map<number, (packet: Packet) => void>} */
    this.waiting = new Map();
    /** @type {((reason: string) => void)[]} */
    this.mourners = [];
    /** @type {(packet: Packet) => void} */
    this.welcomed = () => {};
    /** @type {Promise<Packet>} */
    this.welcome = new Promise(resolve => (this.welcomed = resolve));
    this.gone = false;
  }

  /**
   * A command with its id, and the answer to come.
   * @param {Command} command
   * @param {(command: Command) => void} send
   * @returns {Promise<Packet>}
   */
  ask(command, send) {
    if (this.gone) return new Promise(() => {});
    const id = this.next;
    this.next += 1;
    return new Promise(resolve => {
      this.waiting.set(id, resolve);
      send({ ...command, id });
    });
  }

  /** @param {string|ArrayBuffer} message */
  receive(message) {
    const packet = typeof message === 'string'
      ? { event: JSON.parse(message), part: () => new Float32Array(0) }
      : readPacket(message);
    if (packet.event.type === 'welcome') {
      this.welcomed(packet);
      return;
    }
    const resolve = this.waiting.get(packet.event.id);
    this.waiting.delete(packet.event.id);
    resolve?.(packet);
  }

  /** @param {string} reason */
  lose(reason) {
    if (this.gone) return;
    this.gone = true;
    this.waiting.clear();
    for (const mourner of this.mourners) mourner(reason);
  }
}

/**
 * The engine that index.html names.
 * @returns {Promise<Engine>}
 */
export async function openEngine() {
  const named = document.querySelector('meta[name="tenseur-engine"]')?.getAttribute('content');
  if (named === 'worker') return (await import('./worker-engine.js')).openWorker();
  return (await import('./socket.js')).openSocket();
}
