"""What stands on a network's logits: loss, metrics and predictions of each kind of task."""

from tenseur.python.estimator import model_fn
from tenseur.python.estimator.export import export
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, check_ops, lookup_ops, math_ops, metrics_impl, nn, string_ops
from tenseur.python.ops.losses import losses_impl


class Head:
    """A task: how many logits it takes, and what it makes of them."""

    def __init__(self, weight_column=None, loss_reduction=losses_impl.Reduction.SUM, name=None):
        self._weight_column, self._reduction, self.name = weight_column, loss_reduction, name

    def _weights(self, features):
        column = self._weight_column
        if column is None:
            return 1.0
        key = column if isinstance(column, str) else column.key
        weights = math_ops.cast(ops.convert_to_tensor(features[key]), dtypes.float32)
        return array_ops.expand_dims(weights, -1) if weights.shape.ndims == 1 else weights

    def create_estimator_spec(self, features, mode, logits, labels=None, optimizer=None, train_op_fn=None,
                              regularization_losses=None):
        """The `EstimatorSpec` of the mode."""
        predictions = self.predictions(logits)
        if mode == model_fn.ModeKeys.PREDICT:
            return model_fn.EstimatorSpec(mode, predictions=predictions, export_outputs=self.exports(predictions))
        labels = ops.convert_to_tensor(labels)
        if labels.shape.ndims == 1:
            labels = array_ops.expand_dims(labels, -1)
        labels = self.processed(labels)
        weights = self._weights(features)
        losses = self.losses(labels, logits)
        loss = losses_impl.compute_weighted_loss(losses, weights=weights, reduction=self._reduction)
        mean = losses_impl.compute_weighted_loss(losses, weights=weights, reduction=losses_impl.Reduction.MEAN)
        if regularization_losses:
            loss = math_ops.add_n([loss, *regularization_losses])
        if mode == model_fn.ModeKeys.EVAL:
            metrics = {"average_loss": metrics_impl.mean(losses, weights), **self.metrics(labels, predictions, weights)}
            return model_fn.EstimatorSpec(mode, predictions=predictions, loss=loss, eval_metric_ops=metrics)
        from tenseur.python.summary import summary
        from tenseur.python.training import training_util
        train_op = (optimizer.minimize(loss, global_step=training_util.get_global_step()) if optimizer is not None
                    else train_op_fn(loss))
        updates = ops.get_collection(ops.GraphKeys.UPDATE_OPS)
        if updates:
            from tenseur.python.ops import control_flow_ops
            train_op = control_flow_ops.group(train_op, *updates)
        with ops.name_scope(""):
            summary.scalar("loss", loss)
            summary.scalar("average_loss", mean)
        return model_fn.EstimatorSpec(mode, predictions=predictions, loss=loss, train_op=train_op)


class _Classes(Head):
    """Labels that may be words of a vocabulary."""

    def __init__(self, n_classes, label_vocabulary=None, **options):
        super().__init__(**options)
        self.n_classes, self._vocabulary = n_classes, label_vocabulary

    def processed(self, labels):
        if self._vocabulary is None:
            labels = math_ops.cast(labels, dtypes.int64)
        else:
            labels = lookup_ops.index_table_from_tensor(tuple(self._vocabulary), name="class_id_lookup").lookup(labels)
        message = f"Labels must be in [0, {self.n_classes}): the labels are"
        with ops.control_dependencies([check_ops.assert_non_negative(labels, message=message),
                                       check_ops.assert_less(labels, ops.convert_to_tensor(self.n_classes, dtypes.int64), message=message)]):
            return array_ops.identity(labels)

    def _words(self, ids):
        if self._vocabulary is None:
            return string_ops.as_string(ids, name="str_classes")
        return lookup_ops.index_to_string_table_from_tensor(tuple(self._vocabulary), name="class_string_lookup").lookup(ids)

    def exports(self, predictions):
        classes = export.ClassificationOutput(scores=predictions["probabilities"], classes=None)
        return {"serving_default": classes, "classification": classes, "predict": export.PredictOutput(predictions)}


class MultiClassHead(_Classes):
    """One of n classes."""

    @property
    def logits_dimension(self):
        return self.n_classes

    def predictions(self, logits):
        with ops.name_scope("predictions"):
            ids = array_ops.expand_dims(math_ops.argmax(logits, axis=-1), -1, name="class_ids")
            return {"logits": logits, "probabilities": nn.softmax(logits, name="probabilities"), "class_ids": ids,
                    "classes": self._words(ids)}

    def losses(self, labels, logits):
        return array_ops.expand_dims(nn.sparse_softmax_cross_entropy_with_logits(labels=array_ops.squeeze(labels, [-1]), logits=logits), -1)

    def metrics(self, labels, predictions, weights):
        return {"accuracy": metrics_impl.accuracy(labels, predictions["class_ids"], weights=weights, name="accuracy")}


class BinaryHead(_Classes):
    """One of two classes, by one logit."""

    logits_dimension = 1

    def predictions(self, logits):
        with ops.name_scope("predictions"):
            logistic = math_ops.sigmoid(logits, name="logistic")
            both = array_ops.concat([array_ops.zeros_like(logits), logits], axis=-1, name="two_class_logits")
            ids = array_ops.expand_dims(math_ops.argmax(both, axis=-1), -1, name="class_ids")
            return {"logits": logits, "logistic": logistic, "probabilities": nn.softmax(both, name="probabilities"),
                    "class_ids": ids, "classes": self._words(ids)}

    def losses(self, labels, logits):
        return nn.sigmoid_cross_entropy_with_logits(labels=math_ops.cast(labels, dtypes.float32), logits=logits)

    def metrics(self, labels, predictions, weights):
        ids, logistic = predictions["class_ids"], predictions["logistic"]
        label_mean = metrics_impl.mean(math_ops.cast(labels, dtypes.float32), weights=weights)
        value, update = label_mean
        return {
            "accuracy": metrics_impl.accuracy(labels, ids, weights=weights, name="accuracy"),
            "precision": metrics_impl.precision(labels, ids, weights=weights, name="precision"),
            "recall": metrics_impl.recall(labels, ids, weights=weights, name="recall"),
            "prediction/mean": metrics_impl.mean(logistic, weights=weights, name="prediction/mean"),
            "label/mean": label_mean,
            "accuracy_baseline": (math_ops.maximum(value, 1.0 - value, name="accuracy_baseline"),
                                  math_ops.maximum(update, 1.0 - update)),
            "auc": metrics_impl.auc(labels, logistic, weights=weights, name="auc"),
            "auc_precision_recall": metrics_impl.auc(labels, logistic, weights=weights, curve="PR", name="auc_precision_recall"),
        }


class RegressionHead(Head):
    """Numbers, by squared error."""

    def __init__(self, label_dimension=1, **options):
        super().__init__(**options)
        self.logits_dimension = label_dimension

    def processed(self, labels):
        return math_ops.cast(labels, dtypes.float32)

    def predictions(self, logits):
        return {"predictions": logits}

    def exports(self, predictions):
        value = export.RegressionOutput(predictions["predictions"])
        return {"serving_default": value, "regression": value, "predict": export.PredictOutput(predictions)}

    def losses(self, labels, logits):
        return math_ops.squared_difference(logits, labels)

    def metrics(self, labels, predictions, weights):
        value = predictions["predictions"]
        return {"prediction/mean": metrics_impl.mean(value, weights=weights, name="prediction/mean"),
                "label/mean": metrics_impl.mean(labels, weights=weights, name="label/mean")}


def classification(n_classes, weight_column, label_vocabulary, loss_reduction):
    """The head for two classes or for more.

    Raises:
      ValueError: for fewer.
    """
    options = {"label_vocabulary": label_vocabulary, "weight_column": weight_column, "loss_reduction": loss_reduction}
    if n_classes < 2:
        raise ValueError(f"n_classes must be >= 2: {n_classes}")
    return BinaryHead(2, **options) if n_classes == 2 else MultiClassHead(n_classes, **options)
