/**
 * One point, forward and back: what each layer makes of it, what the loss compares, −yᵢ log σᵢ, ∂σᵢ/∂sⱼ and σ − y in
 * numbers. The point is the one under the pointer, or the example that was chosen by its number.
 */

import { byId, element, setText } from './element.js';
import { short, subscript } from './number-format.js';
import { classNames } from './status-view.js';
import { FEATURE_SYMBOLS } from './network-view.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').Inspected} Inspected */
/** @typedef {{ x: number, y: number } | { example: number, set: 'training'|'test' }} At */

/** @param {Playground} playground */
export function makePointPanel(playground) {
  const holder = byId('point');
  const number = element('input', { type: 'number', id: 'example-number', min: '1', step: '1', value: '1', 'data-own-keys': '', input: () => choose() });
  const set = element('select', { id: 'example-set', change: () => choose() });
  const numberLabel = element('label', { for: 'example-number' });
  const setLabel = element('label', { for: 'example-set' });
  const details = element('div', { class: 'point-details' });
  holder.append(element('div', { class: 'point-choice' },
    element('div', { class: 'field' }, setLabel, set), element('div', { class: 'field' }, numberLabel, number)), details);

  /** @type {At} */
  let chosen = { example: 0, set: 'training' };
  /** @type {At|null} */
  let hovered = null;
  let asking = false;
  let again = false;

  const words = () => {
    setText(numberLabel, t('point.example'));
    setText(setLabel, t('point.set'));
    const value = set.value || 'training';
    set.replaceChildren(...['training', 'test'].map(each => element('option', { value: each }, t(`point.${each}`))));
    set.value = value;
  };
  function choose() {
    const kind = /** @type {'training'|'test'} */ (set.value);
    const many = playground[kind].length;
    const example = Math.min(Math.max(1, Math.round(Number(number.value)) || 1), Math.max(1, many));
    number.max = String(many);
    chosen = { example: example - 1, set: kind };
    ask();
  }
  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      const event = await playground.ask({ type: 'inspect', at: hovered ?? chosen });
      if (event.type === 'inspected') show(playground, details, event);
    } while (again);
    asking = false;
  }
  // While it learns the numbers run anyway; a few times a second is as fast as they can be read.
  let last = 0;
  playground.on('frame', () => {
    const { status } = playground;
    if (status.playing && performance.now() - last < 250) return;
    if (!hovered && status.example !== null && playground.config.stepUnit === 'sample' && !status.playing) {
      chosen = { example: status.example, set: 'training' };
    }
    last = performance.now();
    if (playground.training.length) ask();
  });
  playground.on(['points', 'language'], () => {
    words();
    choose();
  });
  words();
  return {
    /** @param {At|null} at */
    look(at) {
      hovered = at;
      ask();
    },
  };
}

/**
 * @param {Playground} playground
 * @param {HTMLElement} holder
 * @param {Inspected} point
 */
function show(playground, holder, point) {
  const { network, config } = playground;
  const outputs = point.sigma.length;
  const names = classNames(playground, outputs);
  const [x, y] = point.at;
  const lead = element('p', { class: 'point-lead' },
    element('b', {}, `(${short(Number(x.toFixed(3)))}, ${short(Number(y.toFixed(3)))})`),
    point.target ? t('point.target', { target: targetText(playground, point.target, names) }) : t('point.noTarget'));
  const inputs = point.features.map((value, index) => `${FEATURE_SYMBOLS[network.features[index]] ?? network.features[index]} = ${short(value)}`);

  const layers = point.layers.map((layer, index) => element('tr', {},
    element('th', { scope: 'row' }, index === point.layers.length - 1 ? t('output.layer') : t('layer.name', { layer: index + 1 })),
    element('td', {}, list(layer.sums)), element('td', {}, list(layer.outputs)), element('td', {}, point.target ? list(layer.gradients) : '–')));
  const pass = element('table', { class: 'numbers' },
    element('caption', {}, t('point.pass')),
    element('thead', {}, row('th', '', 's', 'f(s)', '∂L/∂s')),
    element('tbody', {}, ...layers));

  const entropy = config.loss !== 'squared-error';
  const comparison = element('table', { class: 'numbers' },
    element('caption', {}, t(`loss.formula.${config.loss}`)),
    element('thead', {}, row('th', '', ...names.map((_, index) => outputs === 1 ? '' : `i = ${index}`), '')),
    element('tbody', {},
      ...(outputs > 1 ? [numbersRow(t('point.class'), names)] : []),
      numbersRow('σᵢ', point.sigma.map(short)),
      ...(point.target ? [
        numbersRow('yᵢ', targets(playground, point.target, outputs).map(short)),
        numbersRow(entropy ? '−yᵢ·log σᵢ' : '½·(σᵢ − yᵢ)²', point.terms.map(short), point.loss === null ? 'NaN' : `Σ = ${short(point.loss)}`),
        numbersRow(entropy ? '∂L/∂sᵢ = σᵢ − yᵢ' : '∂L/∂sᵢ', point.difference.map(short)),
      ] : [])));

  const jacobian = point.jacobian.length > 1 && config.loss === 'softmax-cross-entropy'
    ? element('table', { class: 'numbers' },
      element('caption', {}, '∂σᵢ/∂sⱼ = σᵢ·(δᵢⱼ − σⱼ)'),
      element('thead', {}, row('th', '', ...names.map((_, index) => `j = ${index}`))),
      element('tbody', {}, ...point.jacobian.map((line, index) => numbersRow(`i = ${index}`, line.map(short)))))
    : null;
  holder.replaceChildren(lead, element('p', { class: 'point-inputs' }, inputs.join(', ')), ...[pass, comparison, jacobian].filter(each => each !== null));
}

/**
 * @param {'th'|'td'} cell
 * @param {...string} texts
 */
function row(cell, ...texts) {
  return element('tr', {}, ...texts.map(text => (text || cell === 'td' ? element(cell, cell === 'th' ? { scope: 'col' } : {}, text) : element('td', {}))));
}

/**
 * @param {string} name
 * @param {string[]} values
 * @param {string} [sum]
 */
function numbersRow(name, values, sum = '') {
  return element('tr', {}, element('th', { scope: 'row' }, name), ...values.map(value => element('td', {}, value)), element('td', {}, sum));
}

/** @param {number[]} values */
function list(values) {
  return values.map(value => short(value)).join('  ');
}

/**
 * The target of each output.
 * @param {Playground} playground
 * @param {number[]} target
 * @param {number} outputs
 */
function targets({ config }, target, outputs) {
  if (config.problem === 'multiclass' && target.length === 1 && outputs > 1) {
    return Array.from({ length: outputs }, (_, index) => (index === target[0] ? 1 : 0));
  }
  return target;
}

/**
 * @param {Playground} playground
 * @param {number[]} target
 * @param {string[]} names
 */
function targetText({ config }, target, names) {
  if (config.problem === 'multiclass') {
    const index = target.length === 1 ? target[0] : target.indexOf(Math.max(...target));
    return names[index] ?? String(index);
  }
  return target.map((value, index) => (target.length > 1 ? `y${subscript(index)} = ${short(value)}` : short(value))).join(', ');
}
