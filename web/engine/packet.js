/** Binary messages of the engine: JSON and arrays of numbers in one. `protocol.js` describes the layout. */

/**
 * @typedef {Object} Packet
 * @property {any} event the JSON
 * @property {(name: string) => Float32Array} part an array by its name; empty if the event has none of that name
 */

/**
 * @param {ArrayBuffer} buffer
 * @returns {Packet}
 */
export function readPacket(buffer) {
  if (buffer.byteLength < 4) throw new Error(`a message of ${buffer.byteLength} bytes is too short`);
  const length = new DataView(buffer).getUint32(0, true);
  if (length % 4 !== 0 || 4 + length > buffer.byteLength) {
    throw new Error(`a message of ${buffer.byteLength} bytes cannot hold ${length} bytes of JSON`);
  }
  const event = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const numbers = new Float32Array(buffer, 4 + length, Math.floor((buffer.byteLength - 4 - length) / 4));
  return {
    event,
    part(name) {
      const place = event.parts?.[name];
      if (!place) return new Float32Array(0);
      if (place.offset + place.length > numbers.length) throw new Error(`"${name}" ends after the message does`);
      return numbers.subarray(place.offset, place.offset + place.length);
    },
  };
}
