"""Files that TensorFlow wrote (tensorflow_files/make.py says how), and damaged ones."""

import os
import shutil
import struct

import numpy as np
import pytest

import tenseur as tf
from tenseur import _core
from tenseur.python.lib.protobuf import text_format
from tenseur.python.ops import _sorted_table

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tensorflow_files")
OLD = os.path.join(FILES, "old", "model.ckpt")
SHARDS = os.path.join(FILES, "old", "shards.ckpt-?????-of-00001")

VALUES = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    **{f"types/{np.dtype(dtype).name}": np.array([0, 1, 7]).astype(dtype) for dtype in (
        np.float64, np.int32, np.int64, np.uint8, np.bool_, np.float16, np.complex64)},
    "words": np.array([b"x", b"", b"\xff\x00 yy"], object),
    "parts": np.array([[0, 0], [0, 0], [2, 2], [2, 2], [4, 4]], np.float32),
    "nothing": np.zeros([0, 3], np.float32),
}


@pytest.mark.parametrize("prefix", [OLD, SHARDS])
def test_old_checkpoints(prefix):
    reader = tf.train.NewCheckpointReader(prefix)
    assert reader.get_variable_to_shape_map() == {name: list(value.shape) for name, value in VALUES.items()}
    for name, value in VALUES.items():
        found = reader.get_tensor(name)
        assert found.dtype == value.dtype, name
        np.testing.assert_array_equal(found, value)
    assert tf.train.checkpoint_exists(prefix)
    with tf.Graph().as_default(), tf.Session() as sess:
        whole, words = tf.Variable(tf.zeros([5, 2]), name="parts"), tf.Variable([""] * 3, name="words")
        parts = tf.get_variable("in/parts", [5, 2], partitioner=tf.fixed_size_partitioner(2))
        tf.train.Saver([whole, words]).restore(sess, prefix)
        np.testing.assert_array_equal(sess.run(whole), VALUES["parts"])
        assert sess.run(words).tolist() == VALUES["words"].tolist()
        tf.train.init_from_checkpoint(prefix, {"parts": parts})
        sess.run(tf.variables_initializer(list(parts)))
        np.testing.assert_array_equal(np.concatenate(sess.run(list(parts))), VALUES["parts"])
        with pytest.raises(tf.errors.NotFoundError, match="other"):
            tf.train.Saver([tf.Variable(1.0, name="other")]).restore(sess, prefix)


def test_the_latest_of_old_checkpoints(tmp_path):
    shutil.copytree(os.path.dirname(OLD), tmp_path / "old")
    assert tf.train.latest_checkpoint(str(tmp_path / "old")) == str(tmp_path / "old" / "model.ckpt")


def test_damaged_old_checkpoints_are_told(tmp_path):
    data = open(OLD, "rb").read()
    path = tmp_path / "model.ckpt"
    found = 0
    for at in range(0, len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1:])
        try:
            reader = tf.train.NewCheckpointReader(str(path))
            for name, value in VALUES.items():
                np.testing.assert_array_equal(reader.get_tensor(name), value)
        except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
            found += 1
            assert "model.ckpt" in str(error)
    assert found > len(data) // 10
    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        with pytest.raises(tf.errors.OpError):
            tf.train.NewCheckpointReader(str(path))


def test_snappy():
    # A literal, a near copy, a far copy, and a copy that overlaps what it makes.
    packed = bytes([17, 2 << 2]) + b"abc" + bytes([1 | 1 << 2, 3]) + bytes([2 | 3 << 2, 5, 0]) + bytes([1 | 1 << 2, 1])
    assert _sorted_table.unpacked(packed) == b"abcabcab" + b"abca"[:4] + b"a" * 5
    long = bytes(range(256)) * 2
    assert _sorted_table.unpacked(b"\x80\x04" + bytes([61 << 2]) + struct.pack("<H", 511) + long) == long
    for wrong in (packed[:-1], b"\x04" + packed[1:], b"\x05" + bytes([4 << 2]) + b"abc", b"\x04" + bytes([1, 1])):
        with pytest.raises(IndexError):
            _sorted_table.unpacked(wrong)


def test_a_compressed_table(tmp_path):
    def block(entries):
        content = b"".join(bytes([0, len(key), len(value)]) + key + value for key, value in entries)
        content += struct.pack("<II", 0, 1)
        packed = bytes([len(content), len(content) - 1 << 2]) + content if len(content) <= 60 else None
        return packed + b"\x01" + struct.pack("<I", _core.masked_crc32c(packed + b"\x01")), len(packed)

    first, size = block([(b"a", b"one"), (b"b", b"two")])
    index, index_size = block([(b"b", bytes([0, size]))])
    footer = bytes([0, 0, len(first), index_size]).ljust(40, b"\x00") + struct.pack("<Q", 0xDB4775248B80FB57)
    path = tmp_path / "table"
    path.write_bytes(first + index + footer)
    assert list(_sorted_table.read(str(path))) == [(b"a", b"one"), (b"b", b"two")]
    path.write_bytes(b"\x00" + first[1:] + index + footer)
    with pytest.raises(tf.errors.DataLossError, match="block at 0 is damaged"):
        list(_sorted_table.read(str(path)))


def test_a_saved_model_with_an_asset():
    with tf.Graph().as_default(), tf.Session() as sess:
        meta = tf.saved_model.loader.load(sess, ["serve"], os.path.join(FILES, "saved_table"))
        signature = meta.signature_def["serving_default"]
        fed = {signature.inputs["words"].name: ["b", "zz", "a"]}
        assert sess.run(signature.outputs["ids"].name, fed).tolist() == [1, 3, 0]


# What TensorFlow's make_tensor_proto writes of these values.
@pytest.mark.parametrize("message, value", [
    (b'\x08\x13\x12\x04\x12\x02\x08\x03j\x02\x80|', np.full(3, 1.0, np.float16) * 0 + np.uint16(0x3e00).view(np.float16)),
    (b'\x08\x08\x12\x00J\x08\x00\x00\x80?\x00\x00\x00@', np.complex64(1 + 2j)),
    (b'\x08\x12\x12\x00b\x10\x00\x00\x00\x00\x00\x00\xf0?\x00\x00\x00\x00\x00\x00\x00@', np.complex128(1 + 2j)),
    (b'\x08\x03\x12\x04\x12\x02\x08\x02:\x01\x05', np.array([5, 5], np.int32)),
])
def test_tensors_that_are_listed(message, value):
    found = tf.make_ndarray(tf.core.framework.tensor_pb2.TensorProto.FromString(message))
    assert found.dtype == value.dtype and found.shape == value.shape
    np.testing.assert_array_equal(found, value)


def test_full_types_of_nodes():
    """TensorFlow 2 writes them into graphs, as text too."""
    text = """node { name: "t" op: "HashTableV2" attr { key: "key_dtype" value { type: DT_STRING } }
        experimental_type { type_id: TFT_PRODUCT args { type_id: TFT_LEGACY_VARIANT s: "a" args { i: 3 } } } }"""
    graph = text_format.Parse(text, tf.GraphDef())
    found = graph.node[0].experimental_type
    assert (found.args[0].s, found.args[0].args[0].i) == ("a", 3)
    again = tf.GraphDef.FromString(graph.SerializeToString())
    assert again == graph and "type_id: TFT_LEGACY_VARIANT" in text_format.MessageToString(again)
