/**
 * What the page knows: settings, network, the newest frame, the points. Views read it and listen to it; whatever a user
 * does goes through it to the engine.
 */

/**
 * @typedef {import('./engine/protocol.js').Config} Config
 * @typedef {import('./engine/protocol.js').Network} Network
 * @typedef {import('./engine/protocol.js').Status} Status
 * @typedef {import('./engine/protocol.js').Catalog} Catalog
 * @typedef {import('./engine/protocol.js').FieldError} FieldError
 * @typedef {import('./engine/protocol.js').ParameterPlace} ParameterPlace
 * @typedef {import('./engine/protocol.js').Command} Command
 * @typedef {import('./engine/engine.js').Engine} Engine
 * @typedef {import('./engine/packet.js').Packet} Packet
 *
 * @typedef {Object} Frame
 * @property {Float32Array} parameters
 * @property {Float32Array} gradients
 * @property {Float32Array} updates
 * @property {Float32Array} history
 * @property {Float32Array} output
 * @property {number} outputs how many maps `output` holds
 * @property {Float32Array} thumbnails
 * @property {Float32Array} watched
 *
 * @typedef {{ x: number, y: number, target: number[] }} Example
 *
 * @typedef {{ layer: number, unit: number }} Watch
 *
 * What views listen to:
 * - `configured`: settings or network changed;
 * - `frame`: there are newer numbers;
 * - `points`: there are other points;
 * - `invalid`: a setting was refused (or all is well again: an empty list);
 * - `failed`: the engine could not do what was asked;
 * - `watch`: the neuron looked at changed;
 * - `done`: something was done that changes no setting;
 * - `built`: the neurons were placed anew;
 * - `language`, `theme`: how the page looks changed.
 * @typedef {'configured'|'frame'|'points'|'invalid'|'failed'|'watch'|'language'|'theme'|'done'|'built'} Change
 */

export class Playground {
  /**
   * @param {Engine} engine
   * @param {Packet} welcome
   */
  constructor(engine, welcome) {
    this.engine = engine;
    /** @type {Config} */ this.config = welcome.event.config;
    /** @type {Config} */ this.defaults = welcome.event.defaults;
    /** @type {Catalog} */ this.catalog = welcome.event.catalog;
    /** @type {Network} */ this.network = welcome.event.network;
    /** @type {Status} */ this.status = welcome.event.status;
    /** @type {string} */ this.version = welcome.event.version;
    /** @type {string} */ this.hash = welcome.event.hash;
    /** @type {Frame|null} */ this.frame = null;
    /** @type {Example[]} */ this.training = [];
    /** @type {Example[]} */ this.test = [];
    /** Points that were drawn and are too few to learn from. @type {Example[]} */
    this.drawn = [];
    /** The neuron under the pointer or the focus, and the one that stays. @type {Watch|null} */
    this.hovered = null;
    /** @type {Watch|null} */ this.pinned = null;
    /** Settings that were asked for, while some question about them is open. @type {Partial<Config>} */
    this.asked = {};
    this.asking = 0;
    /** @type {Map<Change, ((detail?: any) => void)[]>} */
    this.listeners = new Map();
  }

  /**
   * @param {Change|Change[]} changes
   * @param {(detail?: any) => void} listener
   */
  on(changes, listener) {
    for (const change of [changes].flat()) {
      const listeners = this.listeners.get(change) ?? [];
      listeners.push(listener);
      this.listeners.set(change, listeners);
    }
  }

  /**
   * @param {Change} change
   * @param {any} [detail]
   */
  tell(change, detail) {
    for (const listener of this.listeners.get(change) ?? []) listener(detail);
  }

  /** The neuron whose map is shown large. */
  get watch() {
    return this.hovered ?? this.pinned;
  }

  /** @param {Watch|null} watch */
  hover(watch) {
    if (watch?.layer === this.hovered?.layer && watch?.unit === this.hovered?.unit) return;
    this.hovered = watch;
    this.tell('watch');
    this.refresh();
  }

  /** @param {Watch|null} watch */
  pin(watch) {
    this.pinned = watch;
    this.tell('watch');
    this.refresh();
  }

  /**
   * Asks the engine, and takes over what the answer says of settings and status.
   * @param {Command} command
   * @returns {Promise<any>} the answer's JSON
   */
  async ask(command) {
    const { event } = await this.engine.ask(command);
    if (event.type === 'configured') this.take(event);
    else if (event.type === 'invalid') this.tell('invalid', event.errors);
    else if (event.type === 'failed') this.tell('failed', event);
    else if (event.type === 'done') {
      this.status = event.status;
      this.tell('done');
      this.refresh();
    }
    return event;
  }

  /**
   * Changes settings. They count as `wanted` at once, so that a second click adds to the first.
   * @param {Partial<Config>} config
   */
  async configure(config) {
    this.asked = { ...this.asked, ...config };
    this.asking += 1;
    try {
      return await this.ask({ type: 'configure', config });
    } finally {
      this.asking -= 1;
      if (this.asking === 0) this.asked = {};
    }
  }

  /** The settings as they will be once the engine has answered. @returns {Config} */
  get wanted() {
    return { ...this.config, ...this.asked };
  }

  /** @param {import('./engine/protocol.js').Configured & { type: string }} event */
  take(event) {
    // Points of another kind of problem have other targets; until the new ones are here there are none.
    if (event.config.problem !== this.config.problem || event.config.classes !== this.config.classes) this.training = this.test = [];
    this.config = event.config;
    this.network = event.network;
    this.status = event.status;
    this.hash = event.hash;
    if (this.pinned && !this.has(this.pinned)) this.pinned = null;
    if (this.hovered && !this.has(this.hovered)) this.hovered = null;
    // Numbers of another network would be read at wrong places.
    if (this.frame && this.frame.parameters.length !== this.network.parameters) this.frame = null;
    this.tell('invalid', []);
    this.tell('configured', event);
    if (event.changed === 'data') this.loadPoints();
    this.refresh();
  }

  /** @param {Watch} watch */
  has(watch) {
    if (watch.layer < 0) return true;
    return watch.layer < this.network.layers.length && watch.unit < this.network.layers[watch.layer].units;
  }

  async loadPoints() {
    const packet = await this.engine.ask({ type: 'points' });
    if (packet.event.type !== 'points') return;
    this.training = examples(packet.part('training'), packet.event.parts.training.shape[1]);
    this.test = examples(packet.part('test'), packet.event.parts.test.shape[1]);
    this.tell('points');
  }

  /** Asks for a frame at once: something on the page changed. */
  refresh() {
    this.stale = true;
    this.refreshing ??= this.catchUp();
    return this.refreshing;
  }

  async catchUp() {
    while (this.stale) {
      this.stale = false;
      await this.nextFrame(true);
    }
    this.refreshing = null;
  }

  /** Under way while frames are asked for at once. @type {Promise<void>|null} */
  refreshing = null;
  stale = false;

  /** @param {boolean} force */
  async nextFrame(force) {
    this.show(await this.askFrame(force));
  }

  /**
   * @param {boolean} force
   * @returns {Promise<Packet>}
   */
  askFrame(force) {
    return this.engine.ask({ type: 'frame', wanted: { force, maps: true, watch: this.watch } });
  }

  /** @param {Packet} packet */
  show(packet) {
    const { event } = packet;
    // `done` where a later question took the place of this one.
    if (event.type !== 'frame') return;
    const parameters = packet.part('parameters');
    // The answer to a question asked before the network changed.
    if (parameters.length !== this.network.parameters) return;
    this.status = event.status;
    this.frame = {
      parameters,
      gradients: packet.part('gradients'),
      updates: packet.part('updates'),
      history: packet.part('history'),
      output: packet.part('output'),
      outputs: event.parts.output?.shape[0] ?? 0,
      thumbnails: packet.part('thumbnails'),
      watched: packet.part('watched'),
    };
    this.tell('frame');
  }

  /**
   * Shows frame after frame for as long as there is an engine, one on the screen while the next is made. The engine keeps
   * one question for a frame: the patient one of this loop must not take the place of an urgent one.
   */
  async run() {
    this.loadPoints();
    await this.refresh();
    /** @type {Promise<Packet>|null} */
    let asked = null;
    for (;;) {
      while (this.refreshing) await this.refreshing;
      /** @type {Packet} */
      const packet = await (asked ?? this.askFrame(false));
      asked = packet.event.type === 'frame' && !this.refreshing ? this.askFrame(false) : null;
      this.show(packet);
      await new Promise(resolve => requestAnimationFrame(resolve));
    }
  }

  /**
   * @param {ParameterPlace} parameter
   * @param {number} value
   */
  edit(parameter, value) {
    return this.ask({ type: 'edit', parameter, value });
  }

  /** The activation of every hidden layer. */
  get activations() {
    return this.config.networkShape.map((_, layer) => this.config.layerActivations[layer] ?? this.config.activation);
  }

  get shownDataset() {
    return datasetField(this.config.problem);
  }
}

/**
 * Which field holds the data set of a kind of problem.
 * @param {Config['problem']} problem
 * @returns {'dataset'|'regDataset'|'multiDataset'|'labelDataset'}
 */
export function datasetField(problem) {
  switch (problem) {
    case 'regression': return 'regDataset';
    case 'multiclass': return 'multiDataset';
    case 'multilabel': return 'labelDataset';
    default: return 'dataset';
  }
}

/**
 * @param {Float32Array} numbers
 * @param {number} columns
 * @returns {Example[]}
 */
function examples(numbers, columns) {
  const made = [];
  for (let start = 0; start + columns <= numbers.length; start += columns) {
    made.push({ x: numbers[start], y: numbers[start + 1], target: Array.from(numbers.subarray(start + 2, start + columns)) });
  }
  return made;
}
