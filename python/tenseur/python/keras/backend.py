"""What Keras's layers and programs ask of the graph and session: `tf.keras.backend`."""

import weakref

import numpy as np

from tenseur.python.client import session as session_lib
from tenseur.python.framework import dtypes, ops, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, init_ops, math_ops, nn, random_ops, state_ops, variables

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"
_session = None
_uids = weakref.WeakKeyDictionary()
_learning_phases = weakref.WeakKeyDictionary()
_told_learning_phase = {}


def backend():
    return "tensorflow"


def floatx():
    """The type of layers' weights: "float32" unless said."""
    return _floatx


def set_floatx(value):
    global _floatx
    if value not in ("float16", "float32", "float64"):
        raise ValueError("Unknown floatx type: " + str(value))
    _floatx = str(value)


def epsilon():
    """A small number that keeps logarithms and divisions finite: 1e-7 unless said."""
    return _epsilon


def set_epsilon(value):
    global _epsilon
    _epsilon = value


def image_data_format():
    return _image_data_format


def set_image_data_format(data_format):
    global _image_data_format
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError("Unknown data_format: " + str(data_format))
    _image_data_format = data_format


def cast_to_floatx(x):
    return np.asarray(x, dtype=_floatx)


def get_graph():
    return ops.get_default_graph()


def get_uid(prefix=""):
    """1, 2, 3, …: how often this graph was asked for this prefix."""
    counts = _uids.setdefault(get_graph(), {})
    counts[prefix] = counts.get(prefix, 0) + 1
    return counts[prefix]


def get_default_graph_uid_map():
    return _uids.setdefault(get_graph(), {})


def reset_uids():
    _uids.clear()


def clear_session():
    """Begins a new graph, and forgets the session and names."""
    global _session
    ops.reset_default_graph()
    reset_uids()
    _session = None
    _told_learning_phase.clear()


def learning_phase():
    """Whether the graph is run to train: a placeholder that is False unless fed, or what `set_learning_phase` said."""
    graph = get_graph()
    if id(graph) in _told_learning_phase:
        return _told_learning_phase[id(graph)]
    phase = _learning_phases.get(graph)
    phase = phase() if phase is not None else None
    if phase is None:
        with ops.name_scope(""), ops.control_dependencies(None):
            phase = array_ops.placeholder_with_default(False, shape=(), name="keras_learning_phase")
        graph._keras_learning_phase = phase
        _learning_phases[graph] = weakref.ref(phase)
    return phase


def set_learning_phase(value):
    if value not in (0, 1, False, True):
        raise ValueError("Expected learning phase to be 0 or 1.")
    _told_learning_phase[id(get_graph())] = value


def symbolic_learning_phase():
    return learning_phase()


def get_session(*_):
    """The default session, or Keras's own for the default graph; variables that Keras made are initialized in it."""
    global _session
    session = ops.get_default_session()
    if session is None:
        if _session is None or _session.graph is not get_graph():
            _session = session_lib.Session()
        session = _session
    with session.graph.as_default():
        _initialize_variables(session)
    return session


def set_session(session):
    global _session
    _session = session


def _initialize_variables(session):
    candidates = [v for v in variables.global_variables() if not getattr(v, "_keras_initialized", None) is session]
    if not candidates:
        return
    known = session.run([variables.is_variable_initialized(v) for v in candidates])
    missing = [v for v, is_initialized in zip(candidates, known) if not is_initialized]
    for v in candidates:
        v._keras_initialized = session
    if missing:
        session.run(variables.variables_initializer(missing))


def name_scope(name):
    return ops.name_scope(name)


def track_variable(v):
    return v


# --- variables and values ------------------------------------------------------------------------------------------


def variable(value, dtype=None, name=None, constraint=None):
    return variables.VariableV1(value, dtype=dtypes.as_dtype(dtype or floatx()), name=name, constraint=constraint)


def constant(value, dtype=None, shape=None, name=None):
    from tenseur.python.framework import constant_op
    return constant_op.constant(value, dtype=dtype or floatx(), shape=shape, name=name or "Const")


def placeholder(shape=None, ndim=None, dtype=None, sparse=False, name=None):
    if shape is None and ndim is not None:
        shape = [None] * ndim
    if sparse:
        return array_ops.sparse_placeholder(dtype or floatx(), shape=shape, name=name)
    return array_ops.placeholder(dtype or floatx(), shape=shape, name=name)


def is_keras_tensor(x):
    return hasattr(x, "_keras_history")


def is_tensor(x):
    return tensor_util.is_tensor(x)


def is_sparse(tensor):
    return type(tensor).__name__ == "SparseTensor"


def shape(x):
    return array_ops.shape(x)


def int_shape(x):
    try:
        return tuple(x.get_shape().as_list())
    except ValueError:
        return None


def ndim(x):
    return x.get_shape().ndims


def dtype(x):
    return x.dtype.base_dtype.name


def eval(x):
    return get_value(x)


def get_value(x):
    if not tensor_util.is_tensor(x):
        return x
    return get_session().run(x)


def batch_get_value(tensors):
    return get_session().run(list(tensors)) if tensors else []


def set_value(x, value):
    x.load(np.asarray(value, dtype=x.dtype.base_dtype.as_numpy_dtype), get_session())


def batch_set_value(tuples):
    if tuples:
        session = get_session()
        for x, value in tuples:
            x.load(np.asarray(value, dtype=x.dtype.base_dtype.as_numpy_dtype), session)


def count_params(x):
    return int(np.prod(x.get_shape().as_list()))


class Function:
    """Computes outputs from values of inputs, and runs updates."""

    def __init__(self, inputs, outputs, updates=None):
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.updates = [state_ops.assign(*u) if isinstance(u, tuple) else u for u in updates or []]

    def __call__(self, inputs):
        feeds, fixed = {}, []
        for tensor, value in zip(self.inputs, inputs):
            if tensor_util.is_tensor(tensor):
                feeds[tensor] = value
            else:
                fixed.append(value)
        return get_session().run([self.outputs, self.updates], feeds)[0]


def function(inputs, outputs, updates=None, name=None, **_):
    """A function of lists of values: `f([x])` gives the outputs' values."""
    if not isinstance(outputs, (list, tuple)):
        made = Function(inputs, [outputs], updates)
        return lambda values: made(values)[0]
    return Function(inputs, outputs, updates)


def gradients(loss, variables):
    from tenseur.python.ops import gradients_impl
    return gradients_impl.gradients(loss, variables)


def update(x, new_x):
    return state_ops.assign(x, new_x)


def update_add(x, increment):
    return state_ops.assign_add(x, increment)


def update_sub(x, decrement):
    return state_ops.assign_sub(x, decrement)


def moving_average_update(x, value, momentum):
    from tenseur.python.training import moving_averages
    return moving_averages.assign_moving_average(x, value, momentum, zero_debias=True)


def stop_gradient(variables):
    if isinstance(variables, (list, tuple)):
        return [array_ops.stop_gradient(v) for v in variables]
    return array_ops.stop_gradient(variables)


# --- arithmetic by NumPy's names -------------------------------------------------------------------------------------


def zeros(shape, dtype=None, name=None):
    return variable(np.zeros(shape), dtype, name)


def ones(shape, dtype=None, name=None):
    return variable(np.ones(shape), dtype, name)


def zeros_like(x, dtype=None, name=None):
    return array_ops.zeros_like(x, dtype=dtype, name=name)


def ones_like(x, dtype=None, name=None):
    return array_ops.ones_like(x, dtype=dtype, name=name)


def eye(size, dtype=None, name=None):
    return variable(np.eye(size), dtype, name)


def identity(x, name=None):
    return array_ops.identity(x, name=name)


def cast(x, dtype):
    return math_ops.cast(x, dtype)


def dot(x, y):
    """Product of matrices; where `x` has more axes, of its last axis with the last but one of `y`."""
    if ndim(x) is not None and (ndim(x) > 2 or ndim(y) > 2):
        return math_ops.tensordot(x, y, [[ndim(x) - 1], [max(ndim(y) - 2, 0)]])
    return math_ops.matmul(x, y)


def batch_dot(x, y, axes=None):
    if isinstance(axes, int):
        axes = (axes, axes)
    axes = axes or (ndim(x) - 1, ndim(y) - 2)
    if ndim(x) == 2 and ndim(y) == 2:
        return math_ops.reduce_sum(x * y, axes[0], keepdims=True)
    return math_ops.matmul(x, y, adjoint_a=axes[0] != ndim(x) - 1, adjoint_b=axes[1] == ndim(y) - 1)


def transpose(x):
    return array_ops.transpose(x)


def gather(reference, indices):
    return array_ops.gather(reference, indices)


def max(x, axis=None, keepdims=False):
    return math_ops.reduce_max(x, axis, keepdims)


def min(x, axis=None, keepdims=False):
    return math_ops.reduce_min(x, axis, keepdims)


def sum(x, axis=None, keepdims=False):
    return math_ops.reduce_sum(x, axis, keepdims)


def prod(x, axis=None, keepdims=False):
    return math_ops.reduce_prod(x, axis, keepdims)


def _as_floats(x):
    return math_ops.cast(x, floatx()) if x.dtype.base_dtype == dtypes.bool else x


def mean(x, axis=None, keepdims=False):
    return math_ops.reduce_mean(_as_floats(x), axis, keepdims)


def var(x, axis=None, keepdims=False):
    return math_ops.reduce_variance(_as_floats(x), axis, keepdims)


def std(x, axis=None, keepdims=False):
    return math_ops.reduce_std(_as_floats(x), axis, keepdims)


def any(x, axis=None, keepdims=False):
    return math_ops.reduce_any(math_ops.cast(x, dtypes.bool), axis, keepdims)


def all(x, axis=None, keepdims=False):
    return math_ops.reduce_all(math_ops.cast(x, dtypes.bool), axis, keepdims)


def logsumexp(x, axis=None, keepdims=False):
    return math_ops.reduce_logsumexp(x, axis, keepdims)


def argmax(x, axis=-1):
    return math_ops.argmax(x, axis)


def argmin(x, axis=-1):
    return math_ops.argmin(x, axis)


def square(x):
    return math_ops.square(x)


def abs(x):
    return math_ops.abs(x)


def sqrt(x):
    return math_ops.sqrt(clip(x, 0.0, np.inf))


def exp(x):
    return math_ops.exp(x)


def log(x):
    return math_ops.log(x)


def round(x):
    return math_ops.round(x)


def sign(x):
    return math_ops.sign(x)


def pow(x, a):
    return math_ops.pow(x, a)


def sin(x):
    return math_ops.sin(x)


def cos(x):
    return math_ops.cos(x)


def clip(x, min_value, max_value):
    from tenseur.python.ops import clip_ops
    if max_value is None:
        max_value = np.inf
    return clip_ops.clip_by_value(x, math_ops.cast(min_value, x.dtype.base_dtype),
                                  math_ops.cast(max_value, x.dtype.base_dtype))


def equal(x, y):
    return math_ops.equal(x, y)


def not_equal(x, y):
    return math_ops.not_equal(x, y)


def greater(x, y):
    return math_ops.greater(x, y)


def greater_equal(x, y):
    return math_ops.greater_equal(x, y)


def less(x, y):
    return math_ops.less(x, y)


def less_equal(x, y):
    return math_ops.less_equal(x, y)


def maximum(x, y):
    return math_ops.maximum(x, y)


def minimum(x, y):
    return math_ops.minimum(x, y)


def concatenate(tensors, axis=-1):
    return array_ops.concat(list(tensors), axis if axis >= 0 or ndim(tensors[0]) is None else axis + ndim(tensors[0]))


def reshape(x, shape):
    return array_ops.reshape(x, shape)


def permute_dimensions(x, pattern):
    return array_ops.transpose(x, pattern)


def repeat(x, n):
    return array_ops.tile(array_ops.expand_dims(x, 1), array_ops.stack([1, n, 1]))


def tile(x, n):
    return array_ops.tile(x, [n] if isinstance(n, int) else n)


def flatten(x):
    return array_ops.reshape(x, [-1])


def batch_flatten(x):
    return array_ops.reshape(x, array_ops.stack([-1, math_ops.reduce_prod(array_ops.shape(x)[1:])]))


def expand_dims(x, axis=-1):
    return array_ops.expand_dims(x, axis)


def squeeze(x, axis):
    return array_ops.squeeze(x, [axis])


def stack(x, axis=0):
    return array_ops.stack(x, axis=axis)


def one_hot(indices, num_classes):
    return array_ops.one_hot(indices, depth=num_classes, axis=-1)


def reverse(x, axes):
    return array_ops.reverse(x, [axes] if isinstance(axes, int) else axes)


def arange(start, stop=None, step=1, dtype="int32"):
    return math_ops.cast(math_ops.range(0 if stop is None else start, start if stop is None else stop, step), dtype)


def switch(condition, then_expression, else_expression):
    def called(value):
        return value if callable(value) else lambda: value
    if condition.dtype != dtypes.bool:
        condition = math_ops.cast(condition, dtypes.bool)
    if ndim(condition):
        return array_ops.where(condition, called(then_expression)(), called(else_expression)())
    return control_flow_ops.cond(condition, called(then_expression), called(else_expression))


def in_train_phase(x, alt, training=None):
    """`x` while training, else `alt`; either may be a function."""
    training = learning_phase() if training is None else training
    if not tensor_util.is_tensor(training) and training:
        return x() if callable(x) else x
    if not tensor_util.is_tensor(training):
        return alt() if callable(alt) else alt
    return switch(training, x, alt)


def in_test_phase(x, alt, training=None):
    return in_train_phase(alt, x, training)


# --- networks --------------------------------------------------------------------------------------------------------


def relu(x, alpha=0.0, max_value=None, threshold=0):
    """`min(max(x, 0), max_value)`, with slope `alpha` below the threshold."""
    if alpha == 0.0 and threshold == 0:
        if max_value == 6:
            return nn.relu6(x)
        made = nn.relu(x)
        return made if max_value is None else clip(made, 0.0, max_value)
    if threshold == 0 and max_value is None:
        return nn.leaky_relu(x, alpha=alpha)
    above = x * math_ops.cast(math_ops.greater(x, threshold), x.dtype)
    above = above if max_value is None else clip(above, 0.0, max_value)
    return above - alpha * nn.relu(threshold - x) if alpha else above


def elu(x, alpha=1.0):
    made = nn.elu(x)
    return made if alpha == 1 else array_ops.where(x > 0, made, alpha * made)


def softmax(x, axis=-1):
    return nn.softmax(x, axis=axis)


def softplus(x):
    return nn.softplus(x)


def softsign(x):
    return nn.softsign(x)


def sigmoid(x):
    return math_ops.sigmoid(x)


def tanh(x):
    return math_ops.tanh(x)


def hard_sigmoid(x):
    """`clip(0.2 x + 0.5, 0, 1)`."""
    return clip(0.2 * x + 0.5, 0.0, 1.0)


def dropout(x, level, noise_shape=None, seed=None):
    return nn.dropout_v2(x, rate=level, noise_shape=noise_shape, seed=np.random.randint(10e6) if seed is None else seed)


def l2_normalize(x, axis=None):
    return nn.l2_normalize(x, axis=axis)


def in_top_k(predictions, targets, k):
    return nn.in_top_k(predictions, targets, k)


def bias_add(x, bias, data_format=None):
    data_format = image_data_format() if data_format is None else data_format
    if len(int_shape(bias)) == 1:
        return nn.bias_add(x, bias, data_format="NCHW" if data_format == "channels_first" else "NHWC")
    return x + array_ops.expand_dims(bias, 0)


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`−Σ target · log output` along an axis; of probabilities, or of logits."""
    if from_logits:
        return nn.softmax_cross_entropy_with_logits_v2(labels=target, logits=output, axis=axis)
    if output.op.type == "Softmax":
        return nn.softmax_cross_entropy_with_logits_v2(labels=target, logits=output.op.inputs[0], axis=axis)
    output = output / math_ops.reduce_sum(output, axis, True)
    output = clip(output, epsilon(), 1.0 - epsilon())
    return -math_ops.reduce_sum(target * math_ops.log(output), axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`−log output[target]`, for targets that are numbers of classes."""
    if not from_logits:
        if output.op.type == "Softmax":
            output = output.op.inputs[0]
        else:
            output = math_ops.log(clip(output, epsilon(), 1 - epsilon()))
    rank = output.get_shape().ndims
    axis %= rank
    if axis != rank - 1:
        output = array_ops.transpose(output, [a for a in range(rank) if a != axis] + [axis])
    target = math_ops.cast(target, dtypes.int64)
    if target.get_shape().ndims == rank and target.get_shape()[-1].value in (1, None):
        target = array_ops.squeeze(target, [-1])
    return nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=output)


def binary_crossentropy(target, output, from_logits=False):
    """`−t · log y − (1 − t) · log(1 − y)`."""
    if from_logits:
        return nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    if output.op.type == "Sigmoid":
        return nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output.op.inputs[0])
    output = clip(output, epsilon(), 1.0 - epsilon())
    made = target * math_ops.log(output + epsilon())
    return -(made + (1 - target) * math_ops.log(1 - output + epsilon()))


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    return random_ops.random_normal(shape, mean, stddev, dtype=dtypes.as_dtype(dtype or floatx()), seed=seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    return random_ops.random_uniform(shape, minval, maxval, dtype=dtypes.as_dtype(dtype or floatx()), seed=seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    return random_ops.truncated_normal(shape, mean, stddev, dtype=dtypes.as_dtype(dtype or floatx()), seed=seed)


def random_binomial(shape, p=0.0, dtype=None, seed=None):
    return math_ops.cast(random_ops.random_uniform(shape, seed=seed) <= p, dtype or floatx())


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    return variable(init_ops.RandomUniform(low, high, seed=seed)(shape), dtype, name)


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    return variable(init_ops.RandomNormal(mean, scale, seed=seed)(shape), dtype, name)


def ctc_label_dense_to_sparse(labels, label_lengths):
    """Rows of labels, of which the first so many count, as a sparse tensor."""
    from tenseur.python.ops import ctc_ops
    return ctc_ops.dense_labels_to_sparse(labels, label_lengths)


def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """`tf.nn.ctc_loss` of dense labels and probabilities [batch, time, classes], as [batch, 1]."""
    from tenseur.python.ops import ctc_ops
    label_length = math_ops.cast(array_ops.squeeze(label_length, [-1]), dtypes.int32)
    input_length = math_ops.cast(array_ops.squeeze(input_length, [-1]), dtypes.int32)
    labels = math_ops.cast(y_true, dtypes.int32)
    sparse = ctc_ops.dense_labels_to_sparse(labels, label_length)
    logits = math_ops.log(array_ops.transpose(y_pred, [1, 0, 2]) + epsilon())
    return array_ops.expand_dims(ctc_ops.ctc_loss(inputs=logits, labels=sparse, sequence_length=input_length), 1)


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """Labels of the likeliest paths as dense tensors, −1 behind their ends, and their log probabilities."""
    from tenseur.python.ops import ctc_ops, sparse_ops
    logits = math_ops.log(array_ops.transpose(y_pred, [1, 0, 2]) + epsilon())
    lengths = math_ops.cast(input_length, dtypes.int32)
    if greedy:
        decoded, probability = ctc_ops.ctc_greedy_decoder(logits, lengths)
    else:
        decoded, probability = ctc_ops.ctc_beam_search_decoder(logits, lengths, beam_width, top_paths)
    return [sparse_ops.sparse_tensor_to_dense(one, default_value=-1) for one in decoded], probability


def rnn(step_function, inputs, initial_states, go_backwards=False, mask=None, constants=None, unroll=False, input_length=None,
        time_major=False, zero_output_for_mask=False):
    """Runs a step over time: (last output, outputs, last states)."""
    from tenseur.python.keras.layers import recurrent
    return recurrent.run(step_function, inputs, initial_states, go_backwards, mask, time_major)
