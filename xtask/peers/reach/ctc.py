"""Connectionist temporal classification: loss and decoders."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def sparse(labels):
    indices = [[b, i] for b, row in enumerate(labels) for i in range(len(row))]
    return {"i": np.array(indices, np.int64).reshape(-1, 2), "v": np.array(sum(labels, []), np.int32)}


def logits(seed, *shape, dtype=np.float32):
    return np.random.RandomState(seed).uniform(-2.0, 2.0, shape).astype(dtype)


def record(family):
    def loss(name, labels, lengths, frames=5, classes=4, dtype=np.float32, wrong=False, **attributes):
        # TensorFlow adds logarithms in float32 whatever the logits are.
        tolerance = 10.0 if dtype == np.float32 else 1e5
        feeds = {"x": logits(1, frames, len(labels), classes, dtype=dtype), **sparse(labels), "n": np.array(lengths, np.int32)}
        build = lambda x, i, v, n: raw.CTCLoss(  # noqa: E731
            inputs=x, labels_indices=i, labels_values=v, sequence_length=n, **attributes)
        if wrong:
            family.refused(name, feeds, build)
        else:
            family.case(name, feeds, lambda x, i, v, n: list(build(x, i, v, n)), tolerance=tolerance)
            if name != "no_path":
                family.case(name + "_gradient", dict(feeds), lambda x, i, v, n: build(x, i, v, n)[0], wrt=["x"], tolerance=tolerance)

    for dtype in (np.float32, np.float64):
        loss(f"loss_{np.dtype(dtype).name}", [[0, 1], [1, 1, 2], [2]], [5, 5, 3], dtype=dtype)
    loss("loss_not_merged", [[0, 0, 1], [2, 2]], [4, 5], ctc_merge_repeated=False)
    loss("loss_collapsed", [[0, 0, 1], [2, 2]], [4, 5], preprocess_collapse_repeated=True)
    loss("loss_ignored", [[0, 1, 2], [2]], [2, 5], ignore_longer_outputs_than_inputs=True)
    # (Of labels that are all null TensorFlow reads beyond its tables.)
    loss("loss_null_labels", [[0, 3, 3], [1]], [5, 3])
    loss("loss_one_frame", [[0], [1]], [1, 1], frames=1)
    loss("loss_long", [[int(i) for i in np.random.RandomState(2).randint(0, 9, 12)] for _ in range(3)], [40, 35, 25], frames=40, classes=10)
    loss("no_path", [[0, 0], [1]], [2, 2], frames=2)
    for name, labels, lengths in (("too_long", [[0, 1, 2], [1]], [2, 2]), ("no_labels", [[], [1]], [3, 3]),
                                  ("after_null", [[3, 0], [1]], [3, 3]), ("negative", [[-1], [1]], [3, 3]),
                                  ("length", [[0], [1]], [6, 3]), ("negative_length", [[0], [1]], [3, -1]),
                                  ("lengths", [[0], [1]], [3])):
        loss(f"refused_{name}", labels, lengths, wrong=True)

    for seed in range(4):
        x = np.round(logits(seed + 10, 7, 3, 4), 1)
        lengths = np.array([7, 4, 0], np.int32)
        for merge in (False, True):
            for blank in (-1, 0, 2):
                family.case(f"greedy_{seed}_{merge}_{blank}", {"x": x.copy(), "n": lengths.copy()}, lambda x, n: list(
                    raw.CTCGreedyDecoder(inputs=x, sequence_length=n, merge_repeated=merge, blank_index=blank)))
            for width, paths in ((1, 1), (2, 1), (3, 2), (10, 1), (100, 1)):
                def beam(x, n):
                    got = raw.CTCBeamSearchDecoder(
                        inputs=x, sequence_length=n, beam_width=width, top_paths=paths, merge_repeated=merge)
                    return [*got.decoded_indices, *got.decoded_values, *got.decoded_shape, got.log_probability]

                few = {"x": logits(seed + 20, 7, 2, 4), "n": np.array([7, 4], np.int32)}
                family.case(f"beam_{seed}_{merge}_{width}", few, beam, tolerance=10.0)
    family.case("greedy_double", {"x": logits(3, 4, 2, 3, dtype=np.float64), "n": np.array([4, 2], np.int32)}, lambda x, n: list(
        raw.CTCGreedyDecoder(inputs=x, sequence_length=n, merge_repeated=True)))
    family.refused("greedy_lengths", {"n": np.array([9, 1], np.int32)}, lambda n: raw.CTCGreedyDecoder(
        inputs=np.zeros([3, 2, 4], np.float32), sequence_length=n))
