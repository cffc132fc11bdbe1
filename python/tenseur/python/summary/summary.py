"""Summaries of tensors, for TensorBoard: `tf.summary`."""

from tenseur.core.framework import summary_pb2
from tenseur.core.framework.summary_pb2 import Summary, SummaryDescription  # noqa: F401
from tenseur.core.util.event_pb2 import Event, SessionLog, TaggedRunMetadata  # noqa: F401
from tenseur.python.framework import dtypes, host_ops, ops
from tenseur.python.ops import summary_op_util as _util
from tenseur.python.ops import summary_ops  # noqa: F401
from tenseur.python.summary.writer.writer import FileWriter  # noqa: F401
from tenseur.python.summary.writer.writer_cache import FileWriterCache  # noqa: F401


def _make(op_type, tag, values, scope, attrs, **tensors):
    """A summary node called as the scope: its tag is a constant `…/tags`."""
    tag = ops.convert_to_tensor(tag, dtype=dtypes.string, name="tags" if op_type == "ScalarSummary" else "tag")
    values = [ops.convert_to_tensor(value, name=key) for key, value in values.items()]
    return host_ops.create(op_type, [tag, *values], attrs, scope).outputs[0]


def scalar(name, tensor, collections=None, family=None):
    """A number, as a Summary message that a `FileWriter` takes.

    Args:
      collections: of the graph, to which it is added; by default those that `merge_all` merges.
      family: a word that the tag gets before it, for TensorBoard's groups.
    """
    with _util.summary_scope(name, family, values=[tensor]) as (tag, scope):
        values = ops.convert_to_tensor(tensor)
        val = _make("ScalarSummary", tag, {"values": values}, scope,
                    {"T": ("type", values.dtype.base_dtype.as_datatype_enum)})
        _util.collect(val, collections, [ops.GraphKeys.SUMMARIES])
    return val


def histogram(name, values, collections=None, family=None):
    """How the numbers of a tensor are distributed."""
    with _util.summary_scope(name, family, values=[values], default_name="HistogramSummary") as (tag, scope):
        values = ops.convert_to_tensor(values)
        val = _make("HistogramSummary", tag, {"values": values}, scope,
                    {"T": ("type", values.dtype.base_dtype.as_datatype_enum)})
        _util.collect(val, collections, [ops.GraphKeys.SUMMARIES])
    return val


def image(name, tensor, max_outputs=3, collections=None, family=None):
    """The first `max_outputs` images of a batch [batch, height, width, 1, 3 or 4]."""
    with _util.summary_scope(name, family, values=[tensor]) as (tag, scope):
        images = ops.convert_to_tensor(tensor)
        images.shape.assert_has_rank(4)
        val = _make("ImageSummary", tag, {"tensor": images}, scope,
                    {"max_images": int(max_outputs), "T": ("type", images.dtype.base_dtype.as_datatype_enum)})
        _util.collect(val, collections, [ops.GraphKeys.SUMMARIES])
    return val


def audio(name, tensor, sample_rate, max_outputs=3, collections=None, family=None):
    """The first `max_outputs` sounds of a batch [batch, frames] or [batch, frames, channels], numbers from -1 to 1."""
    with _util.summary_scope(name, family=family, values=[tensor]) as (tag, scope):
        rate = ops.convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        val = _make("AudioSummaryV2", tag, {"tensor": tensor, "sample_rate": rate}, scope,
                    {"max_outputs": int(max_outputs)})
        _util.collect(val, collections, [ops.GraphKeys.SUMMARIES])
    return val


def text(name, tensor, collections=None):
    """Strings, which TensorBoard shows as Markdown."""
    tensor = ops.convert_to_tensor(tensor)
    if tensor.dtype.base_dtype != dtypes.string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="text"))
    return tensor_summary(name, tensor, summary_metadata=metadata, collections=collections)


def tensor_summary(name, tensor, summary_description=None, collections=None, summary_metadata=None, family=None,
                   display_name=None):
    """A whole tensor."""
    metadata = summary_pb2.SummaryMetadata()
    if summary_metadata is not None:
        metadata.CopyFrom(summary_metadata)
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with _util.summary_scope(name, family, values=[tensor]) as (tag, scope):
        values = ops.convert_to_tensor(tensor, name="tensor")
        val = _make("TensorSummaryV2", tag, {"tensor": values, "serialized_summary_metadata": metadata.SerializeToString()}, scope,
                    {"T": ("type", values.dtype.base_dtype.as_datatype_enum)})
        _util.collect(val, collections, [ops.GraphKeys.SUMMARIES])
    return val


def merge(inputs, collections=None, name=None):
    """One summary of several."""
    inputs = list(inputs)
    name = _util.clean_tag(name)
    with ops.name_scope(name, "Merge", inputs) as scope:
        tensors = [ops.convert_to_tensor(one, dtype=dtypes.string) for one in inputs]
        val = host_ops.create("MergeSummary", tensors, {"N": len(tensors)}, scope + "MergeSummary/").outputs[0]
        _util.collect(val, collections, [])
    return val


def merge_all(key=ops.GraphKeys.SUMMARIES, scope=None, name=None):
    """One summary of all in the collection `key`; `None` where there are none."""
    found = ops.get_collection(key, scope=scope)
    return merge(found, name=name) if found else None


def all_v2_summary_ops():
    return None


def get_summary_description(node_def):
    """The SummaryDescription of a TensorSummary node."""
    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    return SummaryDescription(type_hint=node_def.attr["description"].s.decode())


def initialize(graph=None, session=None):
    pass
