//! The table of ops: one line for each.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::error::Reason;
use crate::ops::array::{
    broadcast, concat, fill, identity, inplace, mirror_pad, pad, parallel_concat, reshape, reverse, roll,
    shape, slice, split, strided_assign, strided_slice, tile, transpose,
};
use crate::ops::by_arrays::{ByArrays, OverArrays, Ruled, Smooth, WithRule};
use crate::ops::codec::{
    checkpoint, checkpoint_v1, crop, csv, encode, example, files, picture, sequence, tensor,
};
use crate::ops::complex::{fourier, parts as complex_parts};
use crate::ops::held::{Before, Held, Holding};
use crate::ops::image::{
    adjust, area, bicubic, combined_non_max_suppression, crop_and_resize, dilation, distorted_box,
    draw_boxes, glimpse, hsv, non_max_suppression, patches, projective, scale_and_translate,
};
use crate::ops::linalg::{
    banded, cholesky, factors, inverse, least_squares, lu, matrix_functions, solve, tridiagonal,
};
use crate::ops::pool::fractional;
use crate::ops::queue::{accumulator, reader, rows, stage};
use crate::ops::reduce::{
    arg_extreme, cumulative_logsumexp, euclidean_norm, extreme, logical, prod, scan, sum,
};
use crate::ops::text::{bytes, format, hash, join, ngrams, numbers, parts, regular, unicode};
use crate::value::DType;
// Every family by its module's name.
use super::*;

/// An op as the table knows it.
pub struct OpEntry {
    /// TensorFlow's op type.
    pub name: &'static str,
    /// What it computes, in a line.
    pub doc: &'static str,
    /// Makes one from its attributes.
    pub from_attrs: fn(&Attrs) -> Result<Arc<dyn Op>, Reason>,
    /// Small graphs that show it at work; the conformance suite runs them.
    #[cfg(feature = "cases")]
    pub cases: fn() -> Vec<crate::conformance::Case>,
}

const fn op<O: Op>(
    name: &'static str,
    doc: &'static str,
    cases: fn() -> Vec<crate::conformance::Case>,
) -> OpEntry {
    fn from_attrs<O: Op>(attrs: &Attrs) -> Result<Arc<dyn Op>, Reason> {
        Ok(Arc::new(O::from_attrs(attrs)?))
    }
    made_by(name, doc, from_attrs::<O>, cases)
}

/// The only place that knows whether there are cases: the checks compile with them, wheels without.
const fn made_by(
    name: &'static str,
    doc: &'static str,
    from_attrs: fn(&Attrs) -> Result<Arc<dyn Op>, Reason>,
    cases: fn() -> Vec<crate::conformance::Case>,
) -> OpEntry {
    #[cfg(not(feature = "cases"))]
    let _ = cases;
    OpEntry {
        name,
        doc,
        from_attrs,
        #[cfg(feature = "cases")]
        cases,
    }
}

const fn held<H: Holding>(doc: &'static str, cases: fn() -> Vec<crate::conformance::Case>) -> OpEntry {
    op::<Held<H>>(H::NAME, doc, cases)
}

const fn arrays<F: OverArrays>(doc: &'static str, cases: fn() -> Vec<crate::conformance::Case>) -> OpEntry {
    op::<ByArrays<F>>(F::NAME, doc, cases)
}

/// As [`arrays`], of functions that have a derivative.
const fn smooth<F: OverArrays>(doc: &'static str, cases: fn() -> Vec<crate::conformance::Case>) -> OpEntry {
    op::<Smooth<F>>(F::NAME, doc, cases)
}

/// As [`arrays`], of functions that gradients go through.
const fn ruled<F: Ruled>(doc: &'static str, cases: fn() -> Vec<crate::conformance::Case>) -> OpEntry {
    op::<WithRule<F>>(F::NAME, doc, cases)
}

const fn sampler<L: candidates::Likely>(
    doc: &'static str,
    cases: fn() -> Vec<crate::conformance::Case>,
) -> OpEntry {
    op::<candidates::CandidateSampler<L>>(L::NAME, doc, cases)
}

const fn rule<R: training::Rule>(doc: &'static str) -> OpEntry {
    op::<training::Apply<R>>(R::NAME, doc, training::cases::<R>)
}

const fn resource_rule<R: training::Rule>(doc: &'static str) -> OpEntry {
    op::<training::Apply<R, true>>(R::RESOURCE_NAME, doc, training::resource_cases::<R>)
}

const fn sparse_rule<R: training::SparseRule>(doc: &'static str) -> OpEntry {
    op::<training::SparseApply<R>>(R::SPARSE_NAME, doc, training::sparse::cases::<R>)
}

const fn resource_sparse_rule<R: training::SparseRule>(doc: &'static str) -> OpEntry {
    op::<training::SparseApply<R, true>>(R::RESOURCE_SPARSE_NAME, doc, training::sparse::resource_cases::<R>)
}

/// Add is that of numbers, and that of strings.
fn add(attrs: &Attrs) -> Result<Arc<dyn Op>, Reason> {
    match attrs.optional("T", DType::Float32)? {
        DType::String => Ok(Arc::new(ByArrays(join::AddStrings))),
        _ => Ok(Arc::new(math::AddV2)),
    }
}

/// Every op there is. Several TensorFlow op types may be spellings of one.
pub static OPS: &[OpEntry] = ENTRIES;

/// Name and line of each op, apart from [`OPS`]: who reads only these need not carry every op along.
static DOCS: [(&str, &str); ENTRIES.len()] = {
    let mut docs = [("", ""); ENTRIES.len()];
    let mut at = 0;
    while at < docs.len() {
        docs[at] = (ENTRIES[at].name, ENTRIES[at].doc);
        at += 1;
    }
    docs
};

/// What the op that TensorFlow calls `name` computes, in a line.
///
/// ```
/// assert_eq!(tenseur::ops::doc("Relu"), Some("max(x, 0)"));
/// ```
pub fn doc(name: &str) -> Option<&'static str> {
    DOCS.iter().find(|(op, _)| *op == name).map(|(_, doc)| *doc)
}

const ENTRIES: &[OpEntry] = &[
    // source
    op::<source::Const>("Const", "A constant.", source::const_cases),
    op::<source::Placeholder>("Placeholder", "A value that is fed at every run.", source::placeholder_cases),
    // array
    op::<broadcast::BroadcastArgs>(
        "BroadcastArgs",
        "The shape to which two shapes broadcast.",
        broadcast::broadcast_args_cases,
    ),
    op::<broadcast::BroadcastGradientArgs>(
        "BroadcastGradientArgs",
        "The axes along which each of two shapes is stretched to meet the other.",
        broadcast::broadcast_gradient_args_cases,
    ),
    op::<broadcast::BroadcastTo>("BroadcastTo", "x stretched to a shape.", broadcast::broadcast_to_cases),
    op::<concat::Concat>("Concat", "Tensors behind each other along an axis.", concat::concat_cases),
    op::<concat::ConcatOffset>(
        "ConcatOffset",
        "Where joined tensors begin in what they make.",
        concat::concat_offset_cases,
    ),
    op::<concat::ConcatV2>("ConcatV2", "Tensors behind each other along an axis.", concat::concat_v2_cases),
    op::<concat::Pack>("Pack", "Tensors as the slices of one along a new axis.", concat::pack_cases),
    op::<fill::Fill>("Fill", "A shape filled with one value.", fill::fill_cases),
    op::<fill::OnesLike>("OnesLike", "Ones of the type and shape of x.", fill::ones_like_cases),
    op::<fill::ZerosLike>("ZerosLike", "Zeros of the type and shape of x.", fill::zeros_like_cases),
    op::<identity::Identity>(
        "Identity",
        "x itself; of a variable, its value at this moment.",
        identity::identity_cases,
    ),
    op::<identity::Snapshot>("GuaranteeConst", "x itself, said to be constant.", identity::snapshot_cases),
    op::<identity::IdentityN>("IdentityN", "Several tensors, each as it is.", identity::identity_n_cases),
    op::<identity::PlaceholderWithDefault>(
        "PlaceholderWithDefault",
        "What is fed, or the input where nothing is.",
        identity::placeholder_with_default_cases,
    ),
    op::<identity::PreventGradient>(
        "PreventGradient",
        "x, through which gradients must not be taken.",
        identity::prevent_gradient_cases,
    ),
    op::<identity::Snapshot>("Snapshot", "x itself.", identity::snapshot_cases),
    op::<identity::StopGradient>("StopGradient", "x, taken as a constant.", identity::stop_gradient_cases),
    op::<mirror_pad::MirrorPad>("MirrorPad", "x in a frame of its reflection.", mirror_pad::mirror_pad_cases),
    op::<mirror_pad::MirrorPadGrad>(
        "MirrorPadGrad",
        "A reflection folded back and summed.",
        mirror_pad::mirror_pad_grad_cases,
    ),
    op::<pad::Pad>("Pad", "x in a frame of zeros.", pad::pad_cases),
    op::<pad::PadV2>("PadV2", "x in a frame of one value.", pad::pad_v2_cases),
    op::<reshape::ExpandDims>("ExpandDims", "x with another axis, of size 1.", reshape::expand_dims_cases),
    op::<reshape::Reshape>("Reshape", "The same elements in another shape.", reshape::reshape_cases),
    op::<reshape::Squeeze>("Squeeze", "x without axes of size 1.", reshape::squeeze_cases),
    op::<reverse::Reverse>("Reverse", "x with some axes reversed.", reverse::reverse_cases),
    op::<reverse::ReverseSequence>(
        "ReverseSequence",
        "x with the beginnings of its sequences reversed.",
        reverse::reverse_sequence_cases,
    ),
    op::<reverse::ReverseV2>("ReverseV2", "x with some axes reversed.", reverse::reverse_v2_cases),
    op::<shape::Rank>("Rank", "How many axes x has.", shape::rank_cases),
    op::<shape::Shape>("Shape", "The sizes of x along each axis.", shape::shape_cases),
    op::<shape::ShapeN>("ShapeN", "The shapes of several tensors.", shape::shape_n_cases),
    op::<shape::Size>("Size", "How many elements x has.", shape::size_cases),
    op::<slice::Slice>("Slice", "A box of elements of x.", slice::slice_cases),
    op::<split::Split>("Split", "x in equal parts along an axis.", split::split_cases),
    op::<split::SplitV>("SplitV", "x in parts along an axis.", split::split_v_cases),
    op::<split::Unpack>("Unpack", "The slices of x along an axis.", split::unpack_cases),
    op::<strided_assign::ResourceStridedSliceAssign>(
        "ResourceStridedSliceAssign",
        "Sets what an index takes of a resource variable.",
        strided_assign::resource_strided_slice_assign_cases,
    ),
    op::<strided_slice::StridedSlice>(
        "StridedSlice",
        "The elements of x that an index takes.",
        strided_slice::strided_slice_cases,
    ),
    op::<strided_assign::StridedSliceAssign>(
        "StridedSliceAssign",
        "Sets what an index takes of a variable.",
        strided_assign::strided_slice_assign_cases,
    ),
    op::<strided_slice::StridedSliceGrad>(
        "StridedSliceGrad",
        "Zeros with dy where a slice was.",
        strided_slice::strided_slice_grad_cases,
    ),
    op::<strided_assign::TensorStridedSliceUpdate>(
        "TensorStridedSliceUpdate",
        "x with a value where an index takes.",
        strided_assign::tensor_strided_slice_update_cases,
    ),
    op::<tile::Tile>("Tile", "x repeated along each axis.", tile::tile_cases),
    op::<transpose::InvertPermutation>(
        "InvertPermutation",
        "The inverse of a permutation.",
        transpose::invert_permutation_cases,
    ),
    op::<transpose::Transpose>("Transpose", "x with its axes in another order.", transpose::transpose_cases),
    op::<ByArrays<format_permute::DataFormatDimMap>>(
        "DataFormatDimMap",
        "Axes in another order of axes.",
        format_permute::data_format_dim_map_cases,
    ),
    op::<ByArrays<format_permute::DataFormatVecPermute>>(
        "DataFormatVecPermute",
        "What is said of axes, in another order of axes.",
        format_permute::data_format_vec_permute_cases,
    ),
    op::<nth_element::NthElement>("NthElement", "The n-th smallest along the last axis.", nth_element::cases),
    op::<quantize_and_dequantize::QuantizeAndDequantizeV2>(
        "QuantizeAndDequantizeV2",
        "x rounded to integers of few bits, and back.",
        quantize_and_dequantize::cases::<2>,
    ),
    op::<quantize_and_dequantize::QuantizeAndDequantizeV3>(
        "QuantizeAndDequantizeV3",
        "x rounded to integers of few bits, and back.",
        quantize_and_dequantize::cases::<3>,
    ),
    op::<quantize_and_dequantize::QuantizeAndDequantizeV4>(
        "QuantizeAndDequantizeV4",
        "x rounded to integers of few bits, and back.",
        quantize_and_dequantize::cases::<4>,
    ),
    op::<ByArrays<unravel_index::UnravelIndex>>(
        "UnravelIndex",
        "Places in row-major order as indices.",
        unravel_index::cases,
    ),
    op::<ByArrays<lu::Lu>>("Lu", "L and U in one, of rows in another order.", lu::lu_cases),
    arrays::<parallel_concat::ParallelConcat>(
        "Arrays of one row, behind each other.",
        parallel_concat::parallel_concat_cases,
    ),
    // range
    op::<range::LinSpace>(
        "LinSpace",
        "Numbers at equal distances from one to another.",
        range::lin_space_cases,
    ),
    op::<range::Range>("Range", "start, start + delta, … before limit.", range::range_cases),
    // reduce
    op::<arg_extreme::ArgMax>(
        "ArgMax",
        "Where the greatest stands along an axis.",
        arg_extreme::arg_max_cases,
    ),
    op::<arg_extreme::ArgMin>("ArgMin", "Where the least stands along an axis.", arg_extreme::arg_min_cases),
    op::<euclidean_norm::EuclideanNorm>(
        "EuclideanNorm",
        "√Σx² along axes.",
        euclidean_norm::euclidean_norm_cases,
    ),
    op::<extreme::Max>("Max", "The greatest along axes.", extreme::max_cases),
    op::<extreme::Min>("Min", "The least along axes.", extreme::min_cases),
    op::<logical::All>("All", "Whether all are true along axes.", logical::all_cases),
    op::<logical::Any>("Any", "Whether any is true along axes.", logical::any_cases),
    op::<prod::Prod>("Prod", "The product along axes.", prod::prod_cases),
    op::<cumulative_logsumexp::CumulativeLogsumexp>(
        "CumulativeLogsumexp",
        "ln Σ exp(x) of the first elements along an axis.",
        cumulative_logsumexp::cumulative_logsumexp_cases,
    ),
    op::<scan::Cumprod>("Cumprod", "The products of the first elements along an axis.", scan::cumprod_cases),
    op::<scan::Cumsum>("Cumsum", "The sums of the first elements along an axis.", scan::cumsum_cases),
    op::<sum::Mean>("Mean", "The mean along axes.", sum::mean_cases),
    op::<sum::Sum>("Sum", "The sum along axes.", sum::sum_cases),
    // math
    op::<math::Abs>("Abs", "|x|", math::abs_cases),
    op::<math::AccumulateNV2>(
        "AccumulateNV2",
        "The sum of any number of tensors of a shape that is said.",
        math::accumulate_n_cases,
    ),
    made_by("Add", "x + y; of strings one behind the other", add, math::add_cases),
    op::<math::AddN>("AddN", "The sum of any number of tensors of one shape.", math::add_n_cases),
    op::<math::AddV2>("AddV2", "x + y", math::add_cases),
    op::<math::Maximum>("Maximum", "The greater of x and y.", math::maximum_cases),
    op::<math::Minimum>("Minimum", "The lesser of x and y.", math::minimum_cases),
    op::<math::Mul>("Mul", "x · y", math::mul_cases),
    op::<math::MulNoNan>("MulNoNan", "x · y, but 0 where y is 0", math::mul_no_nan_cases),
    op::<math::Neg>("Neg", "−x", math::neg_cases),
    op::<math::Sign>("Sign", "−1, 0 or 1", math::sign_cases),
    op::<math::Square>("Square", "x²", math::square_cases),
    op::<math::SquaredDifference>("SquaredDifference", "(x − y)²", math::squared_difference_cases),
    op::<math::Sub>("Sub", "x − y", math::sub_cases),
    // division
    op::<division::Div>("Div", "x / y; of integers rounded towards 0", division::div_cases),
    op::<division::DivNoNan>("DivNoNan", "x / y, but 0 where y is 0", division::div_no_nan_cases),
    op::<division::FloorDiv>("FloorDiv", "⌊x / y⌋", division::floor_div_cases),
    op::<division::FloorMod>("FloorMod", "x − y·⌊x / y⌋", division::floor_mod_cases),
    op::<division::Reciprocal>("Inv", "1 / x", division::reciprocal_cases),
    op::<division::ReciprocalGrad>(
        "InvGrad",
        "−dy·y², the gradient of y = 1 / x",
        division::reciprocal_grad_cases,
    ),
    op::<division::Mod>("Mod", "The remainder of the division rounded towards 0.", division::mod_cases),
    op::<division::RealDiv>("RealDiv", "x / y", division::real_div_cases),
    op::<division::Reciprocal>("Reciprocal", "1 / x", division::reciprocal_cases),
    op::<division::ReciprocalGrad>(
        "ReciprocalGrad",
        "−dy·y², the gradient of y = 1 / x",
        division::reciprocal_grad_cases,
    ),
    op::<division::TruncateDiv>("TruncateDiv", "x / y rounded towards 0", division::truncate_div_cases),
    op::<division::TruncateMod>(
        "TruncateMod",
        "The remainder of the division rounded towards 0.",
        division::truncate_mod_cases,
    ),
    op::<division::Xdivy>("Xdivy", "x / y, but 0 where x is 0", division::xdivy_cases),
    // power
    op::<power::Pow>("Pow", "xʸ", power::pow_cases),
    op::<power::Rsqrt>("Rsqrt", "1 / √x", power::rsqrt_cases),
    op::<power::RsqrtGrad>("RsqrtGrad", "−½·dy·y³, the gradient of y = 1 / √x", power::rsqrt_grad_cases),
    op::<power::Sqrt>("Sqrt", "√x", power::sqrt_cases),
    op::<power::SqrtGrad>("SqrtGrad", "dy / 2y, the gradient of y = √x", power::sqrt_grad_cases),
    // exponential
    op::<exponential::Exp>("Exp", "eˣ", exponential::exp_cases),
    op::<exponential::Expm1>("Expm1", "eˣ − 1", exponential::expm1_cases),
    op::<exponential::Log>("Log", "ln x", exponential::log_cases),
    op::<exponential::Log1p>("Log1p", "ln(1 + x)", exponential::log1p_cases),
    op::<exponential::Xlog1py>("Xlog1py", "x · ln(1 + y), but 0 where x is 0", exponential::xlog1py_cases),
    op::<exponential::Xlogy>("Xlogy", "x · ln y, but 0 where x is 0", exponential::xlogy_cases),
    // trigonometry
    op::<trigonometry::Acos>("Acos", "arccos x", trigonometry::acos_cases),
    op::<trigonometry::Acosh>("Acosh", "arcosh x", trigonometry::acosh_cases),
    op::<trigonometry::Asin>("Asin", "arcsin x", trigonometry::asin_cases),
    op::<trigonometry::Asinh>("Asinh", "arsinh x", trigonometry::asinh_cases),
    op::<trigonometry::Atan>("Atan", "arctan x", trigonometry::atan_cases),
    op::<trigonometry::Atan2>(
        "Atan2",
        "The angle of the point (x, y), where y is the first input.",
        trigonometry::atan2_cases,
    ),
    op::<trigonometry::Atanh>("Atanh", "artanh x", trigonometry::atanh_cases),
    op::<trigonometry::Cos>("Cos", "cos x", trigonometry::cos_cases),
    op::<trigonometry::Cosh>("Cosh", "cosh x", trigonometry::cosh_cases),
    op::<trigonometry::Sin>("Sin", "sin x", trigonometry::sin_cases),
    op::<trigonometry::Sinh>("Sinh", "sinh x", trigonometry::sinh_cases),
    op::<trigonometry::Tan>("Tan", "tan x", trigonometry::tan_cases),
    // rounding
    op::<rounding::Ceil>("Ceil", "⌈x⌉", rounding::ceil_cases),
    op::<rounding::Floor>("Floor", "⌊x⌋", rounding::floor_cases),
    op::<rounding::Rint>(
        "Rint",
        "The nearest whole number, halves to the even one; of floats.",
        rounding::rint_cases,
    ),
    op::<rounding::Round>(
        "Round",
        "The nearest whole number, halves to the even one.",
        rounding::round_cases,
    ),
    // bitwise
    op::<bitwise::BitwiseAnd>("BitwiseAnd", "The bits that both have.", bitwise::bitwise_and_cases),
    op::<bitwise::BitwiseOr>("BitwiseOr", "The bits that either has.", bitwise::bitwise_or_cases),
    op::<bitwise::BitwiseXor>("BitwiseXor", "The bits that just one has.", bitwise::bitwise_xor_cases),
    op::<bitwise::Invert>("Invert", "Every bit flipped.", bitwise::invert_cases),
    op::<bitwise::LeftShift>("LeftShift", "x · 2ʸ", bitwise::left_shift_cases),
    op::<bitwise::RightShift>("RightShift", "x / 2ʸ rounded down", bitwise::right_shift_cases),
    // special
    op::<special::Digamma>("Digamma", "ψ(x), the derivative of ln |Γ(x)|", special::digamma_cases),
    op::<special::Erf>("Erf", "The error function.", special::erf_cases),
    op::<special::Erfc>("Erfc", "1 − erf(x)", special::erfc_cases),
    op::<normal_quantile::Erfinv>("Erfinv", "erf⁻¹(x)", normal_quantile::erfinv_cases),
    op::<normal_quantile::Ndtri>(
        "Ndtri",
        "The quantile of the normal distribution.",
        normal_quantile::ndtri_cases,
    ),
    op::<special::Lgamma>("Lgamma", "ln |Γ(x)|", special::lgamma_cases),
    op::<special::Polygamma>("Polygamma", "The derivative of order n of ψ at x.", special::polygamma_cases),
    op::<special::Zeta>("Zeta", "Hurwitz's zeta function.", special::zeta_cases),
    // compare
    op::<compare::ApproximateEqual>(
        "ApproximateEqual",
        "|x − y| < tolerance",
        compare::approximate_equal_cases,
    ),
    op::<compare::Equal>("Equal", "x = y", compare::equal_cases),
    op::<compare::Greater>("Greater", "x > y", compare::greater_cases),
    op::<compare::GreaterEqual>("GreaterEqual", "x ≥ y", compare::greater_equal_cases),
    op::<compare::IsFinite>("IsFinite", "Whether x is neither NaN nor infinite.", compare::is_finite_cases),
    op::<compare::IsInf>("IsInf", "Whether x is +∞ or −∞.", compare::is_inf_cases),
    op::<compare::IsNan>("IsNan", "Whether x is NaN.", compare::is_nan_cases),
    op::<compare::Less>("Less", "x < y", compare::less_cases),
    op::<compare::LessEqual>("LessEqual", "x ≤ y", compare::less_equal_cases),
    op::<compare::LogicalAnd>("LogicalAnd", "x and y", compare::logical_and_cases),
    op::<compare::LogicalNot>("LogicalNot", "not x", compare::logical_not_cases),
    op::<compare::LogicalOr>("LogicalOr", "x or y", compare::logical_or_cases),
    op::<compare::NotEqual>("NotEqual", "x ≠ y", compare::not_equal_cases),
    // select
    op::<select::ClipByValue>("ClipByValue", "x kept between two bounds.", select::clip_by_value_cases),
    op::<select::Select>("Select", "x where a condition is true, else y.", select::select_cases),
    op::<select::SelectV2>(
        "SelectV2",
        "x where a condition is true, else y; all broadcast.",
        select::select_v2_cases,
    ),
    // cast
    op::<cast::Cast>("Cast", "x as numbers of another type.", cast::cast_cases),
    // bias
    op::<bias::BiasAdd>("BiasAdd", "x and a number for each channel.", bias::bias_add_cases),
    op::<bias::BiasAddGrad>(
        "BiasAddGrad",
        "The sum over all axes but the channels'.",
        bias::bias_add_grad_cases,
    ),
    op::<bias::BiasAdd>("BiasAddV1", "x and a number for each channel.", bias::bias_add_cases),
    // conv
    op::<conv::Conv2D>("Conv2D", "Pictures convolved with filters.", conv::conv2d_cases),
    op::<conv::ConvBackpropFilter<2>>(
        "Conv2DBackpropFilter",
        "The gradient of a convolution's filters.",
        conv::conv2d_backprop_filter_cases,
    ),
    op::<conv::ConvBackpropInput<2>>(
        "Conv2DBackpropInput",
        "The gradient of a convolution's pictures.",
        conv::conv2d_backprop_input_cases,
    ),
    op::<conv::Conv3D>("Conv3D", "Volumes convolved with filters.", conv::conv3d_cases),
    op::<conv::ConvBackpropFilter<3>>(
        "Conv3DBackpropFilterV2",
        "The gradient of a convolution's filters.",
        conv::conv3d_backprop_filter_cases,
    ),
    op::<conv::ConvBackpropInput<3>>(
        "Conv3DBackpropInputV2",
        "The gradient of a convolution's volumes.",
        conv::conv3d_backprop_input_cases,
    ),
    op::<conv::DepthwiseConv2dNative>(
        "DepthwiseConv2dNative",
        "Each channel convolved with filters of its own.",
        conv::depthwise_conv2d_cases,
    ),
    op::<conv::DepthwiseConv2dNativeBackpropFilter>(
        "DepthwiseConv2dNativeBackpropFilter",
        "The gradient of a depthwise convolution's filters.",
        conv::depthwise_backprop_filter_cases,
    ),
    op::<conv::DepthwiseConv2dNativeBackpropInput>(
        "DepthwiseConv2dNativeBackpropInput",
        "The gradient of a depthwise convolution's pictures.",
        conv::depthwise_backprop_input_cases,
    ),
    // pool
    op::<pool::AvgPool<2>>("AvgPool", "The mean of what a window sees.", pool::avg_pool_cases),
    op::<pool::AvgPool<3>>("AvgPool3D", "The mean of what a window sees.", pool::avg_pool3d_cases),
    op::<pool::AvgPoolGrad<3>>("AvgPool3DGrad", "The gradient of AvgPool3D.", pool::avg_pool3d_grad_cases),
    op::<pool::AvgPoolGrad<2>>("AvgPoolGrad", "The gradient of AvgPool.", pool::avg_pool_grad_cases),
    op::<pool::MaxPool<2>>("MaxPool", "The greatest that a window sees.", pool::max_pool_cases),
    op::<pool::MaxPool<3>>("MaxPool3D", "The greatest that a window sees.", pool::max_pool3d_cases),
    op::<pool::MaxPoolGrad<3>>("MaxPool3DGrad", "The gradient of MaxPool3D.", pool::max_pool3d_grad_cases),
    op::<pool::MaxPoolGradGrad<3>>(
        "MaxPool3DGradGrad",
        "The gradient of MaxPool3DGrad.",
        pool::max_pool3d_grad_grad_cases,
    ),
    op::<pool::MaxPoolGrad<2>>("MaxPoolGrad", "The gradient of MaxPool.", pool::max_pool_grad_cases),
    op::<pool::MaxPoolGradGrad<2>>(
        "MaxPoolGradGrad",
        "The gradient of MaxPoolGrad.",
        pool::max_pool_grad_grad_cases,
    ),
    op::<pool::MaxPoolGradGradV2>(
        "MaxPoolGradGradV2",
        "As MaxPoolGradGrad, by a window that is an input.",
        pool::max_pool_grad_grad_v2_cases,
    ),
    op::<pool::MaxPoolGradGradWithArgmax>(
        "MaxPoolGradGradWithArgmax",
        "What stands at given places.",
        pool::max_pool_grad_grad_with_argmax_cases,
    ),
    op::<pool::MaxPoolGradV2>(
        "MaxPoolGradV2",
        "As MaxPoolGrad, by a window that is an input.",
        pool::max_pool_grad_v2_cases,
    ),
    op::<pool::MaxPoolGradWithArgmax>(
        "MaxPoolGradWithArgmax",
        "The gradient of MaxPool, given the places.",
        pool::max_pool_grad_with_argmax_cases,
    ),
    op::<pool::MaxPoolV2>(
        "MaxPoolV2",
        "The greatest that a window, which is an input, sees.",
        pool::max_pool_v2_cases,
    ),
    op::<pool::MaxPoolWithArgmax>(
        "MaxPoolWithArgmax",
        "The greatest that a window sees, and where it stands.",
        pool::max_pool_with_argmax_cases,
    ),
    // batch_norm
    op::<batch_norm::FusedBatchNorm<1>>(
        "FusedBatchNorm",
        "Each channel brought to mean 0 and variance 1, scaled and moved.",
        batch_norm::v1_cases,
    ),
    op::<batch_norm::FusedBatchNormGrad<1>>(
        "FusedBatchNormGrad",
        "The gradient of batch normalisation.",
        batch_norm::grad_v1_cases,
    ),
    op::<batch_norm::FusedBatchNorm<2>>(
        "FusedBatchNormV2",
        "Each channel brought to mean 0 and variance 1, scaled and moved.",
        batch_norm::v2_cases,
    ),
    op::<batch_norm::FusedBatchNormGrad<2>>(
        "FusedBatchNormGradV2",
        "The gradient of batch normalisation.",
        batch_norm::grad_v2_cases,
    ),
    op::<batch_norm::FusedBatchNorm<3>>(
        "FusedBatchNormV3",
        "Each channel brought to mean 0 and variance 1, scaled and moved.",
        batch_norm::v3_cases,
    ),
    op::<batch_norm::FusedBatchNormGrad<3>>(
        "FusedBatchNormGradV3",
        "The gradient of batch normalisation.",
        batch_norm::grad_v3_cases,
    ),
    op::<batch_norm_global::BatchNormWithGlobalNormalization>(
        "BatchNormWithGlobalNormalization",
        "Batch normalisation as TensorFlow first had it.",
        batch_norm_global::batch_norm_cases,
    ),
    smooth::<batch_norm_global::BatchNormWithGlobalNormalizationGrad>(
        "The gradient of batch normalisation as TensorFlow first had it.",
        batch_norm_global::batch_norm_grad_cases,
    ),
    // lrn
    op::<lrn::Lrn>("LRN", "Channels divided by what they and their neighbours amount to.", lrn::lrn_cases),
    op::<lrn::LrnGrad>("LRNGrad", "The gradient of LRN.", lrn::lrn_grad_cases),
    // space
    op::<space::BatchToSpace>(
        "BatchToSpace",
        "Images of the batch as pixels of square blocks.",
        space::batch_to_space_cases,
    ),
    op::<space::BatchToSpaceNd>(
        "BatchToSpaceND",
        "Images of the batch as pixels of blocks.",
        space::batch_to_space_nd_cases,
    ),
    op::<space::DepthToSpace>("DepthToSpace", "Channels as pixels of blocks.", space::depth_to_space_cases),
    op::<space::SpaceToBatch>(
        "SpaceToBatch",
        "Pixels of square blocks as images of the batch.",
        space::space_to_batch_cases,
    ),
    op::<space::SpaceToBatchNd>(
        "SpaceToBatchND",
        "Pixels of blocks as images of the batch.",
        space::space_to_batch_nd_cases,
    ),
    op::<space::SpaceToDepth>("SpaceToDepth", "Pixels of blocks as channels.", space::space_to_depth_cases),
    // resize
    op::<resize::ResizeBilinear>(
        "ResizeBilinear",
        "Pictures in another size, each pixel between the four nearest.",
        resize::resize_bilinear_cases,
    ),
    op::<resize::ResizeBilinearGrad>(
        "ResizeBilinearGrad",
        "The gradient of ResizeBilinear.",
        resize::resize_bilinear_grad_cases,
    ),
    op::<resize::ResizeNearestNeighbor>(
        "ResizeNearestNeighbor",
        "Pictures in another size, each pixel the nearest.",
        resize::resize_nearest_neighbor_cases,
    ),
    op::<resize::ResizeNearestNeighborGrad>(
        "ResizeNearestNeighborGrad",
        "The gradient of ResizeNearestNeighbor.",
        resize::resize_nearest_neighbor_grad_cases,
    ),
    // softmax
    op::<softmax::LogSoftmax>("LogSoftmax", "a − log Σ eᵃ along the last axis.", softmax::log_softmax_cases),
    op::<softmax::Softmax>("Softmax", "eᵃ / Σ eᵃ along the last axis.", softmax::softmax_cases),
    // cross_entropy
    op::<cross_entropy::SoftmaxCrossEntropyWithLogits>(
        "SoftmaxCrossEntropyWithLogits",
        "−Σ y·log softmax(a), and its gradient.",
        cross_entropy::softmax_cross_entropy_cases,
    ),
    op::<cross_entropy::SparseSoftmaxCrossEntropyWithLogits>(
        "SparseSoftmaxCrossEntropyWithLogits",
        "−log softmax(a) of the labelled class, and its gradient.",
        cross_entropy::sparse_softmax_cross_entropy_cases,
    ),
    // check
    op::<check::CheckNumerics>(
        "CheckNumerics",
        "x, unless it holds a NaN or an infinity.",
        check::check_numerics_cases,
    ),
    // matmul
    op::<matmul::BatchMatMulOfAsMany>(
        "BatchMatMul",
        "The product of each pair of matrices.",
        matmul::batch_mat_mul_cases,
    ),
    op::<matmul::BatchMatMul>(
        "BatchMatMulV2",
        "The product of each pair of matrices.",
        matmul::batch_mat_mul_cases,
    ),
    op::<mixed_matmul::BatchMatMulV3>(
        "BatchMatMulV3",
        "The product of each pair of matrices, of a type of its own.",
        mixed_matmul::cases,
    ),
    op::<matmul::MatMul>("MatMul", "The product of two matrices.", matmul::mat_mul_cases),
    // activation
    op::<activation::Elu>("Elu", "x where it is at or above 0, else eˣ − 1", activation::elu_cases),
    op::<activation::EluGrad>(
        "EluGrad",
        "The gradient of Elu, given its output.",
        activation::elu_grad_cases,
    ),
    op::<activation::LeakyRelu>("LeakyRelu", "x where it is above 0, else αx", activation::leaky_relu_cases),
    op::<activation::LeakyReluGrad>(
        "LeakyReluGrad",
        "dy where x > 0, else α·dy",
        activation::leaky_relu_grad_cases,
    ),
    op::<activation::Relu>("Relu", "max(x, 0)", activation::relu_cases),
    op::<activation::Relu6>("Relu6", "min(max(x, 0), 6)", activation::relu6_cases),
    op::<activation::Relu6Grad>("Relu6Grad", "dy where 0 < x < 6, else 0", activation::relu6_grad_cases),
    op::<activation::ReluGrad>("ReluGrad", "dy where x > 0, else 0", activation::relu_grad_cases),
    op::<activation::Selu>("Selu", "λx where it is at or above 0, else λα(eˣ − 1)", activation::selu_cases),
    op::<activation::SeluGrad>(
        "SeluGrad",
        "The gradient of Selu, given its output.",
        activation::selu_grad_cases,
    ),
    // sigmoid
    op::<sigmoid::Sigmoid>("Sigmoid", "1 / (1 + e⁻ˣ)", sigmoid::sigmoid_cases),
    op::<sigmoid::SigmoidGrad>(
        "SigmoidGrad",
        "dy·y·(1 − y), the gradient of y = σ(x)",
        sigmoid::sigmoid_grad_cases,
    ),
    op::<sigmoid::Softplus>("Softplus", "ln(1 + eˣ)", sigmoid::softplus_cases),
    op::<sigmoid::SoftplusGrad>("SoftplusGrad", "dy / (1 + e⁻ˣ)", sigmoid::softplus_grad_cases),
    op::<sigmoid::Softsign>("Softsign", "x / (1 + |x|)", sigmoid::softsign_cases),
    op::<sigmoid::SoftsignGrad>("SoftsignGrad", "dy / (1 + |x|)²", sigmoid::softsign_grad_cases),
    op::<sigmoid::Tanh>("Tanh", "tanh x", sigmoid::tanh_cases),
    op::<sigmoid::TanhGrad>("TanhGrad", "dy·(1 − y²), the gradient of y = tanh x", sigmoid::tanh_grad_cases),
    // in_top_k
    op::<in_top_k::InTopK>(
        "InTopK",
        "Whether the target is among the k likeliest.",
        in_top_k::in_top_k_cases,
    ),
    op::<in_top_k::InTopK>(
        "InTopKV2",
        "Whether the target is among the k likeliest, k being an input.",
        in_top_k::in_top_k_v2_cases,
    ),
    // index
    op::<index::Gather>("Gather", "Slices along the first axis, by indices.", index::gather_v1_cases),
    op::<index::GatherV2>("GatherV2", "Slices along an axis, by indices.", index::gather_cases),
    op::<index::OneHot>("OneHot", "Rows that are on at an index.", index::one_hot_cases),
    // diagonal
    op::<diagonal::Diag>("Diag", "A tensor on the diagonal of one of twice the axes.", diagonal::diag_cases),
    op::<diagonal::DiagPart>(
        "DiagPart",
        "The diagonal of a tensor of twice the axes.",
        diagonal::diag_part_cases,
    ),
    op::<diagonal::MatrixBandPart>(
        "MatrixBandPart",
        "What lies near the main diagonal.",
        diagonal::matrix_band_part_cases,
    ),
    // matrix_diagonal
    op::<matrix_diagonal::MatrixDiag<1>>(
        "MatrixDiag",
        "Matrices with given diagonals.",
        matrix_diagonal::matrix_diag_v1_cases,
    ),
    op::<matrix_diagonal::MatrixDiag<2>>(
        "MatrixDiagV2",
        "Matrices with given diagonals.",
        matrix_diagonal::matrix_diag_v2_cases,
    ),
    op::<matrix_diagonal::MatrixDiag<3>>(
        "MatrixDiagV3",
        "Matrices with given diagonals.",
        matrix_diagonal::matrix_diag_v3_cases,
    ),
    op::<matrix_diagonal::MatrixDiagPart<1>>(
        "MatrixDiagPart",
        "Diagonals of matrices.",
        matrix_diagonal::matrix_diag_part_v1_cases,
    ),
    op::<matrix_diagonal::MatrixDiagPart<2>>(
        "MatrixDiagPartV2",
        "Diagonals of matrices.",
        matrix_diagonal::matrix_diag_part_v2_cases,
    ),
    op::<matrix_diagonal::MatrixDiagPart<3>>(
        "MatrixDiagPartV3",
        "Diagonals of matrices.",
        matrix_diagonal::matrix_diag_part_v3_cases,
    ),
    op::<matrix_diagonal::MatrixSetDiag<1>>(
        "MatrixSetDiag",
        "Matrices with other diagonals.",
        matrix_diagonal::matrix_set_diag_v1_cases,
    ),
    op::<matrix_diagonal::MatrixSetDiag<2>>(
        "MatrixSetDiagV2",
        "Matrices with other diagonals.",
        matrix_diagonal::matrix_set_diag_v2_cases,
    ),
    op::<matrix_diagonal::MatrixSetDiag<3>>(
        "MatrixSetDiagV3",
        "Matrices with other diagonals.",
        matrix_diagonal::matrix_set_diag_v3_cases,
    ),
    // einsum
    op::<einsum::Einsum>("Einsum", "Products and sums over named axes.", einsum::einsum_cases),
    // cross
    op::<cross::Cross>("Cross", "The cross product of vectors in space.", cross::cross_cases),
    // bitcast
    op::<bitcast::Bitcast>("Bitcast", "The bytes of numbers, read as another type.", bitcast::bitcast_cases),
    // unique
    op::<unique::ListDiff>("ListDiff", "What one list has and another has not.", unique::list_diff_cases),
    op::<unique::Unique>("Unique", "Different elements, and which each is.", unique::unique_cases),
    op::<unique::UniqueV2>("UniqueV2", "Different slices, and which each is.", unique::unique_v2_cases),
    op::<unique::UniqueWithCounts>(
        "UniqueWithCounts",
        "Different elements, and how often each comes.",
        unique::unique_with_counts_cases,
    ),
    op::<unique::UniqueWithCountsV2>(
        "UniqueWithCountsV2",
        "Different slices, and how often each comes.",
        unique::unique_with_counts_v2_cases,
    ),
    // linalg
    op::<cholesky::Cholesky>(
        "Cholesky",
        "The lower triangle that is a square root.",
        cholesky::cholesky_cases,
    ),
    op::<cholesky::CholeskyGrad>(
        "CholeskyGrad",
        "What flows back through Cholesky.",
        cholesky::cholesky_grad_cases,
    ),
    op::<inverse::LogMatrixDeterminant>(
        "LogMatrixDeterminant",
        "The determinant's sign and the logarithm of its size.",
        inverse::log_matrix_determinant_cases,
    ),
    op::<inverse::MatrixDeterminant>(
        "MatrixDeterminant",
        "The determinant of each matrix.",
        inverse::matrix_determinant_cases,
    ),
    op::<inverse::MatrixInverse>(
        "MatrixInverse",
        "The inverse of each matrix.",
        inverse::matrix_inverse_cases,
    ),
    op::<matrix_functions::ByMatrices<matrix_functions::Exponential>>(
        "MatrixExponential",
        "e to a matrix.",
        matrix_functions::matrix_exponential_cases,
    ),
    op::<matrix_functions::ByMatrices<matrix_functions::Logarithm>>(
        "MatrixLogarithm",
        "The matrix whose exponential it is.",
        matrix_functions::matrix_logarithm_cases,
    ),
    op::<matrix_functions::ByMatrices<matrix_functions::SquareRoot>>(
        "MatrixSquareRoot",
        "The matrix whose square it is.",
        matrix_functions::matrix_square_root_cases,
    ),
    op::<tridiagonal::TridiagonalMatMul>(
        "TridiagonalMatMul",
        "A matrix of three diagonals times a matrix.",
        tridiagonal::tridiagonal_mat_mul_cases,
    ),
    op::<tridiagonal::TridiagonalSolve>(
        "TridiagonalSolve",
        "X with A·X = B, where A has three diagonals.",
        tridiagonal::tridiagonal_solve_cases,
    ),
    op::<solve::MatrixSolve>("MatrixSolve", "X with A·X = B.", solve::matrix_solve_cases),
    op::<least_squares::MatrixSolveLs>(
        "MatrixSolveLs",
        "X for which |A·X − B|² + λ·|X|² is least.",
        least_squares::matrix_solve_ls_cases,
    ),
    op::<solve::MatrixTriangularSolve>(
        "MatrixTriangularSolve",
        "X with A·X = B, A being triangular.",
        solve::matrix_triangular_solve_cases,
    ),
    op::<factors::Qr>("Qr", "Q·R of each matrix.", factors::qr_cases),
    op::<factors::SelfAdjointEigV2>(
        "SelfAdjointEigV2",
        "Eigenvalues and eigenvectors of symmetric matrices.",
        factors::self_adjoint_eig_cases,
    ),
    op::<factors::Svd>("Svd", "Singular values and their vectors.", factors::svd_cases),
    // sparse_segment
    op::<sparse_segment::SparseSegment<0, false>>(
        "SparseSegmentSum",
        "Sums of picked rows by segment.",
        sparse_segment::sum_cases,
    ),
    op::<sparse_segment::SparseSegmentGrad<0>>(
        "SparseSegmentSumGrad",
        "What flows back through SparseSegmentSum.",
        sparse_segment::sum_grad_cases,
    ),
    op::<sparse_segment::SparseSegment<0, true>>(
        "SparseSegmentSumWithNumSegments",
        "Sums of picked rows for so many segments.",
        sparse_segment::counted_sum_cases,
    ),
    op::<sparse_segment::SparseSegment<1, false>>(
        "SparseSegmentMean",
        "Means of picked rows by segment.",
        sparse_segment::mean_cases,
    ),
    op::<sparse_segment::SparseSegmentGrad<1>>(
        "SparseSegmentMeanGrad",
        "What flows back through SparseSegmentMean.",
        sparse_segment::mean_grad_cases,
    ),
    op::<sparse_segment::SparseSegment<1, true>>(
        "SparseSegmentMeanWithNumSegments",
        "Means of picked rows for so many segments.",
        sparse_segment::counted_mean_cases,
    ),
    op::<sparse_segment::SparseSegment<2, false>>(
        "SparseSegmentSqrtN",
        "Sums over the root of their count of picked rows by segment.",
        sparse_segment::sqrt_n_cases,
    ),
    op::<sparse_segment::SparseSegmentGrad<2>>(
        "SparseSegmentSqrtNGrad",
        "What flows back through SparseSegmentSqrtN.",
        sparse_segment::sqrt_n_grad_cases,
    ),
    op::<sparse_segment::SparseSegment<2, true>>(
        "SparseSegmentSqrtNWithNumSegments",
        "Sums over the root of their count of picked rows for so many segments.",
        sparse_segment::counted_sqrt_n_cases,
    ),
    // counting and searching
    op::<counting::Bincount>("Bincount", "How often each small integer comes.", counting::bincount_cases),
    op::<ByArrays<counting::Bucketize>>(
        "Bucketize",
        "In which interval each number lies.",
        counting::bucketize_cases,
    ),
    op::<counting::DenseBincount>(
        "DenseBincount",
        "How often each small integer comes, by row.",
        counting::dense_bincount_cases,
    ),
    op::<ByArrays<counting::HistogramFixedWidth>>(
        "HistogramFixedWidth",
        "How many numbers lie in equal intervals.",
        counting::histogram_fixed_width_cases,
    ),
    op::<search::LowerBound>(
        "LowerBound",
        "Where numbers belong in sorted rows, before equals.",
        search::lower_bound_cases,
    ),
    op::<search::UpperBound>(
        "UpperBound",
        "Where numbers belong in sorted rows, behind equals.",
        search::upper_bound_cases,
    ),
    // connectionist temporal classification
    op::<ByArrays<ctc::beam::CtcBeamSearchDecoder>>(
        "CTCBeamSearchDecoder",
        "The likeliest readings of frames.",
        ctc::beam::ctc_beam_search_decoder_cases,
    ),
    op::<ByArrays<ctc::greedy::CtcGreedyDecoder>>(
        "CTCGreedyDecoder",
        "The likeliest class of each frame, read.",
        ctc::greedy::ctc_greedy_decoder_cases,
    ),
    op::<ctc::loss::CtcLoss>(
        "CTCLoss",
        "How unlikely it is that frames read as labels, and the gradient.",
        ctc::loss::ctc_loss_cases,
    ),
    // cells of recurrent networks
    op::<rnn::lstm::BlockLstm<1>>("BlockLSTM", "An LSTM over a sequence.", rnn::lstm::block_lstm_cases),
    op::<rnn::lstm_grad::BlockLstmGrad<1>>(
        "BlockLSTMGrad",
        "What flows back through a BlockLSTM.",
        rnn::lstm_grad::block_lstm_grad_cases,
    ),
    op::<rnn::lstm_grad::BlockLstmGrad<2>>(
        "BlockLSTMGradV2",
        "What flows back through a BlockLSTMV2.",
        rnn::lstm_grad::block_lstm_grad_v2_cases,
    ),
    op::<rnn::lstm::BlockLstm<2>>("BlockLSTMV2", "An LSTM over a sequence.", rnn::lstm::block_lstm_v2_cases),
    op::<rnn::gru::GruBlockCell>(
        "GRUBlockCell",
        "A step of gated recurrent units.",
        rnn::gru::gru_block_cell_cases,
    ),
    op::<rnn::gru::GruBlockCellGrad>(
        "GRUBlockCellGrad",
        "What flows back through a GRUBlockCell.",
        rnn::gru::gru_block_cell_grad_cases,
    ),
    op::<rnn::lstm::LstmBlockCell>("LSTMBlockCell", "A step of an LSTM.", rnn::lstm::lstm_block_cell_cases),
    op::<rnn::lstm_grad::LstmBlockCellGrad>(
        "LSTMBlockCellGrad",
        "What flows back through an LSTMBlockCell.",
        rnn::lstm_grad::lstm_block_cell_grad_cases,
    ),
    // integers that are played
    op::<fake_quant::FakeQuant<0>>(
        "FakeQuantWithMinMaxArgs",
        "x rounded as to integers.",
        fake_quant::args_cases,
    ),
    op::<fake_quant::FakeQuantGradient<0>>(
        "FakeQuantWithMinMaxArgsGradient",
        "What flows back through it.",
        fake_quant::args_cases,
    ),
    op::<fake_quant::FakeQuant<1>>(
        "FakeQuantWithMinMaxVars",
        "x rounded as to integers.",
        fake_quant::vars_cases,
    ),
    op::<fake_quant::FakeQuantGradient<1>>(
        "FakeQuantWithMinMaxVarsGradient",
        "What flows back through it.",
        fake_quant::vars_cases,
    ),
    op::<fake_quant::FakeQuant<2>>(
        "FakeQuantWithMinMaxVarsPerChannel",
        "x rounded as to integers.",
        fake_quant::per_channel_cases,
    ),
    op::<fake_quant::FakeQuantGradient<2>>(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        "What flows back through it.",
        fake_quant::per_channel_cases,
    ),
    // functions of one number at a time
    op::<by_numbers::ByNumbers<bessel::BesselI0>>(
        "BesselI0",
        "Bessel's modified function I₀.",
        bessel::i0_cases,
    ),
    op::<by_numbers::ByNumbers<bessel::BesselI0e>>("BesselI0e", "e^−|x|·I₀(x)", bessel::i0e_cases),
    op::<by_numbers::ByNumbers<bessel::BesselI1>>(
        "BesselI1",
        "Bessel's modified function I₁.",
        bessel::i1_cases,
    ),
    op::<by_numbers::ByNumbers<bessel::BesselI1e>>("BesselI1e", "e^−|x|·I₁(x)", bessel::i1e_cases),
    op::<by_numbers::ByNumbers<bessel::BesselJ0>>("BesselJ0", "Bessel's function J₀.", bessel::j0_cases),
    op::<by_numbers::ByNumbers<bessel::BesselJ1>>("BesselJ1", "Bessel's function J₁.", bessel::j1_cases),
    op::<by_numbers::ByNumbers<bessel_second::BesselK0>>(
        "BesselK0",
        "Bessel's modified function K₀.",
        bessel_second::k0_cases,
    ),
    op::<by_numbers::ByNumbers<bessel_second::BesselK0e>>("BesselK0e", "eˣ·K₀(x)", bessel_second::k0e_cases),
    op::<by_numbers::ByNumbers<bessel_second::BesselK1>>(
        "BesselK1",
        "Bessel's modified function K₁.",
        bessel_second::k1_cases,
    ),
    op::<by_numbers::ByNumbers<bessel_second::BesselK1e>>("BesselK1e", "eˣ·K₁(x)", bessel_second::k1e_cases),
    op::<by_numbers::ByNumbers<bessel_second::BesselY0>>(
        "BesselY0",
        "Bessel's function Y₀.",
        bessel_second::y0_cases,
    ),
    op::<by_numbers::ByNumbers<bessel_second::BesselY1>>(
        "BesselY1",
        "Bessel's function Y₁.",
        bessel_second::y1_cases,
    ),
    op::<by_numbers::ByNumbers<integrals::Dawsn>>("Dawsn", "Dawson's integral.", integrals::dawsn_cases),
    op::<by_numbers::ByNumbers<integrals::Expint>>(
        "Expint",
        "The exponential integral.",
        integrals::expint_cases,
    ),
    op::<by_numbers::ByNumbers<integrals::FresnelCos>>(
        "FresnelCos",
        "Fresnel's integral of a cosine.",
        integrals::fresnel_cos_cases,
    ),
    op::<by_numbers::ByNumbers<integrals::FresnelSin>>(
        "FresnelSin",
        "Fresnel's integral of a sine.",
        integrals::fresnel_sin_cases,
    ),
    op::<by_numbers::ByNumbers<integrals::Spence>>("Spence", "Spence's integral.", integrals::spence_cases),
    arrays::<population_count::PopulationCount>(
        "How many bits of an integer are 1.",
        population_count::cases,
    ),
    ruled::<banded::BandedTriangularSolve>(
        "X with A·X = B, where A is a few diagonals.",
        banded::banded_triangular_solve_cases,
    ),
    ruled::<scale_and_translate::ScaleAndTranslate>(
        "Pictures scaled and moved.",
        scale_and_translate::scale_and_translate_cases,
    ),
    ruled::<scale_and_translate::ScaleAndTranslateGrad>(
        "The gradient of ScaleAndTranslate.",
        scale_and_translate::scale_and_translate_grad_cases,
    ),
    ruled::<projective::ImageProjectiveTransform<2>>("Pictures seen from elsewhere.", projective::cases::<2>),
    ruled::<projective::ImageProjectiveTransform<3>>("Pictures seen from elsewhere.", projective::cases::<3>),
    op::<sparse::tensors_map::AddSparse<true>>(
        "AddManySparseToTensorsMap",
        "Puts rows into a map of sparse tensors.",
        sparse::tensors_map::cases::<true>,
    ),
    op::<sparse::tensors_map::AddSparse<false>>(
        "AddSparseToTensorsMap",
        "Puts a sparse tensor into a map.",
        sparse::tensors_map::cases::<false>,
    ),
    op::<sparse::serialized::DeserializeSparse<true>>(
        "DeserializeManySparse",
        "A sparse tensor of several that are strings.",
        sparse::serialized::cases::<true>,
    ),
    op::<sparse::serialized::DeserializeSparse<false>>(
        "DeserializeSparse",
        "A sparse tensor of strings or variants.",
        sparse::serialized::cases::<false>,
    ),
    op::<sparse::serialized::SerializeSparse<true>>(
        "SerializeManySparse",
        "Rows of a sparse tensor as strings or variants.",
        sparse::serialized::cases::<true>,
    ),
    op::<sparse::serialized::SerializeSparse<false>>(
        "SerializeSparse",
        "A sparse tensor as strings or variants.",
        sparse::serialized::cases::<false>,
    ),
    op::<sparse::tensors_map::TakeManySparse>(
        "TakeManySparseFromTensorsMap",
        "Takes sparse tensors out of a map.",
        sparse::tensors_map::cases::<true>,
    ),
    arrays::<sparse::cross::SparseCross>("Features crossed.", sparse::cross::sparse_cross_cases),
    arrays::<sparse::cross::SparseCrossV2>(
        "Features crossed, as text.",
        sparse::cross::sparse_cross_v2_cases,
    ),
    arrays::<ngrams::StringNGrams>("Neighbouring strings of a row, joined.", ngrams::string_ngrams_cases),
    arrays::<join::UnsortedSegmentJoin>("Strings of one segment joined.", join::unsorted_segment_join_cases),
    arrays::<hash::Fingerprint>("Fingerprints of any data.", hash::fingerprint_cases),
    op::<fill::Empty>("Empty", "A tensor whose values nobody relies on.", fill::empty_cases),
    op::<identity::Snapshot>("DeepCopy", "x itself, in memory of its own.", identity::snapshot_cases),
    op::<check::CheckNumerics>(
        "CheckNumericsV2",
        "x itself, if none of it is NaN or infinite.",
        check::check_numerics_cases,
    ),
    op::<resource_gather::ResourceGatherNd>(
        "ResourceGatherNd",
        "Slices of a resource variable by tuples of indices.",
        resource_gather::gather_nd_cases,
    ),
    arrays::<inplace::Inplace<{ inplace::UPDATE }>>("Rows by number become others.", inplace::update_cases),
    arrays::<inplace::Inplace<{ inplace::ADD }>>("Others are added to rows by number.", inplace::add_cases),
    arrays::<inplace::Inplace<{ inplace::SUB }>>("Others are taken from rows by number.", inplace::sub_cases),
    op::<random::truncated_between::ParameterizedTruncatedNormal>(
        "ParameterizedTruncatedNormal",
        "Normal numbers between bounds.",
        random::truncated_between::parameterized_truncated_normal_cases,
    ),
    op::<by_numbers::ByNumbers<incomplete::Betainc>>(
        "Betainc",
        "The incomplete beta function.",
        incomplete::betainc_cases,
    ),
    op::<by_numbers::ByNumbers<incomplete::Igamma>>(
        "Igamma",
        "The lower incomplete gamma function.",
        incomplete::igamma_cases,
    ),
    op::<by_numbers::ByNumbers<incomplete::IgammaGradA>>(
        "IgammaGradA",
        "Its derivative along a.",
        incomplete::igamma_grad_a_cases,
    ),
    op::<by_numbers::ByNumbers<incomplete::Igammac>>(
        "Igammac",
        "The upper incomplete gamma function.",
        incomplete::igammac_cases,
    ),
    op::<next_after::NextAfter>("NextAfter", "The next number of the type.", next_after::cases),
    // arrangements
    op::<roll::Roll>("Roll", "Elements moved along axes, in a circle.", roll::cases),
    op::<transpose::ConjugateTranspose>(
        "ConjugateTranspose",
        "x with its axes in another order, conjugated.",
        transpose::conjugate_transpose_cases,
    ),
    op::<identity::EnsureShape>("EnsureShape", "x, if it has a shape.", identity::ensure_shape_cases),
    // random numbers by seeds that are inputs
    op::<random::stateless::Stateless<5>>(
        "StatelessMultinomial",
        "Classes by their logits.",
        random::stateless::multinomial_cases,
    ),
    op::<random::stateless::Stateless<1>>(
        "StatelessRandomNormal",
        "Normal random numbers.",
        random::stateless::normal_cases,
    ),
    op::<random::stateless::Stateless<0>>(
        "StatelessRandomUniform",
        "Uniform random numbers.",
        random::stateless::uniform_cases,
    ),
    op::<random::stateless::Stateless<4>>(
        "StatelessRandomUniformFullInt",
        "Random integers of all bits.",
        random::stateless::full_integer_cases,
    ),
    op::<random::stateless::Stateless<3>>(
        "StatelessRandomUniformInt",
        "Random integers in a range.",
        random::stateless::integer_cases,
    ),
    op::<random::stateless::Stateless<2>>(
        "StatelessTruncatedNormal",
        "Normal random numbers within two deviations.",
        random::stateless::truncated_cases,
    ),
    // random numbers by a key and a counter that are inputs
    op::<ByArrays<random::stateless_by_key::GetAlg>>(
        "StatelessRandomGetAlg",
        "The number of the generator.",
        random::stateless_by_key::uniform_cases,
    ),
    op::<ByArrays<random::stateless_by_key::GetKeyCounter<false>>>(
        "StatelessRandomGetKeyCounter",
        "A key and a counter from two seeds.",
        random::stateless_by_key::key_counter_cases,
    ),
    op::<ByArrays<random::stateless_by_key::GetKeyCounter<true>>>(
        "StatelessRandomGetKeyCounterAlg",
        "A key, a counter and the generator from two seeds.",
        random::stateless_by_key::key_counter_cases,
    ),
    op::<ByArrays<random::stateless_by_key::ByKey<1>>>(
        "StatelessRandomNormalV2",
        "Normal random numbers.",
        random::stateless_by_key::normal_cases,
    ),
    op::<ByArrays<random::stateless_by_key::ByKey<4>>>(
        "StatelessRandomUniformFullIntV2",
        "Random integers of all bits.",
        random::stateless_by_key::full_integer_cases,
    ),
    op::<ByArrays<random::stateless_by_key::ByKey<3>>>(
        "StatelessRandomUniformIntV2",
        "Random integers in a range.",
        random::stateless_by_key::integer_cases,
    ),
    op::<ByArrays<random::stateless_by_key::ByKey<0>>>(
        "StatelessRandomUniformV2",
        "Uniform random numbers.",
        random::stateless_by_key::uniform_cases,
    ),
    op::<ByArrays<random::stateless_by_key::ByKey<2>>>(
        "StatelessTruncatedNormalV2",
        "Normal random numbers within two deviations.",
        random::stateless_by_key::truncated_cases,
    ),
    // sets
    op::<ByArrays<sparse::sets::SetOperation<false, false>>>(
        "DenseToDenseSetOperation",
        "Sets made of two.",
        sparse::sets::cases,
    ),
    op::<ByArrays<sparse::sets::SetOperation<false, true>>>(
        "DenseToSparseSetOperation",
        "Sets made of two.",
        sparse::sets::sparse_cases,
    ),
    op::<ByArrays<sparse::sets::SetSize>>(
        "SetSize",
        "How many elements sets have.",
        sparse::sets::sparse_cases,
    ),
    op::<ByArrays<sparse::sets::SetOperation<true, true>>>(
        "SparseToSparseSetOperation",
        "Sets made of two.",
        sparse::sets::sparse_cases,
    ),
    // sparse tensors
    op::<ByArrays<sparse::edit_distance::EditDistance>>(
        "EditDistance",
        "How far sequences are from others.",
        sparse::edit_distance::edit_distance_cases,
    ),
    op::<sparse::add::SparseAdd>(
        "SparseAdd",
        "The sum of two sparse tensors.",
        sparse::add::sparse_add_cases,
    ),
    op::<ByArrays<sparse::add::SparseAddGrad>>(
        "SparseAddGrad",
        "What flows back through a SparseAdd.",
        sparse::add::sparse_add_grad_cases,
    ),
    op::<ByArrays<sparse::concat::SparseConcat>>(
        "SparseConcat",
        "Sparse tensors behind each other along an axis.",
        sparse::concat::sparse_concat_cases,
    ),
    op::<sparse::cwise::SparseDenseCwiseAdd>(
        "SparseDenseCwiseAdd",
        "The values of a sparse tensor plus those of a dense one.",
        sparse::cwise::sparse_dense_cwise_add_cases,
    ),
    op::<sparse::cwise::SparseDenseCwiseDiv>(
        "SparseDenseCwiseDiv",
        "The values of a sparse tensor by those of a dense one.",
        sparse::cwise::sparse_dense_cwise_div_cases,
    ),
    op::<sparse::cwise::SparseDenseCwiseMul>(
        "SparseDenseCwiseMul",
        "The values of a sparse tensor times those of a dense one.",
        sparse::cwise::sparse_dense_cwise_mul_cases,
    ),
    op::<sparse::rows::SparseFillEmptyRows>(
        "SparseFillEmptyRows",
        "A sparse tensor with an element in every row.",
        sparse::rows::sparse_fill_empty_rows_cases,
    ),
    op::<sparse::rows::SparseFillEmptyRowsGrad>(
        "SparseFillEmptyRowsGrad",
        "What flows back through a SparseFillEmptyRows.",
        sparse::rows::sparse_fill_empty_rows_grad_cases,
    ),
    op::<sparse::product::SparseMatMul>(
        "SparseMatMul",
        "The product of two matrices with many zeros.",
        sparse::product::sparse_mat_mul_cases,
    ),
    op::<sparse::reduce::SparseReduceMax>(
        "SparseReduceMax",
        "The greatest of a sparse tensor along axes.",
        sparse::reduce::sparse_reduce_max_cases,
    ),
    op::<sparse::reduce::SparseReduceMaxSparse>(
        "SparseReduceMaxSparse",
        "The same, as a sparse tensor.",
        sparse::reduce::sparse_reduce_max_sparse_cases,
    ),
    op::<sparse::reduce::SparseReduceSum>(
        "SparseReduceSum",
        "The sum of a sparse tensor along axes.",
        sparse::reduce::sparse_reduce_sum_cases,
    ),
    op::<sparse::reduce::SparseReduceSumSparse>(
        "SparseReduceSumSparse",
        "The same, as a sparse tensor.",
        sparse::reduce::sparse_reduce_sum_sparse_cases,
    ),
    op::<sparse::order::SparseReorder>(
        "SparseReorder",
        "A sparse tensor in row-major order.",
        sparse::order::sparse_reorder_cases,
    ),
    op::<ByArrays<sparse::order::SparseReshape>>(
        "SparseReshape",
        "A sparse tensor in another shape.",
        sparse::order::sparse_reshape_cases,
    ),
    op::<sparse::cut::SparseSlice>(
        "SparseSlice",
        "A box of a sparse tensor.",
        sparse::cut::sparse_slice_cases,
    ),
    op::<ByArrays<sparse::cut::SparseSliceGrad>>(
        "SparseSliceGrad",
        "What flows back through a SparseSlice.",
        sparse::cut::sparse_slice_grad_cases,
    ),
    op::<sparse::softmax::SparseSoftmax>(
        "SparseSoftmax",
        "The softmax of the elements of each row.",
        sparse::softmax::sparse_softmax_cases,
    ),
    op::<sparse::add::SparseSparseMaximum>(
        "SparseSparseMaximum",
        "The greater of two sparse tensors.",
        sparse::add::sparse_sparse_maximum_cases,
    ),
    op::<sparse::add::SparseSparseMinimum>(
        "SparseSparseMinimum",
        "The lesser of two sparse tensors.",
        sparse::add::sparse_sparse_minimum_cases,
    ),
    op::<sparse::cut::SparseSplit>(
        "SparseSplit",
        "A sparse tensor in parts along an axis.",
        sparse::cut::sparse_split_cases,
    ),
    op::<sparse::dense::SparseTensorDenseAdd>(
        "SparseTensorDenseAdd",
        "A sparse tensor plus a dense one.",
        sparse::dense::sparse_tensor_dense_add_cases,
    ),
    op::<sparse::product::SparseTensorDenseMatMul>(
        "SparseTensorDenseMatMul",
        "The product of a sparse and a dense matrix.",
        sparse::product::sparse_tensor_dense_mat_mul_cases,
    ),
    op::<sparse::dense::SparseToDense>(
        "SparseToDense",
        "Values at some indices, and a default elsewhere.",
        sparse::dense::sparse_to_dense_cases,
    ),
    // text
    op::<ByArrays<bytes::DecodeBase64>>(
        "DecodeBase64",
        "Strings out of base 64.",
        bytes::decode_base64_cases,
    ),
    op::<ByArrays<bytes::DecodePaddedRaw>>(
        "DecodePaddedRaw",
        "The bytes of strings of any lengths as numbers.",
        bytes::decode_padded_raw_cases,
    ),
    op::<ByArrays<bytes::DecodeRaw>>(
        "DecodeRaw",
        "The bytes of strings as numbers.",
        bytes::decode_raw_cases,
    ),
    op::<ByArrays<bytes::EncodeBase64>>("EncodeBase64", "Strings in base 64.", bytes::encode_base64_cases),
    op::<ByArrays<join::ReduceJoin>>(
        "ReduceJoin",
        "Strings along axes, put behind each other.",
        join::reduce_join_cases,
    ),
    op::<ByArrays<join::StringJoin>>(
        "StringJoin",
        "Strings of several tensors, put behind each other.",
        join::string_join_cases,
    ),
    op::<ByArrays<numbers::AsString>>("AsString", "Numbers as text.", numbers::as_string_cases),
    op::<ByArrays<numbers::StringToNumber>>(
        "StringToNumber",
        "The numbers that strings say.",
        numbers::string_to_number_cases,
    ),
    op::<ByArrays<parts::Letters<true>>>(
        "StringLower",
        "Strings in small letters.",
        parts::string_lower_cases,
    ),
    op::<ByArrays<parts::Letters<false>>>(
        "StringUpper",
        "Strings in large letters.",
        parts::string_upper_cases,
    ),
    arrays::<format::StringFormat>("Text with arrays in it.", format::string_format_cases),
    op::<ByArrays<parts::StringLength>>("StringLength", "How long strings are.", parts::string_length_cases),
    op::<ByArrays<parts::StringSplit<1>>>(
        "StringSplit",
        "The parts of strings between any of some bytes.",
        parts::string_split_cases,
    ),
    op::<ByArrays<parts::StringSplit<2>>>(
        "StringSplitV2",
        "The parts of strings between separators.",
        parts::string_split_v2_cases,
    ),
    op::<hash::StringToHashBucket>(
        "StringToHashBucket",
        "Strings in buckets, by MurmurHash.",
        hash::string_to_hash_bucket_cases,
    ),
    op::<hash::StringToHashBucketFast>(
        "StringToHashBucketFast",
        "Strings in buckets, by FarmHash.",
        hash::string_to_hash_bucket_fast_cases,
    ),
    op::<hash::StringToHashBucketStrong>(
        "StringToHashBucketStrong",
        "Strings in buckets, by SipHash.",
        hash::string_to_hash_bucket_strong_cases,
    ),
    op::<ByArrays<parts::StringStrip>>(
        "StringStrip",
        "Strings without white space around them.",
        parts::string_strip_cases,
    ),
    op::<ByArrays<parts::Substr>>("Substr", "Parts of strings.", parts::substr_cases),
    op::<ByArrays<regular::RegexFullMatch>>(
        "RegexFullMatch",
        "Whether a pattern matches strings as a whole.",
        regular::regex_full_match_cases,
    ),
    op::<ByArrays<regular::RegexReplace>>(
        "RegexReplace",
        "Strings with what a pattern matches replaced.",
        regular::regex_replace_cases,
    ),
    op::<ByArrays<regular::StaticRegexFullMatch>>(
        "StaticRegexFullMatch",
        "Whether a pattern matches strings as a whole.",
        regular::static_regex_full_match_cases,
    ),
    op::<ByArrays<regular::StaticRegexReplace>>(
        "StaticRegexReplace",
        "Strings with what a pattern matches replaced.",
        regular::static_regex_replace_cases,
    ),
    arrays::<unicode::UnicodeDecode<false>>(
        "The characters of strings, as numbers.",
        unicode::unicode_decode_cases::<false>,
    ),
    arrays::<unicode::UnicodeDecode<true>>(
        "The characters of strings, as numbers, and where they begin.",
        unicode::unicode_decode_cases::<true>,
    ),
    arrays::<unicode::UnicodeEncode>("Strings of characters.", unicode::unicode_encode_cases),
    arrays::<unicode::UnicodeTranscode>("Strings in another encoding.", unicode::unicode_transcode_cases),
    // where_true
    op::<where_true::Where>("Where", "The indices of what is true.", where_true::where_cases),
    // top_k
    op::<top_k::TopK>("TopK", "The k largest along the last axis.", top_k::top_k_cases),
    op::<top_k::TopK>(
        "TopKV2",
        "The k largest along the last axis, k being an input.",
        top_k::top_k_v2_cases,
    ),
    // stitch
    op::<stitch::DynamicPartition>(
        "DynamicPartition",
        "Rows dealt out to several tensors.",
        stitch::dynamic_partition_cases,
    ),
    op::<stitch::DynamicStitch<false>>(
        "DynamicStitch",
        "Rows of several tensors at the places their indices say.",
        stitch::dynamic_stitch_cases,
    ),
    op::<stitch::DynamicStitch<true>>(
        "ParallelDynamicStitch",
        "Rows of several tensors at the places their indices say.",
        stitch::parallel_dynamic_stitch_cases,
    ),
    // gather_nd
    op::<gather_nd::GatherNd>("GatherNd", "Slices at tuples of indices.", gather_nd::gather_nd_cases),
    // scatter
    op::<scatter::ScatterAdd>("ScatterAdd", "Adds to rows of a variable.", scatter::scatter_add_cases),
    op::<scatter::ScatterDiv>("ScatterDiv", "Divides rows of a variable.", scatter::scatter_div_cases),
    op::<scatter::ScatterMax>(
        "ScatterMax",
        "Keeps the larger in rows of a variable.",
        scatter::scatter_max_cases,
    ),
    op::<scatter::ScatterMin>(
        "ScatterMin",
        "Keeps the smaller in rows of a variable.",
        scatter::scatter_min_cases,
    ),
    op::<scatter::ScatterMul>("ScatterMul", "Multiplies rows of a variable.", scatter::scatter_mul_cases),
    op::<scatter::ScatterNdAdd>(
        "ScatterNdAdd",
        "Adds to slices of a variable.",
        scatter::scatter_nd_add_cases,
    ),
    op::<scatter::ScatterNdMax>(
        "ScatterNdMax",
        "Keeps the larger in slices of a variable.",
        scatter::scatter_nd_max_cases,
    ),
    op::<scatter::ScatterNdMin>(
        "ScatterNdMin",
        "Keeps the smaller in slices of a variable.",
        scatter::scatter_nd_min_cases,
    ),
    op::<scatter::ScatterNdSub>(
        "ScatterNdSub",
        "Takes from slices of a variable.",
        scatter::scatter_nd_sub_cases,
    ),
    op::<scatter::ScatterNdUpdate>(
        "ScatterNdUpdate",
        "Sets slices of a variable.",
        scatter::scatter_nd_update_cases,
    ),
    op::<scatter::ScatterSub>("ScatterSub", "Takes from rows of a variable.", scatter::scatter_sub_cases),
    op::<scatter::ScatterUpdate>("ScatterUpdate", "Sets rows of a variable.", scatter::scatter_update_cases),
    // scatter_nd
    op::<scatter_nd::ScatterNd>(
        "ScatterNd",
        "Zeros with updates added where tuples of indices say.",
        scatter_nd::scatter_nd_cases,
    ),
    op::<scatter_nd::ScatterNdNonAliasingAdd>(
        "ScatterNdNonAliasingAdd",
        "A tensor with updates added.",
        scatter_nd::scatter_nd_non_aliasing_add_cases,
    ),
    op::<scatter_nd::TensorScatterAdd>(
        "TensorScatterAdd",
        "A tensor with updates added.",
        scatter_nd::tensor_scatter_add_cases,
    ),
    op::<scatter_nd::TensorScatterMax>(
        "TensorScatterMax",
        "A tensor, or updates where they are larger.",
        scatter_nd::tensor_scatter_max_cases,
    ),
    op::<scatter_nd::TensorScatterMin>(
        "TensorScatterMin",
        "A tensor, or updates where they are smaller.",
        scatter_nd::tensor_scatter_min_cases,
    ),
    op::<scatter_nd::TensorScatterSub>(
        "TensorScatterSub",
        "A tensor with updates taken away.",
        scatter_nd::tensor_scatter_sub_cases,
    ),
    op::<scatter_nd::TensorScatterUpdate>(
        "TensorScatterUpdate",
        "A tensor with updates in some places.",
        scatter_nd::tensor_scatter_update_cases,
    ),
    // segment
    op::<segment::SegmentMax>("SegmentMax", "Maxima of rows by sorted segment.", segment::segment_max_cases),
    op::<segment::SegmentMean>(
        "SegmentMean",
        "Means of rows by sorted segment.",
        segment::segment_mean_cases,
    ),
    op::<segment::SegmentMin>("SegmentMin", "Minima of rows by sorted segment.", segment::segment_min_cases),
    op::<segment::SegmentProd>(
        "SegmentProd",
        "Products of rows by sorted segment.",
        segment::segment_prod_cases,
    ),
    op::<segment::SegmentSum>("SegmentSum", "Sums of rows by sorted segment.", segment::segment_sum_cases),
    op::<segment::UnsortedSegmentMax>(
        "UnsortedSegmentMax",
        "Maxima of rows by segment.",
        segment::unsorted_segment_max_cases,
    ),
    op::<segment::UnsortedSegmentMin>(
        "UnsortedSegmentMin",
        "Minima of rows by segment.",
        segment::unsorted_segment_min_cases,
    ),
    op::<segment::UnsortedSegmentProd>(
        "UnsortedSegmentProd",
        "Products of rows by segment.",
        segment::unsorted_segment_prod_cases,
    ),
    op::<segment::UnsortedSegmentSum>(
        "UnsortedSegmentSum",
        "Sums of rows by segment.",
        segment::unsorted_segment_sum_cases,
    ),
    // codec
    arrays::<crop::DecodeAndCropJpeg>("A part of the picture in a JPEG file.", crop::cases),
    op::<ByArrays<picture::Decode<3>>>("DecodeBmp", "The picture in a BMP file.", picture::decode_bmp_cases),
    op::<ByArrays<csv::DecodeCsv>>("DecodeCSV", "Lines of a table as columns.", csv::decode_csv_cases),
    op::<ByArrays<picture::Decode<2>>>("DecodeGif", "The frames in a GIF file.", picture::decode_gif_cases),
    op::<ByArrays<picture::Decode<4>>>(
        "DecodeImage",
        "The picture in a file of any kind.",
        picture::decode_image_cases,
    ),
    op::<ByArrays<picture::Decode<1>>>(
        "DecodeJpeg",
        "The picture in a JPEG file.",
        picture::decode_jpeg_cases,
    ),
    op::<ByArrays<picture::Decode<0>>>("DecodePng", "The picture in a PNG file.", picture::decode_png_cases),
    op::<ByArrays<encode::EncodeJpeg<false>>>(
        "EncodeJpeg",
        "A JPEG file of a picture.",
        encode::encode_jpeg_cases,
    ),
    op::<ByArrays<encode::EncodeJpeg<true>>>(
        "EncodeJpegVariableQuality",
        "A JPEG file of a picture, of a quality.",
        encode::encode_jpeg_variable_quality_cases,
    ),
    op::<ByArrays<encode::EncodePng>>("EncodePng", "A PNG file of each picture.", encode::encode_png_cases),
    op::<ByArrays<picture::ExtractJpegShape>>(
        "ExtractJpegShape",
        "The sizes of the picture in a JPEG file.",
        picture::extract_jpeg_shape_cases,
    ),
    op::<files::MatchingFiles>(
        "MatchingFiles",
        "The names of files that a pattern matches.",
        files::matching_files_cases,
    ),
    op::<ByArrays<example::ParseExample<0>>>(
        "ParseExample",
        "Lists of records as tensors.",
        example::parse_example_cases,
    ),
    op::<ByArrays<example::ParseExample<1>>>(
        "ParseExampleV2",
        "Lists of records as tensors.",
        example::parse_example_v2_cases,
    ),
    op::<ByArrays<example::ParseExample<2>>>(
        "ParseSingleExample",
        "Lists of a record as tensors.",
        example::parse_single_example_cases,
    ),
    arrays::<sequence::ParseSequenceExample<{ sequence::BATCH }>>(
        "Lists of records of sequences as tensors.",
        sequence::cases::<{ sequence::BATCH }>,
    ),
    arrays::<sequence::ParseSequenceExample<{ sequence::BATCH_V2 }>>(
        "Lists of records of sequences as tensors.",
        sequence::cases::<{ sequence::BATCH_V2 }>,
    ),
    arrays::<sequence::ParseSequenceExample<{ sequence::SINGLE }>>(
        "Lists of a record of a sequence as tensors.",
        sequence::cases::<{ sequence::SINGLE }>,
    ),
    op::<ByArrays<tensor::ParseTensor>>("ParseTensor", "The tensor in some bytes.", tensor::tensor_cases),
    op::<files::ReadFile>("ReadFile", "The bytes of a file.", files::read_file_cases),
    op::<ByArrays<tensor::SerializeTensor>>("SerializeTensor", "A tensor as bytes.", tensor::tensor_cases),
    op::<files::WriteFile>("WriteFile", "Writes a file.", files::write_file_cases),
    op::<checkpoint::MergeV2Checkpoints>(
        "MergeV2Checkpoints",
        "Makes one checkpoint of several.",
        checkpoint::checkpoint_cases,
    ),
    op::<checkpoint_v1::Restore<false>>(
        "Restore",
        "A tensor of a checkpoint of the first version.",
        checkpoint_v1::checkpoint_v1_cases,
    ),
    op::<checkpoint_v1::Restore<true>>(
        "RestoreSlice",
        "A part of a tensor of a checkpoint of the first version.",
        checkpoint_v1::checkpoint_v1_cases,
    ),
    op::<checkpoint::RestoreV2>("RestoreV2", "Tensors of a checkpoint.", checkpoint::checkpoint_cases),
    op::<checkpoint_v1::Save<false>>(
        "Save",
        "Writes tensors to a checkpoint of the first version.",
        checkpoint_v1::checkpoint_v1_cases,
    ),
    op::<checkpoint_v1::Save<true>>(
        "SaveSlices",
        "Writes parts of tensors to a checkpoint of the first version.",
        checkpoint_v1::checkpoint_v1_cases,
    ),
    op::<checkpoint::SaveV2>("SaveV2", "Writes tensors to a checkpoint.", checkpoint::checkpoint_cases),
    arrays::<checkpoint::ShardedFile<false>>(
        "The name of one of several files.",
        checkpoint::sharded_file_cases::<false>,
    ),
    arrays::<checkpoint::ShardedFile<true>>(
        "What matches the names of several files.",
        checkpoint::sharded_file_cases::<true>,
    ),
    // summary
    op::<ByArrays<summary::audio::AudioSummaryV2>>(
        "AudioSummaryV2",
        "Sounds for TensorBoard.",
        summary::audio::cases,
    ),
    op::<ByArrays<summary::histogram::HistogramSummary>>(
        "HistogramSummary",
        "How numbers are spread, for TensorBoard.",
        summary::histogram::cases,
    ),
    op::<ByArrays<summary::image::ImageSummary>>(
        "ImageSummary",
        "Pictures for TensorBoard.",
        summary::image::cases,
    ),
    op::<ByArrays<summary::scalar::MergeSummary>>(
        "MergeSummary",
        "Several summaries as one.",
        summary::scalar::merge_cases,
    ),
    op::<ByArrays<summary::scalar::ScalarSummary>>(
        "ScalarSummary",
        "Numbers for TensorBoard.",
        summary::scalar::scalar_cases,
    ),
    op::<ByArrays<summary::scalar::TensorSummaryV2>>(
        "TensorSummaryV2",
        "A tensor for TensorBoard.",
        summary::scalar::tensor_cases,
    ),
    // complex
    op::<complex_parts::PartOf<complex_parts::Angle>>(
        "Angle",
        "The angle of z with the real numbers.",
        complex_parts::cases_of::<complex_parts::Angle>,
    ),
    op::<complex_parts::Complex>("Complex", "x + iy", complex_parts::complex_cases),
    op::<complex_parts::PartOf<complex_parts::ComplexAbs>>(
        "ComplexAbs",
        "|z|",
        complex_parts::cases_of::<complex_parts::ComplexAbs>,
    ),
    op::<complex_parts::PartOf<complex_parts::Conj>>(
        "Conj",
        "x − iy of x + iy",
        complex_parts::cases_of::<complex_parts::Conj>,
    ),
    op::<fourier::Fft<1, false>>(
        "FFT",
        "The frequencies of complex numbers.",
        fourier::fft_cases::<1, false>,
    ),
    op::<fourier::Fft<2, false>>(
        "FFT2D",
        "The frequencies of complex numbers.",
        fourier::fft_cases::<2, false>,
    ),
    op::<fourier::Fft<3, false>>(
        "FFT3D",
        "The frequencies of complex numbers.",
        fourier::fft_cases::<3, false>,
    ),
    op::<fourier::Fft<1, true>>(
        "IFFT",
        "The numbers that have some frequencies.",
        fourier::fft_cases::<1, true>,
    ),
    op::<fourier::Fft<2, true>>(
        "IFFT2D",
        "The numbers that have some frequencies.",
        fourier::fft_cases::<2, true>,
    ),
    op::<fourier::Fft<3, true>>(
        "IFFT3D",
        "The numbers that have some frequencies.",
        fourier::fft_cases::<3, true>,
    ),
    op::<complex_parts::PartOf<complex_parts::Imag>>(
        "Imag",
        "y of x + iy",
        complex_parts::cases_of::<complex_parts::Imag>,
    ),
    op::<fourier::InverseRealFft<1>>(
        "IRFFT",
        "The real numbers that have some frequencies.",
        fourier::irfft_cases::<1>,
    ),
    op::<fourier::InverseRealFft<2>>(
        "IRFFT2D",
        "The real numbers that have some frequencies.",
        fourier::irfft_cases::<2>,
    ),
    op::<fourier::InverseRealFft<3>>(
        "IRFFT3D",
        "The real numbers that have some frequencies.",
        fourier::irfft_cases::<3>,
    ),
    op::<complex_parts::PartOf<complex_parts::Real>>(
        "Real",
        "x of x + iy",
        complex_parts::cases_of::<complex_parts::Real>,
    ),
    op::<fourier::RealFft<1>>("RFFT", "The frequencies of real numbers.", fourier::rfft_cases::<1>),
    op::<fourier::RealFft<2>>("RFFT2D", "The frequencies of real numbers.", fourier::rfft_cases::<2>),
    op::<fourier::RealFft<3>>("RFFT3D", "The frequencies of real numbers.", fourier::rfft_cases::<3>),
    // image
    op::<adjust::AdjustContrast>(
        "AdjustContrastv2",
        "Pictures with other contrasts.",
        adjust::adjust_contrast_cases,
    ),
    op::<adjust::AdjustHue>("AdjustHue", "Pictures with hues turned.", adjust::adjust_hue_cases),
    op::<adjust::AdjustSaturation>(
        "AdjustSaturation",
        "Pictures with other saturations.",
        adjust::adjust_saturation_cases,
    ),
    op::<crop_and_resize::CropAndResize>(
        "CropAndResize",
        "Boxes cut out of pictures, in one size.",
        crop_and_resize::crop_and_resize_cases,
    ),
    op::<crop_and_resize::CropAndResizeGradBoxes>(
        "CropAndResizeGradBoxes",
        "The gradient of boxes that are cut out.",
        crop_and_resize::crop_and_resize_grad_boxes_cases,
    ),
    op::<crop_and_resize::CropAndResizeGradImage>(
        "CropAndResizeGradImage",
        "The gradient of pictures that are cut from.",
        crop_and_resize::crop_and_resize_grad_image_cases,
    ),
    op::<dilation::Dilation2D>(
        "Dilation2D",
        "The greatest sums of pixels and a filter.",
        dilation::dilation2d_cases,
    ),
    op::<dilation::Dilation2DBackpropFilter>(
        "Dilation2DBackpropFilter",
        "The gradient of a dilation's filter.",
        dilation::dilation2d_backprop_filter_cases,
    ),
    op::<dilation::Dilation2DBackpropInput>(
        "Dilation2DBackpropInput",
        "The gradient of a dilation's pictures.",
        dilation::dilation2d_backprop_input_cases,
    ),
    op::<draw_boxes::DrawBoundingBoxes<false>>(
        "DrawBoundingBoxes",
        "Frames drawn into pictures.",
        draw_boxes::draw_bounding_boxes_cases,
    ),
    op::<draw_boxes::DrawBoundingBoxes<true>>(
        "DrawBoundingBoxesV2",
        "Frames drawn into pictures, in given colours.",
        draw_boxes::draw_bounding_boxes_v2_cases,
    ),
    op::<glimpse::ExtractGlimpse<false>>(
        "ExtractGlimpse",
        "A window into each picture.",
        glimpse::extract_glimpse_cases::<false>,
    ),
    op::<glimpse::ExtractGlimpse<true>>(
        "ExtractGlimpseV2",
        "A window into each picture.",
        glimpse::extract_glimpse_cases::<true>,
    ),
    op::<patches::ExtractImagePatches>(
        "ExtractImagePatches",
        "Patches of pictures as rows of numbers.",
        patches::extract_image_patches_cases,
    ),
    op::<hsv::HsvToRgb>(
        "HSVToRGB",
        "Hue, saturation and value as red, green and blue.",
        hsv::hsv_to_rgb_cases,
    ),
    op::<combined_non_max_suppression::CombinedNonMaxSuppression>(
        "CombinedNonMaxSuppression",
        "The best boxes of several classes that do not overlap.",
        combined_non_max_suppression::cases,
    ),
    op::<non_max_suppression::Version<1>>(
        "NonMaxSuppression",
        "The best of boxes that overlap.",
        non_max_suppression::non_max_suppression_cases::<1>,
    ),
    op::<non_max_suppression::Version<2>>(
        "NonMaxSuppressionV2",
        "The best of boxes that overlap.",
        non_max_suppression::non_max_suppression_cases::<2>,
    ),
    op::<non_max_suppression::Version<3>>(
        "NonMaxSuppressionV3",
        "The best of boxes that overlap.",
        non_max_suppression::non_max_suppression_cases::<3>,
    ),
    op::<non_max_suppression::Version<4>>(
        "NonMaxSuppressionV4",
        "The best of boxes that overlap.",
        non_max_suppression::non_max_suppression_cases::<4>,
    ),
    op::<non_max_suppression::Version<5>>(
        "NonMaxSuppressionV5",
        "The best of boxes that overlap.",
        non_max_suppression::non_max_suppression_cases::<5>,
    ),
    op::<hsv::RgbToHsv>(
        "RGBToHSV",
        "Red, green and blue as hue, saturation and value.",
        hsv::rgb_to_hsv_cases,
    ),
    op::<area::ResizeArea>(
        "ResizeArea",
        "Pictures in another size, by means over areas.",
        area::resize_area_cases,
    ),
    op::<bicubic::ResizeBicubic>(
        "ResizeBicubic",
        "Pictures in another size, each pixel of sixteen.",
        bicubic::resize_bicubic_cases,
    ),
    op::<bicubic::ResizeBicubicGrad>(
        "ResizeBicubicGrad",
        "The gradient of pictures in another size.",
        bicubic::resize_bicubic_grad_cases,
    ),
    op::<distorted_box::SampleDistortedBoundingBox<false>>(
        "SampleDistortedBoundingBox",
        "A random part of a picture.",
        distorted_box::sample_distorted_bounding_box_cases::<false>,
    ),
    op::<distorted_box::SampleDistortedBoundingBox<true>>(
        "SampleDistortedBoundingBoxV2",
        "A random part of a picture.",
        distorted_box::sample_distorted_bounding_box_cases::<true>,
    ),
    // l2_loss
    op::<l2_loss::L2Loss>("L2Loss", "Σx²/2", l2_loss::l2_loss_cases),
    // random
    op::<random::Multinomial>("Multinomial", "Classes drawn by their logits.", random::multinomial_cases),
    op::<random::rejection::RandomGamma>(
        "RandomGamma",
        "Gamma-distributed random numbers.",
        random::rejection::random_gamma_cases,
    ),
    op::<random::rejection::RandomGammaGrad>(
        "RandomGammaGrad",
        "How gamma numbers change with their shape.",
        random::rejection::random_gamma_grad_cases,
    ),
    op::<random::rejection::RandomPoisson>(
        "RandomPoisson",
        "Poisson-distributed random numbers.",
        random::rejection::random_poisson_cases,
    ),
    op::<random::rejection::RandomPoissonV2>(
        "RandomPoissonV2",
        "Poisson-distributed random numbers.",
        random::rejection::random_poisson_v2_cases,
    ),
    op::<random::RandomShuffle>("RandomShuffle", "Rows in random order.", random::shuffle_cases),
    op::<random::RandomStandardNormal>("RandomStandardNormal", "Normal numbers.", random::normal_cases),
    op::<random::RandomUniform>("RandomUniform", "Uniform numbers in [0, 1).", random::uniform_cases),
    op::<random::RandomUniformInt>("RandomUniformInt", "Uniform integers.", random::integer_cases),
    op::<random::TruncatedNormal>(
        "TruncatedNormal",
        "Normal numbers within two deviations.",
        random::truncated_cases,
    ),
    // state
    op::<references::DestroyTemporaryVariable>(
        "DestroyTemporaryVariable",
        "What a variable held that was there for one run.",
        references::temporary_variable_cases,
    ),
    op::<references::RefIdentity>("RefIdentity", "A variable's reference.", references::ref_identity_cases),
    op::<references::RefSelect>("RefSelect", "One of several references.", references::ref_select_cases),
    op::<references::TemporaryVariable>(
        "TemporaryVariable",
        "A variable's storage for one run.",
        references::temporary_variable_cases,
    ),
    op::<state::VariableV2>("Variable", "A variable's storage.", state::variable_cases),
    op::<state::VariableV2>("VariableV2", "A variable's storage.", state::variable_cases),
    op::<state::Assign>("Assign", "Sets a variable.", state::assign_cases),
    op::<state::AssignAdd>("AssignAdd", "Adds to a variable.", state::assign_add_cases),
    op::<state::AssignSub>("AssignSub", "Takes from a variable.", state::assign_sub_cases),
    op::<resource::VarHandleOp>("VarHandleOp", "A resource variable's storage.", resource::resource_cases),
    op::<resource::ReadVariableOp>(
        "ReadVariableOp",
        "A resource variable's value.",
        resource::resource_cases,
    ),
    op::<resource::AssignVariableOp>(
        "AssignVariableOp",
        "Sets a resource variable.",
        resource::resource_cases,
    ),
    op::<resource::AssignAddVariableOp>(
        "AssignAddVariableOp",
        "Adds to a resource variable.",
        resource::assign_add_cases,
    ),
    op::<resource::AssignSubVariableOp>(
        "AssignSubVariableOp",
        "Takes from a resource variable.",
        resource::assign_sub_cases,
    ),
    op::<resource_gather::ResourceGather>(
        "ResourceGather",
        "Rows of a resource variable.",
        resource_gather::cases,
    ),
    op::<resource_scatter::ResourceScatter<0, false>>(
        "ResourceScatterUpdate",
        "Sets rows of a resource variable.",
        resource_scatter::cases::<0, false>,
    ),
    op::<resource_scatter::ResourceScatter<0, true>>(
        "ResourceScatterNdUpdate",
        "Sets slices of a resource variable.",
        resource_scatter::cases::<0, true>,
    ),
    op::<resource_scatter::ResourceScatter<1, false>>(
        "ResourceScatterAdd",
        "Adds to rows of a resource variable.",
        resource_scatter::cases::<1, false>,
    ),
    op::<resource_scatter::ResourceScatter<1, true>>(
        "ResourceScatterNdAdd",
        "Adds to slices of a resource variable.",
        resource_scatter::cases::<1, true>,
    ),
    op::<resource_scatter::ResourceScatter<2, false>>(
        "ResourceScatterSub",
        "Takes from rows of a resource variable.",
        resource_scatter::cases::<2, false>,
    ),
    op::<resource_scatter::ResourceScatter<2, true>>(
        "ResourceScatterNdSub",
        "Takes from slices of a resource variable.",
        resource_scatter::cases::<2, true>,
    ),
    op::<resource_scatter::ResourceScatter<3, false>>(
        "ResourceScatterMul",
        "Multiplies rows of a resource variable.",
        resource_scatter::cases::<3, false>,
    ),
    op::<resource_scatter::ResourceScatter<4, false>>(
        "ResourceScatterDiv",
        "Divides rows of a resource variable.",
        resource_scatter::cases::<4, false>,
    ),
    op::<resource_scatter::ResourceScatter<5, false>>(
        "ResourceScatterMin",
        "Lowers rows of a resource variable.",
        resource_scatter::cases::<5, false>,
    ),
    op::<resource_scatter::ResourceScatter<5, true>>(
        "ResourceScatterNdMin",
        "Lowers slices of a resource variable.",
        resource_scatter::cases::<5, true>,
    ),
    op::<resource_scatter::ResourceScatter<6, false>>(
        "ResourceScatterMax",
        "Raises rows of a resource variable.",
        resource_scatter::cases::<6, false>,
    ),
    op::<resource_scatter::ResourceScatter<6, true>>(
        "ResourceScatterNdMax",
        "Raises slices of a resource variable.",
        resource_scatter::cases::<6, true>,
    ),
    op::<resource::VariableShape>(
        "VariableShape",
        "The shape of a resource variable.",
        resource::variable_shape_cases,
    ),
    op::<resource::VarIsInitializedOp>(
        "VarIsInitializedOp",
        "Whether a resource variable holds something.",
        resource::var_is_initialized_cases,
    ),
    op::<resource::IsVariableInitialized>(
        "IsVariableInitialized",
        "Whether a variable holds something.",
        resource::is_variable_initialized_cases,
    ),
    op::<count_up_to::CountUpTo<false>>(
        "CountUpTo",
        "A variable, before it is raised by one.",
        count_up_to::cases::<false>,
    ),
    op::<count_up_to::CountUpTo<true>>(
        "ResourceCountUpTo",
        "A variable, before it is raised by one.",
        count_up_to::cases::<true>,
    ),
    // training, of reference variables and of resource variables
    rule::<training::Adadelta>("One step of Adadelta."),
    resource_rule::<training::Adadelta>("One step of Adadelta."),
    rule::<training::Adagrad>("One step of Adagrad."),
    resource_rule::<training::Adagrad>("One step of Adagrad."),
    rule::<training::AdagradV2>("One step of Adagrad, with ε."),
    resource_rule::<training::AdagradV2>("One step of Adagrad, with ε."),
    rule::<training::AdagradDa>("One step of Adagrad by dual averaging."),
    resource_rule::<training::AdagradDa>("One step of Adagrad by dual averaging."),
    rule::<training::AdaMax>("One step of AdaMax."),
    resource_rule::<training::AdaMax>("One step of AdaMax."),
    rule::<training::Adam>("One step of Adam."),
    resource_rule::<training::Adam>("One step of Adam."),
    resource_rule::<training::AdamWithAmsgrad>("One step of Adam that never grows."),
    resource_rule::<training::KerasMomentum>("One step with momentum, as Keras keeps it."),
    rule::<training::AddSign>("One step of AddSign."),
    resource_rule::<training::AddSign>("One step of AddSign."),
    rule::<training::CenteredRmsProp>("One step of RMSProp with the mean taken off."),
    resource_rule::<training::CenteredRmsProp>("One step of RMSProp with the mean taken off."),
    rule::<training::Ftrl>("One step of FTRL."),
    resource_rule::<training::Ftrl>("One step of FTRL."),
    rule::<training::FtrlV2>("One step of FTRL with shrinkage."),
    resource_rule::<training::FtrlV2>("One step of FTRL with shrinkage."),
    rule::<training::GradientDescent>("var ← var − α·δ"),
    resource_rule::<training::GradientDescent>("var ← var − α·δ"),
    rule::<training::Momentum>("One step with momentum."),
    resource_rule::<training::Momentum>("One step with momentum."),
    rule::<training::PowerSign>("One step of PowerSign."),
    resource_rule::<training::PowerSign>("One step of PowerSign."),
    rule::<training::ProximalAdagrad>("One step of proximal Adagrad."),
    resource_rule::<training::ProximalAdagrad>("One step of proximal Adagrad."),
    rule::<training::ProximalGradientDescent>("One step of proximal descent."),
    resource_rule::<training::ProximalGradientDescent>("One step of proximal descent."),
    rule::<training::RmsProp>("One step of RMSProp."),
    resource_rule::<training::RmsProp>("One step of RMSProp."),
    // training of some rows
    sparse_rule::<training::Adadelta>("One step of Adadelta for some rows."),
    resource_sparse_rule::<training::Adadelta>("One step of Adadelta for some rows."),
    sparse_rule::<training::Adagrad>("One step of Adagrad for some rows."),
    resource_sparse_rule::<training::Adagrad>("One step of Adagrad for some rows."),
    sparse_rule::<training::AdagradDa>("One step of Adagrad by dual averaging for some rows."),
    resource_sparse_rule::<training::AdagradDa>("One step of Adagrad by dual averaging for some rows."),
    resource_sparse_rule::<training::KerasMomentum>("One step of Keras's momentum for some rows."),
    sparse_rule::<training::AdagradV2>("One step of Adagrad with ε for some rows."),
    resource_sparse_rule::<training::AdagradV2>("One step of Adagrad with ε for some rows."),
    sparse_rule::<training::CenteredRmsProp>("One step of centered RMSProp for some rows."),
    resource_sparse_rule::<training::CenteredRmsProp>("One step of centered RMSProp for some rows."),
    sparse_rule::<training::Ftrl>("One step of FTRL for some rows."),
    resource_sparse_rule::<training::Ftrl>("One step of FTRL for some rows."),
    sparse_rule::<training::FtrlV2>("One step of FTRL with shrinkage for some rows."),
    resource_sparse_rule::<training::FtrlV2>("One step of FTRL with shrinkage for some rows."),
    sparse_rule::<training::Momentum>("One step of momentum for some rows."),
    resource_sparse_rule::<training::Momentum>("One step of momentum for some rows."),
    sparse_rule::<training::ProximalAdagrad>("One step of proximal Adagrad for some rows."),
    resource_sparse_rule::<training::ProximalAdagrad>("One step of proximal Adagrad for some rows."),
    sparse_rule::<training::ProximalGradientDescent>("One step of proximal descent for some rows."),
    resource_sparse_rule::<training::ProximalGradientDescent>("One step of proximal descent for some rows."),
    sparse_rule::<training::RmsProp>("One step of RMSProp for some rows."),
    resource_sparse_rule::<training::RmsProp>("One step of RMSProp for some rows."),
    // control
    op::<control::NoOp>("NoOp", "Nothing; for its control inputs.", control::no_op_cases),
    op::<print::Print>("Print", "x, which is printed when it is computed.", print::print_cases),
    op::<print::PrintV2>("PrintV2", "Prints a string.", print::print_v2_cases),
    op::<check::Assert>("Assert", "Fails where its input is false.", check::assert_cases),
    op::<control_flow::ControlTrigger>(
        "ControlTrigger",
        "Nothing, even after what has not run.",
        control_flow::control_trigger_cases,
    ),
    op::<control_flow::Enter>("Enter", "x enters a loop.", control_flow::enter_cases),
    op::<control_flow::Exit>("Exit", "x leaves a loop.", control_flow::enter_cases),
    op::<control_flow::LoopCond>("LoopCond", "Whether a loop goes on.", control_flow::enter_cases),
    op::<control_flow::Merge>("Merge", "The input that has a value.", control_flow::switch_cases),
    op::<control_flow::NextIteration>(
        "NextIteration",
        "x goes to a loop's next turn.",
        control_flow::enter_cases,
    ),
    op::<control_flow::RefEnter>("RefEnter", "A reference enters a loop.", control_flow::ref_enter_cases),
    op::<control_flow::RefExit>("RefExit", "A reference leaves a loop.", control_flow::ref_enter_cases),
    op::<control_flow::RefMerge>("RefMerge", "The reference that is alive.", control_flow::ref_switch_cases),
    op::<control_flow::RefNextIteration>(
        "RefNextIteration",
        "A reference goes to a loop's next turn.",
        control_flow::ref_enter_cases,
    ),
    op::<control_flow::RefSwitch>("RefSwitch", "A reference on one side.", control_flow::ref_switch_cases),
    op::<control_flow::Switch>("Switch", "x on one of two sides.", control_flow::switch_cases),
    // functions
    op::<function::Argument>("_Arg", "An argument, in a function's body.", function::cases),
    op::<function::Case>("Case", "One of several functions, by number.", function::cases),
    op::<function::If>("If", "One of two functions.", function::cases),
    op::<function::PartitionedCall>("PartitionedCall", "A function.", function::cases),
    op::<function::StatefulPartitionedCall>(
        "StatefulPartitionedCall",
        "A function with effects.",
        function::cases,
    ),
    op::<function::StatelessCase>("StatelessCase", "One of several functions.", function::cases),
    op::<function::StatelessIf>("StatelessIf", "One of two functions.", function::cases),
    op::<function::StatelessWhile>("StatelessWhile", "A function over and over.", function::cases),
    op::<function::While>("While", "A function over and over, as long as another says.", function::cases),
    // what a run keeps
    held::<list::EmptyTensorList>("A list without elements.", list::cases),
    op::<optional::OptionalFromValue>(
        "OptionalFromValue",
        "An optional value that is there.",
        optional::cases,
    ),
    op::<optional::OptionalGetValue>("OptionalGetValue", "What an optional value is.", optional::cases),
    held::<optional::OptionalHasValue>("Whether an optional value is there.", optional::cases),
    held::<optional::OptionalNone>("An optional value that is not there.", optional::cases),
    held::<list::TensorListConcatV2>(
        "The elements of a list, joined, and their lengths.",
        list::joined_cases,
    ),
    held::<list_shape::TensorListElementShape>("The shape of a list's elements.", list_shape::cases),
    held::<list::TensorListFromTensor>("Rows as a list.", list::cases),
    held::<list::TensorListGather>("Some elements of a list, stacked.", list::cases),
    held::<list::TensorListGetItem>("An element of a list.", list::cases),
    held::<list::TensorListLength>("How many elements a list has.", list::cases),
    held::<list::TensorListPopBack>("A list without its last element, and that.", list::cases),
    held::<list::TensorListPushBack>("A list with one more element.", list::cases),
    held::<list::TensorListReserve>("A list of elements that are not set.", list::cases),
    held::<list_shape::TensorListResize>("A list with so many elements.", list_shape::cases),
    held::<list::TensorListScatterIntoExistingList>("A list with rows as elements.", list::joined_cases),
    held::<list::TensorListScatterV2>("Rows as elements of a list.", list::joined_cases),
    held::<list_items::TensorListSetItem>("A list with another element.", list_items::growing_cases),
    held::<list::TensorListSplit>("Pieces of a tensor as a list.", list::joined_cases),
    held::<list_items::TensorListStack>("All elements of a list, stacked.", list::cases),
    held::<stack::StackCloseV2>("Forgets a stack.", stack::cases),
    held::<stack::StackPopV2>("What was pushed last.", stack::cases),
    held::<stack::StackPushV2>("Pushes a value.", stack::cases),
    held::<stack::StackV2>("An empty stack.", stack::cases),
    held::<tensor_array::TensorArrayCloseV3>("Forgets a tensor array.", tensor_array::cases),
    held::<tensor_array::TensorArrayConcatV3>("All elements, joined.", tensor_array::cases),
    held::<tensor_array::TensorArrayGatherV3>("Some elements, stacked.", tensor_array::cases),
    held::<tensor_array::TensorArrayGradV3>("The gradient of a tensor array.", tensor_array::cases),
    held::<tensor_array::TensorArrayReadV3>("An element.", tensor_array::cases),
    held::<tensor_array::TensorArrayScatterV3>("Writes rows as elements.", tensor_array::cases),
    held::<tensor_array::TensorArraySizeV3>("How many elements there are.", tensor_array::cases),
    held::<tensor_array::TensorArraySplitV3>("Writes pieces as elements.", tensor_array::cases),
    held::<tensor_array::TensorArrayV3>("A tensor array.", tensor_array::cases),
    held::<tensor_array::TensorArrayWriteV3>("Writes an element.", tensor_array::cases),
    held::<Before<stack::StackCloseV2, 1>>("Forgets a stack.", stack::before_cases),
    held::<Before<stack::StackPopV2, 1>>("What was pushed last.", stack::before_cases),
    held::<Before<stack::StackPushV2, 1>>("Pushes a value.", stack::before_cases),
    held::<stack::Stack>("An empty stack.", stack::before_cases),
    held::<Before<tensor_array::TensorArrayCloseV3, 1>>(
        "Forgets a tensor array.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArrayConcatV3, 1>>(
        "All elements, joined.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArrayGatherV3, 1>>(
        "Some elements, stacked.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArrayGradV3, 1>>(
        "The gradient of a tensor array.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArrayReadV3, 1>>("An element.", tensor_array::before_cases::<1>),
    held::<Before<tensor_array::TensorArrayScatterV3, 1>>(
        "Writes rows as elements.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArraySizeV3, 1>>(
        "How many elements there are.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArraySplitV3, 1>>(
        "Writes pieces as elements.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArrayV3, 1>>("A tensor array.", tensor_array::before_cases::<1>),
    held::<Before<tensor_array::TensorArrayWriteV3, 1>>(
        "Writes an element.",
        tensor_array::before_cases::<1>,
    ),
    held::<Before<tensor_array::TensorArrayCloseV3, 2>>(
        "Forgets a tensor array.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArrayConcatV3, 2>>(
        "All elements, joined.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArrayGatherV3, 2>>(
        "Some elements, stacked.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArrayGradV3, 2>>(
        "The gradient of a tensor array.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArrayReadV3, 2>>("An element.", tensor_array::before_cases::<2>),
    held::<Before<tensor_array::TensorArrayScatterV3, 2>>(
        "Writes rows as elements.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArraySizeV3, 2>>(
        "How many elements there are.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArraySplitV3, 2>>(
        "Writes pieces as elements.",
        tensor_array::before_cases::<2>,
    ),
    held::<Before<tensor_array::TensorArrayV3, 2>>("A tensor array.", tensor_array::before_cases::<2>),
    held::<Before<tensor_array::TensorArrayWriteV3, 2>>(
        "Writes an element.",
        tensor_array::before_cases::<2>,
    ),
    // ragged tensors
    ruled::<ragged::RaggedGather>("Some rows of a ragged tensor.", ragged::gather::ragged_gather_cases),
    arrays::<ragged::RaggedRange>("Ranges of different lengths.", ragged::range::ragged_range_cases),
    ruled::<ragged::RaggedTensorToSparse>(
        "A ragged tensor as a sparse one.",
        ragged::sparse::ragged_tensor_to_sparse_cases,
    ),
    ruled::<ragged::RaggedTensorToTensor>(
        "A ragged tensor as an ordinary one.",
        ragged::dense::ragged_tensor_to_tensor_cases,
    ),
    // sound
    smooth::<audio::AudioSpectrogram>(
        "Which frequencies a sound has when.",
        audio::spectrogram::audio_spectrogram_cases,
    ),
    arrays::<audio::DecodeWav>("The sound of a WAV file.", audio::wav::decode_wav_cases),
    arrays::<audio::EncodeWav>("The bytes of a WAV file.", audio::wav::decode_wav_cases),
    smooth::<audio::Mfcc>("A spectrogram as speech is described.", audio::cepstrum::mfcc_cases),
    // tables
    held::<lookup::MakeTable<{ lookup::INITIALIZED }, 1>>(
        "A table that is filled once.",
        lookup::initialized_cases::<1>,
    ),
    held::<lookup::MakeTable<{ lookup::MUTABLE }, 1>>(
        "A table that is written at any time.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 1>,
    ),
    held::<lookup::MakeTable<{ lookup::OF_TENSORS }, 1>>(
        "A table whose values are vectors.",
        lookup::mutable_cases::<{ lookup::OF_TENSORS }, 1>,
    ),
    held::<lookup::MakeTable<{ lookup::DENSE }, 1>>(
        "A table with an empty key.",
        lookup::mutable_cases::<{ lookup::DENSE }, 1>,
    ),
    held::<lookup::PutEntries<{ lookup::FILL }, 1>>("Fills a table.", lookup::initialized_cases::<1>),
    held::<lookup::InitializeTableFromTextFile<1>>(
        "Fills a table from a file.",
        lookup::from_text_file_cases::<1>,
    ),
    held::<lookup::LookupTableExport<1>>("All entries of a table.", lookup::initialized_cases::<1>),
    held::<lookup::LookupTableFind<1>>("The values of keys.", lookup::initialized_cases::<1>),
    held::<lookup::PutEntries<{ lookup::IMPORT }, 1>>(
        "Puts entries in the place of all others.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 1>,
    ),
    held::<lookup::PutEntries<{ lookup::INSERT }, 1>>(
        "Puts entries into a table.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 1>,
    ),
    held::<lookup::LookupTableSize<1>>("How many entries a table has.", lookup::initialized_cases::<1>),
    held::<lookup::MakeTable<{ lookup::INITIALIZED }, 2>>(
        "A table that is filled once.",
        lookup::initialized_cases::<2>,
    ),
    held::<lookup::MakeTable<{ lookup::MUTABLE }, 2>>(
        "A table that is written at any time.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 2>,
    ),
    held::<lookup::MakeTable<{ lookup::OF_TENSORS }, 2>>(
        "A table whose values are vectors.",
        lookup::mutable_cases::<{ lookup::OF_TENSORS }, 2>,
    ),
    held::<lookup::MakeTable<{ lookup::DENSE }, 2>>(
        "A table with an empty key.",
        lookup::mutable_cases::<{ lookup::DENSE }, 2>,
    ),
    held::<lookup::PutEntries<{ lookup::FILL }, 2>>("Fills a table.", lookup::initialized_cases::<2>),
    held::<lookup::InitializeTableFromTextFile<2>>(
        "Fills a table from a file.",
        lookup::from_text_file_cases::<2>,
    ),
    held::<lookup::LookupTableExport<2>>("All entries of a table.", lookup::initialized_cases::<2>),
    held::<lookup::LookupTableFind<2>>("The values of keys.", lookup::initialized_cases::<2>),
    held::<lookup::PutEntries<{ lookup::IMPORT }, 2>>(
        "Puts entries in the place of all others.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 2>,
    ),
    held::<lookup::PutEntries<{ lookup::INSERT }, 2>>(
        "Puts entries into a table.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 2>,
    ),
    held::<lookup::LookupTableSize<2>>("How many entries a table has.", lookup::initialized_cases::<2>),
    held::<lookup::LookupTableRemove>(
        "Takes keys out of a table.",
        lookup::mutable_cases::<{ lookup::MUTABLE }, 2>,
    ),
    // samples of classes
    sampler::<candidates::All>("Every class.", candidates::all_cases),
    arrays::<candidates::ComputeAccidentalHits>(
        "Where sampled classes are true ones.",
        candidates::hits::compute_accidental_hits_cases,
    ),
    sampler::<candidates::FixedUnigram>(
        "Random classes, in proportion to counts.",
        candidates::fixed_unigram_cases,
    ),
    held::<candidates::LearnedUnigramCandidateSampler<true>>(
        "Random classes, in proportion to how often they were seen.",
        candidates::learned_unigram_cases::<true>,
    ),
    held::<candidates::LearnedUnigramCandidateSampler<false>>(
        "Random classes, in proportion to how often they were seen.",
        candidates::learned_unigram_cases::<false>,
    ),
    sampler::<candidates::LogUniform>(
        "Random classes, the rarer the larger their number.",
        candidates::log_uniform_cases,
    ),
    sampler::<candidates::Uniform>("Random classes, all equally likely.", candidates::uniform_cases),
    op::<fractional::FractionalPool<true>>(
        "FractionalAvgPool",
        "The mean of what windows of two sizes see.",
        fractional::fractional_pool_cases::<true>,
    ),
    op::<fractional::FractionalAvgPoolGrad>(
        "FractionalAvgPoolGrad",
        "The gradient of FractionalAvgPool.",
        fractional::fractional_avg_pool_grad_cases,
    ),
    op::<fractional::FractionalPool<false>>(
        "FractionalMaxPool",
        "The greatest that windows of two sizes see.",
        fractional::fractional_pool_cases::<false>,
    ),
    op::<fractional::FractionalMaxPoolGrad>(
        "FractionalMaxPoolGrad",
        "The gradient of FractionalMaxPool.",
        fractional::fractional_max_pool_grad_cases,
    ),
    op::<quantize_and_dequantize_grad::QuantizeAndDequantizeV1>(
        "QuantizeAndDequantize",
        "Numbers as they are after having been integers of few bits.",
        quantize_and_dequantize_grad::first_cases,
    ),
    op::<quantize_and_dequantize_grad::QuantizeAndDequantizeV4Grad>(
        "QuantizeAndDequantizeV4Grad",
        "The gradient of QuantizeAndDequantizeV4.",
        quantize_and_dequantize_grad::grad_cases,
    ),
    // queue
    held::<queue::MakeQueue<{ queue::FIFO }, 1>>("The first in is the first out.", queue::fifo_cases::<1>),
    held::<queue::MakeQueue<{ queue::FIFO }, 2>>("The first in is the first out.", queue::fifo_cases::<2>),
    held::<queue::MakeQueue<{ queue::PADDING_FIFO }, 1>>(
        "The first in is the first out, filled up where several are taken.",
        queue::padding_cases::<1>,
    ),
    held::<queue::MakeQueue<{ queue::PADDING_FIFO }, 2>>(
        "The first in is the first out, filled up where several are taken.",
        queue::padding_cases::<2>,
    ),
    held::<queue::MakeQueue<{ queue::RANDOM_SHUFFLE }, 1>>(
        "Whatever is in comes out by chance.",
        queue::shuffle_cases::<1>,
    ),
    held::<queue::MakeQueue<{ queue::RANDOM_SHUFFLE }, 2>>(
        "Whatever is in comes out by chance.",
        queue::shuffle_cases::<2>,
    ),
    held::<queue::MakeQueue<{ queue::PRIORITY }, 1>>(
        "What has the smallest number comes out first.",
        queue::priority_cases::<1>,
    ),
    held::<queue::MakeQueue<{ queue::PRIORITY }, 2>>(
        "What has the smallest number comes out first.",
        queue::priority_cases::<2>,
    ),
    held::<accumulator::MakeAccumulator<{ accumulator::WHOLE }>>(
        "Makes an accumulator of gradients.",
        accumulator::cases::<false>,
    ),
    held::<accumulator::MakeAccumulator<{ accumulator::WHOLE_RESOURCE }>>(
        "Makes an accumulator of gradients.",
        accumulator::cases::<true>,
    ),
    held::<accumulator::MakeAccumulator<{ accumulator::ROWS }>>(
        "Makes an accumulator of rows of gradients.",
        rows::cases,
    ),
    held::<accumulator::ApplyGradient<false>>(
        "Adds a gradient to an accumulator.",
        accumulator::cases::<false>,
    ),
    held::<accumulator::NumAccumulated<false>>(
        "How many gradients an accumulator has.",
        accumulator::cases::<false>,
    ),
    held::<accumulator::SetGlobalStep<false>>(
        "Brings an accumulator to a step.",
        accumulator::cases::<false>,
    ),
    op::<accumulator::TakeGradient<false>>(
        "AccumulatorTakeGradient",
        "The mean or sum of gradients.",
        accumulator::cases::<false>,
    ),
    held::<accumulator::ApplyGradient<true>>(
        "Adds a gradient to an accumulator.",
        accumulator::cases::<true>,
    ),
    held::<accumulator::NumAccumulated<true>>(
        "How many gradients an accumulator has.",
        accumulator::cases::<true>,
    ),
    held::<accumulator::SetGlobalStep<true>>("Brings an accumulator to a step.", accumulator::cases::<true>),
    op::<accumulator::TakeGradient<true>>(
        "ResourceAccumulatorTakeGradient",
        "The mean or sum of gradients.",
        accumulator::cases::<true>,
    ),
    op::<rows::ApplyRows>(
        "SparseAccumulatorApplyGradient",
        "Adds rows of gradients to an accumulator.",
        rows::cases,
    ),
    op::<rows::TakeRows>(
        "SparseAccumulatorTakeGradient",
        "The mean or sum of rows of gradients.",
        rows::cases,
    ),
    op::<stage::Stage>("Stage", "Puts a tuple into a buffer.", stage::cases),
    op::<stage::StageSize<true>>("StageClear", "Takes all tuples out of a buffer.", stage::cases),
    op::<stage::Unstage<true>>("StagePeek", "A tuple of a buffer.", stage::cases),
    op::<stage::StageSize<false>>("StageSize", "How many tuples a buffer has.", stage::cases),
    op::<stage::Unstage<false>>("Unstage", "Takes a tuple out of a buffer.", stage::cases),
    op::<queue::QueueEnqueue<false, 1>>(
        "QueueEnqueue",
        "Puts an element into a queue.",
        queue::fifo_cases::<1>,
    ),
    op::<queue::QueueEnqueue<false, 2>>(
        "QueueEnqueueV2",
        "Puts an element into a queue.",
        queue::fifo_cases::<2>,
    ),
    op::<queue::QueueEnqueue<true, 1>>("QueueEnqueueMany", "Puts rows into a queue.", queue::fifo_cases::<1>),
    op::<queue::QueueEnqueue<true, 2>>(
        "QueueEnqueueManyV2",
        "Puts rows into a queue.",
        queue::fifo_cases::<2>,
    ),
    op::<queue::QueueDequeue<{ queue::ONE }, 1>>(
        "QueueDequeue",
        "The next element of a queue.",
        queue::fifo_cases::<1>,
    ),
    op::<queue::QueueDequeue<{ queue::ONE }, 2>>(
        "QueueDequeueV2",
        "The next element of a queue.",
        queue::fifo_cases::<2>,
    ),
    op::<queue::QueueDequeue<{ queue::MANY }, 1>>(
        "QueueDequeueMany",
        "The next elements of a queue.",
        queue::fifo_cases::<1>,
    ),
    op::<queue::QueueDequeue<{ queue::MANY }, 2>>(
        "QueueDequeueManyV2",
        "The next elements of a queue.",
        queue::fifo_cases::<2>,
    ),
    op::<queue::QueueDequeue<{ queue::UP_TO }, 1>>(
        "QueueDequeueUpTo",
        "The next elements of a queue, or those that are left.",
        queue::fifo_cases::<1>,
    ),
    op::<queue::QueueDequeue<{ queue::UP_TO }, 2>>(
        "QueueDequeueUpToV2",
        "The next elements of a queue, or those that are left.",
        queue::fifo_cases::<2>,
    ),
    held::<queue::QueueClose<1>>("Lets nothing into a queue any more.", queue::fifo_cases::<1>),
    held::<queue::QueueClose<2>>("Lets nothing into a queue any more.", queue::fifo_cases::<2>),
    held::<queue::QueueSize<1>>("How many elements are in a queue.", queue::fifo_cases::<1>),
    held::<queue::QueueSize<2>>("How many elements are in a queue.", queue::fifo_cases::<2>),
    held::<queue::QueueIsClosed<1>>("Whether a queue is closed.", queue::fifo_cases::<1>),
    held::<queue::QueueIsClosed<2>>("Whether a queue is closed.", queue::fifo_cases::<2>),
    held::<reader::MakeReader<{ reader::WHOLE_FILE }, 1>>(
        "Reads whole files.",
        reader::reader_cases::<{ reader::WHOLE_FILE }, 1>,
    ),
    held::<reader::MakeReader<{ reader::WHOLE_FILE }, 2>>(
        "Reads whole files.",
        reader::reader_cases::<{ reader::WHOLE_FILE }, 2>,
    ),
    held::<reader::MakeReader<{ reader::TEXT_LINE }, 1>>(
        "Reads lines.",
        reader::reader_cases::<{ reader::TEXT_LINE }, 1>,
    ),
    held::<reader::MakeReader<{ reader::TEXT_LINE }, 2>>(
        "Reads lines.",
        reader::reader_cases::<{ reader::TEXT_LINE }, 2>,
    ),
    held::<reader::MakeReader<{ reader::FIXED_LENGTH }, 1>>(
        "Reads records of one length.",
        reader::reader_cases::<{ reader::FIXED_LENGTH }, 1>,
    ),
    held::<reader::MakeReader<{ reader::FIXED_LENGTH }, 2>>(
        "Reads records of one length.",
        reader::reader_cases::<{ reader::FIXED_LENGTH }, 2>,
    ),
    held::<reader::MakeReader<{ reader::TF_RECORD }, 1>>(
        "Reads TensorFlow's records.",
        reader::reader_cases::<{ reader::TF_RECORD }, 1>,
    ),
    held::<reader::MakeReader<{ reader::TF_RECORD }, 2>>(
        "Reads TensorFlow's records.",
        reader::reader_cases::<{ reader::TF_RECORD }, 2>,
    ),
    held::<reader::MakeReader<{ reader::IDENTITY }, 1>>(
        "Reads the names themselves.",
        reader::reader_cases::<{ reader::IDENTITY }, 1>,
    ),
    held::<reader::MakeReader<{ reader::IDENTITY }, 2>>(
        "Reads the names themselves.",
        reader::reader_cases::<{ reader::IDENTITY }, 2>,
    ),
    held::<reader::ReaderRead<1>>("The next record.", reader::reader_cases::<{ reader::IDENTITY }, 1>),
    held::<reader::ReaderRead<2>>("The next record.", reader::reader_cases::<{ reader::IDENTITY }, 2>),
    held::<reader::ReaderReadUpTo<1>>(
        "The next records of a file.",
        reader::reader_cases::<{ reader::IDENTITY }, 1>,
    ),
    held::<reader::ReaderReadUpTo<2>>(
        "The next records of a file.",
        reader::reader_cases::<{ reader::IDENTITY }, 2>,
    ),
    held::<reader::AskReader<{ reader::PRODUCED }, 1>>(
        "How many records a reader has given.",
        reader::reader_cases::<{ reader::IDENTITY }, 1>,
    ),
    held::<reader::AskReader<{ reader::PRODUCED }, 2>>(
        "How many records a reader has given.",
        reader::reader_cases::<{ reader::IDENTITY }, 2>,
    ),
    held::<reader::AskReader<{ reader::COMPLETED }, 1>>(
        "How many files a reader has read.",
        reader::reader_cases::<{ reader::IDENTITY }, 1>,
    ),
    held::<reader::AskReader<{ reader::COMPLETED }, 2>>(
        "How many files a reader has read.",
        reader::reader_cases::<{ reader::IDENTITY }, 2>,
    ),
    held::<reader::AskReader<{ reader::RESET }, 1>>(
        "Lets a reader begin anew.",
        reader::reader_cases::<{ reader::IDENTITY }, 1>,
    ),
    held::<reader::AskReader<{ reader::RESET }, 2>>(
        "Lets a reader begin anew.",
        reader::reader_cases::<{ reader::IDENTITY }, 2>,
    ),
    // What ops were called before
    op::<cholesky::Cholesky>(
        "BatchCholesky",
        "The lower triangle that is a square root.",
        cholesky::cholesky_cases,
    ),
    op::<cholesky::CholeskyGrad>(
        "BatchCholeskyGrad",
        "What flows back through Cholesky.",
        cholesky::cholesky_grad_cases,
    ),
    op::<diagonal::MatrixBandPart>(
        "BatchMatrixBandPart",
        "What lies near the main diagonal.",
        diagonal::matrix_band_part_cases,
    ),
    op::<inverse::MatrixDeterminant>(
        "BatchMatrixDeterminant",
        "The determinant of each matrix.",
        inverse::matrix_determinant_cases,
    ),
    op::<matrix_diagonal::MatrixDiag<1>>(
        "BatchMatrixDiag",
        "Matrices with given diagonals.",
        matrix_diagonal::matrix_diag_v1_cases,
    ),
    op::<matrix_diagonal::MatrixDiagPart<1>>(
        "BatchMatrixDiagPart",
        "Diagonals of matrices.",
        matrix_diagonal::matrix_diag_part_v1_cases,
    ),
    op::<inverse::MatrixInverse>(
        "BatchMatrixInverse",
        "The inverse of each matrix.",
        inverse::matrix_inverse_cases,
    ),
    op::<matrix_diagonal::MatrixSetDiag<1>>(
        "BatchMatrixSetDiag",
        "Matrices with other diagonals.",
        matrix_diagonal::matrix_set_diag_v1_cases,
    ),
    op::<solve::MatrixSolve>("BatchMatrixSolve", "X with A·X = B.", solve::matrix_solve_cases),
    op::<least_squares::MatrixSolveLs>(
        "BatchMatrixSolveLs",
        "X for which |A·X − B|² + λ·|X|² is least.",
        least_squares::matrix_solve_ls_cases,
    ),
    op::<solve::MatrixTriangularSolve>(
        "BatchMatrixTriangularSolve",
        "X with A·X = B, A being triangular.",
        solve::matrix_triangular_solve_cases,
    ),
    op::<factors::SelfAdjointEigV2>(
        "BatchSelfAdjointEigV2",
        "Eigenvalues and eigenvectors of symmetric matrices.",
        factors::self_adjoint_eig_cases,
    ),
    op::<factors::Svd>("BatchSvd", "Singular values and their vectors.", factors::svd_cases),
    op::<source::Placeholder>(
        "PlaceholderV2",
        "A value that is fed at every run.",
        source::placeholder_cases,
    ),
];

/// The op that TensorFlow calls `name`.
pub fn entry(name: &str) -> Option<&'static OpEntry> {
    static BY_NAME: LazyLock<HashMap<&str, &OpEntry>> =
        LazyLock::new(|| OPS.iter().map(|entry| (entry.name, entry)).collect());
    BY_NAME.get(name).copied()
}
