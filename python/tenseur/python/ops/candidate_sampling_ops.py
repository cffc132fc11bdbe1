"""Samples of classes, for losses that would otherwise run over all of them (`tf.nn.*_candidate_sampler`)."""

import collections
import itertools
import math

import numpy as np

from tenseur.python.client import session
from tenseur.python.framework import dtypes, op_def_library, ops, random_seed
from tenseur.python.ops._philox import Philox

_INT32, _INT64, _FLOAT = 3, 9, 1


class _Uniform:
    """Every class is as likely as any other."""

    def __init__(self, range_max):
        self._range = range_max

    def draw(self, random):
        return random.uniform64(self._range)

    def probability(self, value):
        return 1.0 / self._range

    def observe(self, values):
        pass


class _LogUniform(_Uniform):
    """Class `c` has the probability `log((c + 2) / (c + 1)) / log(range + 1)`, about that of words by rank."""

    def __init__(self, range_max):
        self._range = range_max
        self._log_range = math.log(range_max + 1)

    def draw(self, random):
        return int(math.exp(random.double() * self._log_range) - 1) % self._range

    def probability(self, value):
        return math.log((value + 2.0) / (value + 1.0)) / self._log_range


class _Weighted(_Uniform):
    """Class `c` has a probability in proportion to its weight."""

    def __init__(self, weights):
        self._weights = np.asarray(weights, np.float64)
        self._sums = np.cumsum(self._weights)

    def draw(self, random):
        return min(int(np.searchsorted(self._sums, random.double() * self._sums[-1], side="right")),
                   len(self._sums) - 1)

    def probability(self, value):
        return float(self._weights[value] / self._sums[-1])


class _Learned(_Weighted):
    """Class `c` has a probability in proportion to how often it was seen, counted from one."""

    def __init__(self, range_max):
        super().__init__(np.ones(range_max))

    def observe(self, values):
        np.add.at(self._weights, values, 1.0)
        self._sums = np.cumsum(self._weights)


def _expected_count(probability, count, tries):
    """How often a class of this probability is expected: among `count` draws, or at least once among `tries`."""
    if count == tries:
        return probability * count
    return -math.expm1(tries * math.log1p(-probability))


def _sampled(sampler, random, true_classes, num_sampled, unique):
    if unique:
        found, tries = {}, 0
        while len(found) < num_sampled:
            tries += 1
            found.setdefault(sampler.draw(random))
        sampled = list(found)
    else:
        sampled, tries = [sampler.draw(random) for _ in range(num_sampled)], num_sampled
    expected = [np.float32(_expected_count(sampler.probability(value), num_sampled, tries)) for value in sampled]
    true = np.array([_expected_count(sampler.probability(value), num_sampled, tries) for value in true_classes.reshape(-1).tolist()],
                    np.float32).reshape(true_classes.shape)
    sampler.observe(true_classes.reshape(-1))
    return [np.array(sampled, np.int64), true, np.array(expected, np.float32)]


_numbers = itertools.count()


def _sampler(op_type, make_sampler, true_classes, num_true, num_sampled, unique, limit, seed, name,
             **attributes):
    """The op `op_type`, whose work is `_sampled`; each session keeps its own stream of random numbers."""
    seed1, seed2 = random_seed.get_seed(seed)
    seed1, seed2 = int(seed1 or 0), int(seed2 or 0)
    key = ("candidate_sampler", next(_numbers))
    if unique and limit is not None and num_sampled > limit:
        raise ValueError(f"{op_type}: {num_sampled} different classes cannot be sampled from {limit}")

    def run(inputs):
        resources = session.running_session().resources
        if key not in resources:
            seeds = (seed1, seed2) if seed1 or seed2 else np.random.SeedSequence().generate_state(2, np.uint64).tolist()
            resources[key] = (make_sampler(), Philox(*map(int, seeds)))
        sampler, random = resources[key]
        return _sampled(sampler, random.reserved(2048 * num_sampled), np.asarray(inputs[0]), num_sampled, unique)

    true_classes = ops.convert_to_tensor(true_classes, dtypes.int64, name="true_classes")
    sizes = true_classes.get_shape()
    batch = None if sizes.ndims is None else sizes.as_list()[0]
    outputs = [(_INT64, (num_sampled,)), (_FLOAT, (batch, num_true)), (_FLOAT, (num_sampled,))]
    arguments = {"true_classes": true_classes, "num_true": num_true, "num_sampled": num_sampled, "unique": unique, "seed": seed1,
                 "seed2": seed2, **attributes}
    results = collections.namedtuple(op_type, ["sampled_candidates", "true_expected_count", "sampled_expected_count"])
    return results(*op_def_library.make_op(op_type, name, arguments, (outputs, run)).outputs)


def uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
    """(sampled classes, how often the true ones were to be expected, how often the sampled ones): all equally likely."""
    return _sampler("UniformCandidateSampler", lambda: _Uniform(range_max), true_classes, num_true, num_sampled, unique,
                    range_max, seed, name, range_max=range_max)


def log_uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None,
                                  name=None):
    """As `uniform_candidate_sampler`, with classes that are the rarer the larger their number."""
    return _sampler("LogUniformCandidateSampler", lambda: _LogUniform(range_max), true_classes, num_true, num_sampled, unique,
                    range_max, seed, name, range_max=range_max)


def learned_unigram_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None,
                                      name=None):
    """As `uniform_candidate_sampler`, with classes as likely as they were often true in earlier runs."""
    return _sampler("LearnedUnigramCandidateSampler", lambda: _Learned(range_max), true_classes, num_true, num_sampled, unique,
                    range_max, seed, name, range_max=range_max)


def fixed_unigram_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, vocab_file="", distortion=1.0,
                                    num_reserved_ids=0, num_shards=1, shard=0, unigrams=(), seed=None, name=None):
    """As `uniform_candidate_sampler`, with classes in proportion to the counts of a file or list, to the power `distortion`."""
    counts = list(unigrams)
    if vocab_file:
        with open(vocab_file, encoding="utf-8") as file:
            counts = [float(line.rsplit(",", 1)[-1]) for line in file if line.strip()]
    weights = [0.0] * num_reserved_ids + [float(count) ** distortion for count in counts]
    weights = [weight if number % num_shards == shard else 0.0 for number, weight in enumerate(weights)]
    if len(weights) != range_max:
        raise ValueError(f"range_max is {range_max}, but there are {len(weights)} classes in what was given")
    return _sampler("FixedUnigramCandidateSampler", lambda: _Weighted(weights), true_classes, num_true, num_sampled, unique,
                    sum(weight > 0 for weight in weights), seed, name, range_max=range_max, vocab_file=vocab_file,
                    distortion=distortion, num_reserved_ids=num_reserved_ids, num_shards=num_shards, shard=shard,
                    unigrams=list(unigrams))


class _All(_Uniform):
    def draw(self, random):
        self._next = getattr(self, "_next", -1) + 1
        return self._next % self._range

    def probability(self, value):
        return 1.0 / self._range


def all_candidate_sampler(true_classes, num_true, num_sampled, unique, seed=None, name=None):
    """All classes, each expected once."""
    def made():
        return _All(num_sampled)
    return _sampler("AllCandidateSampler", made, true_classes, num_true, num_sampled, False, None, seed, name)


def compute_accidental_hits(true_classes, sampled_candidates, num_true, seed=None, name=None):
    """Where a sampled class is a true one: (rows, positions in the sample, weights of −FLT_MAX)."""
    seed1, seed2 = random_seed.get_seed(seed)

    def run(inputs):
        true, sampled = np.asarray(inputs[0]), np.asarray(inputs[1])
        places = {value: place for place, value in enumerate(sampled.tolist())}
        hits = [(row, places[value]) for row, values in enumerate(true.tolist()) for value in values if value in places]
        rows = np.array([hit[0] for hit in hits], np.int32)
        found = np.array([hit[1] for hit in hits], np.int64)
        return [rows, found, np.full(len(hits), -np.finfo(np.float32).max, np.float32)]

    arguments = {"true_classes": true_classes, "sampled_candidates": sampled_candidates, "num_true": num_true,
                 "seed": int(seed1 or 0), "seed2": int(seed2 or 0)}
    outputs = [(_INT32, (None,)), (_INT64, (None,)), (_FLOAT, (None,))]
    return tuple(op_def_library.make_op("ComputeAccidentalHits", name, arguments, (outputs, run)).outputs)
