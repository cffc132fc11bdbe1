"""`tf.contrib.crf` beside sums over all sequences of tags."""

import itertools

import numpy as np
import pytest

import tenseur as tf

TAGS = 3
LENGTHS = [4, 1, 2, 0]


@pytest.fixture
def field():
    random = np.random.RandomState(0)
    inputs = random.randn(len(LENGTHS), 4, TAGS).astype(np.float32)
    return inputs, random.randn(TAGS, TAGS).astype(np.float32), random.randint(0, TAGS, (len(LENGTHS), 4)).astype(np.int32)


def score(inputs, transitions, tags):
    return sum(inputs[at, tag] for at, tag in enumerate(tags)) + sum(transitions[a, b] for a, b in zip(tags, tags[1:]))


def everything(inputs, transitions, length, allowed=None):
    """The score of each sequence of this length, by its tags."""
    return {tags: score(inputs, transitions, tags) for tags in itertools.product(range(TAGS), repeat=length)
            if allowed is None or all(allowed[at, tag] for at, tag in enumerate(tags))}


def log_sum(scores):
    return np.log(np.sum(np.exp(list(scores))))


def evaluate(fetches, feeds=None):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(fetches, feeds)


@pytest.mark.parametrize("time", [4, 1])
@pytest.mark.parametrize("static", [True, False])
def test_against_all_sequences(field, time, static):
    inputs, transitions, tags = field
    inputs, tags, lengths = inputs[:, :time], tags[:, :time], np.minimum(LENGTHS, time)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, inputs.shape if static else [None, None, TAGS])
        norms = tf.contrib.crf.crf_log_norm(x, lengths, transitions)
        scores = tf.contrib.crf.crf_sequence_score(x, tags, lengths, transitions)
        likelihood, given = tf.contrib.crf.crf_log_likelihood(x, tags, lengths, transitions)
        decoded, best = tf.contrib.crf.crf_decode(x, transitions, lengths)
        assert given is transitions
        norms, scores, likelihood, decoded, best = evaluate([norms, scores, likelihood, decoded, best], {x: inputs})
    assert decoded.shape == (len(LENGTHS), time) and decoded.dtype == np.int32
    for row, length in enumerate(lengths):
        found = everything(inputs[row], transitions, length)
        own = score(inputs[row], transitions, list(tags[row, :length]))
        np.testing.assert_allclose(scores[row], own, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(norms[row], log_sum(found.values()), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(likelihood[row], own - log_sum(found.values()), rtol=1e-4, atol=1e-5)
        if length:
            top = max(found, key=found.get)
            assert tuple(decoded[row, :length]) == top and not decoded[row, length:].any()
            np.testing.assert_allclose(best[row], found[top], rtol=1e-5)
            sequence, value = tf.contrib.crf.viterbi_decode(inputs[row, :length], transitions)
            assert tuple(sequence) == top and value == pytest.approx(found[top], rel=1e-5)


def test_several_tags_allowed(field):
    inputs, transitions, _ = field
    allowed = np.random.RandomState(1).rand(*inputs.shape) < 0.6
    allowed[..., 0] = True
    with tf.Graph().as_default():
        scores = evaluate(tf.contrib.crf.crf_multitag_sequence_score(inputs, allowed, LENGTHS, transitions))
    for row, length in enumerate(LENGTHS):
        wanted = log_sum(everything(inputs[row], transitions, length, allowed[row]).values())
        np.testing.assert_allclose(scores[row], wanted, rtol=1e-5, atol=1e-5)


def test_training_finds_the_transitions(field):
    """Gradient descent on the likelihood makes the sequences that were shown the best ones."""
    inputs = np.zeros([2, 6, TAGS], np.float32)
    tags = np.array([[0, 1, 2, 0, 1, 2], [1, 2, 0, 1, 2, 0]], np.int32)
    with tf.Graph().as_default():
        starts = tf.constant(inputs) + 2.0 * tf.pad(tf.one_hot(tags[:, :1], TAGS), [[0, 0], [0, 5], [0, 0]])
        likelihood, transitions = tf.contrib.crf.crf_log_likelihood(starts, tags, [6, 6])
        assert transitions.name == "transitions:0" and transitions.shape == [TAGS, TAGS]
        step = tf.train.GradientDescentOptimizer(0.5).minimize(-tf.reduce_mean(likelihood))
        decoded, _ = tf.contrib.crf.crf_decode(starts, transitions, [6, 6])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            before = sess.run(likelihood)
            for _ in range(30):
                sess.run(step)
            assert (sess.run(likelihood) > before).all()
            assert (sess.run(decoded) == tags).all()
