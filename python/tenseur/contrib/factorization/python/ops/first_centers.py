"""The centers that k-means begins with, chosen among the points."""

import numpy as np

from tenseur.python.ops import script_ops


def _distances(points, centers, is_cosine):
    """Of each point to its nearest center."""
    if is_cosine:
        points, centers = (one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-6) for one in (points, centers))
        return np.maximum(1 - points @ centers.T, 0).min(1)
    squares = (points * points).sum(1, keepdims=True) - 2 * points @ centers.T + (centers * centers).sum(1)
    return np.maximum(squares, 0).min(1)


def _random(points, centers, number, is_cosine, random, **_):
    return points[random.integers(len(points), size=number)]


def _kmeans_plus_plus(points, centers, number, is_cosine, random, retries, **_):
    """Arthur and Vassilvitskii (2007): each center is drawn by its distance to the nearest before it, the best of some."""
    new = []
    if not len(centers):
        new.append(points[random.integers(len(points))])
        centers = np.stack(new)
    nearest = _distances(points, centers, is_cosine)
    while len(new) < number:
        candidates = _drawn(nearest, 1 + retries, random)
        after = [np.minimum(nearest, _distances(points, points[[one]], is_cosine)) for one in candidates]
        best = int(np.argmin([one.sum() for one in after]))
        nearest = after[best]
        new.append(points[candidates[best]])
    return np.stack(new)


def _drawn(weights, number, random):
    """Indices drawn by weight; all alike where the weights are zero."""
    total = weights.sum()
    return random.choice(len(weights), size=number, p=weights / total if total > 0 else None)


def _kmc2(points, centers, number, is_cosine, random, chain_length, **_):
    """Bachem and others (2016): a Markov chain of random points takes the place of the weighted draw."""
    new = []
    while len(new) < number:
        known = np.concatenate([centers, np.stack(new)]) if new and len(centers) else np.stack(new) if new else centers
        chain = points[random.integers(len(points), size=chain_length)]
        if not len(known):
            new.append(chain[0])
            continue
        distances = _distances(chain, known, is_cosine)
        place = 0
        for step, toss in enumerate(random.random(chain_length)):
            if distances[step] > toss * distances[place]:
                place = step
        new.append(chain[place])
    return np.stack(new)


#: The names of the ways, and what each does.
WAYS = {"random": _random, "kmeans_plus_plus": _kmeans_plus_plus, "kmc2": _kmc2}


def choose(way, points, centers, chosen, remaining, is_cosine, seed, retries, chain_length):
    """A tensor with `remaining` centers more, besides the `chosen` that there are.

    All but "kmeans_plus_plus" and "kmc2", which need to see enough points, give what a batch allows: no more centers
    than there are points.
    """
    def call(points, centers, chosen, remaining):
        if way == "random" and len(points) <= remaining:
            return points
        if len(points) < remaining:
            raise ValueError(f'initial_clusters="{way}" is to choose {remaining} centers among {len(points)} points')
        known = centers if chosen else points[:0]
        random = np.random.default_rng(None if seed is None else [seed, int(chosen)])
        made = WAYS[way](points, known, int(remaining), is_cosine, random, retries=retries, chain_length=chain_length)
        return np.ascontiguousarray(made, points.dtype)

    made = script_ops.py_func(call, [points, centers, chosen, remaining], points.dtype, name="ChooseCenters")
    made.set_shape([None, points.shape[1]])
    return made
