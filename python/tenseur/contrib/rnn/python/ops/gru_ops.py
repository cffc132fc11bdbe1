"""GRU cells of which one op computes a step."""

from tenseur import raw_ops
from tenseur.python.ops import init_ops
from tenseur.python.ops.rnn_cell_impl import InputSpec, LayerRNNCell, _depth


class GRUBlockCell(LayerRNNCell):
    """As `GRUCell`, a step by one op. Its variables are called `gru_cell/w_ru`, `b_ru`, `w_c` and `b_c`."""

    _NAMES = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(self, num_units=None, cell_size=None, reuse=None, name="gru_cell"):
        super().__init__(_reuse=reuse, name=name)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self._cell_size = num_units if num_units is not None else cell_size
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self):
        return self._cell_size

    @property
    def output_size(self):
        return self._cell_size

    def build(self, input_shape):
        depth, units = _depth(input_shape), self._cell_size
        w_ru, b_ru, w_c, b_c = self._NAMES
        self._gate_kernel = self.add_variable(w_ru, [depth + units, units * 2])
        self._gate_bias = self.add_variable(b_ru, [units * 2], initializer=init_ops.constant_initializer(1.0))
        self._candidate_kernel = self.add_variable(w_c, [depth + units, units])
        self._candidate_bias = self.add_variable(b_c, [units], initializer=init_ops.constant_initializer(0.0))
        self.built = True

    def call(self, inputs, h_prev):
        _, _, _, new_h = raw_ops.GRUBlockCell(x=inputs, h_prev=h_prev, w_ru=self._gate_kernel,
                                              w_c=self._candidate_kernel,
                                              b_ru=self._gate_bias, b_c=self._candidate_bias)
        return new_h, new_h


class GRUBlockCellV2(GRUBlockCell):
    """As `GRUBlockCell`, with the names of `GRUCell`'s variables."""

    _NAMES = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
