"""Losses over a sample of many classes: noise-contrastive estimation, sampled softmax."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, candidate_sampling_ops, embedding_ops, math_ops, nn_ops, sparse_ops


def _sum_rows(x):
    """The sum of each row, as a product with ones."""
    cols = array_ops.shape(x)[1]
    ones = array_ops.ones(array_ops.stack([cols, 1]), x.dtype)
    return array_ops.reshape(math_ops.matmul(x, ones), [-1])


def _compute_sampled_logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
                            subtract_log_q=True, remove_accidental_hits=False, partition_strategy="mod", name=None, seed=None):
    """Logits and labels of the true classes and of a sample of the others.

    Shapes: both `[batch, num_true + num_sampled]`, for weights `[num_classes, dim]`, labels `[batch, num_true]`, inputs
    `[batch, dim]`.
    """
    if not isinstance(weights, (list, tuple)) and not _is_partitioned(weights):
        weights = [weights]
    parts = list(weights) if not isinstance(weights, list) else weights
    with ops.name_scope(name, "compute_sampled_logits", [*parts, biases, inputs, labels]):
        labels = ops.convert_to_tensor(labels)
        if labels.dtype != dtypes.int64:
            labels = math_ops.cast(labels, dtypes.int64)
        labels_flat = array_ops.reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = candidate_sampling_ops.log_uniform_candidate_sampler(
                true_classes=labels, num_true=num_true, num_sampled=num_sampled, unique=True, range_max=num_classes, seed=seed)
        sampled, true_expected_count, sampled_expected_count = (array_ops.stop_gradient(s) for s in sampled_values)
        sampled = math_ops.cast(sampled, dtypes.int64)

        all_ids = array_ops.concat([labels_flat, sampled], 0)
        all_w = embedding_ops.embedding_lookup(weights, all_ids, partition_strategy=partition_strategy)
        inputs = ops.convert_to_tensor(inputs)
        all_w = math_ops.cast(all_w, inputs.dtype)
        true_w = array_ops.slice(all_w, [0, 0], array_ops.stack([array_ops.shape(labels_flat)[0], -1]))
        sampled_w = array_ops.slice(all_w, array_ops.stack([array_ops.shape(labels_flat)[0], 0]), [-1, -1])
        sampled_logits = math_ops.matmul(inputs, sampled_w, transpose_b=True)

        all_b = embedding_ops.embedding_lookup(biases, all_ids, partition_strategy=partition_strategy)
        all_b = math_ops.cast(all_b, inputs.dtype)
        true_b = array_ops.slice(all_b, [0], array_ops.shape(labels_flat))
        sampled_b = array_ops.slice(all_b, array_ops.shape(labels_flat), [-1])

        dim = array_ops.shape(true_w)[1:2]
        new_shape = array_ops.concat([[-1, num_true], dim], 0)
        row_wise_dots = math_ops.multiply(array_ops.expand_dims(inputs, 1), array_ops.reshape(true_w, new_shape))
        dots_as_matrix = array_ops.reshape(row_wise_dots, array_ops.concat([[-1], dim], 0))
        true_logits = array_ops.reshape(_sum_rows(dots_as_matrix), [-1, num_true])
        true_b = array_ops.reshape(true_b, [-1, num_true])
        true_logits += true_b
        sampled_logits += sampled_b

        if remove_accidental_hits:
            # A sampled class that is a true one would be told to be false: its logit goes to minus infinity.
            rows, columns, hit_weights = candidate_sampling_ops.compute_accidental_hits(labels, sampled, num_true=num_true)
            indices = array_ops.concat([array_ops.reshape(rows, [-1, 1]),
                                        array_ops.reshape(math_ops.cast(columns, dtypes.int32), [-1, 1])], 1)
            shape = array_ops.concat([array_ops.shape(labels)[:1], ops.convert_to_tensor([num_sampled])], 0)
            if sampled_logits.dtype != hit_weights.dtype:
                hit_weights = math_ops.cast(hit_weights, sampled_logits.dtype)
            sampled_logits += sparse_ops.sparse_to_dense(indices, shape, hit_weights, default_value=0.0,
                                                         validate_indices=False)
        if subtract_log_q:
            true_logits -= math_ops.log(math_ops.cast(true_expected_count, true_logits.dtype))
            sampled_logits -= math_ops.log(math_ops.cast(sampled_expected_count, sampled_logits.dtype))

        out_logits = array_ops.concat([true_logits, sampled_logits], 1)
        out_labels = array_ops.concat([array_ops.ones_like(true_logits) / num_true, array_ops.zeros_like(sampled_logits)], 1)
        return out_logits, out_labels


def _is_partitioned(weights):
    return type(weights).__name__ == "PartitionedVariable"


def nce_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
             remove_accidental_hits=False, partition_strategy="mod", name="nce_loss"):
    """Noise-contrastive estimation: tells the true classes from `num_sampled` sampled ones; a loss per example.

    The classes are sampled log-uniformly unless `sampled_values` says otherwise: number them by falling frequency.
    """
    from tenseur.python.ops import nn_impl
    logits, labels = _compute_sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, True, remove_accidental_hits,
        partition_strategy, name)
    losses = nn_impl.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="sampled_losses")
    return _sum_rows(losses)


def nce_loss_v2(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
                remove_accidental_hits=False, name="nce_loss"):
    return nce_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
                    remove_accidental_hits, "div", name)


def sampled_softmax_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
                         remove_accidental_hits=True, partition_strategy="mod", name="sampled_softmax_loss", seed=None):
    """Softmax cross entropy over the true classes and `num_sampled` sampled ones; a loss per example, for training only."""
    logits, labels = _compute_sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, True, remove_accidental_hits,
        partition_strategy, name, seed)
    labels = array_ops.stop_gradient(labels, name="labels_stop_gradient")
    return nn_ops.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)


def sampled_softmax_loss_v2(weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,
                            remove_accidental_hits=True, seed=None, name="sampled_softmax_loss"):
    return sampled_softmax_loss(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
                                remove_accidental_hits, "div", name, seed)
