/** The three representations of the network, one shown at a time. Arrow keys go from tab to tab. */

import { byId } from './element.js';

/** @typedef {'neurons'|'formulas'|'graph'} Representation */

const ALL = /** @type {const} */ (['neurons', 'formulas', 'graph']);

/** @param {(shown: Representation) => void} onShow */
export function makeTabs(onShow) {
  const tabs = ALL.map(name => byId(`tab-${name}`));
  const show = (/** @type {number} */ chosen) => {
    ALL.forEach((name, index) => {
      const selected = index === chosen;
      tabs[index].setAttribute('aria-selected', String(selected));
      tabs[index].tabIndex = selected ? 0 : -1;
      byId(`panel-${name}`).hidden = !selected;
    });
    onShow(ALL[chosen]);
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => show(index));
    tab.addEventListener('keydown', event => {
      const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: ALL.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = (to + ALL.length) % ALL.length;
      show(next);
      tabs[next].focus();
    });
  });
}
