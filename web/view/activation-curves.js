/** Transfer functions and their derivatives as curves: beside a select that has the pointer or the focus, and all in one row. */

import { byId, element, svg } from './element.js';
import { path, scale } from './chart-scale.js';
import { choiceName } from './fields.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').Activation} Activation */
/** @typedef {{ x: number[], curves: Record<string, { value: number[], slope: number[], formula: string }> }} Curves */

const WIDTH = 150;
const HEIGHT = 96;

/** @type {Promise<Curves>|null} */
let asked = null;

/** The select whose function the card shows. @type {HTMLSelectElement|null} */
let shownFor = null;

/**
 * @param {Playground} playground
 * @returns {Promise<Curves>}
 */
function curves(playground) {
  asked ??= playground.engine.ask({ type: 'curves' }).then(packet => packet.event);
  return asked;
}

/**
 * f and f′ of one function.
 * @param {Curves} all
 * @param {string} activation
 */
function plot(all, activation) {
  const curve = all.curves[activation];
  const x = scale([all.x[0], all.x[all.x.length - 1]], [0, WIDTH], false);
  const y = scale([-1.6, 2.6], [HEIGHT, 0], false);
  const line = (/** @type {number[]} */ values, /** @type {string} */ name) => svg('path', {
    class: `function ${name}`, d: path(values.map((value, index) => [x(all.x[index]), y(value)])),
  });
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': t('curve.label', { name: choiceName('activation', activation) }) },
    svg('line', { class: 'axis', x1: 0, x2: WIDTH, y1: y(0), y2: y(0) }),
    svg('line', { class: 'axis', x1: x(0), x2: x(0), y1: 0, y2: HEIGHT }),
    line(curve.slope, 'slope'), line(curve.value, 'value'));
}

/**
 * Shows a select's function beside it.
 * @param {Playground} playground
 * @param {HTMLSelectElement} select
 * @param {() => Activation} chosen
 */
export function showCurveOf(playground, select, chosen) {
  const card = byId('curve-card');
  const show = async () => {
    const all = await curves(playground);
    const activation = chosen();
    if (!all.curves?.[activation] || !select.isConnected) return;
    card.replaceChildren(/** @type {any} */ (plot(all, activation)),
      element('p', { class: 'formula' }, all.curves[activation].formula), element('p', { class: 'curve-key' }, ...curveKeys()));
    card.hidden = false;
    shownFor = select;
    const box = select.getBoundingClientRect();
    card.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 200))}px`;
    card.style.top = `${box.bottom + 6 + 180 > innerHeight ? box.top - 176 : box.bottom + 6}px`;
  };
  const hide = () => (card.hidden = true);
  select.addEventListener('pointerenter', event => event.pointerType === 'mouse' && show());
  select.addEventListener('focus', () => select.matches(':focus-visible') && show());
  select.addEventListener('change', () => !card.hidden && show());
  for (const leave of ['pointerleave', 'blur', 'pointerdown']) select.addEventListener(leave, hide);
  addEventListener('scroll', hide, { passive: true });
}

function curveKeys() {
  return [element('span', { class: 'key value' }, t('curve.value')), element('span', { class: 'key slope' }, t('curve.slope'))];
}

/**
 * All of them, each a button that takes it for every layer.
 * @param {Playground} playground
 */
export function makeFunctions(playground) {
  const holder = byId('functions');
  const field = document.querySelector('#activation-field select');
  if (field instanceof HTMLSelectElement) showCurveOf(playground, field, () => /** @type {Activation} */ (field.value));
  // A select that was drawn anew gets no word that the pointer left it.
  playground.on('built', () => {
    if (shownFor && !shownFor.isConnected) byId('curve-card').hidden = true;
  });
  const update = async () => {
    const all = await curves(playground);
    if (!all.curves) return;
    const used = new Set(playground.activations);
    const focused = document.activeElement?.getAttribute('data-function');
    holder.replaceChildren(...playground.catalog.choices.activation.filter(name => all.curves[name]).map(name => element('button', {
      type: 'button',
      class: 'function-card',
      'data-function': name,
      'aria-pressed': String(used.has(/** @type {Activation} */ (name))),
      click: () => playground.configure({ activation: /** @type {Activation} */ (name), layerActivations: [] }),
    }, element('strong', {}, choiceName('activation', name)), /** @type {any} */ (plot(all, name)), element('span', { class: 'formula' }, all.curves[name].formula))));
    if (focused) /** @type {HTMLElement|null} */ (holder.querySelector(`[data-function="${focused}"]`))?.focus();
  };
  let shown = '';
  playground.on(['configured', 'language'], () => {
    const now = JSON.stringify([playground.activations, t('language.name')]);
    if (now === shown) return;
    shown = now;
    update();
  });
  update();
}
