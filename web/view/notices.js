/** What went wrong, why, and the buttons that cure it. */

import { byId, element } from './element.js';
import { setting } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').Problem} Problem */

/** @param {Playground} playground */
export function makeNotices(playground) {
  const problem = byId('problem-notice');
  let shown = '';
  const update = () => {
    const { problem: found } = playground.status;
    const now = JSON.stringify([found, t('language.name')]);
    if (now === shown) return;
    shown = now;
    problem.hidden = !found;
    problem.replaceChildren(...(found ? explanation(playground, found) : []));
  };
  playground.on(['frame', 'configured', 'language', 'done'], update);

  const failure = byId('failure-notice');
  const tell = (/** @type {string} */ message, /** @type {string|null} */ hint) => {
    failure.hidden = false;
    failure.replaceChildren(element('p', {}, message, hint && ` ${hint}`),
      element('button', { type: 'button', click: () => (failure.hidden = true) }, t('close')));
  };
  playground.on('failed', event => tell(event.message, event.hint));
  playground.on(['configured', 'done'], () => (failure.hidden = true));
  playground.engine.onGone(() => {
    failure.hidden = false;
    failure.replaceChildren(element('p', {}, t('gone')),
      element('button', { type: 'button', click: () => location.reload() }, t('reload')));
  });
}

/**
 * @param {Playground} playground
 * @param {Problem} problem
 */
function explanation(playground, problem) {
  const { regularization, regularizationRate } = playground.config;
  const penalised = regularization !== 'none' && regularizationRate > 0;
  const advice = problem.advice.filter(each => each !== 'lessRegularization' || penalised).map(each => cure(playground, each));
  return [
    element('p', {}, element('strong', {}, t(`problem.${problem.kind}`)), ' ', problem.node ? t('problem.node', { node: problem.node }) : ''),
    element('p', { class: 'hint' }, problem.message),
    element('p', {}, t('problem.advice')),
    element('div', { class: 'buttons' }, ...advice),
  ];
}

/**
 * A button that follows a piece of advice.
 * @param {Playground} playground
 * @param {Problem['advice'][number]} advice
 */
function cure(playground, advice) {
  const { config, catalog } = playground;
  const below = (/** @type {'learningRate'|'regularizationRate'} */ field) => (
    (catalog.usual[field] ?? []).filter(value => value < config[field]).at(-1) ?? config[field] / 10);
  const button = (/** @type {string} */ text, /** @type {() => void} */ act) => element('button', { type: 'button', click: act }, text);
  switch (advice) {
    case 'smallerLearningRate': {
      const rate = below('learningRate');
      return button(t('cure.smallerLearningRate', { rate: setting(rate) }), async () => {
        await playground.configure({ learningRate: rate });
        playground.ask({ type: 'reset' });
      });
    }
    case 'lessRegularization': {
      const rate = below('regularizationRate');
      return button(t('cure.lessRegularization', { rate: setting(rate) }), async () => {
        await playground.configure({ regularizationRate: rate });
        playground.ask({ type: 'reset' });
      });
    }
    case 'boundedActivation':
      return button(t('cure.boundedActivation'), () => playground.configure({ activation: 'tanh', layerActivations: [] }));
    case 'stepBack':
      return button(t('cure.stepBack'), () => playground.ask({ type: 'stepBack', unit: config.stepUnit }));
    default:
      return button(t('cure.resetWeights'), () => playground.ask({ type: 'reset' }));
  }
}
