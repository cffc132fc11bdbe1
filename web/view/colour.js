/**
 * The colours of values. Minus one is orange, plus one is blue, zero is the colour of the ground, as in TensorFlow
 * Playground: the pair that colour-blind eyes tell apart best. Classes have colours of their own from Okabe and Ito's set.
 */

/** @typedef {[number, number, number]} Rgb */

/** @type {Rgb} */ const NEGATIVE = [240, 140, 30];
/** @type {Rgb} */ const POSITIVE = [8, 110, 185];
/** @type {Rgb} */ const NEGATIVE_ON_DARK = [255, 160, 64];
/** @type {Rgb} */ const POSITIVE_ON_DARK = [74, 166, 240];

/** @type {Rgb} */ const GROUND = [238, 240, 241];
/** @type {Rgb} */ const GROUND_ON_DARK = [36, 41, 48];
/** @type {Rgb} */ const NOT_A_NUMBER = [150, 150, 150];

/** @type {Rgb[]} */
export const CLASS_COLOURS = [
  [230, 135, 0], [0, 114, 178], [0, 158, 115], [204, 121, 167], [120, 94, 0], [86, 180, 233],
];

/** How many shades a map has between its two ends. */
const SHADES = 255;

/**
 * @param {Rgb} from
 * @param {Rgb} to
 * @param {number} share how far along, 0 to 1
 * @returns {Rgb}
 */
function mix(from, to, share) {
  return [
    Math.round(from[0] + (to[0] - from[0]) * share),
    Math.round(from[1] + (to[1] - from[1]) * share),
    Math.round(from[2] + (to[2] - from[2]) * share),
  ];
}

/** @param {Rgb} colour */
export function css([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}

/** The scale from −1 to 1 for one theme, with every shade worked out beforehand. */
export class ValueColours {
  /** @param {boolean} dark */
  constructor(dark) {
    this.dark = dark;
    this.ground = dark ? GROUND_ON_DARK : GROUND;
    this.negative = dark ? NEGATIVE_ON_DARK : NEGATIVE;
    this.positive = dark ? POSITIVE_ON_DARK : POSITIVE;
    /** @type {Rgb[]} */
    this.shades = [];
    for (let shade = 0; shade <= SHADES; shade += 1) this.shades.push(this.exact((shade / SHADES) * 2 - 1));
  }

  /**
   * The colour of a value; beyond ±1 it stays at the end.
   * @param {number} value
   * @returns {Rgb}
   */
  exact(value) {
    if (Number.isNaN(value)) return NOT_A_NUMBER;
    const size = Math.min(1, Math.abs(value));
    return mix(this.ground, value < 0 ? this.negative : this.positive, size);
  }

  /**
   * The same from the table.
   * @param {number} value
   * @returns {Rgb}
   */
  of(value) {
    if (Number.isNaN(value)) return NOT_A_NUMBER;
    const inside = value < -1 ? -1 : value > 1 ? 1 : value;
    return this.shades[Math.round(((inside + 1) / 2) * SHADES)];
  }

  /**
   * A line's colour: its sign at full strength, so that a thin line is seen as well as a thick one.
   * @param {number} value
   */
  line(value) {
    if (Number.isNaN(value)) return css(NOT_A_NUMBER);
    const share = 0.35 + 0.65 * Math.min(1, Math.abs(value));
    return css(mix(this.ground, value < 0 ? this.negative : this.positive, share));
  }

  /**
   * The blend of classes that probabilities make.
   * @param {number[]} probabilities
   * @returns {Rgb}
   */
  blend(probabilities) {
    let red = 0, green = 0, blue = 0, total = 0;
    probabilities.forEach((probability, index) => {
      const share = Number.isNaN(probability) ? 0 : probability * probability;
      const colour = CLASS_COLOURS[index % CLASS_COLOURS.length];
      red += share * colour[0];
      green += share * colour[1];
      blue += share * colour[2];
      total += share;
    });
    if (total === 0) return this.ground;
    const sure = Math.min(1, Math.max(...probabilities));
    return mix(this.ground, [Math.round(red / total), Math.round(green / total), Math.round(blue / total)], 0.15 + 0.75 * sure);
  }
}
