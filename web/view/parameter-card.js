/**
 * The card beside a link, a bias or a neuron: its value, its gradient and its last update, live. A click keeps the card
 * open and turns the values into fields to edit; Enter or Escape closes it.
 */

import { byId, element, setText } from './element.js';
import { short } from './number-format.js';
import { inputName, neuronName, parameterFacts } from './network-view.js';
import { t } from '../strings/index.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').ParameterPlace} ParameterPlace */
/** @typedef {import('./network-layout.js').Place} Place */
/** @typedef {import('./network-layout.js').Link} Link */

/**
 * One number on the card.
 * @typedef {{ name: string, index: number, place: ParameterPlace }} Row
 */

export class Card {
  /** @param {Playground} playground */
  constructor(playground) {
    this.playground = playground;
    this.element = byId('card');
    this.pinned = false;
    /** @type {(() => void)[]} */ this.updates = [];
    /** @type {HTMLElement|null} */ this.opener = null;
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' || (event.key === 'Enter' && event.target instanceof HTMLInputElement)) {
        event.preventDefault();
        this.close();
      }
    });
    document.addEventListener('pointerdown', event => {
      if (this.pinned && event.target instanceof Element && !event.target.closest('#card, .neuron, .link-area, .bias')) this.close();
    });
    playground.on('configured', event => {
      if (event?.changed === 'weights' || event?.changed === 'data') this.close();
    });
    playground.on('language', () => this.close());
  }

  /** @param {Link} link @param {number} x @param {number} y */
  hoverWeight(link, x, y) {
    if (!this.pinned) this.show(neuronName(this.playground, link.layer, link.unit), [this.weight(link)], x, y, false);
  }

  /** @param {Link} link @param {number} x @param {number} y */
  pinWeight(link, x, y) {
    this.show(neuronName(this.playground, link.layer, link.unit), [this.weight(link)], x, y, true);
  }

  /** @param {Place} place @param {number} x @param {number} y */
  hoverBias(place, x, y) {
    if (!this.pinned) this.show(neuronName(this.playground, place.layer, place.unit), [this.bias(place)], x, y, false);
  }

  /** @param {Place} place @param {number} x @param {number} y */
  pinBias(place, x, y) {
    this.show(neuronName(this.playground, place.layer, place.unit), [this.bias(place)], x, y, true);
  }

  /** @param {Place} place @param {HTMLElement} button */
  pinNeuron(place, button) {
    this.opener = button;
    const layer = this.playground.network.layers[place.layer];
    const rows = Array.from({ length: layer.inputs }, (_, input) => this.weight({
      layer: place.layer, input, unit: place.unit, parameter: layer.weights + input * layer.units + place.unit,
    }));
    rows.push(this.bias(place));
    if (layer.alphas !== null) {
      rows.push({ name: 'α', index: layer.alphas + place.unit, place: { kind: 'alpha', layer: place.layer, unit: place.unit } });
    }
    const box = button.getBoundingClientRect();
    this.show(neuronName(this.playground, place.layer, place.unit), rows, box.right, box.bottom, true);
    this.playground.pin({ layer: place.layer, unit: place.unit });
  }

  /** @param {Pick<Link, 'layer'|'input'|'unit'|'parameter'>} link @returns {Row} */
  weight(link) {
    return {
      name: t('weight.from', { from: inputName(this.playground, link.layer, link.input) }),
      index: link.parameter,
      place: { kind: 'weight', layer: link.layer, input: link.input, unit: link.unit },
    };
  }

  /** @param {Pick<Place, 'layer'|'unit'>} place @returns {Row} */
  bias(place) {
    return {
      name: t('bias'),
      index: this.playground.network.layers[place.layer].biases + place.unit,
      place: { kind: 'bias', layer: place.layer, unit: place.unit },
    };
  }

  /**
   * @param {string} title
   * @param {Row[]} rows
   * @param {number} x of the pointer in the window
   * @param {number} y
   * @param {boolean} pin
   */
  show(title, rows, x, y, pin) {
    this.pinned = pin;
    this.updates = [];
    const list = rows.map(row => this.row(row, pin));
    this.element.replaceChildren(...[
      element('div', { class: 'card-head' },
        element('strong', {}, title),
        pin && element('button', { type: 'button', class: 'quiet', 'aria-label': t('close'), click: () => this.close() }, '×')),
      ...list,
      !pin && element('p', { class: 'hint' }, t('card.edit')),
    ].filter(each => each instanceof Node));
    this.element.setAttribute('aria-label', title);
    this.element.classList.toggle('pinned', pin);
    this.element.hidden = false;
    this.place(x, y);
    this.update();
    if (pin) /** @type {HTMLInputElement|null} */ (this.element.querySelector('input'))?.focus({ preventScroll: true });
  }

  /**
   * @param {Row} row
   * @param {boolean} editable
   */
  row(row, editable) {
    const { playground } = this;
    const facts = element('span', { class: 'card-facts' });
    const value = () => playground.frame?.parameters[row.index] ?? NaN;
    if (!editable) {
      const shown = element('b', {});
      this.updates.push(() => {
        setText(shown, short(value()));
        setText(facts, parameterFacts(playground, row.index));
      });
      return element('div', { class: 'card-row' }, element('span', {}, row.name), shown, facts);
    }
    const input = parameterField(playground, row, `card-${row.index}`);
    this.updates.push(() => {
      input.update();
      setText(facts, parameterFacts(playground, row.index));
    });
    return element('div', { class: 'card-row' }, element('label', { for: `card-${row.index}` }, row.name), input.input, facts);
  }

  /**
   * Beside the pointer, within the window.
   * @param {number} x
   * @param {number} y
   */
  place(x, y) {
    const { element: card } = this;
    const { width, height } = card.getBoundingClientRect();
    const left = Math.max(8, Math.min(x + 12, innerWidth - width - 8));
    const top = Math.max(8, y + 12 + height > innerHeight ? Math.max(8, y - height - 12) : y + 12);
    card.style.left = `${left}px`;
    card.style.top = `${top}px`;
  }

  /** The pointer left what it was on. */
  leave() {
    if (!this.pinned) this.element.hidden = true;
  }

  update() {
    if (this.element.hidden) return;
    for (const update of this.updates) update();
  }

  close() {
    if (this.element.hidden) return;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.pinned = false;
    this.playground.pin(null);
    if (hadFocus) {
      const key = this.opener?.dataset.key;
      const back = key ? document.querySelector(`[data-key="${key}"]`) : byId('network');
      if (back instanceof HTMLElement) back.focus({ preventScroll: true });
    }
    this.opener = null;
  }
}

/**
 * A field for one parameter: what is typed is taken at once; the arrow keys change it by a tenth.
 * @param {Playground} playground
 * @param {Row} row
 * @param {string} id
 * @returns {{ input: HTMLInputElement, update: () => void }}
 */
export function parameterField(playground, row, id) {
  const input = element('input', {
    type: 'number', step: '0.1', id, 'data-own-keys': '',
    input: () => {
      const value = Number(input.value);
      if (input.value !== '' && Number.isFinite(value)) playground.edit(row.place, value);
    },
  });
  return {
    input,
    update() {
      const value = playground.frame?.parameters[row.index];
      // What is being typed is not touched, unless learning goes on and changes it.
      if (value === undefined || (document.activeElement === input && !playground.status.playing)) return;
      const text = Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '';
      if (input.value !== text) input.value = text;
    },
  };
}
