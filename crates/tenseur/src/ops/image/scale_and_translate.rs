//! Pictures scaled and moved: each pixel is a weighted mean of those around the place where it comes from.
//!
//! Pixel x of the result, whose middle is at x + ½, comes from (x + ½ − translation)/scale. Its weights are a function of how far
//! the middles of other pixels are from there, over an area that is wider by 1/scale where the picture becomes smaller, if
//! `antialias`; they add up to 1. Rows and columns are mixed one after the other.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_vector, wrong_count};
use crate::ops::by_arrays::{OverArrays, Ruled, WithRule};
use crate::ops::image::{floats, known_sizes, must_be_float32, same, sizes_of};
use crate::ops::{Attrs, Backward, Signature};
use crate::value::{Array, DType, room};

/// How much a pixel counts by its distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    Lanczos(u8),
    Gaussian,
    Box,
    Triangle,
    KeysCubic,
    MitchellCubic,
}

const KERNELS: [(&str, Kernel); 8] = [
    ("lanczos1", Kernel::Lanczos(1)),
    ("lanczos3", Kernel::Lanczos(3)),
    ("lanczos5", Kernel::Lanczos(5)),
    ("gaussian", Kernel::Gaussian),
    ("box", Kernel::Box),
    ("triangle", Kernel::Triangle),
    ("keyscubic", Kernel::KeysCubic),
    ("mitchellcubic", Kernel::MitchellCubic),
];

impl Kernel {
    /// From which distance on nothing counts.
    fn radius(self) -> f32 {
        match self {
            Kernel::Lanczos(radius) => f32::from(radius),
            Kernel::Gaussian => 1.5,
            Kernel::Box | Kernel::Triangle => 1.0,
            Kernel::KeysCubic | Kernel::MitchellCubic => 2.0,
        }
    }

    /// How much a pixel at distance x counts.
    fn weight(self, x: f32) -> f32 {
        match self {
            Kernel::Lanczos(_) => {
                let radius = self.radius();
                match x {
                    _ if x > radius => 0.0,
                    // Where sin x / x is 1 as far as can be told.
                    _ if x <= 1e-3 => 1.0,
                    _ => {
                        let angle = std::f32::consts::PI * x;
                        radius * libm::sinf(angle) * libm::sinf(angle / radius) / (angle * angle)
                    }
                }
            }
            Kernel::Gaussian if x < 1.5 => libm::expf(-2.0 * x * x),
            Kernel::Box if x < 0.5 => 1.0,
            Kernel::Box if x == 0.5 => 0.5,
            Kernel::Triangle if x < 1.0 => 1.0 - x,
            Kernel::KeysCubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Kernel::KeysCubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Kernel::MitchellCubic if x < 1.0 => (7.0 / 6.0 * x - 2.0) * x * x + 8.0 / 9.0,
            Kernel::MitchellCubic if x < 2.0 => ((-7.0 / 18.0 * x + 2.0) * x - 10.0 / 3.0) * x + 16.0 / 9.0,
            _ => 0.0,
        }
    }
}

/// What is mixed to each place along an axis: places before, and weights.
struct Mixing(Vec<Vec<(usize, f32)>>);

impl Mixing {
    /// From `before` places to `after`.
    fn new(
        (kernel, antialias): (Kernel, bool),
        before: usize,
        after: usize,
        scale: f32,
        translation: f32,
    ) -> Result<Mixing, Reason> {
        let back = (1.0 / f64::from(scale)) as f32;
        let shift = -back * translation;
        let stretch = if antialias { back.max(1.0) } else { 1.0 };
        let reach = kernel.radius() * stretch;
        let mut mixing = room(after)?;
        for place in 0..after {
            let from = (place as f32 + 0.5) * back + shift;
            if from.is_nan() || from < 0.0 || from > before as f32 {
                mixing.push(Vec::new());
                continue;
            }
            let inside = |place: f32| (place as i64).clamp(0, before as i64 - 1) as usize;
            let (first, last) = (inside((from - reach - 0.5).ceil()), inside((from + reach - 0.5).floor()));
            let weight = |source: usize| kernel.weight(((source as f32 + 0.5 - from) / stretch).abs());
            let mut weights: Vec<(usize, f32)> = room(last + 1 - first)?;
            weights.extend((first..=last).map(|source| (source, weight(source))));
            let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
            match sum.abs() >= 1000.0 * f32::MIN_POSITIVE {
                true => weights.iter_mut().for_each(|(_, weight)| *weight /= sum),
                false => weights.clear(),
            }
            mixing.push(weights);
        }
        Ok(Mixing(mixing))
    }

    /// What goes back from each place after to the `before` places.
    fn back(&self, before: usize) -> Result<Mixing, Reason> {
        let mut mixing: Vec<Vec<(usize, f32)>> = room(before)?;
        mixing.resize_with(before, Vec::new);
        for (after, weights) in self.0.iter().enumerate() {
            weights.iter().for_each(|&(place, weight)| mixing[place].push((after, weight)));
        }
        Ok(Mixing(mixing))
    }

    /// An array of `outer` times `size` times `inner` numbers, mixed along the axis in the middle.
    fn applied(&self, x: &[f32], outer: usize, size: usize, inner: usize) -> Result<Vec<f32>, Reason> {
        let count = outer.checked_mul(self.0.len()).and_then(|count| count.checked_mul(inner));
        let mut mixed = room(count.ok_or("the picture would be too large")?)?;
        for outer in 0..outer {
            for weights in &self.0 {
                let first = mixed.len();
                mixed.resize(first + inner, 0.0);
                for &(place, weight) in weights {
                    let row = &x[(outer * size + place) * inner..][..inner];
                    mixed[first..].iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
                }
            }
        }
        Ok(mixed)
    }
}

/// Pictures `[batch, height, width, channels]`, the first input, scaled and moved: then come the result's height and width, the
/// scale of rows and of columns, and by how many pixels they are moved. BACK: the gradient, whose first input is that of the
/// result and whose second are the pictures.
#[derive(Clone, Debug)]
pub struct Scaled<const BACK: bool> {
    kernel: Kernel,
    antialias: bool,
}

/// Pictures scaled and moved.
pub type ScaleAndTranslate = Scaled<false>;
/// The gradient of that.
pub type ScaleAndTranslateGrad = Scaled<true>;

impl<const BACK: bool> Scaled<BACK> {
    /// How rows and columns of a picture of `before` become those of one of `after`.
    fn mixings(
        &self,
        inputs: &[Array],
        before: [usize; 2],
        after: [usize; 2],
    ) -> Result<[Mixing; 2], Reason> {
        let (scale, translation) = (floats(&inputs[2])?, floats(&inputs[3])?);
        let (&[tall, wide], &[down, right]) = (&scale[..], &translation[..]) else {
            return Err("scale and translation are two numbers each".into());
        };
        if !(tall > 0.0 && wide > 0.0) {
            return Err(format!("scales are above 0, and these are {tall} and {wide}").into());
        }
        let how = (self.kernel, self.antialias);
        Ok([
            Mixing::new(how, before[0], after[0], tall, down)?,
            Mixing::new(how, before[1], after[1], wide, right)?,
        ])
    }
}

impl<const BACK: bool> OverArrays for Scaled<BACK> {
    const NAME: &'static str = if BACK { "ScaleAndTranslateGrad" } else { "ScaleAndTranslate" };
    const NO_GRADIENT: &'static str = "its rule is told apart";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let name = KERNELS.iter().find(|(_, kernel)| *kernel == self.kernel).map_or("", |(name, _)| name);
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("antialias", self.antialias)
            .with("kernel_type", name)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let name: String = attrs.optional("kernel_type", "lanczos3".to_string())?;
        let kernel = KERNELS.iter().find(|(own, _)| *own == name.to_ascii_lowercase());
        let names = || KERNELS.map(|(name, _)| name).join(", ");
        let &(_, kernel) = kernel
            .ok_or_else(|| format!("attribute \"kernel_type\" is \"{name}\"; it is one of {}", names()))?;
        Ok(Scaled { kernel, antialias: attrs.optional("antialias", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [first, second, scale, translation] = inputs else { return Err(wrong_count(4, inputs)) };
        for (fact, what) in [(scale, "the scale"), (translation, "the translation")] {
            must_be_float32(fact, what)?;
            let [two] = sizes_of::<1>(fact, what)?;
            same(two, Some(2), what)?;
        }
        let [batch, _, _, channels] = sizes_of::<4>(first, "the first input")?;
        if BACK {
            must_be_float32(first, "the gradient")?;
            must_be_float32(second, "the picture")?;
            sizes_of::<4>(second, "the picture")?;
            return Ok(Fact::new(second.dtype, second.shape.clone()).one());
        }
        if !first.dtype.is_number() || matches!(first.dtype, DType::UInt32 | DType::UInt64) {
            return Err(format!("it does not scale pictures of {}", first.dtype).into());
        }
        if second.dtype != DType::Int32 {
            return Err(format!("the size is int32, not {}", second.dtype).into());
        }
        must_be_vector(second, "the size")?;
        let known = second.known_integers().unwrap_or_else(|| vec![None, None]);
        let &[height, width] = &known[..] else { return Err("the size is two numbers".into()) };
        let size = |size: Option<i64>| match size.map(usize::try_from).transpose() {
            Ok(size) if size != Some(0) => Ok(size),
            _ => Err(Reason::from("sizes are above 0")),
        };
        Ok(Fact::new(DType::Float32, [batch, size(height)?, size(width)?, channels]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let x = floats(&inputs[0])?;
        let [batch, height, width, channels] = known_sizes::<4>(&inputs[0])?;
        if BACK && inputs[1].is_empty() {
            return Ok(vec![Array::zeros(DType::Float32, inputs[1].shape().clone())?]);
        }
        if height == 0 || width == 0 || channels == 0 {
            return Err(
                format!("a picture has at least one pixel, and there is {}", inputs[0].shape()).into()
            );
        }
        let (after, [rows, columns]) = if BACK {
            let [other, tall, wide, same] = known_sizes::<4>(&inputs[1])?;
            if other != batch || same != channels {
                let shapes = [inputs[0].shape(), inputs[1].shape()];
                return Err(
                    format!("gradient and picture have shapes {} and {}", shapes[0], shapes[1]).into()
                );
            }
            let [rows, columns] = self.mixings(inputs, [tall, wide], [height, width])?;
            ([tall, wide], [rows.back(tall)?, columns.back(wide)?])
        } else {
            let sizes = inputs[1].to_i64()?.into_iter().map(usize::try_from).collect::<Result<Vec<_>, _>>();
            let after = match sizes.as_deref() {
                Ok(&[tall, wide]) if tall > 0 && wide > 0 => [tall, wide],
                _ => return Err(format!("the size is two numbers above 0, and not {}", inputs[1]).into()),
            };
            (after, self.mixings(inputs, [height, width], after)?)
        };
        let mixed = rows.applied(&x, batch, height, width * channels)?;
        let mixed = columns.applied(&mixed, batch * after[0], width, channels)?;
        Ok(vec![Array::new([batch, after[0], after[1], channels], mixed)?])
    }
}

impl<const BACK: bool> Ruled for Scaled<BACK> {
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        let mut slopes = vec![None; 4];
        let Some(dy) = node.dy(0) else { return slopes };
        let graph = dy.graph();
        slopes[0] = Some(if BACK {
            let op = ScaleAndTranslate { kernel: self.kernel, antialias: self.antialias };
            let size = node.x(0).shape_tensor().gather(graph.constant(array![1, 2]));
            graph.add(WithRule(op), &[dy, &size, node.x(2), node.x(3)])
        } else {
            let op = ScaleAndTranslateGrad { kernel: self.kernel, antialias: self.antialias };
            let picture = node.x(0).cast_to(DType::Float32);
            let slope = graph.add(WithRule(op), &[dy, &picture, node.x(2), node.x(3)]);
            slope.cast_to(node.x(0).dtype_or(DType::Float32))
        });
        slopes
    }
}

fn picture(height: usize, width: usize) -> Array {
    let values: Vec<f32> = (0..height * width * 2).map(|i| ((i * 7) % 11) as f32 * 0.25).collect();
    Array::new([1, height, width, 2], values).expect("as many values as the shape says")
}

pub(in crate::ops) fn scale_and_translate_cases() -> Vec<Case> {
    let case = |name, kernel, scale: [f32; 2]| {
        Case::fed(name, [picture(4, 3)], move |tf, x| {
            let op = ScaleAndTranslate { kernel, antialias: true };
            let scale = tf.constant(Array::from_literal(scale));
            vec![tf.add(
                WithRule(op),
                &[&x[0], &tf.constant(array![3, 5]), &scale, &tf.constant(array![0.25, -0.5])],
            )]
        })
    };
    vec![
        case("larger", Kernel::Lanczos(3), [1.5, 1.75]),
        case("smaller", Kernel::KeysCubic, [0.75, 0.5]),
        case("partly outside", Kernel::Triangle, [0.25, 3.0]),
    ]
}

pub(in crate::ops) fn scale_and_translate_grad_cases() -> Vec<Case> {
    vec![Case::fed("back", [picture(3, 5), picture(4, 3)], |tf, x| {
        let op = ScaleAndTranslateGrad { kernel: Kernel::Gaussian, antialias: false };
        let (scale, translation) = (tf.constant(array![0.75, 1.75]), tf.constant(array![0.25, 0.5]));
        vec![tf.add(WithRule(op), &[&x[0], &x[1].stop_gradient(), &scale, &translation])]
    })]
}
