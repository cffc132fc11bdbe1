"""What a checkpoint holds, printed."""

import sys

import numpy as np

from tenseur.python.training.py_checkpoint_reader import NewCheckpointReader


def print_tensors_in_checkpoint_file(file_name, tensor_name="", all_tensors=False, all_tensor_names=False,
                                     count_exclude_pattern=""):
    """Prints the names, types and shapes of a checkpoint, or with `all_tensors` the values, or one tensor's."""
    reader = NewCheckpointReader(file_name)
    if all_tensors or all_tensor_names:
        shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        for name in sorted(shapes):
            print(f"tensor: {name} ({types[name].name}) {shapes[name]}")
            if all_tensors:
                print(reader.get_tensor(name))
    elif not tensor_name:
        print(reader.debug_string().decode())
    else:
        print("tensor_name: ", tensor_name)
        print(reader.get_tensor(tensor_name))
    total = sum(int(np.prod(shape)) for shape in reader.get_variable_to_shape_map().values())
    print(f"# Total number of params: {total}")


if __name__ == "__main__":
    given = dict(argument.lstrip("-").split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    print_tensors_in_checkpoint_file(given["file_name"], given.get("tensor_name", ""), "--all_tensors" in sys.argv,
                                     "--all_tensor_names" in sys.argv)
