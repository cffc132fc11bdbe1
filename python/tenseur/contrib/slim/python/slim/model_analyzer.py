"""What a model is made of: `tf.contrib.slim.model_analyzer`."""


def tensor_description(var):
    """Type and shape, such as `<float32, 3x3>`."""
    sizes = var.get_shape().as_list() if var.get_shape().ndims is not None else []
    shape = "x".join("?" if size is None else str(size) for size in sizes)
    return f"({var.dtype.name} {shape})"


def analyze_ops(graph, print_info=False):
    """The number of a graph's operations."""
    operations = graph.get_operations()
    if print_info:
        print("---------")
        print("Operations: name -> (type shapes) [size]")
        print("---------")
    total = 0
    for op in operations:
        size, shapes = 0, []
        for output in op.outputs:
            count = output.get_shape().num_elements() or 0
            if output.get_shape().ndims is not None:
                shapes.append(tensor_description(output))
            size += count
        if print_info:
            print(op.name, "\t->", ", ".join(shapes), "[" + str(size) + "]")
        total += size
    return total


def analyze_vars(variables, print_info=False):
    """(the number of elements of all variables, their bytes)."""
    if print_info:
        print("---------")
        print("Variables: name (type shape) [size]")
        print("---------")
    total, total_bytes = 0, 0
    for var in variables:
        size = var.get_shape().num_elements() or 0
        total += size
        total_bytes += size * var.dtype.size
        if print_info:
            print(var.name, tensor_description(var), f"[{size}, bytes: {size * var.dtype.size}]")
    if print_info:
        print("Total size of variables: %d" % total)
        print("Total bytes of variables: %d" % total_bytes)
    return total, total_bytes
