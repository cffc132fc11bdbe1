/** Maps of values as pictures: each number one pixel of a canvas, which the style sheet enlarges. */

/** @typedef {import('./colour.js').ValueColours} ValueColours */

/**
 * Paints values from −1 to 1.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values row by row, the top row first
 * @param {number} side pixels of a row
 * @param {ValueColours} colours
 * @param {(value: number) => number} [shown] what is shown for a value
 */
export function paintValues(canvas, values, side, colours, shown = value => value) {
  paint(canvas, side, index => colours.of(shown(values[index])));
}

/**
 * Paints what several outputs say of each place.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values one map after the other
 * @param {number} outputs how many maps there are
 * @param {number} side
 * @param {ValueColours} colours
 * @param {boolean} winner whether only the greatest counts
 */
export function paintClasses(canvas, values, outputs, side, colours, winner) {
  const size = side * side;
  const at = new Array(outputs).fill(0);
  paint(canvas, side, index => {
    let best = 0;
    for (let output = 0; output < outputs; output += 1) {
      at[output] = values[output * size + index];
      if (at[output] > at[best]) best = output;
    }
    if (winner) for (let output = 0; output < outputs; output += 1) at[output] = output === best ? 1 : 0;
    return colours.blend(at);
  });
}

/** One picture for each size, written over and over. @type {Map<number, ImageData>} */
const images = new Map();

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} side
 * @param {(index: number) => import('./colour.js').Rgb} colourAt
 */
function paint(canvas, side, colourAt) {
  if (canvas.width !== side || canvas.height !== side) {
    canvas.width = side;
    canvas.height = side;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  let image = images.get(side);
  if (!image) images.set(side, (image = context.createImageData(side, side)));
  const pixels = image.data;
  for (let index = 0, byte = 0; index < side * side; index += 1, byte += 4) {
    const colour = colourAt(index);
    pixels[byte] = colour[0];
    pixels[byte + 1] = colour[1];
    pixels[byte + 2] = colour[2];
    pixels[byte + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** @param {number} value the same with two shades only */
export function discretized(value) {
  return Number.isNaN(value) ? value : value >= 0 ? 1 : -1;
}
