/** Data of one's own: pasted or dropped as CSV, or drawn on the map point by point. */

import { byId, element, setText } from './element.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

/** The largest file that is read, in bytes. */
const LARGEST_FILE = 1_000_000;

/** What erasing takes away around the pointer, in units of the map. */
const ERASER = 0.4;

/** @param {Playground} playground */
export function makeOwnData(playground) {
  const text = /** @type {HTMLTextAreaElement} */ (byId('csv'));
  const error = byId('csv-error');
  const file = /** @type {HTMLInputElement} */ (byId('csv-file-input'));
  const use = async () => {
    setText(error, '');
    const event = await playground.engine.ask({ type: 'csv', text: text.value }).then(packet => packet.event);
    if (event.type === 'configured') playground.take(event);
    else if (event.type === 'failed') setText(error, event.message);
    else if (event.type === 'invalid') setText(error, event.errors.map((/** @type {any} */ each) => each.message).join(' '));
  };
  const read = async (/** @type {File} */ chosen) => {
    if (chosen.size > LARGEST_FILE) {
      setText(error, t('own.tooLarge', { name: chosen.name }));
      return;
    }
    text.value = await chosen.text();
    /** @type {HTMLDetailsElement} */ (byId('own-data')).open = true;
    use();
  };
  byId('use-csv').addEventListener('click', use);
  byId('csv-file').addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    if (file.files?.[0]) read(file.files[0]);
    file.value = '';
  });
  document.addEventListener('dragover', event => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  document.addEventListener('drop', event => {
    const dropped = event.dataTransfer?.files[0];
    if (!dropped || /\.json$/i.test(dropped.name)) return;
    event.preventDefault();
    read(dropped);
  });
  return makeBrush(playground);
}

/**
 * Drawing: while it is on, a click on the map adds a point of the brush's class, or erases.
 * @param {Playground} playground
 */
function makeBrush(playground) {
  const button = byId('draw-points');
  const brush = /** @type {HTMLSelectElement} */ (byId('brush'));
  /** @type {[number, number, number][]} */
  let points = [];
  let drawing = false;
  const words = () => {
    const chosen = brush.value;
    const { problem, classes } = playground.config;
    const labels = problem === 'multiclass'
      ? Array.from({ length: classes }, (_, index) => [String(index), String(index)])
      : [['1', '+1'], ['-1', '−1'], ...(problem === 'regression' ? [['0', '0']] : [])];
    brush.replaceChildren(...labels.map(([value, name]) => element('option', { value }, name)), element('option', { value: 'erase' }, t('own.erase')));
    if (chosen && [...brush.options].some(option => option.value === chosen)) brush.value = chosen;
  };
  const send = async () => {
    const sent = points;
    const { event } = await playground.engine.ask({ type: 'drawnPoints', points: sent });
    if (sent !== points) return;
    const taken = event.type === 'configured';
    playground.drawn = taken ? [] : points.map(([x, y, label]) => ({ x, y, target: [label] }));
    setText(byId('csv-error'), taken || points.length === 0 ? '' : event.message ?? '');
    if (taken) playground.take(event);
    else playground.tell('points');
  };
  const set = (/** @type {boolean} */ on) => {
    drawing = on;
    button.setAttribute('aria-pressed', String(on));
    byId('brushes').hidden = !on;
    byId('map').classList.toggle('drawing', on);
    // Drawing goes on from the points that are there.
    const field = playground.shownDataset;
    if (on && playground.config[field] === 'own') {
      points = [...playground.training, ...playground.test].map(({ x, y, target }) => [x, y, target[0]]);
    } else if (on) points = [];
    if (!on) {
      playground.drawn = [];
      playground.tell('points');
    }
  };
  button.addEventListener('click', () => set(!drawing));
  byId('undo-point').addEventListener('click', () => {
    points = points.slice(0, -1);
    send();
  });
  byId('clear-points').addEventListener('click', () => {
    points = [];
    send();
  });
  playground.on(['configured', 'language'], words);
  words();
  return {
    /**
     * @param {number} x
     * @param {number} y
     */
    draw(x, y) {
      if (!drawing) return false;
      if (brush.value === 'erase') points = points.filter(point => Math.hypot(point[0] - x, point[1] - y) > ERASER);
      else points = [...points, [Number(x.toFixed(3)), Number(y.toFixed(3)), Number(brush.value)]];
      send();
      return true;
    },
  };
}
