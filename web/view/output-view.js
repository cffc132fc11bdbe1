/**
 * The map of what the network answers at every place, with the examples on it; or the map of the neuron that is looked at.
 * The value under the pointer is told, a click follows a point through the network, and in drawing it adds points.
 */

import { MAP_SIDE } from '../engine/protocol.js';
import { byId, element, setText } from './element.js';
import { CLASS_COLOURS, css } from './colour.js';
import { discretized, paintClasses, paintValues } from './heat-map.js';
import { isWrong, markOf, traceMark } from './point-marks.js';
import { neuronName } from './network-view.js';
import { classNames } from './status-view.js';
import { percent, short } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../playground.js').Example} Example */

/** The map shows −6 to 6 both ways. */
export const REACH = 6;

/** How near to a point, in pixels, the pointer means it. */
const NEAR = 8;

/**
 * @typedef {Object} MapEvents
 * @property {(at: { x: number, y: number } | { example: number, set: 'training'|'test' } | null) => void} look
 * @property {(x: number, y: number) => boolean} draw whether a click there was taken for drawing
 */

/**
 * @param {Playground} playground
 * @param {{ current: import('./colour.js').ValueColours }} colours
 * @param {MapEvents} events
 */
export function makeOutput(playground, colours, events) {
  const holder = byId('map');
  const heat = element('canvas', { class: 'heat', 'aria-hidden': 'true' });
  const points = element('canvas', { class: 'points', role: 'img' });
  const reading = element('p', { class: 'map-reading', 'aria-hidden': 'true' });
  const title = element('p', { class: 'map-title' });
  const plane = element('div', { class: 'plane' }, heat, points, reading);
  holder.append(title, element('div', { class: 'axis-y', 'aria-hidden': 'true' }, ...axisMarks()), plane,
    element('div', { class: 'axis-x', 'aria-hidden': 'true' }, ...axisMarks()));

  let width = 0;
  const paint = () => {
    const { frame, config, watch } = playground;
    if (!frame) return;
    const size = MAP_SIDE * MAP_SIDE;
    const watching = watch !== null && frame.watched.length === size;
    plane.classList.toggle('watching', watching);
    setText(title, watching ? t('map.of', { name: neuronName(playground, watch.layer, watch.unit) }) : '');
    const shown = config.discretize ? discretized : (/** @type {number} */ value) => value;
    if (watching) paintValues(heat, frame.watched, MAP_SIDE, colours.current, shown);
    else if (frame.output.length < size) return;
    else if (config.problem === 'multiclass' || config.problem === 'multilabel') {
      paintClasses(heat, frame.output, frame.outputs, MAP_SIDE, colours.current, config.discretize && config.problem === 'multiclass');
    } else paintValues(heat, frame.output, MAP_SIDE, colours.current, shown);
    drawPoints(playground, points, width, colours.current);
    points.setAttribute('aria-label', t('map.label', {
      training: playground.training.length, test: playground.test.length,
    }));
  };
  playground.on(['frame', 'theme', 'points', 'watch', 'language'], paint);
  new ResizeObserver(([{ contentRect }]) => {
    width = contentRect.width;
    paint();
  }).observe(plane);
  playground.on(['configured', 'language', 'theme'], () => drawLegend(playground, colours.current));
  drawLegend(playground, colours.current);

  const place = (/** @type {PointerEvent|MouseEvent} */ event) => {
    const box = plane.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * 2 * REACH - REACH,
      y: REACH - ((event.clientY - box.top) / box.height) * 2 * REACH,
      pixel: (2 * REACH) / box.width,
    };
  };
  plane.addEventListener('pointermove', event => {
    const { x, y, pixel } = place(event);
    const value = valueAt(playground, x, y);
    setText(reading, t('map.reading', { x: short(Number(x.toFixed(2))), y: short(Number(y.toFixed(2))), value }));
    events.look(exampleAt(playground, x, y, NEAR * pixel) ?? { x, y });
  });
  plane.addEventListener('pointerleave', () => {
    setText(reading, '');
    events.look(null);
  });
  plane.addEventListener('click', event => {
    const { x, y } = place(event);
    events.draw(x, y);
  });
}

function axisMarks() {
  return [-6, -4, -2, 0, 2, 4, 6].map(mark => {
    const made = element('span', {}, mark < 0 ? `−${-mark}` : String(mark));
    made.style.setProperty('--at', `${((mark + REACH) / (2 * REACH)) * 100}%`);
    return made;
  });
}

/**
 * What the map says at a place.
 * @param {Playground} playground
 * @param {number} x
 * @param {number} y
 */
function valueAt(playground, x, y) {
  const { frame } = playground;
  const cell = cellAt(x, y);
  if (!frame || cell === null) return '';
  const size = MAP_SIDE * MAP_SIDE;
  if (playground.watch && frame.watched.length === size) return short(frame.watched[cell]);
  const values = Array.from({ length: frame.outputs }, (_, output) => frame.output[output * size + cell]);
  if (playground.config.problem !== 'multiclass') return values.map(short).join(' · ');
  const best = values.indexOf(Math.max(...values));
  return t('map.class', { name: classNames(playground, values.length)[best] ?? '?', share: percent(values[best] ?? NaN) });
}

/**
 * @param {number} x
 * @param {number} y
 */
function cellAt(x, y) {
  const column = Math.floor(((x + REACH) / (2 * REACH)) * MAP_SIDE);
  const row = Math.floor(((REACH - y) / (2 * REACH)) * MAP_SIDE);
  if (column < 0 || row < 0 || column >= MAP_SIDE || row >= MAP_SIDE) return null;
  return row * MAP_SIDE + column;
}

/**
 * The example nearest to a place, if one is within reach.
 * @param {Playground} playground
 * @param {number} x
 * @param {number} y
 * @param {number} within
 * @returns {{ example: number, set: 'training'|'test' }|null}
 */
function exampleAt(playground, x, y, within) {
  /** @type {{ example: number, set: 'training'|'test' }|null} */
  let best = null;
  let least = within;
  for (const set of /** @type {const} */ (['training', 'test'])) {
    if (set === 'test' && !playground.config.showTestData) continue;
    playground[set].forEach((point, example) => {
      const distance = Math.hypot(point.x - x, point.y - y);
      if (distance < least) {
        least = distance;
        best = { example, set };
      }
    });
  }
  return best;
}

/**
 * @param {Playground} playground
 * @param {HTMLCanvasElement} canvas
 * @param {number} width of the map on the page
 * @param {import('./colour.js').ValueColours} colours
 */
function drawPoints(playground, canvas, width, colours) {
  const sharp = Math.min(3, devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * sharp)) canvas.width = canvas.height = Math.round(width * sharp);
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.clearRect(0, 0, width, width);
  const toPixel = width / (2 * REACH);
  const { config } = playground;
  const radius = config.problem === 'regression' ? 2.6 : 3.2;
  const drawSet = (/** @type {Example[]} */ set, /** @type {string} */ rim) => {
    for (const { x, y, target } of set) {
      if (Math.abs(x) > REACH || Math.abs(y) > REACH) continue;
      const mark = markOf(config, target, colours);
      const left = (x + REACH) * toPixel;
      const top = (REACH - y) * toPixel;
      if (!playground.watch && isWrong(config, target, outputsAt(playground, x, y))) {
        context.beginPath();
        context.arc(left, top, radius + 2.5, 0, 2 * Math.PI);
        context.strokeStyle = colours.dark ? 'rgb(255 255 255 / 75%)' : 'rgb(16 24 32 / 60%)';
        context.lineWidth = 0.9;
        context.stroke();
      }
      traceMark(context, mark.shape, left, top, radius);
      context.fillStyle = mark.colour;
      context.fill();
      context.strokeStyle = rim;
      context.lineWidth = 1;
      context.stroke();
    }
  };
  if (playground.drawn.length > 0) {
    drawSet(playground.drawn, '#ffffff');
    return;
  }
  drawSet(playground.training, '#ffffff');
  if (config.showTestData) drawSet(playground.test, '#000000');
}

/**
 * @param {Playground} playground
 * @param {number} x
 * @param {number} y
 * @returns {number[]}
 */
function outputsAt({ frame }, x, y) {
  const cell = cellAt(x, y);
  const size = MAP_SIDE * MAP_SIDE;
  if (!frame || cell === null || frame.output.length < size) return [NaN];
  return Array.from({ length: frame.outputs }, (_, output) => frame.output[output * size + cell]);
}

/**
 * What colours and shapes stand for.
 * @param {Playground} playground
 * @param {import('./colour.js').ValueColours} colours
 */
function drawLegend(playground, colours) {
  const { config, network } = playground;
  const legend = byId('legend');
  if (config.problem === 'multiclass' || config.problem === 'multilabel') {
    const names = classNames(playground, network.outputs.length);
    legend.replaceChildren(element('p', {}, t('legend.classes')), element('ul', { class: 'class-list' },
      ...names.map((name, index) => element('li', {}, sample(index, css(CLASS_COLOURS[index]), config.problem === 'multiclass'), name))));
    return;
  }
  const ramp = element('span', { class: 'ramp' });
  ramp.style.background = `linear-gradient(to right, ${css(colours.negative)}, ${css(colours.ground)}, ${css(colours.positive)})`;
  const ends = ['−1', '0', '+1'].map(end => element('span', {}, end));
  legend.replaceChildren(element('p', {}, t('legend.values')),
    element('div', { class: 'scale', 'aria-hidden': 'true' }, ramp, element('div', { class: 'ends' }, ...ends)));
}

/**
 * @param {number} shape
 * @param {string} colour
 * @param {boolean} own whether each class has a shape of its own
 */
function sample(shape, colour, own) {
  const made = element('canvas', { width: 28, height: 28, class: 'sample', 'aria-hidden': 'true' });
  const context = made.getContext('2d');
  if (context) {
    traceMark(context, own ? shape % 6 : 0, 14, 14, 9);
    context.fillStyle = colour;
    context.fill();
  }
  return made;
}
