"""Names of `tf`: conditionals, loops, recurrent networks, sequences."""

_OPS = "tenseur.python.ops."
_RNN = "tenseur.contrib.rnn.python.ops."
_SEQ = "tenseur.contrib.seq2seq.python.ops."
_CELLS = """BasicLSTMCell BasicRNNCell DeviceWrapper DropoutWrapper GRUCell LSTMCell LSTMStateTuple MultiRNNCell ResidualWrapper
    RNNCell"""

API = {
    _OPS + "control_flow_ops": {
        "": "Assert case cond group no_op tuple while_loop",
        "debugging": "Assert",
        "contrib.framework": "smart_cond smart_constant_value with_dependencies",
    },
    _OPS + "tensor_array_ops": {"": "TensorArray"},
    _OPS + "functional_ops": {"": "foldl foldr map_fn scan"},
    _OPS + "script_ops": {"": "py_func numpy_function py_function=eager_py_func", "contrib.eager": "py_func=eager_py_func"},
    _OPS + "logging_ops": {"": "Print print=print_v2 timestamp"},
    "tenseur.python.util.nest": {
        "nest": "assert_same_structure flatten is_nested map_structure pack_sequence_as",
        "contrib.framework.nest": """assert_same_structure assert_shallow_structure flatten flatten_dict_items flatten_up_to
            get_traverse_shallow_structure is_sequence map_structure map_structure_up_to pack_sequence_as
            yield_flattened_paths""",
    },
    _OPS + "rnn_cell_impl": {
        "nn.rnn_cell": _CELLS,
        "contrib.rnn": _CELLS + " LayerRNNCell",
    },
    _OPS + "rnn": {
        "nn": """bidirectional_dynamic_rnn dynamic_rnn raw_rnn static_bidirectional_rnn static_rnn static_state_saving_rnn
            rnn=static_rnn""",
        "contrib.rnn": "static_bidirectional_rnn static_rnn static_state_saving_rnn transpose_batch_time=_transpose_batch_time",
    },
    _RNN + "core_rnn_cell": {"contrib.rnn": "EmbeddingWrapper InputProjectionWrapper OutputProjectionWrapper core_rnn_cell=*"},
    _RNN + "rnn_cell": {
        "contrib.rnn": """AttentionCellWrapper CoupledInputForgetGateLSTMCell TimeFreqLSTMCell Conv1DLSTMCell Conv2DLSTMCell Conv3DLSTMCell ConvLSTMCell HighwayWrapper IndRNNCell
            LayerNormBasicLSTMCell NASCell SRUCell UGRNNCell""",
    },
    _RNN + "rnn": {"contrib.rnn": "stack_bidirectional_dynamic_rnn stack_bidirectional_rnn"},
    _RNN + "lstm_ops": {"contrib.rnn": "LSTMBlockCell LSTMBlockFusedCell LSTMBlockWrapper"},
    _RNN + "gru_ops": {"contrib.rnn": "GRUBlockCell GRUBlockCellV2"},
    _RNN + "fused_rnn_cell": {"contrib.rnn": "FusedRNNCell FusedRNNCellAdaptor TimeReversedFusedRNN"},
    _SEQ + "loss": {"contrib.seq2seq": "sequence_loss"},
    _SEQ + "decoder": {"contrib.seq2seq": "Decoder dynamic_decode"},
    _SEQ + "basic_decoder": {"contrib.seq2seq": "BasicDecoder BasicDecoderOutput"},
    _SEQ + "helper": {
        "contrib.seq2seq": """CustomHelper GreedyEmbeddingHelper Helper InferenceHelper SampleEmbeddingHelper
            ScheduledEmbeddingTrainingHelper ScheduledOutputTrainingHelper TrainingHelper""",
    },
    _SEQ + "attention_wrapper": {
        "contrib.seq2seq": """AttentionMechanism AttentionWrapper AttentionWrapperState BahdanauAttention
            BahdanauMonotonicAttention LuongAttention LuongMonotonicAttention hardmax monotonic_attention safe_cumprod""",
    },
    _SEQ + "beam_search_decoder": {
        "contrib.seq2seq": """BeamSearchDecoder BeamSearchDecoderOutput BeamSearchDecoderState FinalBeamSearchDecoderOutput
            gather_tree gather_tree_from_array tile_batch""",
    },
    "tenseur.contrib.cudnn_rnn.python.ops.cudnn_rnn_ops": {
        "contrib.cudnn_rnn": "CudnnCompatibleGRUCell CudnnCompatibleLSTMCell CudnnGRU CudnnLSTM CudnnRNNRelu CudnnRNNTanh",
    },
    "tenseur.contrib.legacy_seq2seq.python.ops.seq2seq": {
        "contrib.legacy_seq2seq": """attention_decoder basic_rnn_seq2seq embedding_attention_decoder embedding_attention_seq2seq
            embedding_rnn_decoder embedding_rnn_seq2seq embedding_tied_rnn_seq2seq model_with_buckets one2many_rnn_seq2seq
            rnn_decoder sequence_loss sequence_loss_by_example tied_rnn_seq2seq""",
    },
}
