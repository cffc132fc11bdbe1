/** Axes of the loss chart: where the marks are, and where a value lies. Pure functions. */

/**
 * Round numbers that cover the range, at most about `most` of them.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @returns {number[]}
 */
export function ticks(low, high, most) {
  if (!(high > low)) return [low];
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough * (1 - 1e-9)) ?? 10 * power;
  const marks = [];
  for (let mark = Math.ceil(low / step - 1e-9); mark <= Math.floor(high / step + 1e-9); mark += 1) {
    // A multiple of the step, free of the rounding that adding steps up would gather.
    marks.push(Number((mark * step).toPrecision(12)));
  }
  return marks;
}

/**
 * Powers of ten within the range; its ends where there are none.
 * @param {number} low above 0
 * @param {number} high
 */
export function logarithmicTicks(low, high) {
  const marks = [];
  for (let exponent = Math.ceil(Math.log10(low) - 1e-9); exponent <= Math.log10(high) + 1e-9; exponent += 1) {
    marks.push(Number((10 ** exponent).toPrecision(12)));
  }
  return marks.length > 1 ? marks : [low, high];
}

/**
 * A scale: from values to pixels.
 * @param {[number, number]} values
 * @param {[number, number]} pixels
 * @param {boolean} logarithmic
 * @returns {(value: number) => number}
 */
export function scale(values, pixels, logarithmic) {
  const bend = logarithmic ? Math.log10 : (/** @type {number} */ value) => value;
  const low = bend(values[0]);
  const span = bend(values[1]) - low || 1;
  return value => pixels[0] + ((bend(value) - low) / span) * (pixels[1] - pixels[0]);
}

/**
 * The path through the points that are numbers; where one is not, the line is broken.
 * @param {[number, number][]} points in pixels
 */
export function path(points) {
  let text = '';
  let broken = true;
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      broken = true;
      continue;
    }
    text += `${broken ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    broken = false;
  }
  return text;
}
