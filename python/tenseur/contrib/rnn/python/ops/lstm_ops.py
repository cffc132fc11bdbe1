"""LSTM cells of which one op computes a step, or all steps."""

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, init_ops, math_ops
from tenseur.python.ops.rnn_cell_impl import InputSpec, LayerRNNCell, LSTMStateTuple, _depth



def _none(cell):
    return array_ops.zeros([cell._num_units], dtype=cell._dtype)


class LSTMBlockCell(LayerRNNCell):
    """As `BasicLSTMCell`, a step by one op. Its variables are called `lstm_cell/kernel` and `lstm_cell/bias`."""

    def __init__(self, num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, dtype=None, reuse=None,
                 name="lstm_cell"):
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._use_peephole = use_peephole
        self._cell_clip = cell_clip if cell_clip is not None else -1

    @property
    def state_size(self):
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        units = self._num_units
        self._kernel = self.add_variable("kernel", [_depth(inputs_shape) + units, units * 4])
        self._bias = self.add_variable("bias", [units * 4], initializer=init_ops.constant_initializer(0.0))
        if self._use_peephole:
            self._w_i_diag, self._w_f_diag, self._w_o_diag = (
                self.add_variable(name, [units]) for name in ("w_i_diag", "w_f_diag", "w_o_diag"))
        self.built = True

    def call(self, inputs, state):
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        peepholes = (self._w_i_diag, self._w_f_diag, self._w_o_diag) if self._use_peephole else (_none(self),) * 3
        _, cs, _, _, _, _, h = raw_ops.LSTMBlockCell(
            x=inputs, cs_prev=state[0], h_prev=state[1], w=self._kernel, wci=peepholes[0], wcf=peepholes[1],
            wco=peepholes[2],
            b=self._bias, forget_bias=self._forget_bias, cell_clip=self._cell_clip, use_peephole=self._use_peephole)
        return h, LSTMStateTuple(cs, h)


class LSTMBlockWrapper(LayerRNNCell):
    """A layer that goes over all of the time: `outputs, final_state = layer(inputs)`, inputs (time, batch,
    features)."""

    @property
    def num_units(self):
        raise NotImplementedError("Abstract method")

    def call(self, inputs, initial_state=None, dtype=None, sequence_length=None):
        is_list = isinstance(inputs, list)
        if is_list:
            inputs = array_ops.stack(inputs)
        inputs = ops.convert_to_tensor(inputs)
        shape = inputs.shape.with_rank(3)
        if shape._dims[2] is None:
            raise ValueError("Expecting inputs_shape[2] to be set: %s" % shape)
        known_time, known_batch = shape._dims[0], shape._dims[1]
        batch_size = known_batch if known_batch is not None else array_ops.shape(inputs)[1]
        time_len = known_time if known_time is not None else array_ops.shape(inputs)[0]
        if initial_state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            zeros = array_ops.zeros(array_ops.stack([batch_size, self.num_units]), dtype=dtype)
            initial_state = zeros, zeros
        elif len(initial_state) != 2:
            raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
        dtype = dtype or initial_state[0].dtype
        if sequence_length is not None:
            sequence_length = ops.convert_to_tensor(sequence_length)
        initial_c, initial_h = initial_state
        cs, outputs = self._call_cell(inputs, initial_c, initial_h, dtype, sequence_length)
        if sequence_length is not None:
            mask = array_ops.transpose(array_ops.sequence_mask(sequence_length, time_len, dtype=outputs.dtype), [1, 0])
            outputs = outputs * array_ops.expand_dims(mask, 2)
            final_c = self._last(array_ops.concat([array_ops.expand_dims(initial_c, 0), cs], 0), sequence_length,
                                 batch_size)
            final_h = self._last(array_ops.concat([array_ops.expand_dims(initial_h, 0), outputs], 0), sequence_length,
                                 batch_size)
        else:
            final_c, final_h = cs[-1], outputs[-1]
        if is_list:
            outputs = array_ops.unstack(outputs)
        return outputs, LSTMStateTuple(final_c, final_h)

    def _last(self, data, indices, batch_size):
        rows = math_ops.range(0, batch_size)
        return array_ops.gather_nd(data, array_ops.stack([math_ops.cast(indices, dtypes.int32), rows], axis=1))

    def __call__(self, inputs, *args, **kwargs):
        from tenseur.python.ops import _cell_layer
        return _cell_layer.CellLayer.__call__(self, inputs, *args, **kwargs)


class LSTMBlockFusedCell(LSTMBlockWrapper):
    """As `LSTMBlockCell`, all steps by one op."""

    def __init__(self, num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, reuse=None, dtype=None,
                 name="lstm_fused_cell"):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = cell_clip if cell_clip is not None else -1
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self):
        return self._num_units

    @property
    def state_size(self):
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self):
        return self._num_units

    def build(self, input_shape):
        depth = tensor_shape.TensorShape(input_shape).as_list()[2]
        units = self._num_units
        self._kernel = self.add_variable("kernel", [depth + units, units * 4])
        self._bias = self.add_variable("bias", [units * 4], initializer=init_ops.constant_initializer(0.0))
        if self._use_peephole:
            self._w_i_diag, self._w_f_diag, self._w_o_diag = (
                self.add_variable(name, [units]) for name in ("w_i_diag", "w_f_diag", "w_o_diag"))
        self.built = True

    def _call_cell(self, inputs, initial_cell_state=None, initial_output=None, dtype=None,
                   sequence_length=None):
        known = inputs.shape._dims[0]
        if sequence_length is not None:
            longest = math_ops.cast(math_ops.reduce_max(sequence_length), dtypes.int64)
        elif known is not None:
            longest = constant_op.constant(known, dtype=dtypes.int64)
        else:
            longest = math_ops.cast(array_ops.shape(inputs)[0], dtypes.int64)
        peepholes = (self._w_i_diag, self._w_f_diag, self._w_o_diag) if self._use_peephole else (_none(self),) * 3
        _, cs, _, _, _, _, h = raw_ops.BlockLSTM(
            seq_len_max=longest, x=inputs, cs_prev=initial_cell_state, h_prev=initial_output, w=self._kernel,
            wci=peepholes[0], wcf=peepholes[1], wco=peepholes[2], b=self._bias, forget_bias=self._forget_bias,
            cell_clip=self._cell_clip, use_peephole=self._use_peephole)
        return cs, h
