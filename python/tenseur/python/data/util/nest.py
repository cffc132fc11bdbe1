"""Nested structures of datasets: tuples, named tuples and dictionaries. A list is no structure, but a tensor."""

import collections.abc


def is_sequence(value):
    """Whether it is a structure."""
    return isinstance(value, (tuple, collections.abc.Mapping)) and type(value).__name__ != "SparseTensorValue"


is_nested = is_sequence


def _parts(structure):
    if isinstance(structure, collections.abc.Mapping):
        return [structure[key] for key in sorted(structure)]
    return list(structure)


def _rebuilt(structure, parts):
    if isinstance(structure, collections.abc.Mapping):
        made = dict(zip(sorted(structure), parts))
        return type(structure)((key, made[key]) for key in structure)
    if hasattr(structure, "_fields"):
        return type(structure)(*parts)
    return tuple(parts)


def flatten(structure):
    """The leaves, in order."""
    if not is_sequence(structure):
        return [structure]
    return [leaf for part in _parts(structure) for leaf in flatten(part)]


def pack_sequence_as(structure, flat_sequence):
    """The structure with these leaves."""
    leaves = iter(flat_sequence)
    count = len(flatten(structure))
    flat_sequence = list(flat_sequence)
    if len(flat_sequence) != count:
        raise ValueError(f"Could not pack sequence. Structure had {count} elements, but flat_sequence had {len(flat_sequence)} "
                         "elements.")
    leaves = iter(flat_sequence)

    def build(part):
        return _rebuilt(part, [build(own) for own in _parts(part)]) if is_sequence(part) else next(leaves)

    return build(structure)


def map_structure(func, *structures, **_):
    """The structure whose leaves are `func` of the leaves."""
    for other in structures[1:]:
        assert_same_structure(structures[0], other, check_types=False)
    return pack_sequence_as(structures[0], [func(*leaves) for leaves in zip(*map(flatten, structures))])


def assert_same_structure(nest1, nest2, check_types=True):
    """Raises a ValueError or TypeError where two structures differ."""
    if is_sequence(nest1) != is_sequence(nest2):
        raise ValueError(f"The two structures don't have the same nested structure.\n\nFirst structure: {nest1}\n\nSecond "
                         f"structure: {nest2}")
    if not is_sequence(nest1):
        return
    if check_types and type(nest1) is not type(nest2):
        raise TypeError("The two structures don't have the same sequence type. First structure has type "
                        f"{type(nest1)}, while second structure has type {type(nest2)}.")
    if isinstance(nest1, collections.abc.Mapping) and set(nest1) != set(nest2):
        raise ValueError(f"The two dictionaries don't have the same set of keys. First structure has keys {list(nest1)}, while "
                         f"second structure has keys {list(nest2)}")
    one, other = _parts(nest1), _parts(nest2)
    if len(one) != len(other):
        raise ValueError(f"The two structures don't have the same number of elements. First structure: {nest1}. Second "
                         f"structure: {nest2}")
    for left, right in zip(one, other):
        assert_same_structure(left, right, check_types)


def flatten_up_to(shallow_tree, input_tree):
    """The parts of `input_tree` that stand where `shallow_tree` has leaves."""
    if not is_sequence(shallow_tree):
        return [input_tree]
    if not is_sequence(input_tree):
        raise TypeError(f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(input_tree)}.")
    one, other = _parts(shallow_tree), _parts(input_tree)
    if len(one) != len(other):
        raise ValueError(f"The two structures don't have the same sequence length. Input structure has length {len(other)}, "
                         f"while shallow structure has length {len(one)}.")
    return [leaf for left, right in zip(one, other) for leaf in flatten_up_to(left, right)]


def map_structure_up_to(shallow_tree, func, *inputs):
    return pack_sequence_as(shallow_tree, [func(*leaves) for leaves in zip(*(flatten_up_to(shallow_tree, one) for one in inputs))])


def assert_shallow_structure(shallow_tree, input_tree, check_types=True):
    flatten_up_to(shallow_tree, input_tree)
