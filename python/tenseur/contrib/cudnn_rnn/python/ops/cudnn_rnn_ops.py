"""Cells that compute what cuDNN's recurrent layers do."""

from tenseur.contrib.rnn.python.ops import lstm_ops
from tenseur.python.ops import array_ops, math_ops, nn_ops
from tenseur.python.ops import init_ops, rnn_cell_impl


class CudnnCompatibleLSTMCell(lstm_ops.LSTMBlockCell):
    """An LSTM without forget bias, clipping and peepholes, as cuDNN's."""

    def __init__(self, num_units, reuse=None):
        super().__init__(num_units, forget_bias=0, cell_clip=None, use_peephole=False, reuse=reuse,
                         name="cudnn_compatible_lstm_cell")


class CudnnCompatibleGRUCell(rnn_cell_impl.GRUCell):
    """A GRU whose reset gate comes after the product with the state, as cuDNN's."""

    def __init__(self, num_units, reuse=None, kernel_initializer=None):
        super().__init__(num_units, activation=None, reuse=reuse, kernel_initializer=kernel_initializer)

    def build(self, inputs_shape):
        depth, units = rnn_cell_impl._depth(inputs_shape), self._num_units
        own = self._kernel_initializer
        self._gate_kernel = self.add_variable("gates/kernel", shape=[depth + units, 2 * units], initializer=own)
        self._gate_bias = self.add_variable("gates/bias", shape=[2 * units],
                                            initializer=init_ops.constant_initializer(1.0))
        self._input_kernel = self.add_variable("candidate/input_projection/kernel", shape=[depth, units],
                                               initializer=own)
        self._hidden_kernel = self.add_variable("candidate/hidden_projection/kernel", shape=[units, units],
                                                initializer=own)
        zeros = init_ops.zeros_initializer()
        self._input_bias = self.add_variable("candidate/input_projection/bias", shape=[units], initializer=zeros)
        self._hidden_bias = self.add_variable("candidate/hidden_projection/bias", shape=[units], initializer=zeros)
        self.built = True

    def call(self, inputs, state):
        gates = math_ops.matmul(array_ops.concat([inputs, state], 1), self._gate_kernel)
        r, u = array_ops.split(math_ops.sigmoid(nn_ops.bias_add(gates, self._gate_bias)), 2, axis=1)
        hidden = nn_ops.bias_add(math_ops.matmul(state, self._hidden_kernel), self._hidden_bias)
        own = nn_ops.bias_add(math_ops.matmul(inputs, self._input_kernel), self._input_bias)
        new_h = (1 - u) * self._activation(own + r * hidden) + u * state
        return new_h, new_h


def _absent(name, instead):
    class Absent:
        def __init__(self, *_, **__):
            raise NotImplementedError(
                f"tf.contrib.cudnn_rnn.{name}: cuDNN's own layers, which keep all weights in one opaque "
                                      f"buffer, are not there; {instead} computes the same with weights by name")
    Absent.__name__ = Absent.__qualname__ = name
    return Absent


CudnnLSTM = _absent("CudnnLSTM", "tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell in tf.nn.dynamic_rnn")
CudnnGRU = _absent("CudnnGRU", "tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell in tf.nn.dynamic_rnn")
CudnnRNNTanh = _absent("CudnnRNNTanh", "tf.nn.rnn_cell.BasicRNNCell in tf.nn.dynamic_rnn")
CudnnRNNRelu = _absent("CudnnRNNRelu", "tf.nn.rnn_cell.BasicRNNCell(…, activation=tf.nn.relu) in tf.nn.dynamic_rnn")
