import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Answers } from '../../engine/engine.js';
import { readPacket } from '../../engine/packet.js';

/** @param {object} event @param {number[]} numbers */
function packet(event, numbers) {
  const text = new TextEncoder().encode(JSON.stringify(event));
  const length = Math.ceil(text.length / 4) * 4;
  const buffer = new ArrayBuffer(4 + length + numbers.length * 4);
  new DataView(buffer).setUint32(0, length, true);
  new Uint8Array(buffer, 4, length).fill(32);
  new Uint8Array(buffer, 4).set(text);
  new Float32Array(buffer, 4 + length).set(numbers);
  return buffer;
}

test('a binary message gives its JSON and its arrays', () => {
  const { event, part } = readPacket(packet({ type: 'frame', parts: { a: { offset: 0, length: 2 }, b: { offset: 2, length: 1 } } }, [1, 2, 3]));
  assert.equal(event.type, 'frame');
  assert.deepEqual([...part('a')], [1, 2]);
  assert.deepEqual([...part('b')], [3]);
  assert.equal(part('c').length, 0);
});

test('a broken message is an error, not numbers from elsewhere', () => {
  assert.throws(() => readPacket(new ArrayBuffer(2)), /too short/);
  const lying = packet({ parts: {} }, []);
  new DataView(lying).setUint32(0, 4000, true);
  assert.throws(() => readPacket(lying), /cannot hold/);
  assert.throws(() => readPacket(packet({ parts: { a: { offset: 0, length: 9 } } }, [1])).part('a'), /ends after/);
});

test('each answer goes to its own command, in whatever order they come', async () => {
  const answers = new Answers();
  /** @type {any[]} */
  const sent = [];
  const first = answers.ask({ type: 'play' }, command => sent.push(command));
  const second = answers.ask({ type: 'pause' }, command => sent.push(command));
  answers.receive(JSON.stringify({ type: 'done', id: sent[1].id, says: 'second' }));
  answers.receive(JSON.stringify({ type: 'done', id: 99 }));
  answers.receive(packet({ type: 'frame', id: sent[0].id, parts: {} }, []));
  assert.equal((await second).event.says, 'second');
  assert.equal((await first).event.type, 'frame');
});

test('a lost engine is told once, and no command is sent to it', () => {
  const answers = new Answers();
  /** @type {string[]} */
  const told = [];
  answers.mourners.push(reason => told.push(reason));
  answers.lose('closed');
  answers.lose('again');
  assert.deepEqual(told, ['closed']);
  answers.ask({ type: 'play' }, () => assert.fail('sent'));
});
