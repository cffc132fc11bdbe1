"""Cells with a projection or an embedding around them, and all cells of `tf.nn.rnn_cell`."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, embedding_ops, init_ops, math_ops, nn_ops
from tenseur.python.ops import variable_scope as vs
from tenseur.python.ops.rnn_cell_impl import (  # noqa: F401
    _BIAS_VARIABLE_NAME, _WEIGHTS_VARIABLE_NAME, BasicLSTMCell, BasicRNNCell, DeviceWrapper, DropoutWrapper, GRUCell,
    LayerRNNCell, LSTMCell, LSTMStateTuple, MultiRNNCell, ResidualWrapper, RNNCell)
from tenseur.python.util import nest


class _Linear:
    """`W·[args] + b`; its variables are made in the scope in which it is made."""

    def __init__(self, args, output_size, build_bias, bias_initializer=None, kernel_initializer=None):
        if args is None or (nest.is_sequence(args) and not args):
            raise ValueError("`args` must be specified")
        self._is_sequence = nest.is_sequence(args)
        tensors = args if self._is_sequence else [args]
        depth = 0
        for one in tensors:
            if one.shape.ndims != 2 or one.shape.as_list()[1] is None:
                raise ValueError("linear expects shape[1] to be provided for shape %s, but saw %s" % (one.shape, one))
            depth += one.shape.as_list()[1]
        dtype = tensors[0].dtype.base_dtype
        self._build_bias = build_bias
        scope = vs.get_variable_scope()
        with vs.variable_scope(scope) as outer_scope:
            self._weights = vs.get_variable(_WEIGHTS_VARIABLE_NAME, [depth, output_size], dtype=dtype,
                                            initializer=kernel_initializer)
            if build_bias:
                with vs.variable_scope(outer_scope) as inner_scope:
                    inner_scope.set_partitioner(None)
                    if bias_initializer is None:
                        bias_initializer = init_ops.constant_initializer(0.0, dtype=dtype)
                    self._biases = vs.get_variable(_BIAS_VARIABLE_NAME, [output_size], dtype=dtype,
                                                   initializer=bias_initializer)

    def __call__(self, args):
        args = list(args) if self._is_sequence else [args]
        result = math_ops.matmul(args[0] if len(args) == 1 else array_ops.concat(args, 1), self._weights)
        return nn_ops.bias_add(result, self._biases) if self._build_bias else result


def _linear(args, output_size, bias, bias_initializer=None, kernel_initializer=None):
    """`W·[args] + b` with variables called `kernel` and `bias` in the current scope."""
    return _Linear(args, output_size, bias, bias_initializer, kernel_initializer)(args)


class _Around(RNNCell):
    """A cell around another."""

    def __init__(self, cell, reuse=None):
        super().__init__(_reuse=reuse)
        self._cell = cell
        self._linear = None

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)


class EmbeddingWrapper(_Around):
    """A cell whose inputs are numbers of classes, for each of which it learns a vector."""

    def __init__(self, cell, embedding_classes, embedding_size, initializer=None, reuse=None):
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError("Both embedding_classes and embedding_size must be > 0: %d, %d." % (
                embedding_classes, embedding_size))
        self._embedding_classes = embedding_classes
        self._embedding_size = embedding_size
        self._initializer = initializer

    def call(self, inputs, state):
        initializer = self._initializer or vs.get_variable_scope().initializer
        if initializer is None:
            initializer = init_ops.random_uniform_initializer(-(3 ** 0.5), 3 ** 0.5)  # of variance 1
        dtype = nest.flatten(state)[0].dtype
        embedding = vs.get_variable("embedding", [self._embedding_classes, self._embedding_size],
                                    initializer=initializer,
                                    dtype=dtype.base_dtype)
        embedded = embedding_ops.embedding_lookup(embedding, array_ops.reshape(inputs, [-1]))
        return self._cell(embedded, state)


class InputProjectionWrapper(_Around):
    """A cell whose inputs are projected to `num_proj` numbers."""

    def __init__(self, cell, num_proj, activation=None, input_size=None, reuse=None):
        super().__init__(cell, reuse)
        self._num_proj = num_proj
        self._activation = activation

    def call(self, inputs, state):
        if self._linear is None:
            self._linear = _Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        return self._cell(self._activation(projected) if self._activation else projected, state)


class OutputProjectionWrapper(_Around):
    """A cell whose outputs are projected to `output_size` numbers."""

    def __init__(self, cell, output_size, activation=None, reuse=None):
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError("Parameter output_size must be > 0: %d." % output_size)
        self._output_size = output_size
        self._activation = activation

    @property
    def output_size(self):
        return self._output_size

    def call(self, inputs, state):
        output, new_state = self._cell(inputs, state)
        if self._linear is None:
            self._linear = _Linear(output, self._output_size, True)
        projected = self._linear(output)
        return self._activation(projected) if self._activation else projected, new_state
