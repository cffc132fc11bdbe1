/**
 * What is said aloud to those who do not see the page: when learning begins and ends, each step, and now and then how it
 * goes. Politely, and never more often than a sentence can be listened to.
 */

import { byId } from './element.js';
import { count, loss, percent } from './number-format.js';
import { t } from '../strings/index.js';

/** While it learns, how often to say how it goes, in milliseconds. */
const WHILE_PLAYING = 10_000;

/** @typedef {import('../playground.js').Playground} Playground */

/** @param {Playground} playground */
export function makeAnnouncer(playground) {
  let playing = playground.status.playing;
  let step = playground.status.step;
  let spoken = 0;
  const update = () => {
    const { status } = playground;
    const now = performance.now();
    if (status.playing !== playing) {
      playing = status.playing;
      say(playing ? t('announce.playing') : summary(playground));
      spoken = now;
    } else if (status.step !== step && (!playing || now - spoken > WHILE_PLAYING)) {
      say(summary(playground));
      spoken = now;
    }
    step = status.step;
  };
  playground.on(['frame', 'done'], update);
}

/** @param {string} text */
export function say(text) {
  byId('announcements').textContent = text;
}

/** @param {Playground} playground */
function summary({ status }) {
  const parts = [
    t('announce.epoch', { epoch: count(status.epoch) }),
    t('announce.losses', { test: loss(status.test.loss), training: loss(status.training.loss) }),
  ];
  if (status.test.accuracy !== null) parts.push(t('announce.accuracy', { accuracy: percent(status.test.accuracy) }));
  if (status.stopped) parts.push(t(`stopped.${status.stopped}`));
  return parts.join(' ');
}
