"""Names of `tf`: control."""

_OPS = "tenseur.python.ops."

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
        "nest": """assert_same_structure flatten is_nested map_structure pack_sequence_as""",
        "contrib.framework.nest": """assert_same_structure assert_shallow_structure flatten flatten_dict_items flatten_up_to
            get_traverse_shallow_structure is_sequence map_structure map_structure_up_to pack_sequence_as
            yield_flattened_paths""",
    },
}
