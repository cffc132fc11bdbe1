"""Names of `tf`: files, flags, logging, summaries, messages, queues and readers, datasets."""

_FLAGS = """FLAGS DEFINE_string DEFINE_integer DEFINE_float DEFINE_boolean DEFINE_bool DEFINE_list DEFINE_spaceseplist
    DEFINE_multi_string DEFINE_multi_integer DEFINE_multi_float DEFINE_enum DEFINE_multi_enum DEFINE_enum_class DEFINE_alias DEFINE
    DEFINE_flag register_validator validator register_multi_flags_validator mark_flag_as_required mark_flags_as_required
    mark_flags_as_mutual_exclusive set_default adopt_module_key_flags declare_key_flag disclaim_key_flags text_wrap Error
    DuplicateFlagError IllegalFlagValueError UnrecognizedFlagError UnparsedFlagAccessError ValidationError Flag BooleanFlag
    EnumFlag ListFlag MultiFlag FlagValues"""
_GFILE = """GFile FastGFile Open Copy DeleteRecursively Exists Glob IsDirectory ListDirectory MakeDirs MkDir Remove Rename Stat
    Walk"""
_EXPERIMENTAL = """AUTOTUNE Counter CsvDataset OptimizationOptions RandomDataset Reducer StatsAggregator TFRecordWriter
    ThreadingOptions assert_element_shape batch_and_drop_remainder bucket_by_sequence_length bytes_produced_stats cardinality
    choose_from_datasets copy_to_device dense_to_sparse_batch enumerate_dataset get_single_element group_by_reducer
    group_by_window ignore_errors latency_stats make_csv_dataset map_and_batch padded_batch_and_drop_remainder
    parallel_interleave parse_example_dataset prefetch_to_device sample_from_datasets scan shuffle_and_repeat sloppy_interleave
    take_while unbatch unique"""
_READERS = """TextLineDataset=TextLineDatasetV1 TFRecordDataset=TFRecordDatasetV1
    FixedLengthRecordDataset=FixedLengthRecordDatasetV1"""
_SIGNATURES = """build_signature_def classification_signature_def is_valid_signature predict_signature_def
    regression_signature_def"""
_SAVED_MODEL_CONSTANTS = """ASSETS_DIRECTORY ASSETS_KEY LEGACY_INIT_OP_KEY MAIN_OP_KEY SAVED_MODEL_FILENAME_PB
    SAVED_MODEL_FILENAME_PBTXT SAVED_MODEL_SCHEMA_VERSION VARIABLES_DIRECTORY VARIABLES_FILENAME"""
_CONSTANTS = """CLASSIFY_INPUTS CLASSIFY_METHOD_NAME CLASSIFY_OUTPUT_CLASSES CLASSIFY_OUTPUT_SCORES PREDICT_INPUTS
    PREDICT_METHOD_NAME PREDICT_OUTPUTS REGRESS_INPUTS REGRESS_METHOD_NAME REGRESS_OUTPUTS"""
_LIB = "tenseur.python.lib.io."
_CORE = "tenseur.core."

API = {
    "tenseur.python.platform.app": {"app": "run"},
    "tenseur.python.platform.flags": {"flags": _FLAGS, "app": "flags=*"},
    "tenseur.python.platform.gfile": {"gfile": _GFILE, "io.gfile": "GFile"},
    _LIB + "file_io": {
        "io.gfile": """copy exists=file_exists glob=get_matching_files isdir=is_directory listdir=list_directory
            makedirs=recursive_create_dir mkdir=create_dir remove=delete_file rename rmtree=delete_recursively stat walk=walk_v2""",
    },
    "tenseur.python.platform.sysconfig": {"sysconfig": "get_include get_lib get_compile_flags get_link_flags"},
    "tenseur.python.platform.test": {
        "test": """Benchmark StubOutForTesting TestCase assert_equal_graph_def compute_gradient compute_gradient_error
            create_local_cluster get_temp_dir gpu_device_name is_built_with_cuda is_built_with_gpu_support is_built_with_rocm
            is_gpu_available main mock test_src_dir_path""",
    },
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
    "tenseur.python.summary.writer.writer_cache": {"summary": "FileWriterCache", "train": "SummaryWriterCache=FileWriterCache"},
    "tenseur.python.summary.summary_iterator": {"train": "summary_iterator"},
    _CORE + "framework.summary_pb2": {"": "Summary SummaryMetadata HistogramProto", "summary": "Summary SummaryDescription"},
    _CORE + "util.event_pb2": {"": "Event LogMessage SessionLog", "summary": "Event SessionLog TaggedRunMetadata"},
    _CORE + "framework.graph_pb2": {"": "GraphDef"},
    _CORE + "framework.node_def_pb2": {"": "NodeDef"},
    _CORE + "framework.attr_value_pb2": {"": "AttrValue NameAttrList"},
    _CORE + "protobuf.config_pb2": {
        "": "ConfigProto GPUOptions GraphOptions OptimizerOptions RunOptions RunMetadata",
    },
    _CORE + "protobuf.meta_graph_pb2": {"": "MetaGraphDef TensorInfo", "saved_model": "TensorInfo"},
    _CORE + "framework.tensor_pb2": {"": "TensorProto"},
    _CORE + "framework.tensor_shape_pb2": {"": "TensorShapeProto"},
    _CORE + "framework.variable_pb2": {"": "VariableDef"},
    _CORE + "protobuf.queue_runner_pb2": {"train": "QueueRunnerDef"},
    "tenseur.python.training.checkpoint_state_pb2": {"train": "CheckpointState"},
    _CORE + "example.example_pb2": {"train": "Example SequenceExample"},
    _CORE + "example.feature_pb2": {"train": "BytesList Feature FeatureList FeatureLists Features FloatList Int64List"},
    "tenseur.python.framework.importer": {"": "import_graph_def", "graph_util": "import_graph_def"},
    "tenseur.python.framework.graph_util": {
        "graph_util": """convert_variables_to_constants extract_sub_graph remove_training_nodes must_run_on_cpu
            tensor_shape_from_node_def_name""",
    },
    "tenseur.python.framework.graph_io": {"train": "write_graph", "io": "write_graph"},
    "tenseur.python.training.input": {
        "train": """batch batch_join input_producer limit_epochs match_filenames_once maybe_batch maybe_batch_join
            maybe_shuffle_batch maybe_shuffle_batch_join range_input_producer shuffle_batch shuffle_batch_join
            slice_input_producer string_input_producer""",
    },
    "tenseur.python.ops.data_flow_ops": {
        "": """QueueBase FIFOQueue PaddingFIFOQueue PriorityQueue RandomShuffleQueue ConditionalAccumulator
            ConditionalAccumulatorBase""",
        "contrib.staging": "StagingArea",
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
        "contrib.data": "Dataset",
    },
    "tenseur.python.data.experimental": {
        "data.experimental": _EXPERIMENTAL + " INFINITE_CARDINALITY UNKNOWN_CARDINALITY",
        "contrib.data": _EXPERIMENTAL,
    },
    "tenseur.python.data.ops.iterator_ops": {
        "data": "Iterator", "contrib.data": "Iterator", "data.experimental": "get_next_as_optional",
    },
    "tenseur.python.data.ops.readers": {
        "data": _READERS, "contrib.data": _READERS,
    },
    "tenseur.python.data.util.nest": {
        "contrib.data.nest": "assert_same_structure flatten is_sequence map_structure pack_sequence_as",
    },
    "tenseur.python.ops.lookup_ops": {
        "": "tables_initializer initialize_all_tables",
        "initializers": "tables_initializer",
        "lookup": """StaticHashTable KeyValueTensorInitializer TextFileInitializer TextFileIndex StaticVocabularyTable=IdTableWithHashBuckets""",
        "lookup.experimental": "DenseHashTable MutableHashTable",
        "contrib.lookup": """HashTable FastHashSpec HasherSpec StrongHashSpec IdTableWithHashBuckets InitializableLookupTableBase
            KeyValueTensorInitializer LookupInterface MutableDenseHashTable MutableHashTable TableInitializerBase TextFileIndex
            TextFileIdTableInitializer TextFileInitializer TextFileStringTableInitializer index_table_from_file
            index_table_from_tensor index_to_string index_to_string_table_from_file index_to_string_table_from_tensor
            string_to_index string_to_index_table_from_file string_to_index_table_from_tensor""",
    },
    "tenseur.python.saved_model.simple_save": {"saved_model": "simple_save"},
    "tenseur.python.saved_model.builder_impl": {"saved_model": "Builder=SavedModelBuilder", "saved_model.builder": "SavedModelBuilder"},
    "tenseur.python.saved_model.loader_impl": {
        "saved_model": "load maybe_saved_model_directory contains_saved_model", "saved_model.loader": "load maybe_saved_model_directory",
    },
    "tenseur.python.saved_model.signature_def_utils_impl": {
        "saved_model": _SIGNATURES, "saved_model.signature_def_utils": _SIGNATURES,
    },
    "tenseur.python.saved_model.utils_impl": {
        "saved_model": "build_tensor_info get_tensor_from_tensor_info",
        "saved_model.utils": "build_tensor_info get_tensor_from_tensor_info",
    },
    "tenseur.python.saved_model.main_op": {"saved_model": "main_op_with_restore", "saved_model.main_op": "main_op main_op_with_restore"},
    "tenseur.python.saved_model.signature_constants": {
        "saved_model": _CONSTANTS + " DEFAULT_SERVING_SIGNATURE_DEF_KEY", "saved_model.signature_constants": _CONSTANTS
        + " DEFAULT_SERVING_SIGNATURE_DEF_KEY",
    },
    "tenseur.python.saved_model.tag_constants": {
        "saved_model": "SERVING TRAINING GPU TPU", "saved_model.tag_constants": "SERVING TRAINING EVAL GPU TPU",
    },
    "tenseur.python.saved_model.constants": {
        "saved_model": _SAVED_MODEL_CONSTANTS, "saved_model.constants": _SAVED_MODEL_CONSTANTS,
    },
    "tenseur.contrib.predictor.saved_model_predictor": {"contrib.predictor": "Predictor from_saved_model"},
    "tenseur.contrib.tensorboard.plugins.projector.projector": {
        "contrib.tensorboard.plugins.projector": "EmbeddingInfo ProjectorConfig SpriteMetadata visualize_embeddings",
    },
    "tenseur.contrib.learn.python.learn.datasets": {
        "contrib.learn.datasets": "DATASETS SIZES load_dataset make_dataset load_iris load_boston",
    },
    "tenseur.contrib.learn.python.learn.datasets.base": {
        "contrib.learn.datasets.base": """Dataset Datasets load_csv load_csv_with_header load_csv_without_header load_iris load_boston
            maybe_download shrink_csv""",
    },
    "tenseur.contrib.learn.python.learn.datasets.mnist": {
        "contrib.learn.datasets.mnist": "DataSet dense_to_one_hot extract_images extract_labels fake_data load_mnist read_data_sets",
    },
}
