/** Play, step, back, reset; and the slider along the steps that were made. */

import { byId, element, setText } from './element.js';
import { errorText } from './fields.js';
import { count } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */

const ICONS = {
  play: 'M8 5v14l11-7z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
};

/** @param {Playground} playground */
export function makeTransport(playground) {
  const play = byId('play');
  const icon = play.querySelector('path');
  const name = byId('play-name');
  play.addEventListener('click', () => togglePlaying(playground));
  byId('step').addEventListener('click', () => step(playground));
  byId('step-back').addEventListener('click', () => stepBack(playground));
  byId('reset').addEventListener('click', () => playground.ask({ type: 'reset' }));
  byId('new-weights').addEventListener('click', () => playground.ask({ type: 'newWeights' }));

  const slider = byId('time');
  const time = /** @type {HTMLInputElement} */ (slider);
  const backward = /** @type {HTMLButtonElement} */ (byId('step-back'));
  let seeking = false;
  /** @type {number|null} */
  let wanted = null;
  time.addEventListener('input', async () => {
    wanted = Number(time.value);
    if (seeking) return;
    seeking = true;
    while (wanted !== null) {
      const target = wanted;
      wanted = null;
      await playground.ask({ type: 'seek', step: target });
    }
    seeking = false;
  });

  const update = () => {
    const { status } = playground;
    setText(name, t(status.playing ? 'pause' : 'play'));
    icon?.setAttribute('d', status.playing ? ICONS.pause : ICONS.play);
    document.body.classList.toggle('playing', status.playing);
    time.min = String(status.oldest);
    time.max = String(Math.max(status.newest, status.oldest + 1));
    if (!seeking) time.value = String(status.step);
    time.disabled = status.newest === 0;
    const reach = status.newest - status.oldest;
    time.style.setProperty('--filled', `${reach > 0 ? ((status.step - status.oldest) / reach) * 100 : 0}%`);
    const text = t('time.text', { step: count(status.step), newest: count(status.newest) });
    time.setAttribute('aria-valuetext', text);
    setText(byId('time-text'), text);
    backward.disabled = status.step <= status.oldest && status.sample === 0;
  };
  playground.on(['frame', 'configured', 'language', 'done'], update);
  update();
}

/** @param {Playground} playground */
export function togglePlaying(playground) {
  return playground.ask({ type: playground.status.playing ? 'pause' : 'play' });
}

/** @param {Playground} playground */
export function step(playground) {
  return playground.ask({ type: 'step', unit: playground.config.stepUnit });
}

/** @param {Playground} playground */
export function stepBack(playground) {
  return playground.ask({ type: 'stepBack', unit: playground.config.stepUnit });
}

/**
 * The settings that came with an address and were not understood.
 * @param {Playground} playground
 */
export function makeAddressNotice(playground) {
  const notice = byId('address-notice');
  playground.on('configured', event => {
    const ignored = event?.ignored ?? [];
    if (ignored.length === 0) return;
    notice.hidden = false;
    byId('address-notice-list').replaceChildren(
      ...ignored.map((/** @type {import('../engine/protocol.js').FieldError} */ error) => element('li', {}, errorText(error))),
    );
  });
  byId('address-notice-close').addEventListener('click', () => (notice.hidden = true));
}
