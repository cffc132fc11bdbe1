"""Names of `tf`: distributions, and what else contrib has."""

_D = "tenseur.python.ops.distributions"

_KINDS = {
    "distribution": "Distribution ReparameterizationType FULLY_REPARAMETERIZED NOT_REPARAMETERIZED",
    "kullback_leibler": "RegisterKL kl_divergence",
    "normal": "Normal",
    "bernoulli": "Bernoulli",
    "categorical": "Categorical",
    "uniform": "Uniform",
    "gamma": "Gamma Exponential",
    "beta": "Beta Dirichlet Multinomial DirichletMultinomial",
    "laplace": "Laplace StudentT",
}

_MORE_KINDS = {
    "kullback_leibler": "cross_entropy",
    "normal": "NormalWithSoftplusScale",
    "bernoulli": "BernoulliWithSigmoidProbs",
    "categorical": "OneHotCategorical",
    "gamma": "GammaWithSoftplusConcentrationRate InverseGamma Chi2 Poisson",
    "beta": "BetaWithSoftplusConcentration",
    "laplace": "LaplaceWithSoftplusScale Logistic Gumbel Cauchy HalfNormal",
    "discrete": "Binomial Geometric Deterministic RelaxedBernoulli RelaxedOneHotCategorical ExpRelaxedOneHotCategorical",
    "multivariate": """MultivariateNormalDiag MultivariateNormalTriL MultivariateNormalFullCovariance
        MultivariateNormalDiagWithSoftplusScale Independent Mixture MixtureSameFamily""",
    "bijector": "TransformedDistribution",
}

API = {
    **{f"{_D}.{module}": {"distributions": names, "contrib.distributions": f"{names} {_MORE_KINDS.get(module, '')}"}
       for module, names in _KINDS.items()},
    **{f"{_D}.{module}": {"contrib.distributions": names} for module, names in _MORE_KINDS.items() if module not in _KINDS},
}
API[f"{_D}.bijector"] = {
    "contrib.distributions": "TransformedDistribution",
    "contrib.distributions.bijectors": "Bijector Identity Exp AffineScalar Affine Softplus Sigmoid Tanh PowerTransform Chain Invert",
}
API[f"{_D}.special_math"] = {"contrib.distributions": "ndtr ndtri log_ndtr log_cdf_laplace"}

API["tenseur.python.util.compat"] = {
    "compat": """as_bytes as_text as_str as_str_any path_to_str forward_compatible bytes_or_text_types complex_types integral_types
        real_types""",
}
API["tenseur.python.eager.context"] = {
    "": "executing_eagerly enable_eager_execution",
    "contrib.eager": "executing_eagerly enable_eager_execution in_eager_mode num_gpus",
}
API["tenseur.python.compat.v2_compat"] = {
    "": """disable_v2_behavior disable_eager_execution disable_v2_tensorshape disable_tensor_equality
        disable_control_flow_v2 enable_v2_tensorshape enable_control_flow_v2 enable_v2_behavior
        enable_tensor_equality""",
}
API["tenseur.contrib.framework.python.ops.arg_scope"] = {
    "contrib.framework": "add_arg_scope arg_scope arg_scope_func_key arg_scoped_arguments current_arg_scope has_arg_scope",
}
API["tenseur.contrib.framework.python.ops.variables"] = {
    "contrib.framework": """variable model_variable local_variable global_variable get_variables get_model_variables
        get_local_variables get_trainable_variables get_variables_by_suffix get_variables_by_name get_unique_variable
        get_variables_to_restore filter_variables add_model_variable assign_from_values assign_from_values_fn
        assign_from_checkpoint assign_from_checkpoint_fn""",
}
API["tenseur.contrib.training.python.training.hparam"] = {"contrib.training": "HParams"}
API["tenseur.contrib.training.python.training.training"] = {
    "contrib.training": "clip_gradient_norms_fn create_train_op train byte_size_load_fn GreedyLoadBalancingStrategy",
}
API["tenseur.contrib.metrics.metric_ops"] = {"contrib.metrics": "f1_score"}
API["tenseur.python.framework.tensor_util"] = {"contrib.framework": "is_tensor"}
API["tenseur.contrib.opt.python.training.external_optimizer"] = {
    "contrib.opt": "ExternalOptimizerInterface ScipyOptimizerInterface",
}
API["tenseur.contrib.learn.python.learn.preprocessing.text"] = {
    "contrib.learn.preprocessing": "VocabularyProcessor ByteProcessor tokenizer",
}
API["tenseur.contrib.learn.python.learn.preprocessing.categorical_vocabulary"] = {
    "contrib.learn.preprocessing": "CategoricalVocabulary",
}
_E = "tenseur.python.estimator."
API[_E + "model_fn"] = {"estimator": "ModeKeys EstimatorSpec"}
API[_E + "run_config"] = {"estimator": "RunConfig"}
API[_E + "estimator"] = {"estimator": "Estimator WarmStartSettings"}
API[_E + "training"] = {"estimator": "TrainSpec EvalSpec train_and_evaluate"}
API[_E + "inputs.numpy_io"] = {"estimator.inputs": "numpy_input_fn"}
API[_E + "inputs.pandas_io"] = {"estimator.inputs": "pandas_input_fn"}
API[_E + "export.export"] = {
    "estimator": "Exporter FinalExporter LatestExporter",
    "estimator.export": """ServingInputReceiver TensorServingInputReceiver ExportOutput PredictOutput ClassificationOutput
        RegressionOutput build_raw_serving_input_receiver_fn build_parsing_serving_input_receiver_fn""",
}
API[_E + "canned.estimators"] = {
    "estimator": """DNNClassifier DNNRegressor LinearClassifier LinearRegressor DNNLinearCombinedClassifier
        DNNLinearCombinedRegressor""",
}
API["tenseur.python.feature_column.feature_column"] = {
    "feature_column": """numeric_column bucketized_column categorical_column_with_hash_bucket
        categorical_column_with_vocabulary_list categorical_column_with_vocabulary_file categorical_column_with_identity
        crossed_column weighted_categorical_column indicator_column embedding_column shared_embedding_columns input_layer
        linear_model make_parse_example_spec""",
}
for _part in "dataset data_decoder data_provider dataset_data_provider parallel_reader tfexample_decoder".split():
    API[f"tenseur.contrib.slim.python.slim.data.{_part}"] = {"contrib.slim": f"{_part}=*"}
for _part in ("queues", "summaries"):
    API[f"tenseur.contrib.slim.python.slim.{_part}"] = {"contrib.slim": f"{_part}=*"}
for _part in "alexnet inception overfeat resnet_utils resnet_v1 resnet_v2 vgg".split():
    API[f"tenseur.contrib.slim.python.slim.nets.{_part}"] = {"contrib.slim.nets": f"{_part}=*"}
API["tenseur.contrib.layers"] = {"contrib.slim": "layers=*"}
API["tenseur.contrib.training.python.training.evaluation"] = {
    "contrib.training": """StopAfterNEvalsHook SummaryAtEndHook checkpoints_iterator evaluate_once evaluate_repeatedly
        get_or_create_eval_step wait_for_new_checkpoint""",
}
API["tenseur.contrib.slim.python.slim.data.prefetch_queue"] = {"contrib.slim.prefetch_queue": "prefetch_queue"}
_LEARN = "tenseur.contrib.learn.python.learn.estimators.estimator"
API[_LEARN] = {
    "contrib.learn": """Estimator ModeKeys ModelFnOps MetricSpec RunConfig DNNClassifier DNNRegressor LinearClassifier
        LinearRegressor DNNLinearCombinedClassifier SKCompat Experiment infer_real_valued_columns_from_input
        infer_real_valued_columns_from_input_fn""",
    "contrib.learn.learn_runner": "run",
    "contrib.learn.estimators.model_fn": "ModeKeys ModelFnOps",
}
API["tenseur.contrib.layers.python.layers.feature_column"] = {
    "contrib.layers": """real_valued_column sparse_column_with_hash_bucket sparse_column_with_keys
        sparse_column_with_integerized_feature sparse_column_with_vocabulary_file weighted_sparse_column embedding_column
        one_hot_column bucketized_column crossed_column input_from_feature_columns create_feature_spec_for_parsing""",
}
API["tenseur.contrib.crf.python.ops.crf"] = {
    "contrib.crf": """crf_sequence_score crf_multitag_sequence_score crf_log_norm crf_log_likelihood crf_unary_score crf_binary_score
        CrfForwardRnnCell viterbi_decode CrfDecodeForwardRnnCell CrfDecodeBackwardRnnCell crf_decode crf=*""",
}
API["tenseur.contrib.image.python.ops.image_ops"] = {
    "contrib.image": """rotate translate transform angles_to_projective_transforms translations_to_projective_transforms
        matrices_to_flat_transforms flat_transforms_to_matrices compose_transforms""",
}
API["tenseur.contrib.factorization.python.ops.clustering_ops"] = {
    "contrib.factorization": """KMeans SQUARED_EUCLIDEAN_DISTANCE COSINE_DISTANCE RANDOM_INIT KMEANS_PLUS_PLUS_INIT KMC2_INIT
        CLUSTERS_VAR_NAME""",
}
API["tenseur.keras"] = {"contrib": "keras=*"}
_TPU = "tenseur.contrib.tpu.python.tpu"
API[f"{_TPU}.tpu_config"] = {"contrib.tpu": "InputPipelineConfig TPUConfig RunConfig"}
API[f"{_TPU}.tpu_estimator"] = {"contrib.tpu": "TPUEstimator TPUEstimatorSpec"}
API[f"{_TPU}.tpu_optimizer"] = {"contrib.tpu": "CrossShardOptimizer"}
API["tenseur.contrib.cluster_resolver.python.training.tpu_cluster_resolver"] = {"contrib.cluster_resolver": "TPUClusterResolver"}
