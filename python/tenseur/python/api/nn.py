"""Names of `tf`: networks, layers, losses, metrics, images."""

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
    "tenseur.python.ops.embedding_ops": {"nn": "embedding_lookup embedding_lookup_sparse safe_embedding_lookup_sparse"},
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
            non_max_suppression_padded extract_glimpse extract_image_patches extract_patches=extract_image_patches
            total_variation psnr ssim ssim_multiscale image_gradients sobel_edges random_crop""",
        "io": "decode_jpeg decode_png decode_bmp decode_gif decode_image decode_and_crop_jpeg is_jpeg extract_jpeg_shape encode_jpeg encode_png",
        "": "extract_image_patches",
    },
}
