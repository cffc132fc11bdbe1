"""Estimators that come with their model: linear, deep, and both together."""

import math

from tenseur.python.estimator import estimator
from tenseur.python.estimator.canned import head as heads
from tenseur.python.estimator.model_fn import ModeKeys
from tenseur.python.feature_column import feature_column
from tenseur.python.framework import ops
from tenseur.python.layers import core, normalization
from tenseur.python.ops import control_flow_ops, init_ops, nn, variable_scope
from tenseur.python.ops.losses.losses_impl import Reduction
from tenseur.python.training import adagrad, adam, ftrl, gradient_descent, rmsprop, training_util

_OPTIMIZERS = {
    "Adagrad": adagrad.AdagradOptimizer, "Adam": adam.AdamOptimizer, "Ftrl": ftrl.FtrlOptimizer,
    "RMSProp": rmsprop.RMSPropOptimizer, "SGD": gradient_descent.GradientDescentOptimizer,
}


def _optimizer(one, learning_rate):
    """An optimizer by name, from a function, or as it is."""
    if isinstance(one, str):
        if one not in _OPTIMIZERS:
            raise ValueError(f"Unsupported optimizer name: {one}. Supported names are: {tuple(sorted(_OPTIMIZERS))}")
        return _OPTIMIZERS[one](learning_rate=learning_rate)
    return one() if callable(one) and not hasattr(one, "minimize") else one


def _deep_logits(features, mode, units, hidden_units, columns, activation, dropout, batch_norm):
    """Layers of `hidden_units`, and one of `units` logits."""
    training = mode == ModeKeys.TRAIN
    with variable_scope.variable_scope("input_from_feature_columns"):
        net = feature_column.input_layer(features, columns)
    for number, size in enumerate(hidden_units):
        with variable_scope.variable_scope(f"hiddenlayer_{number}", values=(net,)) as scope:
            net = core.dense(net, size, activation=activation,
                             kernel_initializer=init_ops.glorot_uniform_initializer(), name=scope)
            if dropout is not None and training:
                net = core.dropout(net, rate=dropout, training=True)
            if batch_norm:
                net = normalization.batch_normalization(net, momentum=0.999, training=training,
                                                        name=f"batchnorm_{number}")
    with variable_scope.variable_scope("logits", values=(net,)) as scope:
        return core.dense(net, units, activation=None, kernel_initializer=init_ops.glorot_uniform_initializer(),
                          name=scope)


def _deep_model(head, hidden_units, columns, optimizer, activation, dropout, batch_norm):
    def model_fn(features, labels, mode, config):
        with variable_scope.variable_scope("dnn"):
            logits = _deep_logits(features, mode, head.logits_dimension, hidden_units, columns, activation,
                                  dropout, batch_norm)
            return head.create_estimator_spec(features, mode, logits, labels, _optimizer(optimizer, 0.05))
    return model_fn


def _linear_rate(columns):
    return min(0.2, 1.0 / math.sqrt(len(columns)))


def _linear_model(head, columns, optimizer, sparse_combiner):
    def model_fn(features, labels, mode, config):
        with variable_scope.variable_scope("linear"):
            logits = feature_column.linear_model(features, columns, units=head.logits_dimension,
                                                 sparse_combiner=sparse_combiner)
            return head.create_estimator_spec(features, mode, logits, labels,
                                              _optimizer(optimizer, _linear_rate(columns)))
    return model_fn


def _combined_model(head, linear_columns, linear_optimizer, deep_columns, deep_optimizer, hidden_units, activation, dropout,
                    batch_norm, sparse_combiner):
    if not linear_columns and not deep_columns:
        raise ValueError("Either linear_feature_columns or dnn_feature_columns must be defined.")

    def model_fn(features, labels, mode, config):
        parts = []
        if deep_columns:
            with variable_scope.variable_scope("dnn"):
                parts.append(_deep_logits(features, mode, head.logits_dimension, hidden_units, deep_columns, activation, dropout,
                                          batch_norm))
        if linear_columns:
            with variable_scope.variable_scope("linear"):
                parts.append(feature_column.linear_model(features, linear_columns, units=head.logits_dimension,
                                                         sparse_combiner=sparse_combiner))
        logits = parts[0] if len(parts) == 1 else parts[0] + parts[1]

        def train(loss):
            steps = []
            for scope, columns, one, rate in (("dnn", deep_columns, deep_optimizer, 0.05),
                                              ("linear", linear_columns, linear_optimizer, _linear_rate(linear_columns or [1]))):
                if columns:
                    variables = ops.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES, scope=scope)
                    steps.append(_optimizer(one, rate).minimize(loss, var_list=variables))
            with ops.control_dependencies([control_flow_ops.group(*steps)]):
                from tenseur.python.ops import state_ops
                return state_ops.assign_add(training_util.get_global_step(), 1).op
        return head.create_estimator_spec(features, mode, logits, labels, train_op_fn=train)
    return model_fn


class DNNClassifier(estimator.Estimator):
    """Layers of neurons that tell classes apart."""

    def __init__(self, hidden_units, feature_columns, model_dir=None, n_classes=2, weight_column=None, label_vocabulary=None,
                 optimizer="Adagrad", activation_fn=nn.relu, dropout=None, input_layer_partitioner=None, config=None,
                 warm_start_from=None, loss_reduction=Reduction.SUM, batch_norm=False):
        head = heads.classification(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(_deep_model(head, hidden_units, feature_columns, optimizer, activation_fn, dropout, batch_norm), model_dir,
                         config, warm_start_from=warm_start_from)


class DNNRegressor(estimator.Estimator):
    """Layers of neurons that give numbers."""

    def __init__(self, hidden_units, feature_columns, model_dir=None, label_dimension=1, weight_column=None, optimizer="Adagrad",
                 activation_fn=nn.relu, dropout=None, input_layer_partitioner=None, config=None, warm_start_from=None,
                 loss_reduction=Reduction.SUM, batch_norm=False):
        head = heads.RegressionHead(label_dimension, weight_column=weight_column, loss_reduction=loss_reduction)
        super().__init__(_deep_model(head, hidden_units, feature_columns, optimizer, activation_fn, dropout, batch_norm), model_dir,
                         config, warm_start_from=warm_start_from)


class LinearClassifier(estimator.Estimator):
    """A linear model that tells classes apart."""

    def __init__(self, feature_columns, model_dir=None, n_classes=2, weight_column=None, label_vocabulary=None, optimizer="Ftrl",
                 config=None, partitioner=None, warm_start_from=None, loss_reduction=Reduction.SUM, sparse_combiner="sum"):
        head = heads.classification(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(_linear_model(head, feature_columns, optimizer, sparse_combiner), model_dir, config,
                         warm_start_from=warm_start_from)


class LinearRegressor(estimator.Estimator):
    """A linear model that gives numbers."""

    def __init__(self, feature_columns, model_dir=None, label_dimension=1, weight_column=None, optimizer="Ftrl", config=None,
                 partitioner=None, warm_start_from=None, loss_reduction=Reduction.SUM, sparse_combiner="sum"):
        head = heads.RegressionHead(label_dimension, weight_column=weight_column, loss_reduction=loss_reduction)
        super().__init__(_linear_model(head, feature_columns, optimizer, sparse_combiner), model_dir, config,
                         warm_start_from=warm_start_from)


class DNNLinearCombinedClassifier(estimator.Estimator):
    """A linear model and layers of neurons side by side, for classes."""

    def __init__(self, model_dir=None, linear_feature_columns=None, linear_optimizer="Ftrl", dnn_feature_columns=None,
                 dnn_optimizer="Adagrad", dnn_hidden_units=None, dnn_activation_fn=nn.relu, dnn_dropout=None, n_classes=2,
                 weight_column=None, label_vocabulary=None, input_layer_partitioner=None, config=None, warm_start_from=None,
                 loss_reduction=Reduction.SUM, batch_norm=False, linear_sparse_combiner="sum"):
        head = heads.classification(n_classes, weight_column, label_vocabulary, loss_reduction)
        super().__init__(_combined_model(head, linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer,
                                         dnn_hidden_units, dnn_activation_fn, dnn_dropout, batch_norm, linear_sparse_combiner),
                         model_dir, config, warm_start_from=warm_start_from)


class DNNLinearCombinedRegressor(estimator.Estimator):
    """A linear model and layers of neurons side by side, for numbers."""

    def __init__(self, model_dir=None, linear_feature_columns=None, linear_optimizer="Ftrl", dnn_feature_columns=None,
                 dnn_optimizer="Adagrad", dnn_hidden_units=None, dnn_activation_fn=nn.relu, dnn_dropout=None, label_dimension=1,
                 weight_column=None, input_layer_partitioner=None, config=None, warm_start_from=None,
                 loss_reduction=Reduction.SUM, batch_norm=False, linear_sparse_combiner="sum"):
        head = heads.RegressionHead(label_dimension, weight_column=weight_column, loss_reduction=loss_reduction)
        super().__init__(_combined_model(head, linear_feature_columns, linear_optimizer, dnn_feature_columns, dnn_optimizer,
                                         dnn_hidden_units, dnn_activation_fn, dnn_dropout, batch_norm, linear_sparse_combiner),
                         model_dir, config, warm_start_from=warm_start_from)
