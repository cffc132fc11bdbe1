"""`tf.contrib.slim.nets`: shapes, names and numbers of parameters as published."""

import numpy as np
import pytest

import tenseur as tf

slim = tf.contrib.slim
nets = slim.nets


def parameters():
    return sum(v.shape.num_elements() for v in tf.trainable_variables())


@pytest.mark.parametrize("module, name, count", [
    ("vgg", "vgg_a", 132_863_336), ("vgg", "vgg_16", 138_357_544), ("vgg", "vgg_19", 143_667_240),
    ("alexnet", "alexnet_v2", 50_303_912), ("resnet_v1", "resnet_v1_50", 25_557_032), ("resnet_v1", "resnet_v1_101", 44_549_160),
    ("resnet_v1", "resnet_v1_152", 60_192_808), ("overfeat", "overfeat", 145_704_424), ("resnet_v2", "resnet_v2_50", 25_568_360)])
def test_as_many_parameters_as_the_papers_networks_have(module, name, count):
    module = getattr(nets, module)
    network = getattr(module, name)
    scope = getattr(module, "resnet_arg_scope", None) or getattr(module, f"{name.split('_')[0]}_arg_scope", None) or module.alexnet_v2_arg_scope
    with tf.Graph().as_default(), slim.arg_scope(scope()):
        size = network.default_image_size
        scores, end_points = network(tf.zeros([2, size, size, 3]), num_classes=1000)
        assert scores.shape.as_list() in ([2, 1000], [2, 1, 1, 1000])
        assert parameters() == count
        assert all(v.op.name.startswith(name + "/") for v in tf.global_variables())
        assert all(key.startswith(name + "/") or key == "predictions" for key in end_points)


@pytest.mark.parametrize("version, count", [(1, 6_617_624), (2, 11_178_336), (3, 27_143_152)])
def test_inceptions(version, count):
    """As many as in TensorFlow's."""
    name = f"inception_v{version}"
    with tf.Graph().as_default(), slim.arg_scope(getattr(nets.inception, f"{name}_arg_scope")()):
        size = getattr(nets.inception, name).default_image_size
        scores, end_points = getattr(nets.inception, name)(tf.zeros([2, size, size, 3]), 1000)
        assert scores.shape.as_list() == [2, 1000] and parameters() == count
        assert {"Conv2d_1a_3x3" if version == 3 else "Conv2d_1a_7x7", "Mixed_5c", "Logits", "Predictions"} <= set(end_points)
        assert ("AuxLogits" in end_points) == (version == 3)
        half, _ = getattr(nets.inception, f"{name}_base")(tf.zeros([1, size, size, 3]), "Mixed_5b", scope="half")
        assert half.op.name.startswith("half/Mixed_5b")
        with pytest.raises(ValueError, match="Unknown final endpoint"):
            getattr(nets.inception, f"{name}_base")(tf.zeros([1, size, size, 3]), "Mixed_9z", scope="none")
        if version > 1:
            with pytest.raises(ValueError, match="greater than zero"):
                getattr(nets.inception, name)(tf.zeros([1, size, size, 3]), depth_multiplier=-1.0)
            thin, _ = getattr(nets.inception, f"{name}_base")(tf.zeros([1, size, size, 3]), depth_multiplier=0.5, scope="thin")
            assert thin.shape.as_list()[3] == {2: 512, 3: 1024}[version]


def test_names_of_a_resnet_are_those_of_published_checkpoints():
    with tf.Graph().as_default(), slim.arg_scope(nets.resnet_v1.resnet_arg_scope()):
        _, end_points = nets.resnet_v1.resnet_v1_50(tf.zeros([1, 224, 224, 3]), 1000, is_training=False)
        names = {v.op.name for v in tf.global_variables()}
        for part in ("conv1/weights", "conv1/BatchNorm/moving_variance", "block1/unit_1/bottleneck_v1/shortcut/BatchNorm/gamma",
                     "block4/unit_3/bottleneck_v1/conv3/weights", "logits/biases"):
            assert f"resnet_v1_50/{part}" in names
        assert not any("biases" in name for name in names if "logits" not in name)
        assert end_points["resnet_v1_50/block2"].shape.as_list() == [1, 14, 14, 512]
        assert end_points["predictions"].shape.as_list() == [1, 1, 1, 1000]


def test_dilation_in_place_of_strides_gives_the_same_features():
    """At any output stride the features are those of stride 1, at fewer pixels."""
    blocks = [nets.resnet_v1.resnet_v1_block("block1", 1, 2, 2), nets.resnet_v1.resnet_v1_block("block2", 2, 2, 2),
              nets.resnet_v1.resnet_v1_block("block3", 4, 2, 1)]
    for version in (nets.resnet_v1.resnet_v1, nets.resnet_v2.resnet_v2):
        blocks = [nets.resnet_utils.Block(b.scope, nets.resnet_v1.bottleneck if version is nets.resnet_v1.resnet_v1 else nets.resnet_v2.bottleneck, b.args)
                  for b in blocks]
        with tf.Graph().as_default(), tf.Session() as session, slim.arg_scope(nets.resnet_v1.resnet_arg_scope()):
            tf.set_random_seed(1)
            x = tf.random_normal([1, 33, 33, 3], seed=3)
            found = [version(x, blocks, None, is_training=False, global_pool=False, output_stride=stride, include_root_block=False,
                             reuse=reuse, scope="net")[0]
                     for stride, reuse in ((None, None), (1, True), (2, True))]
            session.run(tf.global_variables_initializer())
            coarse, dense, half = session.run(found)
            assert dense.shape[1] == 33 and half.shape[1] == 17 and coarse.shape[1] == 9
            np.testing.assert_allclose(dense[:, ::4, ::4], coarse, atol=1e-4)
            np.testing.assert_allclose(dense[:, ::2, ::2], half, atol=1e-4)


def test_strides_that_do_not_come_out_are_refused():
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="multiple of 4"):
            nets.resnet_v1.resnet_v1_50(tf.zeros([1, 64, 64, 3]), output_stride=6)
        with pytest.raises(ValueError, match="cannot be reached"):
            nets.resnet_v2.resnet_v2_50(tf.zeros([1, 64, 64, 3]), output_stride=64)


def test_a_network_learns():
    with tf.Graph().as_default(), tf.Session() as session, slim.arg_scope(nets.resnet_v2.resnet_arg_scope()):
        tf.set_random_seed(1)
        images = np.random.RandomState(1).rand(8, 16, 16, 3).astype(np.float32)
        labels = np.arange(8) % 2
        images[labels == 1] *= 0.5
        blocks = [nets.resnet_v2.resnet_v2_block("block1", 4, 2, 2)]
        scores, _ = nets.resnet_v2.resnet_v2(tf.constant(images), blocks, 2, is_training=True)
        loss = tf.losses.sparse_softmax_cross_entropy(labels, tf.squeeze(scores, [1, 2]))
        train = slim.learning.create_train_op(loss, tf.train.AdamOptimizer(0.01))
        session.run(tf.global_variables_initializer())
        first = session.run(loss)
        for _ in range(20):
            last = session.run(train)
        assert last < first / 2
