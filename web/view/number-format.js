/** Numbers as the page writes them, in the language of the page. */

let language = 'en';

/** @param {string} to */
export function setNumberLanguage(to) {
  language = to;
  formats.clear();
}

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} options
 */
function format(value, options) {
  const key = JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.NumberFormat(language, options)));
  return made.format(value).replace('-', '−');
}

/**
 * A loss: three decimals, more where three would show nothing but zeros. `null` is how the engine tells NaN and infinities.
 * @param {number|null|undefined} value
 */
export function loss(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return 'NaN';
  if (value !== 0 && Math.abs(value) < 0.001) return short(value);
  if (Math.abs(value) >= 10000) return short(value);
  return format(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

/**
 * A weight, a gradient: three significant digits, powers of ten when far from 1.
 * @param {number|null|undefined} value
 */
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.001 || size >= 100000) {
    const exponent = Math.floor(Math.log10(size));
    return `${format(value / 10 ** exponent, { maximumSignificantDigits: 3 })}·10${superscript(exponent)}`;
  }
  return format(value, { maximumSignificantDigits: 3 });
}

/** @param {number} value between 0 and 1 */
export function percent(value) {
  return format(value, { style: 'percent', maximumFractionDigits: 1 });
}

/** @param {number} value a whole number, with separators between thousands */
export function count(value) {
  return format(value, { maximumFractionDigits: 0 });
}

/** @param {number} value a setting, as it was chosen: no digit is dropped */
export function setting(value) {
  return format(value, { maximumSignificantDigits: 12, useGrouping: false });
}

/** @param {number} value a whole number */
export function superscript(value) {
  const digits = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  return String(value).replace('-', '⁻').replace(/\d/g, digit => digits[Number(digit)]);
}

/** @param {number} value a whole number */
export function subscript(value) {
  const digits = '₀₁₂₃₄₅₆₇₈₉';
  return String(value).replace('-', '₋').replace(/\d/g, digit => digits[Number(digit)]);
}
