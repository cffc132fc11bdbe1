/**
 * The dataflow graph that is running: placeholders, variables, operations, gradients and the update. Scopes open and fold;
 * what runs as one kernel has one outline; an operation that is chosen shows its rule, shapes, values and gradient.
 */

import { byId, element, setText, svg } from './element.js';
import { makeNodeDetails } from './node-details.js';
import { path } from './chart-scale.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').GraphPicture} GraphPicture */

/** Colours there are for the outlines of fused kernels, in the style sheet. */
const OUTLINES = 6;

/** @param {Playground} playground */
export function makeGraph(playground) {
  const panel = byId('panel-graph');
  const training = element('input', { type: 'checkbox', id: 'graph-training', checked: true, change: () => load() });
  const fit = element('input', { type: 'checkbox', id: 'graph-fit', checked: true, change: () => size() });
  const trainingLabel = element('label', { for: 'graph-training' });
  const fitLabel = element('label', { for: 'graph-fit' });
  const folds = element('div', { class: 'buttons' });
  const picture = svg('svg', { class: 'graph', role: 'group' });
  const scroller = element('div', { class: 'graph-scroller', role: 'region', tabIndex: 0 }, /** @type {any} */ (picture));
  const details = makeNodeDetails(playground);
  const hint = element('p', { class: 'hint' });
  const kernels = element('div', { class: 'kernels' });
  panel.append(element('div', { class: 'graph-options' },
    element('span', { class: 'field field-switch' }, training, trainingLabel),
    element('span', { class: 'field field-switch' }, fit, fitLabel)), hint, folds, scroller, details.element, kernels);

  /** @type {Set<string>} */
  const open = new Set();
  let visible = false;
  /** @type {GraphPicture|null} */
  let shown = null;
  const words = () => {
    setText(trainingLabel, t('graph.training'));
    setText(fitLabel, t('graph.fit'));
    setText(hint, t('graph.hint'));
    scroller.setAttribute('aria-label', t('tab.graph'));
    picture.setAttribute('aria-label', t('tab.graph'));
  };
  async function load() {
    words();
    if (!visible) return;
    const event = await playground.ask({ type: 'graph', open: [...open], training: training.checked });
    if (event.type !== 'graph') return;
    shown = event;
    draw(event);
    drawFolds();
    size();
  }
  function size() {
    if (!shown) return;
    const room = scroller.clientWidth - 2;
    const factor = fit.checked ? Math.min(1, Math.max(0.45, room / shown.width)) : 1;
    picture.style.width = `${shown.width * factor}px`;
    picture.style.height = `${shown.height * factor}px`;
  }
  /** @param {GraphPicture} graph */
  function draw(graph) {
    const focused = document.activeElement?.getAttribute('data-node');
    picture.setAttribute('viewBox', `0 0 ${graph.width} ${graph.height}`);
    picture.replaceChildren(
      svg('defs', {}, svg('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
        svg('path', { d: 'M0 0L8 4L0 8z' }))),
      ...graph.links.map(link => svg('path', { class: `wire${link.control ? ' control' : ''}`, d: path(link.points), 'marker-end': 'url(#arrow)' },
        svg('title', {}, link.label))),
      ...graph.blocks.map(block => drawBlock(block)));
    kernels.replaceChildren(...(graph.groups.length ? [element('h3', {}, t('graph.kernels')), element('ul', {},
      ...graph.groups.map(group => element('li', { class: `outline-${group.number % OUTLINES}` }, element('code', {}, group.text))))] : []));
    if (focused) /** @type {SVGElement|null} */ (picture.querySelector(`[data-node="${CSS.escape(focused)}"]`))?.focus();
  }
  /** A button to fold again each scope that is open. */
  function drawFolds() {
    folds.replaceChildren(...[...open].map(name => element('button', { type: 'button', click: () => {
      for (const other of open) if (other === name || other.startsWith(`${name}/`)) open.delete(other);
      load();
    } }, t('graph.fold', { name }))));
  }
  /** @param {GraphPicture['blocks'][number]} block */
  function drawBlock(block) {
    const isScope = block.kind === 'scope';
    const act = () => {
      if (isScope) {
        open.add(block.name);
        load();
      } else details.show(block.name);
    };
    const outline = block.group === null ? '' : ` outlined outline-${block.group % OUTLINES}`;
    const middle = block.x + block.width / 2;
    const first = block.y + block.height / 2 - (block.lines.length - 1) * 7 + 4;
    return svg('g', {
      class: `block ${block.kind}${outline}`,
      role: 'button',
      tabindex: 0,
      'data-node': block.name,
      'aria-label': isScope ? t('graph.scope', { text: block.lines.join(' ') }) : block.lines.join(' '),
      click: act,
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        act();
      },
    },
    svg('rect', { x: block.x, y: block.y, width: block.width, height: block.height, rx: isScope ? 10 : block.kind === 'op' ? block.height / 2 : 5 }),
    // The spaces are not drawn; they part the lines for those who hear them.
    ...block.lines.flatMap((line, index) => [svg('text', { x: middle, y: first + index * 14, class: index === 0 ? 'name' : 'detail' }, line), ' ']));
  }
  playground.on(['configured', 'language'], load);
  playground.on(['frame', 'done'], () => details.update());
  new ResizeObserver(size).observe(scroller);
  return {
    /** @param {boolean} now */
    show(now) {
      visible = now;
      details.active = now;
      load();
    },
  };
}
