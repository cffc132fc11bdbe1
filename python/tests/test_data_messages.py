"""Protocol messages: their bytes and their text are TensorFlow's."""

import copy
import importlib
import pathlib
import pickle

import numpy as np
import pytest

import tenseur as tf
from tenseur.core import messages
from tenseur.core.framework import graph_pb2, tensor_pb2
from tenseur.python.lib.protobuf import text_format


def example(**features):
    kinds = {"b": ("bytes_list", tf.train.BytesList), "f": ("float_list", tf.train.FloatList), "i": ("int64_list", tf.train.Int64List)}
    made = {key: tf.train.Feature(**{kinds[key][0]: kinds[key][1](value=value)}) for key, value in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=made))


@pytest.mark.parametrize("features, expected", [
    ({"b": [b"x\n\xff"]}, b"\n\x0e\n\x0c\n\x01b\x12\x07\n\x05\n\x03x\n\xff"),
    ({"f": [0.5, 0.1]}, b"\n\x13\n\x11\n\x01f\x12\x0c\x12\n\n\x08\x00\x00\x00?\xcd\xcc\xcc="),
    ({"i": [1, -2, 300]}, b"\n\x18\n\x16\n\x01i\x12\x11\x1a\x0f\n\r\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\xac\x02"),
])
def test_bytes_of_examples(features, expected):
    message = example(**features)
    assert message.SerializeToString() == expected
    assert tf.train.Example.FromString(expected) == message


def test_values_of_examples():
    features = tf.train.Example.FromString(example(b=[b"x"], i=[1, 2]).SerializeToString()).features.feature
    assert features["i"].int64_list.value[1] == 2 and features["b"].bytes_list.value[0] == b"x"
    assert features["i"].WhichOneof("kind") == "int64_list" and not features["i"].HasField("bytes_list")
    assert sorted(features) == ["b", "i"]


def test_config_as_tensorflow_writes_it():
    config = tf.ConfigProto(allow_soft_placement=True, log_device_placement=True, device_count={"GPU": 0},
                            intra_op_parallelism_threads=2)
    config.gpu_options.allow_growth = True
    config.gpu_options.per_process_gpu_memory_fraction = 0.4
    assert config.SerializeToString() == (b"\n\x07\n\x03GPU\x10\x00\x10\x022\x0b\t\x9a\x99\x99\x99\x99\x99\xd9? \x018\x01@\x01")
    assert str(config) == (
        'device_count {\n  key: "GPU"\n  value: 0\n}\nintra_op_parallelism_threads: 2\ngpu_options {\n'
        "  per_process_gpu_memory_fraction: 0.4\n  allow_growth: true\n}\nallow_soft_placement: true\nlog_device_placement: true\n")


def test_text_of_strings_and_floats():
    assert str(tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x\n\xff"]))) == 'bytes_list {\n  value: "x\\n\\377"\n}\n'
    assert str(tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, 0.1]))) == (
        "float_list {\n  value: 0.5\n  value: 0.1\n}\n")


def graph_def():
    message = graph_pb2.GraphDef()
    node = message.node.add(name="a", op="Const")
    node.attr["dtype"].type = 1
    node.attr["value"].tensor.float_val.extend([1.5, -0.25])
    node.attr["shape"].shape.dim.add(size=-1)
    node.attr["names"].list.s.extend([b"a\"b", b"\x00"])
    node.attr["on"].b = True
    node.attr["none"].list.SetInParent()
    node.input.append("x:1")
    return message


def test_text_is_read_again():
    assert text_format.Merge(str(graph_def()), graph_pb2.GraphDef()) == graph_def()
    text = "node { name: 'a' \"b\" op: \"Const\" # a comment\n attr { key: 'T' value { type: DT_INT32 } } input: ['x', 'y'] }"
    message = text_format.Parse(text, graph_pb2.GraphDef())
    assert message.node[0].name == "ab" and message.node[0].attr["T"].type == 3 and list(message.node[0].input) == ["x", "y"]


@pytest.mark.parametrize("text, said", [("nods { }", "nods"), ("node {", "}"), ("node { name: 3 }", "string"), ("node { $ }", "\\$")])
def test_text_that_is_no_message(text, said):
    with pytest.raises(text_format.ParseError, match=said):
        text_format.Merge(text, graph_pb2.GraphDef())


def test_setting_a_part_sets_the_whole():
    config = tf.ConfigProto()
    assert not config.HasField("gpu_options")
    config.gpu_options.allow_growth  # Reading sets nothing.
    assert not config.HasField("gpu_options") and config.SerializeToString() == b""
    config.graph_options.optimizer_options.opt_level = -1
    assert config.HasField("graph_options") and config.graph_options.optimizer_options.opt_level == -1
    config.ClearField("graph_options")
    assert config == tf.ConfigProto()


def test_of_a_oneof_one_is_set():
    value = tf.AttrValue(i=3)
    value.s = b"x"
    assert value.WhichOneof("value") == "s" and value.i == 0
    value.list.i.append(0)
    assert value.WhichOneof("value") == "list"


def test_merge_and_copy():
    one, other = example(i=[1]), example(i=[2], f=[0.5])
    copied = tf.train.Example()
    copied.CopyFrom(other)
    one.MergeFrom(other)
    assert copied == other and sorted(one.features.feature) == ["f", "i"]
    first = graph_def()
    first.MergeFrom(graph_def())
    assert len(first.node) == 2
    assert copy.deepcopy(first) == pickle.loads(pickle.dumps(first)) == first


def test_what_is_not_known_is_kept():
    small = tf.train.BytesList.FromString(b"\n\x01x" + b"\x98\x06\x05")
    assert list(small.value) == [b"x"] and small.SerializeToString() == b"\n\x01x\x98\x06\x05"


@pytest.mark.parametrize("make, kind", [
    (lambda: tf.train.BytesList(value=["text"]), TypeError), (lambda: tf.train.Int64List(value=[0.5]), TypeError),
    (lambda: tf.train.Int64List(value=[2**63]), ValueError), (lambda: tf.ConfigProto(allow_soft=True), ValueError),
    (lambda: setattr(tf.ConfigProto(), "gpu_options", tf.GPUOptions()), AttributeError),
    (lambda: setattr(tf.ConfigProto(), "gpu", 1), AttributeError),
    (lambda: tf.GraphDef.FromString(b"\x0a\xff"), messages.DecodeError),
    (lambda: tf.train.Example.FromString(b"not a message"), messages.DecodeError),
    (lambda: tf.GraphDef().HasField("node"), ValueError),
])
def test_what_does_not_fit_is_refused(make, kind):
    with pytest.raises(kind):
        make()


def test_numpy_numbers_fit():
    assert list(tf.train.Int64List(value=np.arange(3)).value) == [0, 1, 2]
    assert list(tf.train.FloatList(value=np.ones((2,), np.float32)).value) == [1.0, 1.0]
    assert list(tf.train.Int64List(value=[np.bool_(True), np.int32(4)]).value) == [1, 4]


@pytest.mark.parametrize("values", [[1.5, 2.5], [[1, 2], [3, 4]], ["a", b"b"], True, np.float64(2.0), np.arange(4, dtype=np.uint8)])
def test_tensor_messages(values):
    message = tf.make_tensor_proto(values)
    again = tensor_pb2.TensorProto.FromString(message.SerializeToString())
    expected = np.array(values, dtype=object) if message.dtype == 7 else np.array(values)
    found = tf.make_ndarray(again)
    assert found.shape == expected.shape
    assert [x if isinstance(x, bytes) else x.encode() if isinstance(x, str) else x for x in expected.reshape(-1).tolist()] == \
        found.reshape(-1).tolist()


def test_every_table_is_whole():
    root = pathlib.Path(tf.__file__).parent
    for path in root.rglob("*_pb2.py"):
        importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
    for name, kind in list(messages._TYPES.items()):
        if isinstance(kind, type):
            for field in kind.DESCRIPTOR.fields:
                assert field.wire in (0, 1, 2, 5), (name, field.name)
            assert kind.FromString(b"") == kind()


def test_json():
    from tenseur.python.lib.protobuf import json_format
    config = tf.ConfigProto(allow_soft_placement=True, device_count={"GPU": 2}, gpu_options=tf.GPUOptions(visible_device_list="0"))
    said = json_format.MessageToDict(config)
    assert said == {"allowSoftPlacement": True, "deviceCount": {"GPU": 2}, "gpuOptions": {"visibleDeviceList": "0"}}
    assert json_format.Parse(json_format.MessageToJson(config), tf.ConfigProto()) == config
    one = example(b=[b"\x00\xff"], f=[0.1], i=[5])
    assert json_format.MessageToDict(one)["features"]["feature"]["f"] == {"floatList": {"value": [0.1]}}
    assert json_format.ParseDict(json_format.MessageToDict(one), tf.train.Example()) == one
    with pytest.raises(json_format.ParseError):
        json_format.Parse('{"nothing": 1}', tf.ConfigProto())


def test_programs_import_the_text_form():
    import subprocess
    import sys
    program = """
import tenseur
tenseur.install()
import tensorflow as tf
from google.protobuf import text_format
from google.protobuf.json_format import MessageToDict
graph = text_format.Merge("node { name: 'a' }", tf.GraphDef())
print(text_format.MessageToString(graph), MessageToDict(graph))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == 'node {\n  name: "a"\n}\n {\'node\': [{\'name\': \'a\'}]}\n'
