"""Strings (of bytes): `tf.string_join`, `tf.string_split`, `tf.regex_replace`, `tf.as_string`, …."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, sparse_tensor
from tenseur.python.ops import array_ops, gen_ops, math_ops
from tenseur.python.util import deprecation

as_string = gen_ops.function("AsString", "Numbers as text.")
string_join = gen_ops.function("StringJoin", "Strings one after another, element by element, with a separator between.")
string_strip = gen_ops.function("StringStrip", "Strings without the spaces at their ends.")
string_to_hash_bucket_fast = gen_ops.function("StringToHashBucketFast", "A number below `num_buckets` for each string.",
                                              names={"string_tensor": "input"})
string_to_hash_bucket_strong = gen_ops.function(
    "StringToHashBucketStrong",
    "A number below `num_buckets` for each string, by a keyed hash.",
    names={"string_tensor": "input"},
)
encode_base64 = gen_ops.function("EncodeBase64", "Strings in web-safe base 64.")
decode_base64 = gen_ops.function("DecodeBase64", "What strings in web-safe base 64 stand for.")


def string_to_hash_bucket(string_tensor=None, num_buckets=None, name=None, input=None):
    """A number below `num_buckets` for each string."""
    string_tensor = deprecation.deprecated_argument_lookup("input", input, "string_tensor", string_tensor)
    return raw_ops.StringToHashBucket(string_tensor=string_tensor, num_buckets=num_buckets, name=name)


def string_to_number(string_tensor=None, out_type=dtypes.float32, name=None, input=None):
    """The numbers that strings spell."""
    string_tensor = deprecation.deprecated_argument_lookup("input", input, "string_tensor", string_tensor)
    return raw_ops.StringToNumber(string_tensor=string_tensor, out_type=out_type, name=name)


def string_length(input, name=None, unit="BYTE"):
    """How many bytes (`UTF8_CHAR`: characters) each string has."""
    return raw_ops.StringLength(input=input, unit=unit, name=name)


def substr(input, pos, len, name=None, unit="BYTE"):
    """`len` bytes (characters) of each string from `pos` on."""
    return raw_ops.Substr(input=input, pos=pos, len=len, unit=unit, name=name)


substr_deprecated = substr


def string_lower(input, encoding="", name=None):
    """Strings in small letters."""
    return raw_ops.StringLower(input=input, encoding=encoding, name=name)


def string_upper(input, encoding="", name=None):
    """Strings in capital letters."""
    return raw_ops.StringUpper(input=input, encoding=encoding, name=name)


def regex_full_match(input, pattern, name=None):
    """Whether each string as a whole matches a regular expression."""
    if isinstance(pattern, (str, bytes)):
        return raw_ops.StaticRegexFullMatch(input=input, pattern=pattern, name=name)
    return raw_ops.RegexFullMatch(input=input, pattern=pattern, name=name)


def regex_replace(input, pattern, rewrite, replace_global=True, name=None):
    """Strings in which what matches a regular expression is replaced; `\\1` is its first group."""
    if isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes)):
        return raw_ops.StaticRegexReplace(
            input=input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name
        )
    return raw_ops.RegexReplace(input=input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name)


def string_split(source, sep=None, skip_empty=True, delimiter=None, result_type="SparseTensor", name=None):
    """The parts of each string of a vector between separators (any byte of `delimiter`; blanks), as a sparse matrix."""
    delimiter = deprecation.deprecated_argument_lookup("delimiter", delimiter, "sep", sep)
    if result_type != "SparseTensor":
        raise NotImplementedError(
            "there are no ragged tensors: result_type='SparseTensor' gives the parts as a SparseTensor"
        )
    if isinstance(source, (str, bytes)):
        source = [source]
    delimiter = ops.convert_to_tensor(" " if delimiter is None else delimiter, dtype=dtypes.string)
    source = ops.convert_to_tensor(source, dtype=dtypes.string)
    indices, values, shape = raw_ops.StringSplit(input=source, delimiter=delimiter, skip_empty=skip_empty, name=name)
    indices.set_shape([None, 2])
    values.set_shape([None])
    shape.set_shape([2])
    return sparse_tensor.SparseTensor(indices, values, shape)


def string_split_v2(source, sep=None, maxsplit=-1, name=None):
    """The parts of each string of a vector between separators; runs of blanks by default."""
    source = ops.convert_to_tensor([source] if isinstance(source, (str, bytes)) else source, dtype=dtypes.string)
    indices, values, shape = raw_ops.StringSplitV2(input=source, sep=sep or "", maxsplit=maxsplit, name=name)
    return sparse_tensor.SparseTensor(indices, values, shape)


def strings_split_v1(input=None, sep=None, maxsplit=-1, result_type="SparseTensor", source=None, name=None):
    """As `string_split_v2`."""
    if result_type != "SparseTensor":
        raise NotImplementedError(
            "there are no ragged tensors: result_type='SparseTensor' gives the parts as a SparseTensor"
        )
    return string_split_v2(
        deprecation.deprecated_argument_lookup("input", input, "source", source), sep, maxsplit, name
    )


def reduce_join(inputs, axis=None, keep_dims=None, separator="", name=None, reduction_indices=None,
                keepdims=None):
    """Strings joined along axes, in the order in which those are given; all by default."""
    axis = deprecation.deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(deprecation.deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    inputs = ops.convert_to_tensor(inputs, dtype=dtypes.string)
    if axis is None:
        ndims = inputs.shape.ndims
        axis = (
            np.arange(ndims - 1, -1, -1, dtype=np.int32)
            if ndims is not None
            else math_ops.range(array_ops.rank(inputs) - 1, -1, -1)
        )
        if ndims == 0:
            return inputs
    return raw_ops.ReduceJoin(inputs=inputs, reduction_indices=axis, keep_dims=keepdims, separator=separator, name=name)


def string_format(template, inputs, placeholder="{}", summarize=3, name=None):
    """The template with each placeholder replaced by a tensor as text."""
    inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if template.count(placeholder) != len(inputs):
        raise ValueError(
            f"{template.count(placeholder)} placeholder(s) in template does not match {len(inputs)} tensor(s) provided "
            "as input"
        )
    tensors = [ops.convert_to_tensor(one) for one in inputs]

    def work(arrays):
        text = template
        for array in arrays:
            text = text.replace(placeholder, _summary(array, summarize), 1)
        return [([text.encode()], ())]

    graph = ops.get_default_graph()
    attrs = {"T": [("type", one.dtype.base_dtype.as_datatype_enum) for one in tensors], "template": template,
             "placeholder": placeholder, "summarize": summarize}
    return graph.create_op(
        "StringFormat", tensors, name=name or "StringFormat", attrs=attrs, host=([(7, ())], work)
    ).outputs[0]


def _summary(array, summarize):
    """An array as text, with at most `summarize` elements at each end of every axis."""
    array = np.asarray(array)
    if array.ndim == 0:
        value = array.item()
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return f"{value:g}" if isinstance(value, float) else str(int(value) if isinstance(value, bool) else value)
    count = len(array)
    if 0 <= 2 * summarize < count:
        parts = [_summary(array[i], summarize) for i in range(summarize)] + ["..."]
        parts += [_summary(array[i], summarize) for i in range(count - summarize, count)]
    else:
        parts = [_summary(array[i], summarize) for i in range(count)]
    if array.dtype == object and array.ndim == 1:
        parts = [one if one == "..." else f'"{one}"' for one in parts]
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " "
    return "[" + between.join(parts) + "]"
