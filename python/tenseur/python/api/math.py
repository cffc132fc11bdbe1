"""Names of `tf`: arrays, arithmetic, linear algebra, random numbers, strings, sparse tensors, parsing, gradients."""

_OPS = "tenseur.python.ops."

# What both `tf` and `tf.math` have.
_MATH = """acos acosh asin asinh atan atanh ceil cos cosh digamma erf erfc exp expm1 floor is_finite is_inf is_nan
    lgamma log log1p logical_not negative reciprocal rint rsqrt sign sin sinh sqrt square tan tanh abs round sigmoid
    real imag angle conj add subtract multiply maximum minimum squared_difference atan2 floormod mod equal not_equal
    less less_equal greater greater_equal logical_and logical_or logical_xor igamma igammac zeta polygamma betainc pow
    truediv divide div_no_nan floordiv reduce_sum reduce_mean reduce_prod reduce_min reduce_max reduce_all reduce_any
    reduce_logsumexp count_nonzero argmax argmin cumsum cumprod add_n accumulate_n bincount segment_sum segment_mean
    segment_prod segment_min segment_max unsorted_segment_sum unsorted_segment_prod unsorted_segment_min
    unsorted_segment_max unsorted_segment_mean unsorted_segment_sqrt_n"""

_INITIALIZERS = """zeros ones constant random_uniform random_normal truncated_normal uniform_unit_scaling
    variance_scaling glorot_uniform glorot_normal orthogonal identity""".split()

API = {
    _OPS + "array_ops": {
        "": """zeros ones zeros_like ones_like fill placeholder placeholder_with_default sparse_placeholder one_hot
            sequence_mask identity identity_n stop_gradient check_numerics bitcast shape shape_n size rank reshape
            expand_dims squeeze broadcast_to broadcast_static_shape broadcast_dynamic_shape concat stack
            parallel_stack unstack split tile repeat transpose matrix_transpose reverse reverse_v2 reverse_sequence
            slice strided_slice gather batch_gather gather_nd boolean_mask where where_v2 unique unique_with_counts
            setdiff1d searchsorted edit_distance pad meshgrid required_space_to_batch_paddings space_to_batch
            batch_to_space space_to_depth depth_to_space extract_image_patches diag diag_part matrix_diag
            matrix_diag_part matrix_set_diag matrix_band_part scatter_nd tensor_scatter_update tensor_scatter_add
            tensor_scatter_sub tensor_scatter_nd_update=tensor_scatter_update tensor_scatter_nd_add=tensor_scatter_add
            tensor_scatter_nd_sub=tensor_scatter_sub tensor_scatter_nd_max=tensor_scatter_max
            tensor_scatter_nd_min=tensor_scatter_min invert_permutation unravel_index guarantee_const newaxis
            space_to_batch_nd batch_to_space_nd""",
        "math": "invert_permutation",
        "manip": """batch_to_space_nd gather_nd reshape reverse scatter_nd space_to_batch_nd tile""",
        "linalg": """band_part=matrix_band_part diag=matrix_diag diag_part=matrix_diag_part set_diag=matrix_set_diag
            tensor_diag=diag tensor_diag_part=diag_part transpose=matrix_transpose""",
        "nn": "space_to_depth depth_to_space space_to_batch batch_to_space",
        "image": "extract_image_patches extract_patches=extract_image_patches",
        "debugging": "check_numerics",
        "sparse": "placeholder=sparse_placeholder",
        "quantization": "quantize_and_dequantize",
    },
    _OPS + "math_ops": {
        "": _MATH
        + """ log_sigmoid cast saturate_cast to_float to_double to_int32 to_int64 to_bfloat16 to_complex64
            to_complex128 complex complex_abs realdiv truncatediv truncatemod floor_div cross scalar_mul div arg_max
            arg_min trace matmul sparse_matmul tensordot range lin_space linspace sparse_segment_sum
            sparse_segment_mean sparse_segment_sqrt_n""",
        "math": _MATH
        + """ log_sigmoid xdivy xlogy multiply_no_nan reciprocal_no_nan nextafter approximate_equal polyval divide_no_nan=div_no_nan
            cumulative_logsumexp reduce_variance reduce_std reduce_euclidean_norm zero_fraction scalar_mul linspace
            lin_space""",
        "linalg": "matmul matvec trace tensordot cross",
        "debugging": "is_finite is_inf is_nan",
        "dtypes": "cast saturate_cast complex",
        "nn": "sigmoid tanh log_sigmoid",
    },
    _OPS + "special_math_ops": {
        "": "einsum lbeta",
        "math": "lbeta bessel_i0 bessel_i0e bessel_i1 bessel_i1e erfinv ndtri",
        "linalg": "einsum",
    },
    _OPS + "sort_ops": {"": "sort argsort", "contrib.framework": "sort argsort"},
    _OPS + "manip_ops": {"": "roll", "manip": "roll"},
    _OPS + "gen_ops": {"": "dynamic_partition dynamic_stitch timestamp"},
    _OPS + "random_ops": {
        "": """random_normal truncated_normal random_uniform random_shuffle random_crop multinomial random_gamma
            random_poisson""",
        "random": """normal=random_normal truncated_normal uniform=random_uniform shuffle=random_shuffle categorical
            multinomial gamma=random_gamma poisson=random_poisson""",
        "image": "random_crop",
    },
    _OPS + "stateless_random_ops": {
        "random": """stateless_uniform=stateless_random_uniform stateless_normal=stateless_random_normal
            stateless_truncated_normal stateless_multinomial stateless_categorical""",
        "contrib.stateless": """stateless_random_uniform stateless_random_normal stateless_truncated_normal
            stateless_multinomial""",
    },
    "tenseur.python.framework.random_seed": {
        "": "set_random_seed get_seed",
        "random": "set_random_seed get_seed set_seed=set_random_seed",
    },
    "tenseur.python.framework.sparse_tensor": {
        "": "SparseTensor SparseTensorValue convert_to_tensor_or_sparse_tensor",
        "sparse": "SparseTensor",
    },
    _OPS + "gradients_impl": {
        "": "gradients hessians AggregationMethod UnconnectedGradients",
    },
    _OPS + "custom_gradient": {"": "custom_gradient recompute_grad grad_pass_through"},
    _OPS + "init_ops": {
        "": " ".join(f"{name}_initializer" for name in _INITIALIZERS),
        "initializers": " ".join(f"{name}={name}_initializer" for name in _INITIALIZERS)
        + " lecun_normal lecun_uniform he_normal he_uniform",
        "contrib.layers": """xavier_initializer=contrib_xavier_initializer
            xavier_initializer_conv2d=contrib_xavier_initializer
            variance_scaling_initializer=contrib_variance_scaling_initializer""",
    },
    _OPS + "clip_ops": {
        "": "clip_by_value clip_by_norm clip_by_global_norm clip_by_average_norm global_norm",
        "linalg": "global_norm",
    },
    _OPS + "linalg_ops": {
        "": """cholesky cholesky_solve matrix_determinant matrix_inverse matrix_solve matrix_solve_ls
            matrix_triangular_solve qr self_adjoint_eig self_adjoint_eigvals svd eye norm""",
        "linalg": """cholesky cholesky_solve det=matrix_determinant inv=matrix_inverse solve=matrix_solve
            lstsq=matrix_solve_ls triangular_solve=matrix_triangular_solve slogdet=log_matrix_determinant qr
            eigh=self_adjoint_eig eigvalsh=self_adjoint_eigvals svd eye norm expm=matrix_exponential""",
    },
    _OPS + "linalg.linalg_impl": {"linalg": "logdet adjoint pinv tridiagonal_solve sqrtm normalize matrix_rank lu"},
    _OPS + "linalg.linear_operator": {
        "linalg": """LinearOperator LinearOperatorFullMatrix LinearOperatorLowerTriangular LinearOperatorDiag
            LinearOperatorScaledIdentity LinearOperatorIdentity LinearOperatorZeros LinearOperatorComposition""",
    },
    _OPS + "quantize_ops": {
        "": "fake_quant_with_min_max_args fake_quant_with_min_max_vars fake_quant_with_min_max_vars_per_channel",
        "quantization": """fake_quant_with_min_max_args fake_quant_with_min_max_vars
            fake_quant_with_min_max_vars_per_channel""",
    },
    "tenseur.python.framework.dtypes": {
        "dtypes": """float16 half bfloat16 float32 float64 double int8 int16 int32 int64 uint8 uint16 uint32 uint64
            bool string complex64 complex128 resource variant qint8 quint8 qint16 quint16 qint32 QUANTIZED_DTYPES""",
    },
    _OPS + "nn_ops": {"math": "softmax log_softmax"},
    _OPS + "string_ops": {
        "": """as_string string_join string_split string_strip string_to_hash_bucket string_to_hash_bucket_fast
            string_to_hash_bucket_strong string_to_number encode_base64 decode_base64 substr reduce_join
            regex_replace""",
        "strings": """as_string join=string_join strip=string_strip split=strings_split_v1 format=string_format
            length=string_length lower=string_lower upper=string_upper substr reduce_join regex_full_match
            regex_replace to_hash_bucket=string_to_hash_bucket to_hash_bucket_fast=string_to_hash_bucket_fast
            to_hash_bucket_strong=string_to_hash_bucket_strong to_number=string_to_number""",
        "dtypes": "as_string",
        "io": "encode_base64 decode_base64",
    },
    _OPS + "check_ops": {
        "": """assert_equal assert_none_equal assert_less assert_less_equal assert_greater assert_greater_equal
            assert_negative assert_positive assert_non_negative assert_non_positive assert_near assert_integer
            assert_type assert_proper_iterable assert_rank assert_rank_at_least assert_rank_in assert_scalar
            is_numeric_tensor is_non_decreasing is_strictly_increasing ensure_shape assert_same_float_dtype""",
        "debugging": """assert_equal assert_none_equal assert_less assert_less_equal assert_greater
            assert_greater_equal assert_negative assert_positive assert_non_negative assert_non_positive assert_near
            assert_integer assert_type assert_proper_iterable assert_rank assert_rank_at_least assert_rank_in
            assert_scalar assert_shapes assert_same_float_dtype is_numeric_tensor is_non_decreasing
            is_strictly_increasing""",
        "math": "is_non_decreasing is_strictly_increasing",
    },
    _OPS + "numerics": {
        "": "verify_tensor_all_finite add_check_numerics_ops",
        "debugging": "assert_all_finite=verify_tensor_all_finite",
    },
    _OPS + "histogram_ops": {"": "histogram_fixed_width histogram_fixed_width_bins"},
    _OPS + "confusion_matrix": {
        "": "confusion_matrix",
        "math": "confusion_matrix",
        "contrib.metrics": "confusion_matrix",
        "contrib.framework": "remove_squeezable_dimensions",
    },
    _OPS + "bitwise_ops": {"bitwise": "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift"},
    _OPS + "sets_impl": {
        "sets": """set_intersection set_difference set_union set_size intersection=set_intersection
            difference=set_difference union=set_union size=set_size""",
    },
    _OPS + "signal.fft_ops": {
        "": "fft ifft fft2d ifft2d fft3d ifft3d",
        "spectral": "fft ifft fft2d ifft2d fft3d ifft3d rfft rfft2d rfft3d irfft irfft2d irfft3d dct idct",
        "signal": """fft ifft fft2d ifft2d fft3d ifft3d rfft rfft2d rfft3d irfft irfft2d irfft3d dct idct fftshift
            ifftshift""",
    },
    _OPS + "signal.signal_ops": {
        "signal": """frame overlap_and_add hann_window hamming_window stft inverse_stft inverse_stft_window_fn
            linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms""",
        "contrib.signal": """frame overlap_and_add hann_window hamming_window stft inverse_stft inverse_stft_window_fn
            linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms""",
    },
    _OPS + "sparse_ops": {
        "": """sparse_concat sparse_add sparse_reorder sparse_reshape sparse_split sparse_slice sparse_to_dense
            sparse_tensor_to_dense sparse_to_indicator sparse_merge sparse_retain sparse_reset_shape
            sparse_fill_empty_rows sparse_reduce_sum sparse_reduce_max sparse_reduce_sum_sparse
            sparse_reduce_max_sparse sparse_tensor_dense_matmul sparse_softmax sparse_maximum sparse_minimum
            sparse_transpose sparse_mask serialize_sparse serialize_many_sparse deserialize_many_sparse""",
        "io": "serialize_sparse serialize_many_sparse deserialize_many_sparse",
        "sparse": """from_dense expand_dims=sparse_expand_dims eye=sparse_eye concat=sparse_concat add=sparse_add
            reorder=sparse_reorder reshape=sparse_reshape split=sparse_split slice=sparse_slice
            to_dense=sparse_tensor_to_dense to_indicator=sparse_to_indicator merge=sparse_merge retain=sparse_retain
            reset_shape=sparse_reset_shape fill_empty_rows=sparse_fill_empty_rows reduce_sum=sparse_reduce_sum
            reduce_max=sparse_reduce_max reduce_sum_sparse=sparse_reduce_sum_sparse
            reduce_max_sparse=sparse_reduce_max_sparse sparse_dense_matmul=sparse_tensor_dense_matmul
            matmul=sparse_tensor_dense_matmul softmax=sparse_softmax maximum=sparse_maximum minimum=sparse_minimum
            transpose=sparse_transpose mask=sparse_mask map_values""",
        "contrib.layers": "dense_to_sparse=from_dense",
    },
    _OPS + "parsing_ops": {
        "": """VarLenFeature SparseFeature FixedLenFeature FixedLenSequenceFeature parse_example parse_single_example
            parse_single_sequence_example parse_tensor serialize_tensor decode_raw decode_csv
            decode_compressed""",
        "io": """VarLenFeature SparseFeature FixedLenFeature FixedLenSequenceFeature parse_example
            parse_single_example parse_single_sequence_example parse_sequence_example parse_tensor serialize_tensor decode_raw
            decode_csv decode_compressed""",
    },
}
