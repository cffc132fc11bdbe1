"""Makes the files of this folder with TensorFlow 2.21: `python make.py`, in the folder. tests/test_tensorflow_files.py reads them."""

import os
import shutil

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def old_checkpoints():
    """Checkpoints of the first version: whole and in shards, numbers of many types, strings, and a variable in parts."""
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.get_variable("a", initializer=np.arange(6, dtype=np.float32).reshape(2, 3))
        for dtype in (np.float64, np.int32, np.int64, np.uint8, np.bool_, np.float16, np.complex64):
            tf.get_variable(f"types/{np.dtype(dtype).name}", initializer=np.array([0, 1, 7]).astype(dtype))
        tf.get_variable("words", initializer=tf.constant([b"x", b"", b"\xff\x00 yy"]))
        tf.get_variable("nothing", shape=[0, 3])
        tf.get_variable("parts", shape=[5, 2], partitioner=tf.fixed_size_partitioner(3),
                        initializer=lambda shape, dtype, partition_info: tf.fill(
                            shape, tf.cast(partition_info.var_offset[0], dtype)))
        sess.run(tf.global_variables_initializer())
        version = tf.train.SaverDef.V1
        tf.train.Saver(write_version=version).save(sess, "old/model.ckpt", write_meta_graph=False)
        tf.train.Saver(write_version=version, sharded=True).save(sess, "old/shards.ckpt", write_meta_graph=False,
                                                                  write_state=False)


def saved_table():
    """A saved model whose table is filled from an asset."""
    with tf.Graph().as_default(), tf.Session() as sess:
        with open("words.txt", "w", encoding="ascii") as file:
            file.write("a\nb\nc\n")
        words = tf.placeholder(tf.string, [None], name="words")
        table = tf.lookup.StaticVocabularyTable(tf.lookup.TextFileInitializer(
            "words.txt", tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), 1)
        found = tf.identity(table.lookup(words), name="ids")
        sess.run(tf.tables_initializer())
        tf.saved_model.simple_save(sess, "saved_table", {"words": words}, {"ids": found}, tf.tables_initializer())
        os.remove("words.txt")


for folder in ("old", "saved_table"):
    shutil.rmtree(folder, ignore_errors=True)
os.mkdir("old")
old_checkpoints()
saved_table()
