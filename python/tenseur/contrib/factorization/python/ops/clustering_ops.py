"""k-means: `tf.contrib.factorization.KMeans`."""

from tenseur.contrib.factorization.python.ops import first_centers
from tenseur.python.framework import constant_op, dtypes, ops
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, nn_impl, state_ops
from tenseur.python.ops import variables

SQUARED_EUCLIDEAN_DISTANCE = "squared_euclidean"
COSINE_DISTANCE = "cosine"
RANDOM_INIT = "random"
KMEANS_PLUS_PLUS_INIT = "kmeans_plus_plus"
KMC2_INIT = "kmc2"

#: The name of the variable with the centers.
CLUSTERS_VAR_NAME = "clusters"


class KMeans:
    """Looks for `num_clusters` points, the centers, such that the inputs are near to one each.

    A step gives each input to its nearest center, and moves each center to the mean of its inputs. With
    `use_mini_batch` a center of count n moves by (sum of its new inputs − their number × center) / (n + their number),
    which is the mean of all that it was ever given; the moved centers serve from each
    `mini_batch_steps_per_iteration`-th step on.

    Args:
      inputs: points, `[number, dimensions]`, or a list of such tensors, which are taken together.
      num_clusters: how many centers.
      initial_clusters: "random", "kmeans_plus_plus" or "kmc2", which choose among the inputs; the centers, as a tensor;
        or a function of (inputs, number) that gives up to so many centers.
      distance_metric: "squared_euclidean", or "cosine": 1 − cos of the angle between two points.
      random_seed: what the choice of initial centers depends on.
      kmeans_plus_plus_num_retries: how many candidates "kmeans_plus_plus" draws for each center.
      kmc2_chain_length: the steps of the Markov chain that "kmc2" takes for each center.

    Raises:
      ValueError: where the metric or the way to choose centers is none of these.
    """

    def __init__(self, inputs, num_clusters, initial_clusters=RANDOM_INIT, distance_metric=SQUARED_EUCLIDEAN_DISTANCE,
                 use_mini_batch=False, mini_batch_steps_per_iteration=1, random_seed=0, kmeans_plus_plus_num_retries=2,
                 kmc2_chain_length=200):
        if distance_metric not in (SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE):
            raise ValueError(f'distance_metric is "{SQUARED_EUCLIDEAN_DISTANCE}" or "{COSINE_DISTANCE}", '
                             f"not {distance_metric!r}")
        if isinstance(initial_clusters, str) and initial_clusters not in first_centers.WAYS:
            raise ValueError(f"initial_clusters is one of {', '.join(sorted(first_centers.WAYS))}, a tensor or a "
                             f"function, not {initial_clusters!r}")
        self._inputs = [ops.convert_to_tensor(one) for one in (inputs if isinstance(inputs, list) else [inputs])]
        self._num_clusters = num_clusters
        self._initial_clusters = initial_clusters
        self._is_cosine = distance_metric == COSINE_DISTANCE
        self._use_mini_batch = use_mini_batch
        self._steps_per_iteration = int(mini_batch_steps_per_iteration)
        self._seed = random_seed
        self._retries = kmeans_plus_plus_num_retries
        self._chain_length = kmc2_chain_length

    def training_graph(self):
        """The graph of a step.

        Returns:
          A tuple: for each input the distances to all centers, `[number, num_clusters]`; for each input the number of
          the nearest center, int64 `[number]`; for each input the distance to it; whether the centers are chosen, a
          bool variable; the operation that chooses (some of) them among the inputs; the operation that makes a step.
        """
        centers_given = not isinstance(self._initial_clusters, str) and not callable(self._initial_clusters)
        if centers_given:
            self._initial_clusters = ops.convert_to_tensor(self._initial_clusters)
            number = array_ops.shape(self._initial_clusters)[0]
        else:
            number = ops.convert_to_tensor(self._num_clusters)
        none_yet = array_ops.placeholder_with_default(constant_op.constant([], self._inputs[0].dtype), shape=None)
        centers = variables.VariableV1(none_yet, name=CLUSTERS_VAR_NAME, validate_shape=False)
        initialized = variables.VariableV1(False, dtype=dtypes.bool, name="initialized")
        moved, left, counts = centers, None, None
        if self._use_mini_batch and self._steps_per_iteration > 1:
            moved = variables.VariableV1(none_yet, name="clusters_updated", validate_shape=False)
            left = variables.VariableV1(self._steps_per_iteration, dtype=dtypes.int64, name="update_in_steps")
            counts = variables.VariableV1(array_ops.zeros([number], dtypes.int64))
        elif self._use_mini_batch:
            counts = variables.VariableV1(array_ops.ones([number], dtypes.int64))
        init_op = self._choose(centers, moved, initialized, number)

        inputs, used = self._inputs, centers
        if self._is_cosine:
            inputs = [nn_impl.l2_normalize(one, dim=1) for one in inputs]
            if not self._centers_stay_normal():
                used = nn_impl.l2_normalize(centers, dim=1)
        all_scores = [self._distances(one, used) for one in inputs]
        indices = tuple(math_ops.argmin(scores, 1) for scores in all_scores)
        scores = tuple(math_ops.reduce_min(scores, 1) for scores in all_scores)
        if self._use_mini_batch:
            with ops.control_dependencies([self._take_over(centers, moved, left, counts)]):
                training_op = _mini_batch_step(inputs, indices, moved, counts)
        else:
            training_op = self._full_batch_step(inputs, indices, centers, number)
        return tuple(all_scores), indices, scores, initialized, init_op, training_op

    def _centers_stay_normal(self):
        """Whether centers have norm 1 after each step, as means of batches have not."""
        return self._is_cosine and (not self._use_mini_batch or self._steps_per_iteration > 1)

    def _distances(self, points, centers):
        products = math_ops.matmul(points, centers, transpose_b=True)
        if self._is_cosine:
            return 1 - products
        return (math_ops.reduce_sum(math_ops.square(points), 1, keepdims=True) - 2 * products +
                array_ops.transpose(math_ops.reduce_sum(math_ops.square(centers), 1, keepdims=True)))

    def _choose(self, centers, moved, initialized, number):
        """Adds to the centers what the inputs of a run allow, until there are enough."""
        inputs = array_ops.concat(self._inputs, 0)
        chosen = control_flow_ops.cond(
            math_ops.equal(array_ops.size(centers), 0), lambda: constant_op.constant(0),
            lambda: array_ops.shape(centers)[0])
        remaining = number - chosen

        def add():
            if callable(self._initial_clusters):
                new = self._initial_clusters(self._inputs, remaining)
            elif isinstance(self._initial_clusters, str):
                new = first_centers.choose(self._initial_clusters, inputs, centers, chosen, remaining, self._is_cosine,
                                           self._seed, self._retries, self._chain_length)
            else:
                new = self._initial_clusters
            new = ops.convert_to_tensor(new)
            if self._is_cosine:
                new = nn_impl.l2_normalize(new, dim=1)
            together = control_flow_ops.cond(math_ops.equal(chosen, 0), lambda: array_ops.identity(new),
                                             lambda: array_ops.concat([centers, new], 0))
            kept = state_ops.assign(centers, together, validate_shape=False)
            if moved is not centers:
                kept = state_ops.assign(moved, kept, validate_shape=False)
            enough = math_ops.equal(array_ops.shape(kept)[0], number)
            return control_flow_ops.group(state_ops.assign(initialized, enough))

        return control_flow_ops.cond(math_ops.equal(remaining, 0), control_flow_ops.no_op, add)

    def _take_over(self, centers, moved, left, counts):
        """Every so many steps the moved centers become those that distances are measured to."""
        if left is None:
            return control_flow_ops.no_op()

        def take():
            new = nn_impl.l2_normalize(moved, dim=1) if self._centers_stay_normal() else array_ops.identity(moved)
            with ops.control_dependencies([state_ops.assign(centers, new, validate_shape=False)]):
                with ops.control_dependencies([state_ops.assign(counts, array_ops.zeros_like(counts))]):
                    return array_ops.identity(state_ops.assign(left, self._steps_per_iteration - 1))

        return control_flow_ops.cond(left <= 0, take, lambda: array_ops.identity(state_ops.assign_sub(left, 1)))

    def _full_batch_step(self, inputs, indices, centers, number):
        sums = [math_ops.unsorted_segment_sum(one, own, number) for one, own in zip(inputs, indices)]
        counts = [math_ops.unsorted_segment_sum(array_ops.ones_like(one[:, :1]), own, number)
                  for one, own in zip(inputs, indices)]
        # A center that nothing is near to becomes zero rather than NaN.
        new = math_ops.add_n(sums) / (math_ops.add_n(counts) + constant_op.constant(1e-6, inputs[0].dtype))
        if self._is_cosine:
            new = nn_impl.l2_normalize(new, dim=1)
        return state_ops.assign(centers, new)


def _mini_batch_step(inputs, indices, centers, counts):
    done = []
    for points, nearest in zip(inputs, indices):
        # One tensor after the other, so that each sees the counts that those before it have left.
        with ops.control_dependencies(done):
            unique, place = array_ops.unique(array_ops.reshape(nearest, [-1]))
            number = array_ops.size(unique)
            new_counts = math_ops.unsorted_segment_sum(array_ops.ones_like(place, dtype=counts.dtype), place, number)
            as_column = array_ops.expand_dims(math_ops.cast(new_counts, points.dtype), 1)
            all_counts = array_ops.expand_dims(
                math_ops.cast(array_ops.gather(counts, unique) + new_counts, points.dtype), 1)
            moves = (math_ops.unsorted_segment_sum(points, place, number) -
                     as_column * array_ops.gather(centers, unique)) / all_counts
            done = [state_ops.scatter_add(counts, unique, new_counts), state_ops.scatter_add(centers, unique, moves)]
    return control_flow_ops.group(*done)
