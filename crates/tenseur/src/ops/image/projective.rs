//! Pictures seen from elsewhere: each pixel (x, y) of the result is what the picture shows at
//! ((a₀·x + a₁·y + a₂)/k, (b₀·x + b₁·y + b₂)/k) with k = c₀·x + c₁·y + 1.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{OverArrays, Ruled, WithRule};
use crate::ops::image::{array_of, known_sizes, must_be_float32, same, sizes_of};
use crate::ops::linalg::inverse::MatrixInverse;
use crate::ops::{Attrs, Backward, Signature};
use crate::value::{Array, DType, room};

/// What is seen beyond the edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    Constant,
    Reflect,
    Wrap,
    Nearest,
}

const FILLS: [(&str, Fill); 4] = [
    ("CONSTANT", Fill::Constant),
    ("REFLECT", Fill::Reflect),
    ("WRAP", Fill::Wrap),
    ("NEAREST", Fill::Nearest),
];

impl Fill {
    /// The place along an axis of `size` pixels that is seen at `place`.
    fn mapped(self, place: f32, size: usize) -> f32 {
        let last = size as f32 - 1.0;
        let outside = place < 0.0 || place > last;
        let mapped = match self {
            Fill::Constant => return place,
            Fill::Nearest => place,
            _ if outside && size <= 1 => 0.0,
            // abcd is seen as dcba|abcd|dcba.
            Fill::Reflect if outside => {
                let (own, twice) = (size as f32, 2.0 * size as f32);
                if place < 0.0 {
                    let near = place + twice * (-place / twice).trunc();
                    if near < -own { near + twice } else { -near - 1.0 }
                } else {
                    let near = place - twice * (place / twice).trunc();
                    if near >= own { twice - near - 1.0 } else { near }
                }
            }
            // abcd is seen as abcd|abcd|abcd.
            Fill::Wrap if place < 0.0 => place + size as f32 * ((-place / last).trunc() + 1.0),
            Fill::Wrap if outside => place - size as f32 * (place / last).trunc(),
            _ => place,
        };
        // Of a picture without pixels there is no last one.
        mapped.clamp(0.0, last.max(0.0))
    }
}

/// Pictures `[batch, height, width, channels]`, the first input, seen from elsewhere: then come a₀, a₁, a₂, b₀, b₁, b₂, c₀ and c₁,
/// `[1, 8]` or `[batch, 8]`, the result's height and width, and in the third VERSION what is beyond the edges; 0 in the second.
#[derive(Clone, Debug)]
pub struct ImageProjectiveTransform<const VERSION: u8> {
    bilinear: bool,
    fill: Fill,
}

impl<const VERSION: u8> OverArrays for ImageProjectiveTransform<VERSION> {
    const NAME: &'static str =
        if VERSION == 2 { "ImageProjectiveTransformV2" } else { "ImageProjectiveTransformV3" };
    const NO_GRADIENT: &'static str = "its rule is told apart";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let fill = FILLS.iter().find(|(_, fill)| *fill == self.fill).map_or("", |(name, _)| name);
        Attrs::new()
            .with("dtype", node.inputs[0].dtype)
            .with("fill_mode", fill)
            .with("interpolation", if self.bilinear { "BILINEAR" } else { "NEAREST" })
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let (how, fill): (String, String) =
            (attrs.require("interpolation")?, attrs.optional("fill_mode", "CONSTANT".to_string())?);
        let bilinear = match &how[..] {
            "NEAREST" => false,
            "BILINEAR" => true,
            _ => {
                return Err(
                    format!("attribute \"interpolation\" is \"{how}\"; it is NEAREST or BILINEAR").into()
                );
            }
        };
        let found = FILLS.iter().find(|(name, _)| *name == fill);
        let wrong =
            || format!("attribute \"fill_mode\" is \"{fill}\"; it is CONSTANT, REFLECT, WRAP or NEAREST");
        Ok(ImageProjectiveTransform { bilinear, fill: found.ok_or_else(wrong)?.1 })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let count = usize::from(VERSION) + 1;
        if inputs.len() != count {
            return Err(wrong_count(count, inputs));
        }
        let (x, transforms, size) = (inputs[0], inputs[1], inputs[2]);
        use DType::{BFloat16, Float16, Float32, Float64, Int32, Int64, UInt8};
        if !matches!(x.dtype, UInt8 | Int32 | Int64 | Float16 | BFloat16 | Float32 | Float64) {
            return Err(format!("it does not transform pictures of {}", x.dtype).into());
        }
        let [batch, _, _, channels] = sizes_of::<4>(x, "pictures")?;
        must_be_float32(transforms, "transforms")?;
        sizes_of::<2>(transforms, "transforms")?;
        if size.dtype != Int32 {
            return Err(format!("the size is int32, not {}", size.dtype).into());
        }
        let [two] = sizes_of::<1>(size, "the size")?;
        same(two, Some(2), "the count of the result's sizes")?;
        if let Some(value) = inputs.get(3) {
            must_be_float32(value, "what is beyond the edges")?;
            must_be_scalar(value, "what is beyond the edges")?;
        }
        let known = size.known_integers().unwrap_or_else(|| vec![None, None]);
        let &[height, width] = &known[..] else { return Err("the size is two numbers".into()) };
        let axis = |size: Option<i64>| match size.map(usize::try_from).transpose() {
            Ok(size) if size != Some(0) => Ok(size),
            _ => Err(Reason::from("sizes are above 0")),
        };
        Ok(Fact::new(x.dtype, [batch, axis(height)?, axis(width)?, channels]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [batch, height, width, channels] = known_sizes::<4>(&inputs[0])?;
        let transforms = inputs[1].as_slice::<f32>()?;
        let rows = inputs[1].shape()[0];
        if inputs[1].shape()[1] != 8 || (rows != 1 && rows != batch) {
            let shape = inputs[1].shape();
            return Err(format!("transforms are [1, 8] or [{batch}, 8], and not {shape}").into());
        }
        let (tall, wide) = match inputs[2].to_i64()?[..] {
            [tall, wide] if tall > 0 && wide > 0 => (tall as usize, wide as usize),
            _ => return Err(format!("the size is two numbers above 0, and not {}", inputs[2]).into()),
        };
        let beyond = match inputs.get(3) {
            Some(value) => f64::from(value.item::<f32>()?),
            None => 0.0,
        };
        let x = inputs[0].to_f64()?;
        // As the pictures' type has it.
        let beyond = array_of(inputs[0].dtype(), [1], &[beyond])?.to_f64()?[0];
        let count = [tall, wide, channels].iter().try_fold(batch, |count, &size| count.checked_mul(size));
        let mut seen: Vec<f64> = room(count.ok_or("the pictures would be too large")?)?;
        for picture in 0..batch {
            let t = &transforms[if rows == 1 { 0 } else { picture } * 8..][..8];
            let at =
                |row: i64, column: i64, channel: usize| match (usize::try_from(row), usize::try_from(column))
                {
                    (Ok(row), Ok(column)) if row < height && column < width => {
                        x[((picture * height + row) * width + column) * channels + channel]
                    }
                    _ => beyond,
                };
            for (row, column) in
                (0..tall).flat_map(|row| (0..wide).map(move |column| (row as f32, column as f32)))
            {
                let depth = t[6] * column + t[7] * row + 1.0;
                let place = (depth != 0.0).then(|| {
                    let across = (t[0] * column + t[1] * row + t[2]) / depth;
                    let down = (t[3] * column + t[4] * row + t[5]) / depth;
                    (self.fill.mapped(across, width), self.fill.mapped(down, height))
                });
                for channel in 0..channels {
                    seen.push(match place {
                        None => beyond,
                        Some((across, down)) if !self.bilinear => {
                            at(down.round() as i64, across.round() as i64, channel)
                        }
                        Some((across, down)) => {
                            let (left, top) = (across.floor(), down.floor());
                            let (column, row) = (left as i64, top as i64);
                            let along = |row: i64| {
                                let [first, second] =
                                    [0, 1].map(|next| at(row, column.saturating_add(next), channel) as f32);
                                (left + 1.0 - across) * first + (across - left) * second
                            };
                            let (above, below) = (along(row), along(row.saturating_add(1)));
                            f64::from((top + 1.0 - down) * above + (down - top) * below)
                        }
                    });
                }
            }
        }
        Ok(vec![array_of(inputs[0].dtype(), [batch, tall, wide, channels], &seen)?])
    }
}

impl<const VERSION: u8> Ruled for ImageProjectiveTransform<VERSION> {
    /// TensorFlow's: the gradient seen back from there. It is the derivative where pixels come to lie on pixels.
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        let mut slopes = vec![None; node.inputs()];
        let Some(dy) = node.dy(0) else { return slopes };
        let graph = dy.graph();
        let transforms = node.x(1);
        let one = transforms.shape_tensor().gather(graph.constant(array![0]));
        let ones = graph.fill(graph.concat(&[one, graph.constant(array![1])], 0), graph.constant(1.0));
        let matrices = graph.concat(&[transforms.clone(), ones], 1).reshape([-1, 3, 3]);
        let back = graph.add(MatrixInverse { adjoint: false }, &[&matrices]).reshape([-1, 9]);
        let last = back.gather_along(graph.constant(array![8]), 1);
        let back = (&back / last).gather_along(graph.constant(array![0, 1, 2, 3, 4, 5, 6, 7]), 1);
        let size = node.x(0).shape_tensor().gather(graph.constant(array![1, 2]));
        let zero = graph.constant(0.0f32);
        let inputs = [dy, &back, &size, &zero];
        slopes[0] = Some(graph.add(WithRule(self.clone()), &inputs[..usize::from(VERSION) + 1]));
        slopes
    }
}

pub(in crate::ops) fn cases<const VERSION: u8>() -> Vec<Case> {
    let case = |name, transform: [f32; 8], bilinear, fill| {
        let picture = array![[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]]];
        Case::fed(name, [picture], move |tf, x| {
            let op = ImageProjectiveTransform::<VERSION> { bilinear, fill };
            let transform = tf.constant(Array::from_literal([transform]));
            let (size, zero) = (tf.constant(array![3, 3]), tf.constant(0.0f32));
            let inputs = [&x[0], &transform, &size, &zero];
            vec![tf.add(WithRule(op), &inputs[..usize::from(VERSION) + 1])]
        })
    };
    vec![
        case("moved", [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0], false, Fill::Constant).expecting([array![[
            [[2.0], [3.0], [0.0]],
            [[5.0], [6.0], [0.0]],
            [[8.0], [9.0], [0.0]]
        ]]]),
        case("between", [1.0, 0.0, 0.5, 0.0, 1.0, -0.25, 0.0, 0.0], true, Fill::Reflect).at_kink(),
        case("tilted", [0.9, 0.2, -1.3, -0.1, 1.1, 0.6, 0.05, 0.08], true, Fill::Wrap).at_kink(),
    ]
}
