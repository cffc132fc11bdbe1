/** Loss against epochs: training and test, with axes, a logarithmic scale on demand and the values under the pointer. */

import { byId, element, setText, svg } from './element.js';
import { count, loss, percent, setting } from './number-format.js';
import { logarithmicTicks, path, scale, ticks } from './chart-scale.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

const HEIGHT = 132;
const MARGIN = { left: 40, right: 8, top: 10, bottom: 22 };

/** Numbers of a row of the history: epoch, training loss, test loss, training accuracy, test accuracy. */
const COLUMNS = 5;

/** @param {Playground} playground */
export function makeLossChart(playground) {
  const holder = byId('loss-chart');
  const picture = svg('svg', { role: 'img' });
  const reading = element('p', { class: 'reading', 'aria-hidden': 'true' });
  const logarithmic = element('input', { type: 'checkbox', id: 'logarithmic', change: () => draw() });
  const label = element('label', { for: 'logarithmic' });
  holder.append(/** @type {any} */ (picture), element('div', { class: 'chart-foot' },
    reading, element('span', { class: 'field field-switch' }, logarithmic, label)));
  /** @type {number|null} */
  let pointer = null;
  // Measured when it changes: asking while numbers are written would have the page laid out once more each frame.
  let width = 0;
  picture.addEventListener('pointermove', event => {
    pointer = event.clientX - picture.getBoundingClientRect().left;
    draw();
  });
  picture.addEventListener('pointerleave', () => {
    pointer = null;
    draw();
  });

  function draw() {
    setText(label, t('chart.logarithmic'));
    const rows = historyRows(playground.frame?.history ?? new Float32Array(0));
    if (width === 0) return;
    picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    const { status } = playground;
    picture.setAttribute('aria-label', t('chart.label', {
      epochs: count(status.epoch), test: loss(status.test.loss), training: loss(status.training.loss),
    }));
    const chart = measure(rows, width, logarithmic.checked);
    const at = pointer === null ? null : nearest(rows, chart, pointer);
    picture.replaceChildren(...axes(chart, width), ...curves(rows, chart), ...cross(rows, chart, at));
    const row = at === null ? null : rows[at];
    setText(reading, row ? readingOf(row) : '');
    reading.classList.toggle('empty', !row);
    if (!row) reading.replaceChildren(...keys());
  }
  playground.on(['frame', 'language', 'theme'], draw);
  new ResizeObserver(([{ contentRect }]) => {
    width = contentRect.width;
    draw();
  }).observe(holder);
}

/** @param {Float32Array} history */
export function historyRows(history) {
  const rows = [];
  for (let start = 0; start + COLUMNS <= history.length; start += COLUMNS) rows.push(history.subarray(start, start + COLUMNS));
  return rows;
}

/**
 * @typedef {Object} Chart
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 * @property {number[]} xTicks
 * @property {number[]} yTicks
 */

/**
 * @param {Float32Array[]} rows
 * @param {number} width
 * @param {boolean} logarithmic
 * @returns {Chart}
 */
function measure(rows, width, logarithmic) {
  const losses = rows.flatMap(row => [row[1], row[2]]).filter(value => Number.isFinite(value) && (!logarithmic || value > 0));
  const most = losses.length ? Math.max(...losses) : 1;
  const least = losses.length ? Math.min(...losses) : 0;
  /** @type {[number, number]} */
  const range = logarithmic ? [Math.max(least, 1e-12), Math.max(most, least * 1.01)] : [0, most > 0 ? most * 1.05 : 1];
  const first = rows[0]?.[0] ?? 0;
  const last = Math.max(rows.at(-1)?.[0] ?? 0, first + 10);
  return {
    x: scale([first, last], [MARGIN.left, width - MARGIN.right], false),
    y: scale(range, [HEIGHT - MARGIN.bottom, MARGIN.top], logarithmic),
    xTicks: ticks(first, last, Math.max(2, Math.floor(width / 70))),
    yTicks: logarithmic ? logarithmicTicks(range[0], range[1]) : ticks(range[0], range[1], 4),
  };
}

/**
 * @param {Chart} chart
 * @param {number} width
 */
function axes(chart, width) {
  return [
    ...chart.yTicks.flatMap(value => [
      svg('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: chart.y(value), y2: chart.y(value) }),
      svg('text', { class: 'tick end', x: MARGIN.left - 6, y: chart.y(value) + 3.5 }, tickText(value)),
    ]),
    ...chart.xTicks.map(value => svg('text', { class: 'tick middle', x: chart.x(value), y: HEIGHT - 6 }, compact(value))),
  ];
}

/** @param {number} value */
function tickText(value) {
  return Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.001) ? value.toExponential(0).replace('-', '−') : setting(Number(value.toPrecision(3)));
}

/** @param {number} value a number of epochs */
function compact(value) {
  return value >= 10000 ? `${setting(value / 1000)}k` : setting(value);
}

/**
 * @param {Float32Array[]} rows
 * @param {Chart} chart
 */
function curves(rows, chart) {
  return [[1, 'training'], [2, 'test']].map(([column, name]) => svg('path', {
    class: `curve ${name}`,
    d: path(rows.map(row => [chart.x(row[0]), chart.y(row[Number(column)])])),
  }));
}

/**
 * @param {Float32Array[]} rows
 * @param {Chart} chart
 * @param {number|null} at
 */
function cross(rows, chart, at) {
  if (at === null) return [];
  const x = chart.x(rows[at][0]);
  return [
    svg('line', { class: 'cross', x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
    ...[1, 2].filter(column => Number.isFinite(chart.y(rows[at][column]))).map(column => svg('circle', {
      class: `dot ${column === 1 ? 'training' : 'test'}`, cx: x, cy: chart.y(rows[at][column]), r: 3,
    })),
  ];
}

/**
 * @param {Float32Array[]} rows
 * @param {Chart} chart
 * @param {number} pointer
 */
function nearest(rows, chart, pointer) {
  let best = null;
  let least = Infinity;
  rows.forEach((row, index) => {
    const distance = Math.abs(chart.x(row[0]) - pointer);
    if (distance < least) {
      least = distance;
      best = index;
    }
  });
  return best;
}

/** @param {Float32Array} row */
function readingOf(row) {
  const text = t('chart.reading', { epoch: count(row[0]), test: loss(row[2]), training: loss(row[1]) });
  return row[4] >= 0 ? `${text} · ${percent(row[4])}` : text;
}

function keys() {
  return ['test', 'training'].map(name => element('span', { class: `key ${name}` }, t(`chart.${name}`)));
}
