"""TensorFlow 0's names and orders of arguments, besides those of TensorFlow 1."""

import importlib
import numbers
import sys

#: Namespace ("" for `tf`) → name of old → name of today.
RENAMED = {
    "": {
        "mul": "multiply", "sub": "subtract", "neg": "negative", "inv": "reciprocal", "complex_abs": "abs",
        "list_diff": "setdiff1d", "pack": "stack", "unpack": "unstack", "select": "where", "batch_cholesky": "cholesky",
        "batch_matrix_inverse": "matrix_inverse", "batch_matrix_determinant": "matrix_determinant",
        "batch_matrix_transpose": "matrix_transpose", "batch_matrix_diag": "matrix_diag",
        "batch_matrix_diag_part": "matrix_diag_part", "batch_matrix_solve": "matrix_solve",
        "batch_matrix_triangular_solve": "matrix_triangular_solve", "batch_fft": "fft", "batch_ifft": "ifft", "batch_fft2d": "fft2d",
        "merge_all_summaries": "summary.merge_all", "merge_summary": "summary.merge", "histogram_summary": "summary.histogram",
        "scalar_summary": "summary.scalar", "all_variables": "global_variables",
        "initialize_all_variables": "global_variables_initializer", "initialize_variables": "variables_initializer",
        "initialize_local_variables": "local_variables_initializer", "sparse_matmul": "matmul",
        "rnn_cell": "nn.rnn_cell", "ops": "python.framework.ops",
    },
    "train": {"SummaryWriter": "summary.FileWriter"},
    "nn": {"rnn": "nn.static_rnn", "bidirectional_rnn": "nn.static_bidirectional_rnn", "deconv2d": "nn.conv2d_transpose",
           "seq2seq": "contrib.legacy_seq2seq"},
    "image": {"per_image_whitening": "image.per_image_standardization"},
    "contrib.deprecated": {"scalar_summary": "summary.scalar", "histogram_summary": "summary.histogram",
                           "merge_all_summaries": "summary.merge_all", "merge_summary": "summary.merge"},
}

_taken = {}


def _module(namespace):
    return sys.modules.get(f"tenseur.{namespace}" if namespace else "tenseur")


def _today(path):
    """What TensorFlow 1 has at `a.b.c`."""
    if path in _taken:
        source, attribute = _taken[path]
        return getattr(importlib.import_module(source), attribute)
    if path.startswith("python."):
        return importlib.import_module(f"tenseur.{path}")
    namespace, _, name = path.rpartition(".")
    return getattr(_module(namespace), name)


def _is_number(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def concat(values=None, axis=None, name="concat", concat_dim=None):
    """`tf.concat(values, axis)`, or as it was: `tf.concat(concat_dim, values)`."""
    if axis is None:
        axis = concat_dim
    if _is_number(values) and not _is_number(axis) or not isinstance(values, (list, tuple)) and isinstance(axis, (list, tuple)):
        values, axis = axis, values
    return _today("concat")(values, axis, name=name)


def split(value=None, num_or_size_splits=None, axis=0, num=None, name="split", split_dim=None,
          num_split=None):
    """`tf.split(value, number, axis)`, or as it was: `tf.split(split_dim, num_split, value)`."""
    if num_split is not None:
        num_or_size_splits = num_split
    if split_dim is not None:
        axis = split_dim
    elif _is_number(value) and not _is_number(axis):
        value, axis = axis, value
    return _today("split")(value, num_or_size_splits, axis, num=num, name=name)


def batch_matmul(x, y, adj_x=False, adj_y=False, name=None):
    """`tf.matmul` of batches."""
    return _today("matmul")(x, y, adjoint_a=adj_x, adjoint_b=adj_y, name=name)


def _logits_first(path):
    """`softmax_cross_entropy_with_logits(logits, labels)`: TensorFlow 1 takes them by name only."""
    def cross_entropy(*arguments, **named):
        named.update(zip(("logits", "labels", "dim" if path == "nn.softmax_cross_entropy_with_logits" else "name"), arguments))
        if "targets" in named:
            named["labels"] = named.pop("targets")
        return _today(path)(**named)
    cross_entropy.__name__ = path.rpartition(".")[2]
    return cross_entropy


softmax_cross_entropy = _logits_first("nn.softmax_cross_entropy_with_logits")
sparse_softmax_cross_entropy = _logits_first("nn.sparse_softmax_cross_entropy_with_logits")
sigmoid_cross_entropy = _logits_first("nn.sigmoid_cross_entropy_with_logits")


def _inputs_first(path):
    """`nn.nce_loss(weights, biases, inputs, labels, …)`: TensorFlow 1 has the labels first."""
    def loss(weights, biases, labels, inputs, *arguments, **named):
        from tenseur.python.framework import ops
        labels, inputs = ops.convert_to_tensor(labels), ops.convert_to_tensor(inputs)
        if labels.dtype.is_floating and inputs.dtype.is_integer:
            labels, inputs = inputs, labels
        return _today(path)(weights, biases, labels, inputs, *arguments, **named)
    loss.__name__ = path.rpartition(".")[2]
    return loss


nce_loss, sampled_softmax_loss = _inputs_first("nn.nce_loss"), _inputs_first("nn.sampled_softmax_loss")


def image_summary(tag, tensor, max_images=3, collections=None, name=None):
    return _today("summary.image")(tag, tensor, max_outputs=max_images, collections=collections)


def audio_summary(tag, tensor, sample_rate, max_outputs=3, collections=None, name=None):
    return _today("summary.audio")(tag, tensor, sample_rate, max_outputs=max_outputs, collections=collections)


def scalar_summary(tags, values, collections=None, name=None):
    return _today("summary.scalar")(tags if isinstance(tags, str) else name or "scalar", values,
                                    collections=collections)


def histogram_summary(tag, values, collections=None, name=None):
    return _today("summary.histogram")(tag if isinstance(tag, str) else name or "histogram", values,
                                       collections=collections)


def resize_images(images, size, width_or_method=0, align_corners=False, *rest, method=None, preserve_aspect_ratio=False,
                  new_width=None, **named):
    """`tf.image.resize_images(images, size)`, or as it was: `(images, new_height, new_width)`."""
    if "new_height" in named:
        size = named.pop("new_height")
    if new_width is not None:
        width_or_method = new_width
    if _is_number(size) and _is_number(width_or_method):
        size, width_or_method = [size, width_or_method], (rest[0] if rest else 0)
    return _today("image.resize_images")(images, size, method=width_or_method if method is None else method,
                                         align_corners=align_corners, preserve_aspect_ratio=preserve_aspect_ratio, **named)


#: Namespace → name → the function here that stands in its place.
REPLACED = {
    "": {"concat": concat, "split": split, "batch_matmul": batch_matmul, "image_summary": image_summary,
         "audio_summary": audio_summary, "scalar_summary": scalar_summary, "histogram_summary": histogram_summary},
    "nn": {"nce_loss": nce_loss, "sampled_softmax_loss": sampled_softmax_loss,
           "softmax_cross_entropy_with_logits": softmax_cross_entropy,
           "sparse_softmax_cross_entropy_with_logits": sparse_softmax_cross_entropy,
           "sigmoid_cross_entropy_with_logits": sigmoid_cross_entropy},
    "image": {"resize_images": resize_images},
}


def has(namespace, name):
    """Whether TensorFlow 0 had this name, and TensorFlow 1 may not."""
    return name in RENAMED.get(namespace, {}) or name in REPLACED.get(namespace, {})


def install():
    """Gives `tf` its names of old, and makes it take arguments in their order of old too."""
    for namespace, names in REPLACED.items():
        module = _module(namespace)
        if module is None:
            continue
        entries = module.__dict__["_entries"]
        for name, function in names.items():
            if name in entries:
                path = f"{namespace}.{name}" if namespace else name
                _taken[path] = entries[name]
            setattr(module, name, function)
            entries.setdefault(name, (__name__, name))
    for namespace, names in RENAMED.items():
        module = _module(namespace)
        if module is None:
            continue
        entries = module.__dict__["_entries"]
        for old, new in names.items():
            if old not in entries and old not in module.__dict__:
                entries[old] = _entry(new)


def _entry(path):
    """Where the table finds what is at `a.b` today."""
    namespace, _, name = path.rpartition(".")
    module = _module(namespace)
    if module is not None and name in module.__dict__.get("_entries", {}):
        return module.__dict__["_entries"][name]
    return (None, f"tenseur.{path}")
