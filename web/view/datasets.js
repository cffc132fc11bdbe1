/** Pictures of the data sets to choose from, and the button for new data. */

import { byId, element } from './element.js';
import { markOf, traceMark } from './point-marks.js';
import { choiceName } from './fields.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

const SIDE = 56;
const REACH = 6;

/**
 * @param {Playground} playground
 * @param {{ current: import('./colour.js').ValueColours }} colours
 */
export function makeDatasets(playground, colours) {
  const holder = byId('datasets');
  /** @type {Record<string, [number, number, number][]>} */
  let samples = {};
  let shown = '';
  const update = () => {
    const field = playground.shownDataset;
    const chosen = playground.config[field];
    const now = JSON.stringify([field, chosen, playground.config.classes, t('language.name'), colours.current.dark, Object.keys(samples).length]);
    if (now === shown) return;
    shown = now;
    const focused = document.activeElement?.getAttribute('data-choice');
    const choices = (playground.catalog.choices[field] ?? []).filter(choice => samples[choice]);
    holder.hidden = choices.length < 2;
    holder.replaceChildren(...choices.map(choice => {
      const canvas = element('canvas', { width: SIDE * 2, height: SIDE * 2, 'aria-hidden': 'true' });
      drawSample(playground, canvas, samples[choice], colours.current);
      return element('button', {
        type: 'button',
        class: 'dataset',
        'data-choice': choice,
        'aria-pressed': String(choice === chosen),
        'aria-label': choiceName(field, choice),
        title: choiceName(field, choice),
        click: () => playground.configure({ [field]: choice }),
      }, canvas);
    }));
    if (focused) /** @type {HTMLElement|null} */ (holder.querySelector(`[data-choice="${focused}"]`))?.focus();
  };
  const load = async () => {
    const { event } = await playground.engine.ask({ type: 'thumbnails' });
    if (event.type === 'thumbnails') samples = event.datasets;
    shown = '';
    update();
  };
  const kind = () => `${playground.config.problem} ${playground.config.classes}`;
  let loaded = kind();
  playground.on(['configured', 'language', 'theme'], () => {
    if (loaded !== kind()) {
      loaded = kind();
      load();
    } else update();
  });
  byId('new-data').addEventListener('click', () => playground.ask({ type: 'newData' }));
  load();
}

/**
 * @param {Playground} playground
 * @param {HTMLCanvasElement} canvas
 * @param {[number, number, number][]} points
 * @param {import('./colour.js').ValueColours} colours
 */
function drawSample(playground, canvas, points, colours) {
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(2, 2);
  const dot = playground.config.problem === 'regression' ? 1.6 : 1.5;
  for (const [x, y, ...target] of points) {
    const { colour } = markOf(playground.config, target, colours);
    traceMark(context, 0, ((x + REACH) / (2 * REACH)) * SIDE, ((REACH - y) / (2 * REACH)) * SIDE, dot);
    context.fillStyle = colour;
    context.fill();
  }
}
