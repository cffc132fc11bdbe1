"""Nested structures: lists, tuples, named tuples and dictionaries whose leaves are tensors or anything else.

Dictionaries are gone through in the order of their sorted keys. With `expand_composites`, sparse tensors and
`IndexedSlices` count as structures of the tensors that they are made of.
"""

import collections.abc

_SHALLOW_TREE_HAS_INVALID_KEYS = "The shallow_tree's keys are not a subset of the input_tree's keys: {}"


def is_mapping(value):
    return isinstance(value, collections.abc.Mapping)


def is_namedtuple(value, strict=False):
    return isinstance(value, tuple) and hasattr(value, "_fields") and all(isinstance(name, str)
                                                                          for name in value._fields)


def is_attrs(value):
    return hasattr(type(value), "__attrs_attrs__")


def is_sequence(value):
    """Whether it is a structure; strings are none."""
    return isinstance(value, collections.abc.Mapping) or is_attrs(value) or (
        isinstance(value, (collections.abc.Sequence, collections.abc.MappingView)) and not isinstance(value, (str, bytes)))


is_nested = is_sequence


def _is_composite(value):
    kind = type(value).__name__
    return kind in ("SparseTensor", "IndexedSlices") and hasattr(value, "dense_shape")


def is_sequence_or_composite(value):
    return is_sequence(value) or _is_composite(value)


is_nested_or_composite = is_sequence_or_composite


def _names_of_composite(value):
    names = ("indices", "values", "dense_shape") if type(value).__name__ == "SparseTensor" else (
        "values", "indices", "dense_shape")
    return [name for name in names if getattr(value, name) is not None]


def _items(structure):
    """Its parts, each with its key, in the order in which they are flattened."""
    if isinstance(structure, collections.abc.Mapping):
        return [(key, structure[key]) for key in _sorted(structure)]
    if is_attrs(structure):
        return [(attr.name, getattr(structure, attr.name)) for attr in structure.__attrs_attrs__]
    if _is_composite(structure):
        return [(name, getattr(structure, name)) for name in _names_of_composite(structure)]
    if is_namedtuple(structure):
        return list(zip(structure._fields, structure))
    return list(enumerate(structure))


def _parts(structure):
    return [part for _, part in _items(structure)]


def _sorted(dictionary):
    try:
        return sorted(dictionary)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def _sequence_like(instance, parts):
    """The parts as a structure of the kind of `instance`."""
    if isinstance(instance, collections.abc.Mapping):
        made = dict(zip(_sorted(instance), parts))
        ordered = [(key, made[key]) for key in instance]
        if isinstance(instance, collections.defaultdict):
            return type(instance)(instance.default_factory, ordered)
        return type(instance)(ordered)
    if is_namedtuple(instance) or is_attrs(instance):
        return type(instance)(*parts)
    if _is_composite(instance):
        return type(instance)(**dict(zip(_names_of_composite(instance), parts)))
    if isinstance(instance, (range, collections.abc.MappingView)):
        return list(parts)
    return type(instance)(parts)


def _test(expand_composites):
    return is_sequence_or_composite if expand_composites else is_sequence


def flatten(structure, expand_composites=False):
    """The leaves, in a list. A leaf by itself gives a list of one."""
    nested = _test(expand_composites)
    leaves = []

    def walk(part):
        if nested(part):
            for inner in _parts(part):
                walk(inner)
        else:
            leaves.append(part)

    walk(structure)
    return leaves


def same_namedtuples(nest1, nest2):
    return type(nest1).__name__ == type(nest2).__name__ and nest1._fields == nest2._fields


def assert_same_structure(nest1, nest2, check_types=True, expand_composites=False):
    """Refuses two structures that are not nested in the same way.

    Raises:
      ValueError: where the numbers of parts differ.
      TypeError: where the kinds differ, if `check_types`.
    """
    nested = _test(expand_composites)

    def fail(kind, why):
        raise kind(f"The two structures don't have the same nested structure.\n\nFirst structure: {nest1}\n\n"
                   f"Second structure: {nest2}\n\nMore specifically: {why}")

    def walk(one, two):
        if nested(one) != nested(two):
            first, second = ("a structure", "a leaf") if nested(one) else ("a leaf", "a structure")
            fail(ValueError, f"{one!r} is {first} and {two!r} is {second}")
        if not nested(one):
            return
        if check_types and type(one) is not type(two):
            alike = is_namedtuple(one) and is_namedtuple(two) and same_namedtuples(one, two)
            both = isinstance(one, collections.abc.Mapping) and isinstance(two, collections.abc.Mapping)
            if not alike and not both:
                fail(TypeError, f"one is of type {type(one).__name__} and the other of {type(two).__name__}")
        left, right = _items(one), _items(two)
        if len(left) != len(right):
            fail(ValueError, f"{one!r} has {len(left)} parts and {two!r} has {len(right)}")
        if isinstance(one, collections.abc.Mapping) and isinstance(two, collections.abc.Mapping) and (
                [key for key, _ in left] != [key for key, _ in right]):
            fail(ValueError, "the two dictionaries don't have the same set of keys: "
                             f"{[key for key, _ in left]} and {[key for key, _ in right]}")
        for (_, a), (_, b) in zip(left, right):
            walk(a, b)

    walk(nest1, nest2)


def flatten_dict_items(dictionary):
    """A dictionary whose keys may be structures, with one leaf for each leaf of a key."""
    if not isinstance(dictionary, collections.abc.Mapping):
        raise TypeError("input must be a dictionary")
    flat = {}
    for key, value in dictionary.items():
        keys, values = ([key], [value]) if not is_sequence(key) else (flatten(key), flatten(value))
        if len(keys) != len(values):
            raise ValueError(f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} "
                             f"elements. Key: {keys}, value: {values}.")
        for one, own in zip(keys, values):
            if one in flat:
                raise ValueError(f"Could not flatten dictionary: key {one} is not unique.")
            flat[one] = own
    return flat


def pack_sequence_as(structure, flat_sequence, expand_composites=False):
    """The leaves of `flat_sequence` in a structure like `structure`.

    Raises:
      ValueError: where there are not as many as that has.
    """
    nested = _test(expand_composites)
    if not is_sequence(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    leaves = list(flat_sequence)
    if not nested(structure):
        if len(leaves) != 1:
            raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(leaves)} > 1")
        return leaves[0]
    wanted = len(flatten(structure, expand_composites))
    if wanted != len(leaves):
        raise ValueError(
            "Could not pack sequence. Structure had %d elements, but flat_sequence had %d elements.  Structure: "
                         "%s, flat_sequence: %s." % (wanted, len(leaves), structure, leaves))
    rest = iter(leaves)

    def walk(part):
        if nested(part):
            return _sequence_like(part, [walk(inner) for inner in _parts(part)])
        return next(rest)

    return walk(structure)


def map_structure(func, *structure, **kwargs):
    """`func` of the leaves that are at the same place in each structure, in a structure like the first.

    Keyword arguments: `check_types` (True), `expand_composites` (False).
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            f"Only valid keyword arguments are `check_types` and `expand_composites`, not: `{'`, `'.join(kwargs)}`")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types=check_types, expand_composites=expand)
    flat = [flatten(one, expand) for one in structure]
    return pack_sequence_as(structure[0], [func(*leaves) for leaves in zip(*flat)], expand)


def map_structure_with_paths(func, *structure, **kwargs):
    """As `map_structure`, with `func(path, …)`, where the path is like `"a/0/b"`."""
    return map_structure_with_tuple_paths(lambda path, *leaves: func("/".join(map(str, path)), *leaves), *structure,
                                          **kwargs)


def map_structure_with_tuple_paths(func, *structure, **kwargs):
    """As `map_structure`, with `func(path, …)`, where the path is like `("a", 0, "b")`."""
    expand = kwargs.get("expand_composites", False)
    paths = iter(yield_flattened_paths(structure[0], expand))
    return map_structure(lambda *leaves: func(next(paths), *leaves), *structure, **kwargs)


def yield_flattened_paths(nest, expand_composites=False):
    """The path of each leaf, as a tuple of keys."""
    nested = _test(expand_composites)
    if not nested(nest):
        yield ()
        return
    for key, part in _items(nest):
        for path in yield_flattened_paths(part, expand_composites):
            yield (key, *path)


def flatten_with_joined_string_paths(structure, separator="/", expand_composites=False):
    """(path, leaf) for each leaf, the path as one string."""
    paths = (separator.join(map(str, path)) for path in yield_flattened_paths(structure, expand_composites))
    return list(zip(paths, flatten(structure, expand_composites)))


def flatten_with_tuple_paths(structure, expand_composites=False):
    """(path, leaf) for each leaf, the path as a tuple."""
    return list(zip(yield_flattened_paths(structure, expand_composites), flatten(structure, expand_composites)))


def assert_shallow_structure(shallow_tree, input_tree, check_types=True, expand_composites=False):
    """Refuses an `input_tree` that does not begin as `shallow_tree` does."""
    nested = _test(expand_composites)
    if not nested(shallow_tree):
        return
    if not nested(input_tree):
        raise TypeError("If shallow structure is a sequence, input must also be a sequence. Input has type: "
                        f"{type(input_tree)}.")
    if check_types and type(shallow_tree) is not type(input_tree):
        alike = is_namedtuple(shallow_tree) and is_namedtuple(input_tree) and same_namedtuples(shallow_tree, input_tree)
        both = is_mapping(shallow_tree) and is_mapping(input_tree)
        if not alike and not both:
            raise TypeError("The two structures don't have the same sequence type. Input structure has type "
                            f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}.")
    if len(_items(shallow_tree)) != len(_items(input_tree)):
        raise ValueError("The two structures don't have the same sequence length. Input structure has length "
                         f"{len(_items(input_tree))}, while shallow structure has length {len(_items(shallow_tree))}.")
    if is_mapping(shallow_tree) and set(input_tree) != set(shallow_tree):
        raise ValueError(_SHALLOW_TREE_HAS_INVALID_KEYS.format(sorted(set(shallow_tree) - set(input_tree))))
    for shallow, part in zip(_parts(shallow_tree), _parts(input_tree)):
        assert_shallow_structure(shallow, part, check_types, expand_composites)


def flatten_up_to(shallow_tree, input_tree, check_types=True, expand_composites=False):
    """The parts of `input_tree` that stand where `shallow_tree` has its leaves."""
    assert_shallow_structure(shallow_tree, input_tree, check_types, expand_composites)
    nested = _test(expand_composites)

    def walk(shallow, part):
        if not nested(shallow):
            yield part
            return
        for inner, own in zip(_parts(shallow), _parts(part)):
            yield from walk(inner, own)

    return list(walk(shallow_tree, input_tree))


def map_structure_up_to(shallow_tree, func, *inputs, **kwargs):
    """`func` of the parts of each input that stand where `shallow_tree` has its leaves."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = kwargs.pop("check_types", True)
    expand = kwargs.pop("expand_composites", False)
    flat = [flatten_up_to(shallow_tree, one, check_types, expand) for one in inputs]
    return pack_sequence_as(shallow_tree, [func(*parts) for parts in zip(*flat)], expand)


def map_structure_with_tuple_paths_up_to(shallow_tree, func, *inputs, **kwargs):
    """As `map_structure_up_to`, with `func(path, …)`."""
    paths = iter(yield_flattened_paths(shallow_tree, kwargs.get("expand_composites", False)))
    return map_structure_up_to(shallow_tree, lambda *parts: func(next(paths), *parts), *inputs, **kwargs)


def get_traverse_shallow_structure(traverse_fn, structure, expand_composites=False):
    """A structure like `structure` as far down as `traverse_fn` says True, with truth values for leaves."""
    nested = _test(expand_composites)
    goes_on = traverse_fn(structure)
    if not nested(structure):
        if not isinstance(goes_on, bool):
            raise TypeError(f"traverse_fn returned structure: {goes_on} for non-structure: {structure}")
        return goes_on
    if isinstance(goes_on, bool):
        if not goes_on:
            return False
        parts = [get_traverse_shallow_structure(traverse_fn, part, expand_composites) for part in _parts(structure)]
        return _sequence_like(structure, parts)
    assert_shallow_structure(goes_on, structure, expand_composites=expand_composites)

    def walk(goes, part):
        if nested(goes):
            return _sequence_like(goes, [walk(a, b) for a, b in zip(_parts(goes), _parts(part))])
        return get_traverse_shallow_structure(traverse_fn, part, expand_composites) if goes else False

    return walk(goes_on, structure)
