"""Recurrent networks: a cell over time. `tf.nn.dynamic_rnn`, `tf.nn.static_rnn`, `tf.nn.raw_rnn`, and both
directions."""

from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, rnn_cell_impl, tensor_array_ops
from tenseur.python.ops import variable_scope as vs
from tenseur.python.util import nest

_concat = rnn_cell_impl._concat


def _transpose_batch_time(x):
    """The tensor with its first two axes exchanged."""
    rank = x.shape.ndims
    if rank is not None and rank < 2:
        raise ValueError("Expected input tensor %s to have rank at least 2, but saw shape: %s" % (x, x.shape))
    order = list(range(2, rank)) if rank is not None else math_ops.range(2, array_ops.rank(x))
    turned = array_ops.transpose(x, array_ops.concat(([1, 0], order), axis=0) if rank is None else [1, 0] + order)
    if rank is not None:
        sizes = x.shape.as_list()
        turned.set_shape([sizes[1], sizes[0]] + sizes[2:])
    return turned


def _best_effort_input_batch_size(flat_input):
    """The batch size as a number, if any of the inputs tells; else as a tensor."""
    for one in flat_input:
        if one.shape.ndims is None:
            continue
        if one.shape.ndims < 2:
            raise ValueError("Expected input tensor %s to have rank at least 2" % one)
        size = tensor_shape.dimension_value(one.shape[1])
        if size is not None:
            return size
    return array_ops.shape(flat_input[0])[1]


def _infer_state_dtype(explicit_dtype, state):
    """The type of the zeros for outputs."""
    if explicit_dtype is not None:
        return explicit_dtype
    if nest.is_sequence(state):
        found = [one.dtype.base_dtype for one in nest.flatten(state)]
        if not found:
            raise ValueError("Unable to infer dtype from empty state.")
        if any(one != found[0] for one in found):
            raise ValueError(
                "State has tensors of different inferred_dtypes. Unable to infer a single representative dtype.")
        return found[0]
    return state.dtype.base_dtype


def _reverse_seq(input_seq, lengths):
    """A list of tensors backwards; only the first `lengths` of each row, where those are given."""
    if lengths is None:
        return list(reversed(input_seq))
    flat = [nest.flatten(one) for one in input_seq]
    columns = []
    for column in zip(*flat):
        shape = tensor_shape.unknown_shape(column[0].shape.ndims)
        for one in column:
            shape = shape.merge_with(one.shape)
        joined = array_ops.stack(list(column), name="concat")
        turned = array_ops.reverse_sequence(joined, math_ops.cast(lengths, dtypes.int64), seq_axis=0, batch_axis=1)
        results = array_ops.unstack(turned, num=len(column))
        for one in results:
            one.set_shape(shape)
        columns.append(results)
    return [nest.pack_sequence_as(one, list(row)) for one, row in zip(input_seq, zip(*columns))]


def _rnn_step(time, sequence_length, min_sequence_length, max_sequence_length, zero_output, state, call_cell,
              state_size,
              skip_conditionals=False):
    """A step of rows that may be over: those give zeros and keep their state."""
    flat_state, flat_zero = nest.flatten(state), nest.flatten(zero_output)

    def copy_one_through(before, after):
        if isinstance(before, tensor_array_ops.TensorArray) or before.shape.ndims == 0:
            return after
        over = math_ops.greater_equal(time, sequence_length)
        return array_ops.where(over, before, after)

    def copy_some_through(output, new_state):
        output = [copy_one_through(before, after) for before, after in zip(flat_zero, output)]
        new_state = [copy_one_through(before, after) for before, after in zip(flat_state, new_state)]
        return output + new_state

    def step():
        output, new_state = call_cell()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, new_state)
        return nest.flatten(output), nest.flatten(new_state)

    def maybe_copy_some_through():
        output, new_state = step()
        return control_flow_ops.cond(math_ops.less(time, min_sequence_length), lambda: output + new_state,
                                     lambda: copy_some_through(output, new_state))

    if skip_conditionals:
        both = copy_some_through(*step())
    else:
        both = control_flow_ops.cond(math_ops.greater_equal(time, max_sequence_length), lambda: flat_zero + flat_state,
                                     maybe_copy_some_through)
        both = both if isinstance(both, (list, tuple)) else [both]
    if len(both) != len(flat_zero) + len(flat_state):
        raise ValueError("Internal error: state and output were not concatenated correctly.")
    output, new_state = list(both[:len(flat_zero)]), list(both[len(flat_zero):])
    for one, zero in zip(output, flat_zero):
        one.set_shape(zero.shape)
    for one, before in zip(new_state, flat_state):
        if not isinstance(before, tensor_array_ops.TensorArray):
            one.set_shape(before.shape)
    return nest.pack_sequence_as(zero_output, output), nest.pack_sequence_as(state, new_state)


def _check_vector(sequence_length):
    if sequence_length.shape.ndims not in (None, 1):
        raise ValueError("sequence_length must be a vector of length batch_size, but saw shape: %s"
                         % sequence_length.shape)


def _first_state(cell, inputs, batch_size, dtype):
    if not dtype:
        raise ValueError("If there is no initial_state, you must give a dtype.")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=inputs, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def dynamic_rnn(cell, inputs, sequence_length=None, initial_state=None, dtype=None, parallel_iterations=None,
                swap_memory=False, time_major=False, scope=None):
    """A cell over time, in a loop.

    Args:
      inputs: (batch, time, …), or (time, batch, …) if `time_major`; or a structure of those.
      sequence_length: by row, after how many steps it is over: from then on its outputs are zeros and its state stays.
      initial_state: the first state; else zeros of type `dtype`.

    Returns:
      (outputs, final state): the outputs are (batch, time, output size), or with time first.
    """
    rnn_cell_impl.assert_like_rnncell("cell", cell)
    with vs.variable_scope(scope or "rnn") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        flat = [ops.convert_to_tensor(one) for one in nest.flatten(inputs)]
        if not time_major:
            flat = [_transpose_batch_time(one) for one in flat]
        parallel_iterations = parallel_iterations or 32
        if sequence_length is not None:
            sequence_length = math_ops.cast(sequence_length, dtypes.int32)
            _check_vector(sequence_length)
            sequence_length = array_ops.identity(sequence_length, name="sequence_length")
        batch_size = _best_effort_input_batch_size(flat)
        state = initial_state if initial_state is not None else _first_state(cell, None, batch_size, dtype)
        if sequence_length is not None:
            sequence_length = _of_length(sequence_length, batch_size)
        inputs = nest.pack_sequence_as(inputs, flat)
        outputs, final_state = _dynamic_rnn_loop(cell, inputs, state, parallel_iterations=parallel_iterations,
                                                 swap_memory=swap_memory, sequence_length=sequence_length, dtype=dtype)
        if not time_major:
            outputs = nest.map_structure(_transpose_batch_time, outputs)
        return outputs, final_state


def _of_length(sequence_length, batch_size):
    """The lengths, of which a run checks that there is one for each row."""
    known = sequence_length.shape
    if known.is_fully_defined() and not isinstance(batch_size, ops.Tensor):
        if known.as_list() != [batch_size]:
            raise ValueError(
                f"sequence_length must be a vector of length batch_size ({batch_size}), but saw shape: {known}")
        return array_ops.identity(sequence_length, name="CheckSeqLen")
    own = array_ops.shape(sequence_length)
    wanted = array_ops.stack([batch_size])
    right = math_ops.reduce_all(math_ops.equal(own, wanted))
    check = control_flow_ops.Assert(right, ["Expected shape for Tensor %s is " % sequence_length.name, wanted,
                                            " but saw shape: ", own])
    with ops.control_dependencies([check]):
        return array_ops.identity(sequence_length, name="CheckSeqLen")


def _as_state(state):
    """The state with tensors for its leaves."""
    def leaf(one):
        return one if isinstance(one, tensor_array_ops.TensorArray) else ops.convert_to_tensor(one)
    return nest.map_structure(leaf, state)


def _sizes_of(structure):
    """The leaves of a structure of sizes, where shapes are leaves."""
    if isinstance(structure, tensor_shape.TensorShape) or not nest.is_sequence(structure):
        return [structure]
    return [size for part in nest._parts(structure) for size in _sizes_of(part)]


def _packed_as_sizes(structure, flat):
    rest = iter(flat)

    def walk(part):
        if isinstance(part, tensor_shape.TensorShape) or not nest.is_sequence(part):
            return next(rest)
        return nest._sequence_like(part, [walk(inner) for inner in nest._parts(part)])

    return walk(structure)


def _dynamic_rnn_loop(cell, inputs, initial_state, parallel_iterations, swap_memory, sequence_length=None,
                      dtype=None):
    state = _as_state(initial_state)
    flat_input = nest.flatten(inputs)
    time_steps = array_ops.shape(flat_input[0])[0]
    batch_size = _best_effort_input_batch_size(flat_input)
    shapes = [one.shape.with_rank_at_least(3) if one.shape.ndims is not None else one.shape for one in flat_input]
    for shape in shapes:
        if shape.ndims is None or not shape[2:].is_fully_defined():
            raise ValueError("Input size (depth of inputs) must be accessible via shape inference, but saw value None.")
    known_time = tensor_shape.dimension_value(shapes[0][0])
    known_batch = tensor_shape.dimension_value(shapes[0][1])
    for shape in shapes:
        for own, first, what in ((shape[0], known_time, "Time steps"), (shape[1], known_batch, "Batch_size")):
            if None not in (tensor_shape.dimension_value(own), first) and tensor_shape.dimension_value(own) != first:
                raise ValueError("%s is not the same for all the elements in the input in a batch." % what)
    sizes = _sizes_of(cell.output_size)

    def zeros(size):
        return array_ops.zeros(_concat(batch_size, size), _infer_state_dtype(dtype, state))

    zero_output = _packed_as_sizes(cell.output_size, [zeros(size) for size in sizes])
    least = most = None
    if sequence_length is not None:
        least, most = math_ops.reduce_min(sequence_length), math_ops.reduce_max(sequence_length)
    else:
        most = time_steps
    time = constant_op.constant(0, dtype=dtypes.int32, name="time")
    with ops.name_scope("dynamic_rnn") as base_name:
        pass

    def array(name, element_shape, dtype):
        return tensor_array_ops.TensorArray(dtype=dtype, size=time_steps, element_shape=element_shape,
                                            tensor_array_name=base_name + name)

    output_arrays = tuple(
        array("output_%d" % number, _concat(known_batch if known_batch is not None
                                            else tensor_shape.TensorShape([None]),
                                            size, static=True), _infer_state_dtype(dtype, state))
        for number, size in enumerate(sizes))
    input_arrays = tuple(array("input_%d" % number, one.shape[1:], one.dtype).unstack(one)
                         for number, one in enumerate(flat_input))

    def step(time, output_arrays, state):
        own = [one.read(time) for one in input_arrays]
        for one, shape in zip(own, shapes):
            one.set_shape(shape[1:])
        own = nest.pack_sequence_as(inputs, own)

        def call_cell():
            return cell(own, state)

        if sequence_length is not None:
            output, new_state = _rnn_step(time, sequence_length, least, most, zero_output, state, call_cell,
                                          cell.state_size,
                                          skip_conditionals=True)
        else:
            output, new_state = call_cell()
        if not nest.is_sequence(state) and nest.is_sequence(new_state) and len(new_state) == 1:
            new_state = nest.flatten(new_state)[0]
        written = tuple(one.write(time, value) for one, value in zip(output_arrays, nest.flatten(output)))
        return time + 1, written, new_state

    bound = math_ops.minimum(time_steps, math_ops.maximum(1, most))
    _, output_arrays, final_state = control_flow_ops.while_loop(
        lambda time, *_: math_ops.less(time, bound), step, loop_vars=(time, output_arrays, state),
        parallel_iterations=parallel_iterations, swap_memory=swap_memory)
    outputs = [one.stack() for one in output_arrays]
    for output, size in zip(outputs, sizes):
        output.set_shape(_concat([known_time, known_batch], size, static=True))
    return _packed_as_sizes(cell.output_size, outputs), final_state


def bidirectional_dynamic_rnn(cell_fw, cell_bw, inputs, sequence_length=None, initial_state_fw=None,
                              initial_state_bw=None,
                              dtype=None, parallel_iterations=None, swap_memory=False, time_major=False, scope=None):
    """Two cells over time, of which the second goes backwards.

    Returns:
      ((outputs forward, outputs backward), (final state forward, final state backward)).
    """
    rnn_cell_impl.assert_like_rnncell("cell_fw", cell_fw)
    rnn_cell_impl.assert_like_rnncell("cell_bw", cell_bw)
    with vs.variable_scope(scope or "bidirectional_rnn"):
        with vs.variable_scope("fw") as fw_scope:
            output_fw, state_fw = dynamic_rnn(
                cell=cell_fw, inputs=inputs, sequence_length=sequence_length, initial_state=initial_state_fw,
                dtype=dtype,
                parallel_iterations=parallel_iterations, swap_memory=swap_memory, time_major=time_major, scope=fw_scope)
        time_axis, batch_axis = (0, 1) if time_major else (1, 0)

        def reverse(one):
            if sequence_length is not None:
                return array_ops.reverse_sequence(input=one, seq_lengths=sequence_length, seq_axis=time_axis,
                                                  batch_axis=batch_axis)
            return array_ops.reverse(one, axis=[time_axis])

        with vs.variable_scope("bw") as bw_scope:
            turned = nest.map_structure(reverse, inputs)
            output, state_bw = dynamic_rnn(
                cell=cell_bw, inputs=turned, sequence_length=sequence_length, initial_state=initial_state_bw,
                dtype=dtype,
                parallel_iterations=parallel_iterations, swap_memory=swap_memory, time_major=time_major, scope=bw_scope)
    output_bw = nest.map_structure(reverse, output)
    return (output_fw, output_bw), (state_fw, state_bw)


def raw_rnn(cell, loop_fn, parallel_iterations=None, swap_memory=False, scope=None):
    """A cell over time, where `loop_fn` says what goes in and when it is over.

    Args:
      loop_fn: of (time, output, state, loop state), all but the time None at first, gives (finished, next input, next
        state,
        what is emitted, next loop state).

    Returns:
      (a tensor array of what was emitted, final state, final loop state).
    """
    rnn_cell_impl.assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with vs.variable_scope(scope or "rnn") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        time = constant_op.constant(0, dtype=dtypes.int32)
        elements_finished, next_input, initial_state, emit_structure, loop_state = loop_fn(time, None, None, None)
        flat_input = [ops.convert_to_tensor(one) for one in nest.flatten(next_input)]
        next_input = nest.pack_sequence_as(next_input, flat_input)
        loop_state = constant_op.constant(0, dtype=dtypes.int32) if loop_state is None else loop_state
        known_batch = tensor_shape.dimension_value(flat_input[0].shape[0])
        batch_size = known_batch if known_batch is not None else array_ops.shape(flat_input[0])[0]
        nest.assert_same_structure(initial_state, cell.state_size) if not _has_shapes(cell.state_size) else None
        state = _as_state(initial_state)
        if emit_structure is not None:
            flat_emit = nest.flatten(emit_structure)
            emit_shapes = [one.shape if one.shape.is_fully_defined() else array_ops.shape(one) for one in flat_emit]
            emit_static = [one.shape for one in flat_emit]
            emit_dtypes = [one.dtype for one in flat_emit]
        else:
            emit_structure = cell.output_size
            emit_shapes = emit_static = [tensor_shape.as_shape(size) for size in _sizes_of(emit_structure)]
            emit_dtypes = [_infer_state_dtype(None, state)] * len(emit_shapes)
        emit_arrays = [tensor_array_ops.TensorArray(
            dtype=dtype, dynamic_size=True, element_shape=tensor_shape.TensorShape([known_batch]).concatenate(static),
            size=0,
            name="rnn_output_%d" % number) for number, (dtype, static) in enumerate(zip(emit_dtypes, emit_static))]
        emit_array = _packed_as_sizes(emit_structure, emit_arrays)
        zero_emit = _packed_as_sizes(emit_structure, [array_ops.zeros(_concat(batch_size, shape), dtype)
                                                      for shape, dtype in zip(emit_shapes, emit_dtypes)])

        def goes_on(unused_time, elements_finished, *_):
            return math_ops.logical_not(math_ops.reduce_all(elements_finished))

        def step(time, elements_finished, current_input, emit_array, state, loop_state):
            next_output, cell_state = cell(current_input, state)
            nest.assert_same_structure(state, cell_state)
            nest.assert_same_structure(_packed_as_sizes(cell.output_size, _sizes_of(cell.output_size))
                                       if not _has_shapes(
                cell.output_size) else next_output, next_output)
            next_time = time + 1
            next_finished, next_input, next_state, emit_output, next_loop_state = loop_fn(
                next_time, next_output, cell_state, loop_state)
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(current_input, next_input)
            next_loop_state = loop_state if next_loop_state is None else next_loop_state
            nest.assert_same_structure(emit_array, emit_output)

            def copy_some_through(before, after):
                def one(before, after):
                    if isinstance(before, tensor_array_ops.TensorArray) or before.shape.ndims == 0:
                        return after
                    return array_ops.where(elements_finished, before, after)
                return nest.map_structure(one, before, after)

            emit_output = copy_some_through(zero_emit, emit_output)
            next_state = copy_some_through(state, next_state)
            emit_array = nest.map_structure(lambda array, value: array.write(time, value), emit_array, emit_output)
            next_finished = math_ops.logical_or(elements_finished, next_finished)
            return next_time, next_finished, next_input, emit_array, next_state, next_loop_state

        returned = control_flow_ops.while_loop(
            goes_on, step, loop_vars=[time, elements_finished, next_input, emit_array, state, loop_state],
            parallel_iterations=parallel_iterations or 32, swap_memory=swap_memory)
        emit_array, final_state, final_loop_state = returned[-3:]
        return emit_array, final_state, final_loop_state


def _has_shapes(structure):
    return any(isinstance(size, tensor_shape.TensorShape) for size in _sizes_of(structure))


def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """A cell over a list of inputs: the graph has the cell's nodes once for each.

    Args:
      inputs: a list of tensors (batch, …), or of structures of those.
      sequence_length: by row, after how many steps it is over.

    Returns:
      (list of outputs, final state).
    """
    rnn_cell_impl.assert_like_rnncell("cell", cell)
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")
    outputs = []
    with vs.variable_scope(scope or "rnn") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        first = inputs[0]
        while nest.is_sequence(first):
            first = first[0]
        fixed = tensor_shape.dimension_value(first.shape[0]) if first.shape.ndims else None
        if first.shape.ndims != 1:
            for one in nest.flatten(list(inputs)):
                sizes = one.shape.with_rank_at_least(2)._dims or [None, None]
                if None in sizes[1:]:
                    raise ValueError(
                        "Input size (dimension %d of inputs) must be accessible via shape inference, but saw value "
                                     "None." % sizes.index(None, 1))
                if None not in (fixed, sizes[0]) and fixed != sizes[0]:
                    raise ValueError(f"Dimensions {fixed} and {sizes[0]} are not compatible")
                fixed = sizes[0] if fixed is None else fixed
        batch_size = fixed if fixed else array_ops.shape(first)[0]
        state = initial_state if initial_state is not None else _first_state(cell, None, batch_size, dtype)
        if sequence_length is not None:
            sequence_length = ops.convert_to_tensor(sequence_length, name="sequence_length")
            _check_vector(sequence_length)

            def zeros(size):
                made = array_ops.zeros(_concat(batch_size, size), _infer_state_dtype(dtype, state))
                made.set_shape(_concat(tensor_shape.TensorShape([fixed]), size, static=True))
                return made

            zero_output = _packed_as_sizes(cell.output_size, [zeros(size) for size in _sizes_of(cell.output_size)])
            sequence_length = math_ops.cast(sequence_length, dtypes.int32)
            least, most = math_ops.reduce_min(sequence_length), math_ops.reduce_max(sequence_length)
        for time, one in enumerate(inputs):
            if time > 0:
                varscope.reuse_variables()

            def call_cell(one=one):
                return cell(one, state)

            if sequence_length is not None:
                output, state = _rnn_step(time, sequence_length, least, most, zero_output, state, call_cell,
                                          cell.state_size)
            else:
                output, state = call_cell()
            outputs.append(output)
        return outputs, state


def static_state_saving_rnn(cell, inputs, state_saver, state_name, sequence_length=None, scope=None):
    """As `static_rnn`, with a first state that a state saver has, and that it gets the last state back.

    Args:
      state_saver: has the methods `state(name)` and `save_state(name, value)`.
      state_name: the state's name there, or a structure of names.
    """
    state_size = cell.state_size
    nested = nest.is_sequence(state_size)
    if nested != nest.is_sequence(state_name):
        raise ValueError("state_name should be the same type as cell.state_size.  state_name: %s, cell.state_size: %s"
                         % (
            state_name, state_size))
    names = nest.flatten(state_name) if nested else [state_name]
    if nested and len(names) != len(nest.flatten(state_size)):
        raise ValueError("#elems(state_name) != #elems(state_size): %d vs. %d"
                         % (len(names), len(nest.flatten(state_size))))
    first = [state_saver.state(name) for name in names]
    initial_state = nest.pack_sequence_as(state_size, first) if nested else first[0]
    outputs, state = static_rnn(cell, inputs, initial_state=initial_state, sequence_length=sequence_length, scope=scope)
    saves = [state_saver.save_state(name, value) for name, value in zip(names, nest.flatten(state))]
    with ops.control_dependencies(saves):
        last = nest.map_structure(array_ops.identity, outputs[-1])
    outputs[-1] = last
    with ops.control_dependencies(saves):
        state = nest.map_structure(array_ops.identity, state)
    return outputs, state


def static_bidirectional_rnn(cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, dtype=None,
                             sequence_length=None, scope=None):
    """Two cells over a list of inputs, of which the second goes backwards.

    Returns:
      (list of both outputs joined, final state forward, final state backward).
    """
    rnn_cell_impl.assert_like_rnncell("cell_fw", cell_fw)
    rnn_cell_impl.assert_like_rnncell("cell_bw", cell_bw)
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")
    with vs.variable_scope(scope or "bidirectional_rnn"):
        with vs.variable_scope("fw") as fw_scope:
            output_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw_scope)
        with vs.variable_scope("bw") as bw_scope:
            turned = _reverse_seq(inputs, sequence_length)
            output, state_bw = static_rnn(cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=bw_scope)
    output_bw = _reverse_seq(output, sequence_length)
    flat_fw, flat_bw = nest.flatten(output_fw), nest.flatten(output_bw)
    joined = [array_ops.concat([fw, bw], 1) for fw, bw in zip(flat_fw, flat_bw)]
    return nest.pack_sequence_as(output_fw, joined), state_fw, state_bw
