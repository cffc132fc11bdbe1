"""Names of `tf`: files, flags, logging, summaries, messages, queues and readers, datasets."""

_FLAGS = """FLAGS DEFINE_string DEFINE_integer DEFINE_float DEFINE_boolean DEFINE_bool DEFINE_list DEFINE_spaceseplist
    DEFINE_multi_string DEFINE_multi_integer DEFINE_multi_float DEFINE_enum DEFINE_multi_enum DEFINE_enum_class DEFINE_alias DEFINE
    DEFINE_flag register_validator validator register_multi_flags_validator mark_flag_as_required mark_flags_as_required
    mark_flags_as_mutual_exclusive set_default adopt_module_key_flags declare_key_flag disclaim_key_flags text_wrap Error
    DuplicateFlagError IllegalFlagValueError UnrecognizedFlagError UnparsedFlagAccessError ValidationError Flag BooleanFlag
    EnumFlag ListFlag MultiFlag FlagValues"""
_GFILE = """GFile FastGFile Open Copy DeleteRecursively Exists Glob IsDirectory ListDirectory MakeDirs MkDir Remove Rename Stat
    Walk"""
_LIB = "tenseur.python.lib.io."
_CORE = "tenseur.core."

API = {
    "tenseur.python.platform.app": {"app": "run"},
    "tenseur.python.platform.flags": {"flags": _FLAGS, "app": "flags=*"},
    "tenseur.python.platform.gfile": {"gfile": _GFILE, "io.gfile": "GFile"},
    "tenseur.python.platform.resource_loader": {
        "resource_loader": "load_resource get_data_files_path get_root_dir_with_all_resources get_path_to_datafile",
    },
    "tenseur.python.platform.tf_logging": {
        "logging": """DEBUG ERROR FATAL INFO WARN WARNING TaskLevelStatusMessage debug error fatal flush get_verbosity info log
            log_every_n log_first_n log_if set_verbosity vlog warn warning get_logger""",
    },
    _LIB + "tf_record": {
        "python_io": "TFRecordCompressionType TFRecordOptions TFRecordWriter tf_record_iterator",
        "io": "TFRecordOptions TFRecordWriter tf_record_iterator",
    },
    "tenseur.python.summary.summary": {
        "summary": """scalar histogram image audio text tensor_summary merge merge_all all_v2_summary_ops get_summary_description
            initialize""",
    },
    "tenseur.python.summary.writer.writer": {"summary": "FileWriter", "train": "SummaryWriter"},
    "tenseur.python.summary.writer.writer_cache": {"summary": "FileWriterCache"},
    "tenseur.python.summary.summary_iterator": {"train": "summary_iterator"},
    _CORE + "framework.summary_pb2": {"": "Summary HistogramProto", "summary": "Summary"},
    _CORE + "util.event_pb2": {"": "Event LogMessage", "summary": "Event SessionLog TaggedRunMetadata"},
    _CORE + "framework.graph_pb2": {"": "GraphDef"},
    _CORE + "framework.node_def_pb2": {"": "NodeDef"},
    _CORE + "framework.attr_value_pb2": {"": "AttrValue NameAttrList"},
    _CORE + "protobuf.config_pb2": {
        "": "ConfigProto GPUOptions GraphOptions OptimizerOptions RunOptions RunMetadata",
    },
    _CORE + "protobuf.meta_graph_pb2": {"": "MetaGraphDef TensorInfo"},
    _CORE + "example.example_pb2": {"train": "Example SequenceExample"},
    _CORE + "example.feature_pb2": {"train": "BytesList Feature FeatureList FeatureLists Features FloatList Int64List"},
    "tenseur.python.framework.importer": {"": "import_graph_def", "graph_util": "import_graph_def"},
    "tenseur.python.framework.graph_util": {
        "graph_util": "convert_variables_to_constants extract_sub_graph remove_training_nodes must_run_on_cpu",
    },
    "tenseur.python.framework.graph_io": {"train": "write_graph", "io": "write_graph"},
    "tenseur.python.training.input": {
        "train": """batch batch_join input_producer limit_epochs match_filenames_once maybe_batch maybe_batch_join
            maybe_shuffle_batch maybe_shuffle_batch_join range_input_producer shuffle_batch shuffle_batch_join
            slice_input_producer string_input_producer""",
    },
    "tenseur.python.ops.data_flow_ops": {
        "": "QueueBase FIFOQueue PaddingFIFOQueue PriorityQueue RandomShuffleQueue",
        "queue": "QueueBase FIFOQueue PaddingFIFOQueue PriorityQueue RandomShuffleQueue",
    },
    "tenseur.python.ops.io_ops": {
        "": """read_file write_file matching_files ReaderBase WholeFileReader TextLineReader FixedLengthRecordReader TFRecordReader
            IdentityReader LMDBReader""",
        "io": "read_file write_file matching_files",
    },
    "tenseur.python.data.ops.dataset_ops": {
        "data": """Dataset Options get_output_types=get_legacy_output_types get_output_shapes=get_legacy_output_shapes
            get_output_classes=get_legacy_output_classes make_one_shot_iterator make_initializable_iterator""",
        "data.experimental": "AUTOTUNE",
        "contrib.data": "AUTOTUNE Dataset",
    },
    "tenseur.python.data.ops.iterator_ops": {"data": "Iterator"},
    "tenseur.python.data.ops.readers": {
        "data": """TextLineDataset=TextLineDatasetV1 TFRecordDataset=TFRecordDatasetV1
            FixedLengthRecordDataset=FixedLengthRecordDatasetV1""",
        "contrib.data": "TextLineDataset=TextLineDatasetV1 TFRecordDataset=TFRecordDatasetV1",
    },
}
