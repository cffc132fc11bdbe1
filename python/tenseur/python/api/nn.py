"""Names of `tf`: networks, layers, losses, metrics, images."""

_LAYERS = "tenseur.contrib.layers.python.layers."
_FRAMEWORK = "tenseur.contrib.framework.python.ops."
_SLIM = "tenseur.contrib.slim.python.slim."

_CONTRIB_LAYERS = """avg_pool2d avg_pool3d batch_norm bias_add conv1d conv2d conv3d conv2d_in_plane conv2d_transpose conv3d_transpose convolution
    convolution1d convolution2d convolution2d_in_plane convolution2d_transpose convolution3d convolution3d_transpose
    dense_to_sparse dropout elu flatten fully_connected group_norm images_to_sequence instance_norm layer_norm linear
    maxout max_pool2d max_pool3d one_hot_encoding relu relu6 repeat scale_gradient separable_conv2d separable_convolution2d
    sequence_to_images softmax spatial_softmax stack unit_norm pool legacy_fully_connected legacy_linear legacy_relu"""
_SUMMARIES = """summarize_tensor summarize_activation summarize_tensors summarize_collection summarize_variables summarize_weights
    summarize_biases summarize_activations"""
_ARG_SCOPE = "arg_scope add_arg_scope has_arg_scope arg_scoped_arguments current_arg_scope arg_scope_func_key"
_VARIABLES = """variable model_variable local_variable global_variable add_model_variable get_variables get_model_variables
    get_local_variables get_trainable_variables get_variables_by_suffix get_variables_by_name get_variable_full_name
    get_unique_variable filter_variables get_variables_to_restore assign_from_values assign_from_values_fn
    assign_from_checkpoint assign_from_checkpoint_fn zero_initializer VariableDeviceChooser get_global_step
    get_or_create_global_step create_global_step assert_global_step"""
_K = "tenseur.python.keras."


def _keras():
    """Names of `tf.keras`, and what of it has other names too."""
    return {
        _K + "backend": {"keras": "backend=*"},
        _K + "activations": {"keras": "activations=*"},
        _K + "initializers": {"keras": "initializers=*"},
        _K + "regularizers": {"keras": "regularizers=*"},
        _K + "constraints": {"keras": "constraints=*"},
        _K + "losses": {"keras": "losses=*"},
        _K + "metrics": {"keras": "metrics=*"},
        _K + "optimizers": {"keras": "optimizers=*"},
        _K + "callbacks": {"keras": "callbacks=*"},
        _K + "layers": {"keras": "layers=*"},
        _K + "models": {"keras": "models=*"},
        _K + "engine.training": {"keras": "Model"},
        _K + "engine.sequential": {"keras": "Sequential"},
        _K + "engine.input_layer": {"keras": "Input"},
        _K + "utils.np_utils": {"keras.utils": "to_categorical normalize"},
        "tenseur.python.keras": {"keras": "__version__"},
        _K + "utils.generic_utils": {"keras.utils": "CustomObjectScope custom_object_scope get_custom_objects"},
        _K + "utils.multi_gpu_utils": {"keras.utils": "multi_gpu_model"},
        _K + "utils.data_utils": {"keras.utils": "get_file Sequence"},
        _K + "datasets.mnist": {"keras.datasets": "mnist=*"},
        _K + "datasets.fashion_mnist": {"keras.datasets": "fashion_mnist=*"},
        _K + "datasets.boston_housing": {"keras.datasets": "boston_housing=*"},
        _K + "datasets.cifar10": {"keras.datasets": "cifar10=*"},
        _K + "datasets.imdb": {"keras.datasets": "imdb=*"},
        _K + "preprocessing.sequence": {"keras.preprocessing": "sequence=*"},
        _K + "preprocessing.text": {"keras.preprocessing": "text=*"},
    }


API = {
    "tenseur.python.ops.nn_ops": {
        "nn": """relu relu6 crelu leaky_relu elu selu softplus softsign softmax log_softmax dropout top_k in_top_k l2_loss
            bias_add xw_plus_b lrn local_response_normalization conv1d conv2d conv3d conv1d_transpose conv2d_transpose
            conv3d_transpose conv2d_backprop_filter conv2d_backprop_input conv3d_backprop_filter_v2 conv3d_backprop_filter
            convolution atrous_conv2d atrous_conv2d_transpose depthwise_conv2d_native
            depthwise_conv2d_native_backprop_filter depthwise_conv2d_native_backprop_input depthwise_conv2d_backprop_filter
            depthwise_conv2d_backprop_input max_pool max_pool1d max_pool2d max_pool3d
            avg_pool avg_pool1d avg_pool2d avg_pool3d max_pool_v2 avg_pool_v2 max_pool_with_argmax pool with_space_to_batch dilation2d
            erosion2d fractional_max_pool fractional_avg_pool softmax_cross_entropy_with_logits
            softmax_cross_entropy_with_logits_v2 sparse_softmax_cross_entropy_with_logits deconv2d=conv2d_transpose""",
        "math": "top_k in_top_k softplus softsign",
    },
    "tenseur.python.ops.nn_impl": {
        "nn": """log_poisson_loss sigmoid_cross_entropy_with_logits weighted_cross_entropy_with_logits relu_layer swish
            l2_normalize zero_fraction depthwise_conv2d separable_conv2d sufficient_statistics normalize_moments moments
            weighted_moments batch_normalization fused_batch_norm batch_norm_with_global_normalization nce_loss
            sampled_softmax_loss silu=swish""",
        "math": "l2_normalize zero_fraction",
        "linalg": "l2_normalize",
    },
    "tenseur.python.ops.math_ops": {"nn": "tanh sigmoid"},
    "tenseur.python.ops.candidate_sampling_ops": {
        "nn": """uniform_candidate_sampler log_uniform_candidate_sampler learned_unigram_candidate_sampler
            fixed_unigram_candidate_sampler all_candidate_sampler compute_accidental_hits""",
        "random": """uniform_candidate_sampler log_uniform_candidate_sampler learned_unigram_candidate_sampler
            fixed_unigram_candidate_sampler all_candidate_sampler""",
    },
    "tenseur.python.ops.ctc_ops": {
        "nn": """ctc_loss ctc_loss_v2 ctc_greedy_decoder ctc_beam_search_decoder ctc_beam_search_decoder_v2 ctc_unique_labels
            collapse_repeated""",
    },
    "tenseur.python.layers.core": {"layers": "Dense Dropout Flatten dense dropout flatten"},
    "tenseur.python.layers.base": {"layers": "Layer InputSpec"},
    "tenseur.python.layers.convolutional": {
        "layers": """Conv1D Conv2D Conv3D SeparableConv1D SeparableConv2D Conv2DTranspose Conv3DTranspose conv1d conv2d conv3d
            separable_conv1d separable_conv2d conv2d_transpose conv3d_transpose""",
    },
    "tenseur.python.layers.pooling": {
        "layers": """MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D max_pooling1d
            max_pooling2d max_pooling3d average_pooling1d average_pooling2d average_pooling3d""",
    },
    "tenseur.python.layers.normalization": {"layers": "BatchNormalization batch_normalization"},
    "tenseur.python.ops.losses.losses_impl": {
        "losses": """Reduction absolute_difference compute_weighted_loss cosine_distance hinge_loss huber_loss log_loss
            mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy softmax_cross_entropy
            sparse_softmax_cross_entropy""",
    },
    "tenseur.python.ops.losses.util": {
        "losses": "add_loss get_losses get_regularization_losses get_regularization_loss get_total_loss",
    },
    "tenseur.python.ops.metrics_impl": {
        "metrics": """accuracy auc average_precision_at_k false_negatives false_negatives_at_thresholds false_positives
            false_positives_at_thresholds mean mean_absolute_error mean_cosine_distance mean_iou mean_per_class_accuracy
            mean_relative_error mean_squared_error mean_tensor percentage_below precision precision_at_k
            precision_at_thresholds precision_at_top_k recall recall_at_k recall_at_thresholds recall_at_top_k
            root_mean_squared_error sensitivity_at_specificity sparse_average_precision_at_k sparse_precision_at_k
            specificity_at_sensitivity true_negatives true_negatives_at_thresholds true_positives
            true_positives_at_thresholds""",
    },
    "tenseur.python.ops.image_ops_impl": {
        "image": """ResizeMethod resize_images resize=resize_images resize_bilinear resize_nearest_neighbor resize_bicubic
            resize_area resize_image_with_pad resize_with_pad=resize_image_with_pad crop_to_bounding_box pad_to_bounding_box
            resize_image_with_crop_or_pad resize_with_crop_or_pad=resize_image_with_crop_or_pad central_crop decode_jpeg
            decode_png decode_bmp decode_gif decode_image decode_and_crop_jpeg is_jpeg extract_jpeg_shape encode_jpeg
            encode_png flip_left_right flip_up_down random_flip_left_right random_flip_up_down rot90 transpose
            transpose_image convert_image_dtype rgb_to_grayscale grayscale_to_rgb rgb_to_hsv hsv_to_rgb rgb_to_yiq yiq_to_rgb
            rgb_to_yuv yuv_to_rgb adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation
            adjust_jpeg_quality random_brightness random_contrast random_saturation random_hue random_jpeg_quality
            per_image_standardization per_image_whitening=per_image_standardization draw_bounding_boxes
            sample_distorted_bounding_box crop_and_resize non_max_suppression non_max_suppression_with_scores
            non_max_suppression_padded combined_non_max_suppression extract_glimpse extract_image_patches
            extract_patches=extract_image_patches total_variation psnr ssim ssim_multiscale image_gradients sobel_edges
            random_crop""",
        "io": "decode_jpeg decode_png decode_bmp decode_gif decode_image decode_and_crop_jpeg is_jpeg extract_jpeg_shape encode_jpeg encode_png",
        "": "extract_image_patches",
    },
    _LAYERS + "layers": {"contrib.layers": _CONTRIB_LAYERS, "contrib.slim": _CONTRIB_LAYERS},
    _LAYERS + "initializers": {
        "contrib.layers": "xavier_initializer xavier_initializer_conv2d variance_scaling_initializer initializers=*",
        "contrib.slim": "xavier_initializer xavier_initializer_conv2d variance_scaling_initializer initializers=*",
    },
    _LAYERS + "regularizers": {
        "contrib.layers": """l1_regularizer l2_regularizer l1_l2_regularizer sum_regularizer apply_regularization
            regularizers=*""",
        "contrib.slim": """l1_regularizer l2_regularizer l1_l2_regularizer sum_regularizer apply_regularization
            regularizers=*""",
    },
    _LAYERS + "encoders": {"contrib.layers": "embed_sequence bow_encoder", "contrib.slim": "embed_sequence bow_encoder"},
    "tenseur.python.ops.embedding_ops": {
        "nn": "embedding_lookup embedding_lookup_sparse safe_embedding_lookup_sparse",
        "contrib.layers": "safe_embedding_lookup_sparse",
    },
    _LAYERS + "embedding_ops": {"contrib.layers": "embedding_lookup_unique"},
    _LAYERS + "optimizers": {
        "contrib.layers": "optimize_loss adaptive_clipping_fn OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES optimizers=*",
        "contrib.slim": "optimize_loss adaptive_clipping_fn",
    },
    _LAYERS + "summaries": {"contrib.layers": _SUMMARIES + " summaries=*", "contrib.slim": _SUMMARIES},
    _LAYERS + "utils": {"contrib.layers": "utils=*", "contrib.slim": "utils=*"},
    _FRAMEWORK + "arg_scope": {"contrib.framework": _ARG_SCOPE, "contrib.slim": _ARG_SCOPE},
    _FRAMEWORK + "variables": {"contrib.framework": _VARIABLES, "contrib.slim": _VARIABLES},
    _SLIM + "learning": {"contrib.slim": "learning=*", "contrib.training": """add_gradients_summaries clip_gradient_norms
        multiply_gradients create_train_op"""},
    _SLIM + "evaluation": {"contrib.slim": "evaluation=*"},
    _SLIM + "model_analyzer": {"contrib.slim": "model_analyzer=*"},
    "tenseur.contrib.losses.python.losses.loss_ops": {"contrib.slim": "losses=*", "contrib.losses": """absolute_difference add_loss compute_weighted_loss
        cosine_distance get_losses get_regularization_losses get_total_loss hinge_loss log_loss
        mean_pairwise_squared_error mean_squared_error sigmoid_cross_entropy softmax_cross_entropy
        sparse_softmax_cross_entropy"""},
    "tenseur.contrib.metrics.python.ops.metric_ops": {"contrib.slim": "metrics=*", "contrib.metrics": """accuracy aggregate_metric_map aggregate_metrics
        streaming_mean streaming_mean_tensor streaming_percentage_less streaming_accuracy streaming_auc
        streaming_false_negatives streaming_false_positives streaming_true_negatives streaming_true_positives
        streaming_mean_absolute_error streaming_mean_cosine_distance streaming_mean_iou streaming_mean_relative_error
        streaming_mean_squared_error streaming_precision streaming_precision_at_thresholds streaming_recall
        streaming_recall_at_k streaming_recall_at_thresholds streaming_root_mean_squared_error
        streaming_sensitivity_at_specificity streaming_specificity_at_sensitivity"""},
    **_keras(),
}
