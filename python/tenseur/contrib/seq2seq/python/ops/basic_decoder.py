"""A decoder of a cell and of what says its inputs."""

import collections

from tenseur.contrib.seq2seq.python.ops import decoder
from tenseur.contrib.seq2seq.python.ops import helper as helper_py
from tenseur.python.framework import ops, tensor_shape
from tenseur.python.ops import rnn_cell_impl
from tenseur.python.util import nest

__all__ = ["BasicDecoderOutput", "BasicDecoder"]


class BasicDecoderOutput(collections.namedtuple("BasicDecoderOutput", ("rnn_output", "sample_id"))):
    """What a step gives: the cell's output and what was chosen by it."""


class BasicDecoder(decoder.Decoder):
    """A decoder of a cell, with a layer over its outputs if there is one, and a helper that chooses and says its
    inputs."""

    def __init__(self, cell, helper, initial_state, output_layer=None):
        rnn_cell_impl.assert_like_rnncell("cell", cell)
        if not isinstance(helper, helper_py.Helper):
            raise TypeError("helper must be a Helper, received: %s" % type(helper))
        if output_layer is not None and not callable(output_layer):
            raise TypeError("output_layer must be a Layer, received: %s" % type(output_layer))
        self._cell = cell
        self._helper = helper
        self._initial_state = initial_state
        self._output_layer = output_layer

    @property
    def batch_size(self):
        return self._helper.batch_size

    def _rnn_output_size(self):
        size = self._cell.output_size
        if self._output_layer is None:
            return size

        def with_batch(size):
            return tensor_shape.TensorShape([None]).concatenate(tensor_shape.as_shape(size))

        shapes = self._output_layer.compute_output_shape(nest.map_structure(with_batch, size))
        return nest.map_structure(lambda shape: tensor_shape.TensorShape(shape)[1:], shapes)

    @property
    def output_size(self):
        return BasicDecoderOutput(rnn_output=self._rnn_output_size(), sample_id=self._helper.sample_ids_shape)

    @property
    def output_dtype(self):
        dtype = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(nest.map_structure(lambda _: dtype, self._rnn_output_size()),
                                  self._helper.sample_ids_dtype)

    def initialize(self, name=None):
        return self._helper.initialize() + (self._initial_state,)

    def step(self, time, inputs, state, name=None):
        with ops.name_scope(name, "BasicDecoderStep", (time, *nest.flatten(inputs))):
            outputs, cell_state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            sample_ids = self._helper.sample(time=time, outputs=outputs, state=cell_state)
            finished, next_inputs, next_state = self._helper.next_inputs(
                time=time, outputs=outputs, state=cell_state, sample_ids=sample_ids)
        return BasicDecoderOutput(outputs, sample_ids), next_state, next_inputs, finished
