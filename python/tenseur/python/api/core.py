"""Names of `tf`: graphs, sessions, types and constants."""

_OPS = "tenseur.python.framework.ops"
_SESSION = "tenseur.python.client.session"

_VERSIONS = """GIT_VERSION COMPILER_VERSION CXX11_ABI_FLAG MONOLITHIC_BUILD GRAPH_DEF_VERSION GRAPH_DEF_VERSION_MIN_CONSUMER
    GRAPH_DEF_VERSION_MIN_PRODUCER"""

API = {
    _OPS: {
        "": """Graph Tensor Operation IndexedSlices GraphKeys RegisterGradient NotDifferentiable NoGradient name_scope op_scope
            device container colocate_with control_dependencies init_scope add_to_collection add_to_collections get_collection
            get_collection_ref get_default_graph reset_default_graph get_default_session convert_to_tensor
            convert_to_tensor_or_indexed_slices register_tensor_conversion_function""",
    },
    _SESSION: {
        "": "Session InteractiveSession IndexedSlicesValue=IndexedSlicesValue",
    },
    "tenseur.python.framework.dtypes": {
        "": """DType as_dtype float16 half bfloat16 float32 float64 double int8 int16 int32 int64 uint8 uint16 uint32 uint64
            bool string complex64 complex128 resource variant qint8 quint8 qint16 quint16 qint32 QUANTIZED_DTYPES""",
        "dtypes": "DType as_dtype",
    },
    "tenseur.python.framework.tensor_shape": {"": "TensorShape Dimension dimension_value dimension_at_index", "compat": "dimension_value dimension_at_index"},
    "tenseur.python.framework.constant_op": {"": "constant"},
    "tenseur.python.framework.tensor_util": {
        "": "is_tensor make_tensor_proto make_ndarray=MakeNdarray",
        "contrib.util": "constant_value make_tensor_proto make_ndarray=MakeNdarray",
    },
    "tenseur.python.framework.errors_impl": {
        "errors": """OpError CancelledError UnknownError InvalidArgumentError DeadlineExceededError NotFoundError
            AlreadyExistsError PermissionDeniedError ResourceExhaustedError FailedPreconditionError AbortedError OutOfRangeError
            UnimplementedError InternalError UnavailableError DataLossError UnauthenticatedError OK CANCELLED UNKNOWN
            INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED
            FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED
            raise_exception_on_not_ok_status exception_type_from_error_code error_code_from_exception_type""",
        "": "OpError",
    },
    "tenseur.raw_ops": {"": "raw_ops=*"},
    "tenseur.python.framework.device": {"": "DeviceSpec"},
    "tenseur.python.framework.load_library": {"": "load_op_library load_library load_file_system_library"},
    "tenseur.python.framework.versions": {
        "": f"{_VERSIONS} __git_version__ __compiler_version__ __cxx11_abi_flag__ __monolithic_build__",
        "version": f"VERSION {_VERSIONS}",
    },
}
