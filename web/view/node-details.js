/** All about one operation of the graph: rule, attributes, inputs, outputs with their values and gradients. */

import { element } from './element.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').NodeDetails} NodeDetails */

/** While it learns, how often values are read anew, in milliseconds. */
const EVERY = 400;

/** @param {Playground} playground */
export function makeNodeDetails(playground) {
  const holder = element('aside', { class: 'node-details', 'aria-live': 'polite', hidden: true });
  /** @type {string|null} */
  let name = null;
  let asking = false;
  let last = 0;
  async function load() {
    if (name === null || asking) return;
    asking = true;
    const { event } = await playground.engine.ask({ type: 'node', name });
    asking = false;
    last = performance.now();
    if (event.type === 'node') fill(holder, event, close);
    else close();
  }
  function close() {
    name = null;
    holder.hidden = true;
  }
  return {
    element: holder,
    active: false,
    /** @param {string} chosen */
    show(chosen) {
      name = chosen;
      holder.hidden = false;
      return load();
    },
    update() {
      if (this.active && name !== null && performance.now() - last > EVERY) load();
    },
  };
}

/**
 * @param {HTMLElement} holder
 * @param {NodeDetails} node
 * @param {() => void} close
 */
function fill(holder, node, close) {
  holder.setAttribute('aria-live', 'off');
  holder.setAttribute('aria-label', node.name);
  const attributes = Object.entries(node.attributes);
  holder.replaceChildren(...[
    element('div', { class: 'card-head' }, element('strong', {}, node.op), element('code', {}, node.name),
      element('button', { type: 'button', class: 'quiet', 'aria-label': t('close'), click: close }, '×')),
    element('p', { class: 'rule' }, node.rule),
    node.inputs.length ? tensors(t('node.inputs'), node.inputs.map(input => [input.name, `${input.dtype} ${input.shape}`])) : null,
    ...node.outputs.map(output => tensors(t('node.output'), [
      [output.name, `${output.dtype} ${output.shape}`],
      ...(output.value === null ? [] : [[t('node.value'), output.value]]),
      ...(output.gradient === null ? [] : [[t('node.gradient'), output.gradient]]),
    ])),
    attributes.length ? tensors(t('node.attributes'), attributes) : null,
    node.fused ? element('p', { class: 'hint' }, t('node.fused'), ' ', element('code', {}, node.fused.text)) : null,
    node.line?.length ? element('p', { class: 'hint' }, t('node.line'), ' ', element('code', {}, node.line.join(' '))) : null,
  ].filter(each => each !== null));
}

/**
 * @param {string} title
 * @param {string[][]} rows
 */
function tensors(title, rows) {
  return element('table', { class: 'numbers facts-table' }, element('caption', {}, title), element('tbody', {},
    ...rows.map(([name, text]) => element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, text)))));
}
