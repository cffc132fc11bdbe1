"""Summaries: what event files show."""

from tenseur.core import messages
from tenseur.core.framework import tensor_pb2  # noqa: F401

messages.define(globals(), """
HistogramProto
  1 min double
  2 max double
  3 num double
  4 sum double
  5 sum_squares double
  6 bucket_limit repeated double
  7 bucket repeated double
enum DataClass
  DATA_CLASS_UNKNOWN=0 DATA_CLASS_SCALAR=1 DATA_CLASS_TENSOR=2 DATA_CLASS_BLOB_SEQUENCE=3
SummaryDescription
  1 type_hint string
SummaryMetadata
  1 plugin_data SummaryMetadata.PluginData
  2 display_name string
  3 summary_description string
  4 data_class DataClass
SummaryMetadata.PluginData
  1 plugin_name string
  2 content bytes
Summary
  1 value repeated Summary.Value
Summary.Image
  1 height int32
  2 width int32
  3 colorspace int32
  4 encoded_image_string bytes
Summary.Audio
  1 sample_rate float
  2 num_channels int64
  3 length_frames int64
  4 encoded_audio_string bytes
  5 content_type string
Summary.Value
  1 tag string
  2 simple_value float in value
  3 obsolete_old_style_histogram bytes in value
  4 image Summary.Image in value
  5 histo HistogramProto in value
  6 audio Summary.Audio in value
  7 node_name string
  8 tensor TensorProto in value
  9 metadata SummaryMetadata
""")
