// @ts-check
/**
 * What page and engine say to each other. The engine is `crates/playground`; its `protocol.rs` has the same names.
 *
 * The page sends commands; the engine answers each with exactly one event that carries the command's `id`, but for
 * `frame`, whose answer may wait until there is something new to show. Nothing else comes from the engine than the
 * `welcome` at the start. Over a WebSocket a command is a text message; over a Worker it is the object.
 *
 * All events are JSON (text messages), but for `frame` and `points`, which are binary messages:
 *
 *   bytes 0–3    n, the length of the JSON in bytes, a little-endian uint32, a multiple of 4
 *   bytes 4–…    the JSON, filled up with spaces; its `parts` say where each array of numbers is
 *   then         float32 numbers, little-endian; `parts[name].offset` and `.length` count numbers from here
 *
 * A Worker posts the same bytes as an ArrayBuffer.
 */

/**
 * The whole of what is set. Every field is also a key of the address, with the names of TensorFlow Playground where it
 * has the setting.
 * @typedef {Object} Config
 * @property {'classification'|'regression'|'multiclass'|'multilabel'} problem
 * @property {'circle'|'xor'|'gauss'|'spiral'|'own'} dataset of classification
 * @property {'reg-plane'|'reg-gauss'|'own'} regDataset of regression
 * @property {'clusters'|'rings'|'arms'|'own'} multiDataset of multiclass
 * @property {'discs'} labelDataset of multilabel
 * @property {number} classes 2 to 6: of multiclass, and labels of multilabel
 * @property {number[]} networkShape neurons of each hidden layer; 0 to 8 layers of 1 to 16
 * @property {Activation} activation of hidden layers
 * @property {Activation[]} layerActivations one for each hidden layer; empty: all have `activation`
 * @property {'squared-error'|'cross-entropy'|'softmax-cross-entropy'} loss
 * @property {'sgd'|'momentum'|'nesterov'|'adagrad'|'rmsprop'|'adam'} optimizer
 * @property {number} learningRate above 0
 * @property {'constant'|'exponential'|'staircase'} schedule
 * @property {number} decayRate factor of the learning rate every `decaySteps` steps
 * @property {number} decaySteps
 * @property {'none'|'L1'|'L2'} regularization
 * @property {number} regularizationRate
 * @property {number} batchSize 1 is online learning, 0 the full batch
 * @property {boolean} shuffle whether each epoch has an order of its own
 * @property {number} noise 0 to 80
 * @property {number} percTrainData 10 to 90
 * @property {string} seed
 * @property {number} weightSeed which of the seed's sets of initial weights
 * @property {'uniform'|'zero'|'truncated-normal'|'xavier'|'he'} initialization
 * @property {boolean} x
 * @property {boolean} y
 * @property {boolean} xTimesY
 * @property {boolean} xSquared
 * @property {boolean} ySquared
 * @property {boolean} sinX
 * @property {boolean} sinY
 * @property {boolean} showTestData
 * @property {boolean} discretize
 * @property {boolean} hideText
 * @property {string} tutorial
 * @property {string[]} hide controls that are not shown, without their `_hide`
 * @property {Unit} stepUnit what the step buttons step by
 * @property {Unit|'maximum'} speed what one frame does while playing
 * @property {number} stopEpochs stop there; 0: do not
 * @property {number} stopLoss stop at this test loss; 0: do not
 * @property {number} stopPatience stop after so many epochs without a smaller test loss; 0: do not
 */

/** @typedef {'relu'|'tanh'|'sigmoid'|'linear'|'prelu'|'leaky-relu'|'elu'|'selu'|'softplus'|'gelu'|'swish'|'sine'} Activation */
/** @typedef {'sample'|'batch'|'epoch'} Unit */

/**
 * A command. `id` is any number of the page's; the answer has it too.
 * @typedef {{ id?: number } & (
 *   { type: 'configure', config: Partial<Config> } |
 *   { type: 'openUrl', hash: string } |
 *   { type: 'play' } |
 *   { type: 'pause' } |
 *   { type: 'step', unit: Unit } |
 *   { type: 'stepBack', unit: Unit } |
 *   { type: 'seek', step: number } |
 *   { type: 'reset' } |
 *   { type: 'newWeights' } |
 *   { type: 'newData' } |
 *   { type: 'edit', parameter: ParameterPlace, value: number } |
 *   { type: 'csv', text: string } |
 *   { type: 'drawnPoints', points: [number, number, number][] } |
 *   { type: 'frame', wanted: Wanted } |
 *   { type: 'points' } |
 *   { type: 'inspect', at: { x: number, y: number } | { example: number, set: 'training'|'test' } } |
 *   { type: 'curves' } |
 *   { type: 'thumbnails' } |
 *   { type: 'formulas', numbers: boolean } |
 *   { type: 'graph', open: string[], training: boolean } |
 *   { type: 'node', name: string } |
 *   { type: 'export', form: ExportForm } |
 *   { type: 'save' } |
 *   { type: 'open', model: string }
 * )} Command
 */

/** @typedef {'rust'|'python'|'graphdef'|'keras'|'pytorch'} ExportForm */

/**
 * A weight, a bias or a PReLU slope. Layers count from 0, the first hidden one, to the output; `unit` and `input` from 0.
 * @typedef {{ kind: 'weight', layer: number, input: number, unit: number } |
 *           { kind: 'bias'|'alpha', layer: number, unit: number }} ParameterPlace
 */

/**
 * What a frame is to hold.
 * @typedef {Object} Wanted
 * @property {boolean} force answer at once, even if nothing is new
 * @property {boolean} maps the output's map and all thumbnails
 * @property {{ layer: number, unit: number }|null} watch also the full map of this neuron; layer −1 are the features
 *   (unit counts all seven, in the order of `FEATURES`)
 */

/** @type {['x', 'y', 'xSquared', 'ySquared', 'xTimesY', 'sinX', 'sinY']} */
export const FEATURES = ['x', 'y', 'xSquared', 'ySquared', 'xTimesY', 'sinX', 'sinY'];

/** The sides of the full maps and of thumbnails, in samples; row 0 is the top (x2 = 6), column 0 the left (x1 = −6). */
export const MAP_SIDE = 100;
export const THUMBNAIL_SIDE = 20;

/**
 * An event. `changed` in `configured` says what went: nothing shown on the page alone; `live` what was learned stays;
 * `weights` the network starts anew; `data` there are other points.
 * @typedef {{ id?: number } & (
 *   { type: 'welcome', version: string, defaults: Config, catalog: Catalog } & Configured |
 *   { type: 'configured' } & Configured |
 *   { type: 'invalid', errors: FieldError[] } |
 *   { type: 'done', status: Status } |
 *   Frame |
 *   Points |
 *   Inspected |
 *   { type: 'curves', x: number[], curves: Record<Activation, { value: number[], slope: number[], formula: string }> } |
 *   { type: 'thumbnails', datasets: Record<string, [number, number, number][]> } |
 *   Formulas |
 *   GraphPicture |
 *   NodeDetails |
 *   { type: 'exported', form: ExportForm, name: string, mime: string, text: string|null, base64: string|null,
 *     loss: number|null } |
 *   { type: 'saved', name: string, model: string } |
 *   { type: 'failed', message: string, hint: string|null }
 * )} Event
 */

/**
 * @typedef {Object} Configured
 * @property {Config} config
 * @property {string} hash for the address, with its #
 * @property {'nothing'|'live'|'weights'|'data'} changed
 * @property {FieldError[]} ignored of `openUrl`: what was not understood and left as it was
 * @property {Network} network
 * @property {Status} status
 */

/**
 * @typedef {Object} FieldError
 * @property {string} field a name of Config
 * @property {'unknown'|'notANumber'|'range'|'choice'|'length'|'conflict'|'unused'} code
 * @property {string} message a whole sentence, in English
 * @property {Record<string, string|number>} values what the sentence names: value, minimum, maximum, choices
 */

/**
 * What a setting can be, in the order to show.
 * @typedef {Object} Catalog
 * @property {Record<string, string[]>} choices by field: the choices there are
 * @property {Record<string, [number, number]>} ranges by field: least and greatest
 * @property {Record<string, number[]>} usual by field: the numbers to offer (learningRate, regularizationRate, noise, …)
 */

/**
 * Where each parameter is among the numbers of a frame's `parameters`, `gradients` and `updates`.
 * @typedef {Object} Network
 * @property {string[]} features names in Config of those that are on, in order: the first layer's inputs
 * @property {Layer[]} layers hidden ones, then the output
 * @property {number} parameters how many there are
 * @property {string[]} outputs what each output neuron stands for: a class, or the number told
 */

/**
 * @typedef {Object} Layer
 * @property {string} name its name scope in the graph
 * @property {Activation|'softmax'} activation
 * @property {number} inputs
 * @property {number} units
 * @property {number} weights weight from input i to unit j is number `weights + i·units + j`
 * @property {number} biases bias of unit j is number `biases + j`
 * @property {number|null} alphas PReLU: slope of unit j is number `alphas + j`
 */

/**
 * @typedef {Object} Status
 * @property {boolean} playing
 * @property {number} step updates made
 * @property {number} epoch whole ones
 * @property {number} batch how many batches of the epoch are done
 * @property {number} batches in an epoch
 * @property {number} sample how many samples of the batch that is under way have been shown
 * @property {number} samples seen, in all
 * @property {number|null} example the training example that was shown last, when stepping by samples
 * @property {'online'|'mini-batch'|'full batch'} regime
 * @property {Score} training
 * @property {Score} test
 * @property {number} penalty what regularization adds to the loss
 * @property {number} learningRate now, under the schedule
 * @property {LayerHealth[]} layers
 * @property {Problem|null} problem
 * @property {'epochs'|'loss'|'patience'|null} stopped by which stop condition
 * @property {number} oldest the first step one can go back to
 * @property {number} newest the last step that was reached
 * @property {number} seeking how far a long way along the slider is: 0 to 1; 1 when there
 * @property {number} parameters how many numbers are learned
 */

/**
 * @typedef {Object} Score
 * @property {number} loss mean, without penalty; NaN and infinities are null
 * @property {number|null} accuracy 0 to 1; of classes
 * @property {number[][]|null} confusion row: the class it is, column: the class it is taken for; counts
 */

/**
 * @typedef {Object} LayerHealth
 * @property {number} gradientNorm ‖∂objective/∂W‖ over the training set
 * @property {number} updateRatio ‖last update‖/‖W‖
 * @property {number[]} dead units whose slope is zero at every training example
 * @property {number[]} saturated units whose slope is below 1 % of the greatest at over 95 % of the examples
 */

/**
 * @typedef {Object} Problem
 * @property {'notFinite'|'overflow'} kind
 * @property {string} message which value became what, and where
 * @property {string|null} node its name in the graph
 * @property {('smallerLearningRate'|'resetWeights'|'stepBack'|'boundedActivation'|'lessRegularization')[]} advice
 */

/** @typedef {Record<string, { offset: number, length: number, shape: number[] }>} Parts */

/**
 * Parts: `parameters`, `gradients` (of the objective, over the training set), `updates` (what the last step added), each
 * `[n]`; `history` `[m, 5]`, rows of epoch, training loss, test loss, training accuracy, test accuracy (−1 where there is
 * none), at most 600, thinned evenly when there would be more; and if maps were wanted: `output` `[outputs, 100, 100]`,
 * values of each output neuron as shown: −1 to 1 for two classes (one map), probabilities 0 to 1 for more, the number for
 * regression; `thumbnails` `[7 + neurons, 20, 20]`: features, then hidden neurons layer by layer, then outputs; `watched`
 * `[100, 100]`.
 * @typedef {{ type: 'frame', id?: number, version: number, status: Status, parts: Parts }} Frame
 */

/**
 * The data: parts `training` and `test`, each `[n, 2 + targets]`: x1, x2, then −1 or 1; a number; the number of the class;
 * or 0 or 1 for each label. Asked for with `points` whenever `configured` says that data changed.
 * @typedef {{ type: 'points', id?: number, parts: Parts }} Points
 */

/**
 * The forward and backward pass of one point.
 * @typedef {Object} Inspected
 * @property {'inspected'} type
 * @property {number} [id]
 * @property {[number, number]} at
 * @property {number[]|null} target what should come out, if it is an example
 * @property {number[]} features of those that are on
 * @property {{ sums: number[], outputs: number[], gradients: number[] }[]} layers sums before the transfer function, after
 *   it, and ∂loss/∂sum (zeros without target); the output last
 * @property {number[]} sigma what the loss compares with the target: σ of the output
 * @property {number|null} loss
 * @property {number[]} terms of the loss: −yᵢ log σᵢ, or ½(σᵢ − yᵢ)²
 * @property {number[][]} jacobian ∂σᵢ/∂sⱼ, for softmax σᵢ(δᵢⱼ − σⱼ)
 * @property {number[]} difference ∂loss/∂s, for cross-entropies σ − y
 */

/**
 * @typedef {Object} Formulas
 * @property {'formulas'} type
 * @property {number} [id]
 * @property {{ heading: string, text: string, mathml: string }[]} lines `heading` is '', 'layer 1', …, 'output', 'where',
 *   'loss', 'update'
 */

/**
 * The dataflow graph as it runs, in layers from top to bottom; all lengths in pixels of the picture.
 * @typedef {Object} GraphPicture
 * @property {'graph'} type
 * @property {number} [id]
 * @property {number} width
 * @property {number} height
 * @property {{ name: string, op: string, kind: 'placeholder'|'variable'|'constant'|'op'|'scope', lines: string[],
 *   nodes: number, group: number|null, x: number, y: number, width: number, height: number }[]} blocks
 *   `group`: the blocks of one number run as one kernel
 * @property {{ from: number, to: number, label: string, control: boolean, points: [number, number][] }[]} links
 * @property {{ number: number, text: string }[]} groups what each fused kernel computes
 * @property {string[]} scopes that can be opened
 */

/**
 * @typedef {Object} NodeDetails
 * @property {'node'} type
 * @property {number} [id]
 * @property {string} name
 * @property {string} op
 * @property {string} rule what the op computes
 * @property {Record<string, string>} attributes
 * @property {{ name: string, dtype: string, shape: string }[]} inputs
 * @property {{ name: string, dtype: string, shape: string, value: string|null, gradient: string|null }[]} outputs values
 *   for the training set, shortened
 * @property {{ group: number, text: string }|null} fused the kernel that it is part of
 * @property {string[]} line the place in the program that made it, where there is one
 */
