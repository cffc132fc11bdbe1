"""A model exported with SavedModelBuilder and its signatures, loaded into another graph; variables to constants."""

import os
import tempfile

import numpy as np
import tensorflow as tf

export_path = os.path.join(tempfile.mkdtemp(), "1")
rng = np.random.RandomState(0)
xs = rng.randn(50, 4).astype(np.float32)
ys = (xs[:, 0] > xs[:, 1]).astype(np.int64)

x = tf.placeholder(tf.float32, [None, 4], name="x")
labels = tf.placeholder(tf.int64, [None])
w = tf.Variable(tf.zeros([4, 2]), name="w")
b = tf.Variable(tf.zeros([2]), name="b")
logits = tf.matmul(x, w) + b
y = tf.nn.softmax(logits, name="y")
values, indices = tf.nn.top_k(y, 2)
loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(30):
        sess.run(train, {x: xs, labels: ys})
    before = sess.run(y, {x: xs[:2]})
    builder = tf.saved_model.builder.SavedModelBuilder(export_path)
    classification = tf.saved_model.signature_def_utils.build_signature_def(
        inputs={tf.saved_model.signature_constants.CLASSIFY_INPUTS: tf.saved_model.utils.build_tensor_info(x)},
        outputs={tf.saved_model.signature_constants.CLASSIFY_OUTPUT_SCORES:
                 tf.saved_model.utils.build_tensor_info(values)},
        method_name=tf.saved_model.signature_constants.CLASSIFY_METHOD_NAME)
    prediction = tf.saved_model.signature_def_utils.build_signature_def(
        inputs={'images': tf.saved_model.utils.build_tensor_info(x)},
        outputs={'scores': tf.saved_model.utils.build_tensor_info(y)},
        method_name=tf.saved_model.signature_constants.PREDICT_METHOD_NAME)
    builder.add_meta_graph_and_variables(
        sess, [tf.saved_model.tag_constants.SERVING],
        signature_def_map={'predict_images': prediction,
                           tf.saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: classification})
    builder.save()
    frozen = tf.graph_util.convert_variables_to_constants(sess, sess.graph_def, ["y"])
print("RESULT files", *sorted(os.listdir(export_path)))

with tf.Session(graph=tf.Graph()) as sess:
    meta_graph_def = tf.saved_model.loader.load(sess, [tf.saved_model.tag_constants.SERVING], export_path)
    signatures = meta_graph_def.signature_def
    print("RESULT signatures", *sorted(signatures), signatures["serving_default"].method_name)
    scores = signatures["predict_images"].outputs["scores"].name
    images = signatures["predict_images"].inputs["images"].name
    after = sess.run(scores, {images: xs[:2]})
    print("RESULT scores", *after.ravel(), np.abs(after - before).max())
    print("RESULT variables", ",".join(v.name for v in tf.global_variables()))

with tf.Graph().as_default():
    out, = tf.import_graph_def(frozen, return_elements=["y:0"], name="")
    with tf.Session() as sess:
        print("RESULT frozen", *sess.run(out, {"x:0": xs[:2]}).ravel(), len(tf.global_variables()))
    print("RESULT types", ",".join(sorted({node.op for node in frozen.node})))
