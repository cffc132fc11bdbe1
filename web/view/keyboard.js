/** The keys of the whole page: space runs and pauses, the right arrow steps, the left one steps back. */

import { step, stepBack, togglePlaying } from './transport.js';

/** @param {import('../playground.js').Playground} playground */
export function listenToKeys(playground) {
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (usesKey(event.target, event.key)) return;
    const act = { ' ': togglePlaying, ArrowRight: step, ArrowLeft: stepBack }[event.key];
    if (!act) return;
    event.preventDefault();
    act(playground);
  });
}

/**
 * Whether what has the focus needs the key for itself.
 * @param {EventTarget|null} target
 * @param {string} key
 */
function usesKey(target, key) {
  if (!(target instanceof Element)) return false;
  if (target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [role=tablist], [data-own-keys], [contenteditable]')) return true;
  return key === ' ' && target.closest('button, a, summary, input, [role=button]') !== null;
}
