/**
 * The network as neurons: an SVG of the links, over it a button with a small map for each neuron. Hovering shows a neuron's
 * map large, a click keeps it there with its numbers to edit; a feature is switched on and off.
 */

import { FEATURES, THUMBNAIL_SIDE } from '../engine/protocol.js';
import { byId, element, setText, svg } from './element.js';
import { discretized, paintValues } from './heat-map.js';
import { layout, lineWidth } from './network-layout.js';
import { makeLayerHeads } from './layer-heads.js';
import { short } from './number-format.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('./network-layout.js').Layout} Layout */
/** @typedef {import('./network-layout.js').Place} Place */
/** @typedef {import('./parameter-card.js').Card} Card */
/** @typedef {{ current: import('./colour.js').ValueColours }} Colours */

/** What lines can show: names of a frame's arrays. */
const LINE_VALUES = /** @type {const} */ (['parameters', 'gradients', 'updates']);

/** How features are written. @type {Record<string, string>} */
export const FEATURE_SYMBOLS = {
  x: 'x₁', y: 'x₂', xSquared: 'x₁²', ySquared: 'x₂²', xTimesY: 'x₁x₂', sinX: 'sin x₁', sinY: 'sin x₂',
};

/** So many links are drawn with moving dashes; more would cost more than they show. */
const MOST_MOVING_LINKS = 160;

/**
 * @typedef {Object} Neuron
 * @property {Place} place
 * @property {HTMLButtonElement} button
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement|null} bias
 * @property {HTMLElement} badge
 */

/**
 * @param {Playground} playground
 * @param {Colours} colours
 * @param {Card} card
 */
export function makeNetwork(playground, colours, card) {
  const holder = byId('network');
  const view = new NetworkView(playground, colours, card, holder);
  playground.on(['configured', 'language'], () => view.build());
  playground.on(['frame', 'theme'], () => view.paint());
  playground.on('watch', () => view.mark());
  new ResizeObserver(() => view.resize()).observe(holder);

  const lines = /** @type {HTMLSelectElement} */ (byId('lines'));
  const fillLines = () => {
    const chosen = lines.value || 'parameters';
    lines.replaceChildren(...LINE_VALUES.map(value => element('option', { value }, t(`lines.${value}`))));
    lines.value = chosen;
  };
  fillLines();
  playground.on('language', fillLines);
  lines.addEventListener('change', () => {
    view.lineValue = /** @type {typeof LINE_VALUES[number]} */ (lines.value);
    view.paint();
  });

  byId('add-layer').addEventListener('click', () => {
    reshape(playground, [...playground.wanted.networkShape, 2]);
  });
  byId('remove-layer').addEventListener('click', () => {
    reshape(playground, playground.wanted.networkShape.slice(0, -1));
  });
  const count = () => {
    const hidden = playground.config.networkShape.length;
    setText(byId('layer-count'), t('layers', { count: hidden }));
    /** @type {HTMLButtonElement} */ (byId('remove-layer')).disabled = hidden === 0;
    /** @type {HTMLButtonElement} */ (byId('add-layer')).disabled = hidden >= 8;
  };
  playground.on(['configured', 'language'], count);
  count();
  return view;
}

class NetworkView {
  /**
   * @param {Playground} playground
   * @param {Colours} colours
   * @param {Card} card
   * @param {HTMLElement} holder
   */
  constructor(playground, colours, card, holder) {
    this.playground = playground;
    this.colours = colours;
    this.card = card;
    this.holder = holder;
    /** @type {typeof LINE_VALUES[number]} */
    this.lineValue = 'parameters';
    /** @type {Neuron[]} */ this.neurons = [];
    /** @type {SVGPathElement[]} */ this.paths = [];
    /** Width and colour of each path. @type {string[]} */
    this.looks = [];
    /** @type {Layout|null} */ this.layout = null;
    this.width = 0;
    this.links = svg('svg', { 'aria-hidden': 'true', class: 'links' });
    this.stage = element('div', { class: 'stage' }, /** @type {any} */ (this.links));
    this.heads = makeLayerHeads(playground);
    holder.append(this.stage);
    this.build();
  }

  resize() {
    if (Math.abs(this.holder.clientWidth - this.width) > 2) this.build();
  }

  /** Places everything anew. The focus stays where it is. */
  build() {
    const { playground } = this;
    this.width = this.holder.clientWidth;
    if (this.width === 0) return;
    const large = matchMedia('(pointer: coarse)').matches;
    const node = large ? 44 : 40;
    this.layout = layout(playground.network, {
      width: this.width, node, gap: large ? 10 : 13, left: 52, right: 12, top: large ? 124 : 96, column: large ? 104 : 76,
    });
    const focused = document.activeElement?.getAttribute('data-key');
    this.stage.style.width = `${this.layout.width}px`;
    this.stage.style.height = `${this.layout.height}px`;
    this.links.setAttribute('viewBox', `0 0 ${this.layout.width} ${this.layout.height}`);
    this.drawLinks(this.layout);
    this.heads.build(this.layout, node);
    this.neurons = this.layout.places.map(place => this.neuron(place, node));
    this.stage.replaceChildren(
      /** @type {any} */ (this.links),
      ...this.heads.elements,
      ...this.neurons.flatMap(({ button, bias, place }) => [
        place.layer < 0 ? this.featureName(place, node) : null, button, bias,
      ].filter(each => each !== null)),
    );
    if (focused) /** @type {HTMLElement|null} */ (this.stage.querySelector(`[data-key="${focused}"]`))?.focus({ preventScroll: true });
    this.paint();
    this.mark();
    this.playground.tell('built');
  }

  /** @param {Layout} made */
  drawLinks(made) {
    this.looks = [];
    this.paths = made.links.map(link => svg('path', { d: link.path, class: 'link' }));
    const areas = made.links.map((link, index) => svg('path', {
      d: link.path,
      class: 'link-area',
      pointerenter: (/** @type {PointerEvent} */ event) => {
        this.paths[index].classList.add('hovered');
        this.card.hoverWeight(link, event.clientX, event.clientY);
      },
      pointerleave: () => {
        this.paths[index].classList.remove('hovered');
        this.card.leave();
      },
      click: (/** @type {MouseEvent} */ event) => this.card.pinWeight(link, event.clientX, event.clientY),
    }));
    this.links.replaceChildren(...this.paths, ...areas);
    this.links.classList.toggle('moving', made.links.length <= MOST_MOVING_LINKS);
  }

  /**
   * @param {Place} place
   * @param {number} node
   */
  featureName(place, node) {
    const name = element('span', { class: 'feature-name', 'aria-hidden': 'true' }, FEATURE_SYMBOLS[FEATURES[place.unit]]);
    name.style.right = `calc(100% - ${place.x - node / 2 - 6}px)`;
    name.style.top = `${place.y}px`;
    name.classList.toggle('off', !place.active);
    name.dataset.feature = FEATURES[place.unit];
    return name;
  }

  /**
   * @param {Place} place
   * @param {number} node
   * @returns {Neuron}
   */
  neuron(place, node) {
    const { playground, card } = this;
    const isFeature = place.layer < 0;
    const watch = { layer: place.layer, unit: place.unit };
    const canvas = element('canvas', { 'aria-hidden': 'true' });
    const badge = element('span', { class: 'badge', hidden: true, 'aria-hidden': 'true' });
    const button = element('button', {
      type: 'button',
      class: `neuron${isFeature ? ' feature' : ''}${place.output ? ' output-neuron' : ''}${place.active ? '' : ' off'}`,
      'data-key': place.key,
      pointerenter: (/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && playground.hover(watch),
      pointerleave: () => playground.hover(null),
      focus: () => button.matches(':focus-visible') && playground.hover(watch),
      blur: () => playground.hover(null),
      click: () => {
        if (isFeature) playground.configure({ [FEATURES[place.unit]]: !place.active });
        else card.pinNeuron(place, button);
      },
    }, canvas, badge);
    if (isFeature) {
      button.dataset.feature = FEATURES[place.unit];
      button.setAttribute('aria-pressed', String(place.active));
      button.setAttribute('aria-label', t(`feature.${FEATURES[place.unit]}`));
      button.title = t(`feature.${FEATURES[place.unit]}.help`);
    } else {
      button.setAttribute('aria-label', neuronName(playground, place.layer, place.unit));
      button.setAttribute('aria-haspopup', 'dialog');
    }
    button.style.left = `${place.x - node / 2}px`;
    button.style.top = `${place.y - node / 2}px`;
    button.style.width = button.style.height = `${node}px`;
    return { place, button, canvas, badge, bias: isFeature ? null : this.bias(place, node) };
  }

  /**
   * The small square of a neuron's bias.
   * @param {Place} place
   * @param {number} node
   */
  bias(place, node) {
    const square = element('span', {
      class: 'bias',
      'aria-hidden': 'true',
      pointerenter: (/** @type {PointerEvent} */ event) => this.card.hoverBias(place, event.clientX, event.clientY),
      pointerleave: () => this.card.leave(),
      click: (/** @type {MouseEvent} */ event) => this.card.pinBias(place, event.clientX, event.clientY),
    });
    square.style.left = `${place.x - node / 2 - 5}px`;
    square.style.top = `${place.y + node / 2 - 7}px`;
    return square;
  }

  /** Shows the newest numbers. */
  paint() {
    const { playground, layout: made } = this;
    const { frame, network, config, status } = playground;
    if (!frame || !made) return;
    const colours = this.colours.current;
    const values = frame[this.lineValue];
    // Gradients and updates are small: the largest is drawn as a weight of 2 would be.
    const factor = this.lineValue === 'parameters' ? 1 : 2 / (largest(made.links.map(link => values[link.parameter])) || 1);
    made.links.forEach((link, index) => {
      const value = values[link.parameter] * factor;
      const look = `${lineWidth(value).toFixed(1)} ${colours.line(value)}`;
      // Most links look as they did a frame ago; only the others are drawn anew.
      if (look === this.looks[index]) return;
      this.looks[index] = look;
      const width = look.indexOf(' ');
      this.paths[index].setAttribute('stroke-width', look.slice(0, width));
      this.paths[index].setAttribute('stroke', look.slice(width + 1));
    });
    const size = THUMBNAIL_SIDE * THUMBNAIL_SIDE;
    const probabilities = config.problem === 'multiclass' || config.problem === 'multilabel';
    for (const { place, canvas, bias, badge, button } of this.neurons) {
      const start = place.thumbnail * size;
      const numbers = frame.thumbnails.subarray(start, start + size);
      if (numbers.length === size) {
        const shift = place.output && probabilities ? (/** @type {number} */ value) => value * 2 - 1 : identity;
        const shown = config.discretize ? (/** @type {number} */ value) => discretized(shift(value)) : shift;
        paintValues(canvas, numbers, THUMBNAIL_SIDE, colours, shown);
      }
      if (bias) {
        const value = frame.parameters[network.layers[place.layer].biases + place.unit];
        bias.style.backgroundColor = colours.line(value);
      }
      const health = place.layer >= 0 && !place.output ? status.layers[place.layer] : undefined;
      const dead = health?.dead.includes(place.unit) ?? false;
      const saturated = health?.saturated.includes(place.unit) ?? false;
      badge.hidden = !dead && !saturated;
      setText(badge, dead ? '∅' : saturated ? '≈' : '');
      if (place.layer >= 0) button.title = dead ? t('health.dead.help') : saturated ? t('health.saturated.help') : '';
    }
    this.card.update();
  }

  /** Frames the neuron that is shown large. */
  mark() {
    const { watch, pinned } = this.playground;
    for (const { place, button } of this.neurons) {
      button.classList.toggle('watched', watch?.layer === place.layer && watch.unit === place.unit);
      button.classList.toggle('pinned', pinned?.layer === place.layer && pinned.unit === place.unit);
    }
  }
}

/**
 * Another number of layers; those that stay keep their transfer functions.
 * @param {Playground} playground
 * @param {number[]} networkShape
 */
function reshape(playground, networkShape) {
  const { layerActivations, activation } = playground.wanted;
  const own = layerActivations.length > 0;
  playground.configure({
    networkShape,
    layerActivations: own ? networkShape.map((_, layer) => layerActivations[layer] ?? activation) : [],
  });
}

/** @param {number} value */
function identity(value) {
  return value;
}

/** @param {number[]} values */
function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
}

/**
 * What a neuron is called.
 * @param {Playground} playground
 * @param {number} layer
 * @param {number} unit
 */
export function neuronName(playground, layer, unit) {
  if (layer < 0) return t(`feature.${FEATURES[unit]}`);
  const { layers, outputs } = playground.network;
  if (layer < layers.length - 1) return t('neuron.name', { unit: unit + 1, layer: layer + 1 });
  return layers[layer].units === 1 ? t('neuron.output') : t('neuron.outputOf', { name: outputs[unit] ?? unit + 1 });
}

/**
 * What an input of a layer is called: a feature's symbol, or a neuron.
 * @param {Playground} playground
 * @param {number} layer
 * @param {number} input
 */
export function inputName(playground, layer, input) {
  if (layer === 0) return FEATURE_SYMBOLS[playground.network.features[input]] ?? playground.network.features[input];
  return t('neuron.name', { unit: input + 1, layer });
}

/**
 * A parameter's value, gradient and last update in one line.
 * @param {Playground} playground
 * @param {number} index
 */
export function parameterFacts(playground, index) {
  const { frame } = playground;
  if (!frame) return '';
  return t('card.facts', { gradient: short(frame.gradients[index]), update: short(frame.updates[index]) });
}
