/**
 * Settings that are one control each. index.html says where they are and of which kind (`data-field`, `data-kind`); what
 * can be chosen is the engine's catalog.
 */

import { element, setText } from './element.js';
import { setting } from './number-format.js';
import { has, t } from '../strings/index.js';
import { datasetField } from '../playground.js';

/** @typedef {import('../playground.js').Playground} Playground */
/** @typedef {import('../engine/protocol.js').Config} Config */

/** Settings that mean something only beside others. @type {Record<string, (config: Config) => boolean>} */
const SHOWN_WHEN = {
  classes: config => config.problem === 'multiclass' || config.problem === 'multilabel',
  decayRate: config => config.schedule !== 'constant',
  decaySteps: config => config.schedule !== 'constant',
  noise: config => config[datasetField(config.problem)] !== 'own',
};

/** The losses that fit a kind of problem; the first is the one it begins with. @type {Record<Config['problem'], string[]>} */
const LOSSES = {
  classification: ['squared-error', 'cross-entropy', 'softmax-cross-entropy'],
  regression: ['squared-error'],
  multiclass: ['softmax-cross-entropy', 'squared-error'],
  multilabel: ['cross-entropy', 'squared-error'],
};

/** The batch slider's place behind its numbers: all examples at once. */
const FULL_BATCH = 31;

/**
 * Makes every field of the page.
 * @param {Playground} playground
 */
export function makeFields(playground) {
  const updates = [...document.querySelectorAll('[data-field]')].map(place => {
    const holder = /** @type {HTMLElement} */ (place);
    return makeField(playground, holder, holder.dataset.field ?? '', holder.dataset.kind ?? '');
  });
  const update = () => updates.forEach(each => each());
  playground.on(['configured', 'language'], update);
  playground.on('invalid', errors => showErrors(errors));
  update();
}

/**
 * @param {Playground} playground
 * @param {HTMLElement} holder
 * @param {string} field
 * @param {string} kind
 * @returns {() => void} brings the control up to date
 */
function makeField(playground, holder, field, kind) {
  const id = `field-${field}-${kind}`;
  const label = element('label', { for: id });
  const error = element('p', { class: 'field-error', id: `${id}-error`, hidden: true });
  const make = { select, range, number, switch: toggle }[kind];
  if (!make) throw new Error(`no control is called "${kind}"`);
  const name = () => /** @type {keyof Config} */ (field === 'dataset' ? datasetField(playground.config.problem) : field);
  const send = (/** @type {any} */ value) => {
    playground.configure(/** @type {Partial<Config>} */ ({ [name()]: value, ...implied(name(), value) }));
  };
  const control = make(playground, id, name, send);
  control.input.setAttribute('aria-describedby', error.id);
  holder.classList.add('field', `field-${kind}`);
  if (kind === 'switch') holder.append(control.input, label);
  else holder.append(label, control.input);
  if (control.note) holder.append(control.note);
  holder.append(error);
  return () => {
    const shown = SHOWN_WHEN[field]?.(playground.config) ?? true;
    holder.hidden = !shown;
    const key = kind === 'number' && has(`field.${field}.exact`) ? `field.${field}.exact` : `field.${field}`;
    setText(label, t(key));
    if (has(`help.${field}`)) holder.title = t(`help.${field}`);
    control.update();
  };
}

/**
 * What goes with a choice: another kind of problem begins with the loss made for it, and one activation for all layers
 * takes the place of what was chosen for each.
 * @param {string} field
 * @param {any} value
 * @returns {Partial<Config>}
 */
function implied(field, value) {
  if (field === 'activation') return { layerActivations: [] };
  if (field === 'problem') return /** @type {any} */ ({ loss: LOSSES[/** @type {Config['problem']} */ (value)][0] });
  return {};
}

/**
 * The words for a choice of a field.
 * @param {string} field
 * @param {string|number} value
 */
export function choiceName(field, value) {
  const key = `choice.${field}.${value}`;
  if (has(key)) return t(key);
  return typeof value === 'number' ? setting(value) : String(value);
}

/** @typedef {{ input: HTMLElement, note?: HTMLElement, update: () => void }} Control */

/**
 * @param {Playground} playground
 * @param {string} id
 * @param {() => keyof Config} name
 * @param {(value: any) => void} send
 * @returns {Control}
 */
function select(playground, id, name, send) {
  const input = element('select', {
    id,
    change: () => send(typeof playground.config[name()] === 'number' ? Number(input.value) : input.value),
  });
  let shown = '';
  return {
    input,
    update() {
      const value = /** @type {string|number} */ (playground.config[name()]);
      const all = choices(playground, name(), value);
      const signature = JSON.stringify([name(), all, t('language.name')]);
      if (signature !== shown) {
        shown = signature;
        input.replaceChildren(...all.map(each => element('option', { value: String(each) }, choiceName(name(), each))));
      }
      input.value = String(value);
    },
  };
}

/**
 * What a select offers: the catalog's, and the value in force where it is another.
 * @param {Playground} playground
 * @param {keyof Config} field
 * @param {string|number} value
 * @returns {(string|number)[]}
 */
function choices(playground, field, value) {
  const { catalog, config } = playground;
  if (typeof value === 'number') {
    const [least, greatest] = catalog.ranges[field] ?? [2, 6];
    const usual = catalog.usual[field] ?? Array.from({ length: greatest - least + 1 }, (_, index) => least + index);
    return [...new Set([...usual, value])].sort((a, b) => a - b);
  }
  const all = catalog.choices[field] ?? [value];
  if (field === 'loss') return all.filter(choice => choice === value || LOSSES[config.problem].includes(choice));
  return all.filter(choice => choice !== 'own' || value === 'own');
}

/**
 * @param {Playground} playground
 * @param {string} id
 * @param {() => keyof Config} name
 * @param {(value: any) => void} send
 * @returns {Control}
 */
function range(playground, id, name, send) {
  const note = element('output', { class: 'field-value', 'aria-live': 'off', for: id });
  const isBatch = name() === 'batchSize';
  const [least, greatest, step] = isBatch ? [1, FULL_BATCH, 1] : name() === 'noise' ? [0, 50, 5] : [10, 90, 10];
  const input = element('input', {
    type: 'range', id, min: String(least), max: String(greatest), step: String(step),
    input: () => {
      const at = Number(input.value);
      send(isBatch && at === FULL_BATCH ? 0 : at);
    },
  });
  return {
    input,
    note,
    update() {
      const value = /** @type {number} */ (playground.config[name()]);
      const at = isBatch && value === 0 ? FULL_BATCH : isBatch ? Math.min(30, value) : value;
      if (document.activeElement !== input || Number(input.value) !== at) input.value = String(at);
      input.style.setProperty('--filled', `${((at - least) / (greatest - least)) * 100}%`);
      const text = isBatch ? batchText(playground, value) : name() === 'percTrainData' ? `${value} %` : setting(value);
      setText(note, text);
      input.setAttribute('aria-valuetext', text);
    },
  };
}

/**
 * A batch's size and what learning by such batches is called.
 * @param {Playground} playground
 * @param {number} value
 */
function batchText(playground, value) {
  const regime = t(`regime.${playground.status.regime}`);
  return value === 0 ? regime : `${setting(value)} · ${regime}`;
}

/**
 * @param {Playground} playground
 * @param {string} id
 * @param {() => keyof Config} name
 * @param {(value: any) => void} send
 * @returns {Control}
 */
function number(playground, id, name, send) {
  const text = typeof playground.config[name()] === 'string';
  const input = element('input', {
    type: text ? 'text' : 'number', id, step: 'any', autocomplete: 'off', spellcheck: false,
    change: () => send(text ? input.value : input.value === '' ? 0 : Number(input.value)),
  });
  return {
    input,
    update() {
      if (document.activeElement !== input) input.value = String(playground.config[name()]);
    },
  };
}

/**
 * @param {Playground} playground
 * @param {string} id
 * @param {() => keyof Config} name
 * @param {(value: any) => void} send
 * @returns {Control}
 */
function toggle(playground, id, name, send) {
  const input = element('input', { type: 'checkbox', id, change: () => send(input.checked) });
  return {
    input,
    update() {
      input.checked = Boolean(playground.config[name()]);
    },
  };
}

/**
 * Writes what was refused under the controls it concerns.
 * @param {import('../engine/protocol.js').FieldError[]} errors
 */
function showErrors(errors) {
  for (const holder of document.querySelectorAll('[data-field]')) {
    const field = /** @type {HTMLElement} */ (holder).dataset.field;
    const found = errors.find(error => error.field === field || (field === 'dataset' && /dataset$/i.test(error.field)));
    const line = holder.querySelector('.field-error');
    const input = holder.querySelector('input, select');
    if (!(line instanceof HTMLElement) || !input) continue;
    line.hidden = !found;
    setText(line, found ? errorText(found) : '');
    input.setAttribute('aria-invalid', String(Boolean(found)));
  }
}

/**
 * Why a setting was refused, in the language of the page.
 * @param {import('../engine/protocol.js').FieldError} error
 */
export function errorText(error) {
  const key = `error.${error.code}`;
  const name = has(`field.${error.field}`) ? t(`field.${error.field}`) : error.field;
  return has(key) ? t(key, { ...error.values, field: name }) : error.message;
}
