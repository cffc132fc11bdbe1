"""Names of `tf`: math, arrays, random numbers, gradients."""

API = {
    "tenseur.python.ops.array_ops": {
        "": """zeros ones zeros_like ones_like fill placeholder placeholder_with_default sparse_placeholder one_hot sequence_mask
            identity identity_n stop_gradient check_numerics bitcast shape shape_n size rank reshape expand_dims squeeze
            broadcast_to broadcast_static_shape broadcast_dynamic_shape concat stack parallel_stack unstack split tile repeat
            transpose matrix_transpose reverse reverse_v2 reverse_sequence slice strided_slice gather batch_gather gather_nd
            boolean_mask where where_v2 unique unique_with_counts setdiff1d searchsorted edit_distance pad meshgrid
            required_space_to_batch_paddings space_to_batch batch_to_space space_to_depth depth_to_space
            extract_image_patches diag diag_part matrix_diag matrix_diag_part matrix_set_diag matrix_band_part scatter_nd
            tensor_scatter_update tensor_scatter_add tensor_scatter_sub invert_permutation unravel_index guarantee_const
            newaxis""",
    },
    "tenseur.python.ops.math_ops": {
        "": """acos acosh asin asinh atan atanh ceil cos cosh digamma erf erfc exp expm1 floor is_finite is_inf is_nan lgamma log
            log1p logical_not negative reciprocal rint rsqrt sign sin sinh sqrt square tan tanh abs round sigmoid log_sigmoid
            cast saturate_cast to_float to_double to_int32 to_int64 to_bfloat16 to_complex64 to_complex128 complex real imag
            angle conj complex_abs add subtract multiply maximum minimum squared_difference atan2 realdiv truncatediv
            truncatemod floor_div floormod mod equal not_equal less less_equal greater greater_equal logical_and logical_or
            logical_xor igamma igammac zeta polygamma betainc cross pow scalar_mul truediv div divide div_no_nan floordiv
            reduce_sum reduce_mean reduce_prod reduce_min reduce_max reduce_all reduce_any reduce_logsumexp count_nonzero
            argmax argmin arg_max arg_min cumsum cumprod trace add_n accumulate_n matmul sparse_matmul tensordot range
            lin_space linspace bincount segment_sum segment_mean segment_prod segment_min segment_max unsorted_segment_sum
            unsorted_segment_prod unsorted_segment_min unsorted_segment_max unsorted_segment_mean unsorted_segment_sqrt_n
            sparse_segment_sum sparse_segment_mean sparse_segment_sqrt_n""",
    },
    "tenseur.python.ops.random_ops": {
        "": """random_normal truncated_normal random_uniform random_shuffle random_crop multinomial random_gamma random_poisson""",
        "random": """normal=random_normal truncated_normal uniform=random_uniform shuffle=random_shuffle categorical multinomial
            gamma=random_gamma poisson=random_poisson""",
    },
    "tenseur.python.framework.random_seed": {
        "": "set_random_seed get_seed",
        "random": "set_random_seed get_seed",
        "compat.v1": "set_random_seed",
    },
    "tenseur.python.framework.sparse_tensor": {
        "": "SparseTensor SparseTensorValue convert_to_tensor_or_sparse_tensor",
        "sparse": "SparseTensor",
    },
    "tenseur.python.ops.gradients_impl": {
        "": "gradients hessians AggregationMethod UnconnectedGradients",
    },
    "tenseur.python.ops.custom_gradient": {"": "custom_gradient recompute_grad"},
    "tenseur.python.ops.init_ops": {
        "": """zeros_initializer ones_initializer constant_initializer random_uniform_initializer random_normal_initializer
            truncated_normal_initializer uniform_unit_scaling_initializer variance_scaling_initializer
            glorot_uniform_initializer glorot_normal_initializer orthogonal_initializer identity_initializer""",
        "initializers": """zeros=Zeros ones=Ones constant=Constant random_uniform=RandomUniform random_normal=RandomNormal
            truncated_normal=TruncatedNormal uniform_unit_scaling=UniformUnitScaling variance_scaling=VarianceScaling
            glorot_uniform=GlorotUniform glorot_normal=GlorotNormal orthogonal=Orthogonal identity=Identity lecun_normal
            lecun_uniform he_normal he_uniform""",
        "contrib.layers": """xavier_initializer=contrib_xavier_initializer xavier_initializer_conv2d=contrib_xavier_initializer
            variance_scaling_initializer=contrib_variance_scaling_initializer""",
    },
    "tenseur.python.ops.clip_ops": {
        "": "clip_by_value clip_by_norm clip_by_global_norm clip_by_average_norm global_norm",
    },
    "tenseur.python.ops.linalg_ops": {
        "": """cholesky cholesky_solve matrix_determinant matrix_inverse matrix_solve matrix_solve_ls matrix_triangular_solve
            log_matrix_determinant qr self_adjoint_eig self_adjoint_eigvals svd eye norm""",
    },
}
