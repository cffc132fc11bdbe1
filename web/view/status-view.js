/** The numbers beside the chart: epoch, losses, accuracy and what more there is to say of them. */

import { byId, element, setText } from './element.js';
import { count, loss, percent, short } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').Score} Score */

/** @param {Playground} playground */
export function makeStatus(playground) {
  const update = () => {
    const { status, config } = playground;
    setText(byId('epoch'), count(status.epoch));
    setText(byId('test-loss'), loss(status.test.loss));
    setText(byId('training-loss'), loss(status.training.loss));
    const accuracy = status.test.accuracy ?? status.training.accuracy;
    byId('accuracy-line').hidden = accuracy === null;
    if (accuracy !== null) setText(byId('accuracy'), percent(accuracy));
    byId('penalty-line').hidden = config.regularization === 'none';
    setText(byId('with-penalty'), status.training.loss === null ? 'NaN' : loss(status.training.loss + status.penalty));
    setText(byId('progress'), t('progress', {
      batch: count(status.batch), batches: count(status.batches), samples: count(status.samples),
    }));
    setText(byId('cost'), t('cost', { count: playground.network.parameters, parameters: count(playground.network.parameters) }));
    setText(byId('rate-now'), config.schedule === 'constant' ? '' : t('rate.now', { rate: short(status.learningRate) }));
    setText(byId('stopped'), status.stopped ? t(`stopped.${status.stopped}`) : '');
    showConfusion(playground);
  };
  playground.on(['frame', 'configured', 'language', 'done'], update);
  byId('confusion-holder').addEventListener('toggle', update);
  update();
}

/** @param {Playground} playground */
function showConfusion(playground) {
  const table = byId('confusion');
  const holder = byId('confusion-holder');
  const score = playground.status.test.confusion ? playground.status.test : playground.status.training;
  holder.hidden = !score.confusion;
  if (!score.confusion || !(/** @type {HTMLDetailsElement} */ (holder).open)) return;
  const { confusion } = score;
  const names = classNames(playground, confusion.length);
  const most = Math.max(1, ...confusion.flat());
  const head = element('tr', {},
    element('th', { scope: 'col' }, t('confusion.corner')), ...names.map(name => element('th', { scope: 'col' }, name)));
  const rows = confusion.map((row, is) => element('tr', {},
    element('th', { scope: 'row' }, names[is]),
    ...row.map((number, taken) => {
      const cell = element('td', { class: is === taken ? 'right' : 'wrong' }, count(number));
      cell.style.setProperty('--share', String(number / most));
      return cell;
    })));
  table.replaceChildren(element('caption', {}, t('confusion.caption')), element('thead', {}, head), element('tbody', {}, ...rows));
}

/**
 * What the classes are called.
 * @param {Playground} playground
 * @param {number} classes
 */
export function classNames(playground, classes) {
  const { outputs } = playground.network;
  if (outputs.length === classes) return outputs;
  if (classes === 2) return ['−1', '+1'];
  return Array.from({ length: classes }, (_, index) => String(index));
}
