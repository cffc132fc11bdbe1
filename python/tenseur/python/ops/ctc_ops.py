"""Connectionist temporal classification: a loss and decoders for labels without alignment (`tf.nn.ctc_*`)."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, sparse_tensor
from tenseur.python.ops import array_ops, math_ops


def ctc_loss(labels, inputs=None, sequence_length=None, preprocess_collapse_repeated=False, ctc_merge_repeated=True,
             ignore_longer_outputs_than_inputs=False, time_major=True, logits=None):
    """The negative logarithm of the probability of the sparse `labels` under all alignments, a loss per sequence.

    Shapes: inputs `[time, batch, classes]` (`[batch, time, classes]` unless `time_major`), the last class is the blank.
    """
    inputs = logits if inputs is None else inputs
    if not isinstance(labels, sparse_tensor.SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    inputs = ops.convert_to_tensor(inputs, name="logits")
    if not time_major:
        inputs = array_ops.transpose(inputs, [1, 0, 2])
    loss, _ = raw_ops.CTCLoss(
        inputs=inputs, labels_indices=labels.indices, labels_values=labels.values, sequence_length=sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated, ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs)
    return loss


def ctc_loss_v2(labels, logits, label_length, logit_length, logits_time_major=True, unique=None,
                blank_index=None, name=None):
    """`ctc_loss` with a blank that may be any class, and labels that may be dense."""
    with ops.name_scope(name, "ctc_loss", [logits]):
        logits = ops.convert_to_tensor(logits)
        classes = logits.get_shape()[2].value
        if isinstance(labels, sparse_tensor.SparseTensor):
            if blank_index is None:
                raise ValueError("blank_index must be given when using SparseTensor labels.")
        else:
            blank_index = 0 if blank_index is None else blank_index
            labels = dense_labels_to_sparse(labels, label_length)
        if blank_index < 0:
            blank_index += classes
        if blank_index != classes - 1:
            logits = array_ops.concat([logits[:, :, :blank_index], logits[:, :, blank_index + 1:],
                                       logits[:, :, blank_index:blank_index + 1]], 2)
            values = array_ops.where(labels.values < blank_index, labels.values, labels.values - 1)
            labels = sparse_tensor.SparseTensor(labels.indices, values, labels.dense_shape)
        return ctc_loss(labels, logits, logit_length, time_major=logits_time_major)


def dense_labels_to_sparse(dense, length):
    """Rows of labels, of which the first `length[i]` count, as a sparse tensor."""
    dense = ops.convert_to_tensor(dense)
    mask = array_ops.sequence_mask(length, maxlen=array_ops.shape(dense)[1])
    indices = array_ops.where(mask)
    return sparse_tensor.SparseTensor(indices, array_ops.gather_nd(dense, indices),
                                      array_ops.shape(dense, out_type=dtypes.int64))


def ctc_greedy_decoder(inputs, sequence_length, merge_repeated=True):
    """The likeliest class at each time, without blanks: ([sparse labels], negative sum of the logits)."""
    indices, values, shape, log_probability = raw_ops.CTCGreedyDecoder(
        inputs=inputs, sequence_length=sequence_length, merge_repeated=merge_repeated)
    return [sparse_tensor.SparseTensor(indices, values, shape)], log_probability


def ctc_beam_search_decoder(inputs, sequence_length, beam_width=100, top_paths=1, merge_repeated=True):
    """The likeliest labellings by beam search: (a list of `top_paths` sparse labels, their log probabilities)."""
    indices, values, shapes, log_probabilities = raw_ops.CTCBeamSearchDecoder(
        inputs=inputs, sequence_length=sequence_length, beam_width=beam_width, top_paths=top_paths,
        merge_repeated=merge_repeated)
    return [sparse_tensor.SparseTensor(*parts) for parts in zip(indices, values, shapes)], log_probabilities


def ctc_beam_search_decoder_v2(inputs, sequence_length, beam_width=100, top_paths=1):
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)


def ctc_unique_labels(labels, name=None):
    """For each row, its different labels, and for each label which of those it is."""
    with ops.name_scope(name, "ctc_unique_labels", [labels]):
        labels = ops.convert_to_tensor(labels)
        rows = labels.get_shape()[0].value
        if rows is None:
            raise ValueError("ctc_unique_labels needs a batch whose size is known")
        size = array_ops.shape(labels)[1]
        found, places = [], []
        for row in array_ops.unstack(labels, rows):
            values, index = array_ops.unique(row)
            found.append(array_ops.pad(values, [[0, size - array_ops.size(values)]]))
            places.append(index)
        return array_ops.stack(found), array_ops.stack(places)


def collapse_repeated(labels, seq_length, name=None):
    """Merges repeated labels: (the labels, their new lengths)."""
    with ops.name_scope(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = ops.convert_to_tensor(labels)
        size = array_ops.shape(labels)[1]
        changed = math_ops.not_equal(labels[:, 1:], labels[:, :-1])
        keep = array_ops.concat([array_ops.ones_like(labels[:, :1], dtypes.bool), changed], 1)
        keep = math_ops.logical_and(keep, array_ops.sequence_mask(seq_length, maxlen=size))
        lengths = math_ops.reduce_sum(math_ops.cast(keep, dtypes.int32), 1)
        longest = math_ops.reduce_max(lengths)
        targets = array_ops.where(array_ops.sequence_mask(lengths, maxlen=longest))
        values = array_ops.boolean_mask(labels, keep)
        shape = math_ops.cast(array_ops.stack([array_ops.shape(labels)[0], longest]), dtypes.int64)
        return array_ops.scatter_nd(targets, values, shape), lengths
