//! Strings put behind each other: of several tensors (StringJoin), along axes of one (ReduceJoin), of one segment
//! (UnsortedSegmentJoin).

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::ops::array::{known_integer, must_be_index, must_be_scalar, normalised_axis, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::elementwise::{broadcast_shape, stretched};
use crate::ops::text::{TEXT, must_be_strings};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape, Shape, room};

/// Strings of two tensors, which broadcast, one behind the other: Add of strings.
#[derive(Clone, Debug)]
pub struct AddStrings;

impl OverArrays for AddStrings {
    const NAME: &'static str = "Add";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("T", DType::String)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(AddStrings)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_strings(x)?;
        must_be_strings(y)?;
        Ok(Fact::new(DType::String, broadcast_shape(inputs)?).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [x, y] = [&inputs[0], &inputs[1]];
        let shape = x.shape().broadcast(y.shape());
        let shape =
            shape.ok_or_else(|| format!("shapes {} and {} do not broadcast", x.shape(), y.shape()))?;
        let (first, second) = (x.as_strings()?, y.as_strings()?);
        let pairs = stretched(x.shape(), &shape)?.zip(stretched(y.shape(), &shape)?);
        let joined: Vec<Vec<u8>> = pairs.map(|(i, j)| [&first[i][..], &second[j]].concat()).collect();
        Ok(vec![Array::strings(shape, joined)?])
    }
}

/// Strings of several tensors, of one shape or scalars, put behind each other with a separator between.
#[derive(Clone, Debug)]
pub struct StringJoin {
    /// What comes between.
    pub separator: Vec<u8>,
}

impl OverArrays for StringJoin {
    const NAME: &'static str = "StringJoin";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("N", node.inputs.len() as i64).with("separator", self.separator.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(StringJoin { separator: attrs.optional("separator", Vec::new())? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let mut shape = PartialShape::scalar();
        for input in inputs {
            must_be_strings(input)?;
            shape = match (shape.rank(), input.shape.rank()) {
                (_, Some(0)) => shape,
                (Some(0), _) => input.shape.clone(),
                _ => shape.merge(&input.shape).ok_or_else(|| {
                    format!("strings of shape {shape} and {} do not go together", input.shape)
                })?,
            };
        }
        Ok(Fact::new(DType::String, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let shape =
            inputs.iter().map(Array::shape).find(|shape| shape.rank() > 0).cloned().unwrap_or_default();
        let all = inputs.iter().map(Array::as_strings).collect::<Result<Vec<_>, _>>()?;
        let shapes_fit = inputs.iter().all(|input| input.shape().rank() == 0 || *input.shape() == shape);
        if !shapes_fit {
            return Err("strings of different shapes do not go together".into());
        }
        let joined = (0..shape.elements()).map(|place| {
            let parts =
                all.iter().map(|strings| if strings.len() == 1 { &strings[0][..] } else { &strings[place] });
            parts.collect::<Vec<_>>().join(&self.separator[..])
        });
        let joined: Vec<Vec<u8>> = joined.collect();
        Ok(vec![Array::strings(shape, joined)?])
    }
}

/// Strings along some axes, the second input, put behind each other; the first axis that is named varies fastest.
#[derive(Clone, Debug)]
pub struct ReduceJoin {
    /// Whether the axes stay, with size 1.
    pub keep_dims: bool,
    /// What comes between.
    pub separator: Vec<u8>,
}

impl ReduceJoin {
    /// Which axes go, in order.
    fn axes(axes: &[i64], rank: usize) -> Result<Vec<usize>, Reason> {
        let mut found: Vec<usize> = Vec::new();
        for &axis in axes {
            let counted =
                normalised_axis(axis, rank).map_err(|reason| Reason::new(Code::OutOfRange, reason.text))?;
            if found.contains(&counted) {
                return Err(format!("axis {axis} is given twice in {axes:?}").into());
            }
            found.push(counted);
        }
        Ok(found)
    }

    fn reduced<T: Copy>(&self, sizes: &[T], axes: &[usize], one: T) -> Vec<T> {
        let each = sizes.iter().enumerate().filter_map(|(axis, &size)| match axes.contains(&axis) {
            true => self.keep_dims.then_some(one),
            false => Some(size),
        });
        each.collect()
    }
}

impl OverArrays for ReduceJoin {
    const NAME: &'static str = "ReduceJoin";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("keep_dims", self.keep_dims).with("separator", self.separator.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let separator = attrs.optional("separator", Vec::new())?;
        Ok(ReduceJoin { keep_dims: attrs.optional("keep_dims", false)?, separator })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axes] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_strings(x)?;
        must_be_index(axes, "axes")?;
        let shape = match (x.shape.sizes(), axes.integers()) {
            (Some(sizes), Some(axes)) => {
                let axes = ReduceJoin::axes(&axes, sizes.len())?;
                self.reduced(sizes, &axes, Some(1)).into()
            }
            _ => PartialShape::unknown(),
        };
        Ok(Fact::new(DType::String, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (strings, sizes) = (inputs[0].as_strings()?, inputs[0].shape());
        let axes = ReduceJoin::axes(&inputs[1].to_i64()?, sizes.rank())?;
        let shape = Shape::from(self.reduced(sizes, &axes, 1));
        // Of no strings nothing is joined; and how many places the other axes have then, nothing bounds.
        if strings.is_empty() {
            return Ok(vec![Array::zeros(DType::String, shape)?]);
        }
        let kept: Vec<usize> = (0..sizes.rank()).filter(|axis| !axes.contains(axis)).collect();
        let strides = sizes.strides();
        let places = |axes: &[usize]| {
            axes.iter().fold(vec![0usize], |places, &axis| {
                let along = |place: usize| (0..sizes[axis]).map(move |i| (place, i));
                let step = strides[axis].unsigned_abs();
                places.into_iter().flat_map(along).map(|(place, i)| place + i * step).collect()
            })
        };
        let parts = places(&axes.iter().rev().copied().collect::<Vec<_>>());
        let joined = places(&kept).into_iter().map(|start| {
            let parts: Vec<&[u8]> = parts.iter().map(|part| &strings[start + part][..]).collect();
            parts.join(&self.separator[..])
        });
        let joined: Vec<Vec<u8>> = joined.collect();
        Ok(vec![Array::strings(shape, joined)?])
    }
}

/// Strings of one segment joined: inputs are the strings, the segment of each of their first axes' places, and how many segments
/// there are. What is joined stands in the order of its places.
#[derive(Clone, Debug)]
pub struct UnsortedSegmentJoin {
    /// What stands between two strings.
    pub separator: Vec<u8>,
}

impl OverArrays for UnsortedSegmentJoin {
    const NAME: &'static str = "UnsortedSegmentJoin";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Tindices", node.inputs[1].dtype)
            .with("Tnumsegments", node.inputs[2].dtype)
            .with("separator", self.separator.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(UnsortedSegmentJoin { separator: attrs.optional("separator", Vec::new())? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, segments, count] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_strings(x)?;
        must_be_index(segments, "segments")?;
        must_be_index(count, "the number of segments")?;
        must_be_scalar(count, "the number of segments")?;
        let (Some(sizes), Some(places)) = (x.shape.sizes(), segments.shape.sizes()) else {
            return Ok(Fact::new(DType::String, PartialShape::unknown()).one());
        };
        let fits = places.len() <= sizes.len()
            && places.iter().zip(sizes).all(|(a, b)| a.zip(*b).is_none_or(|(a, b)| a == b));
        if !fits {
            return Err(
                format!("strings of shape {} have no segments of shape {}", x.shape, segments.shape).into()
            );
        }
        let count = known_integer(count).map(|count| {
            usize::try_from(count).map_err(|_| Reason::from(format!("there cannot be {count} segments")))
        });
        let shape = [count.transpose()?].into_iter().chain(sizes[places.len()..].iter().copied());
        Ok(Fact::new(DType::String, shape.collect::<PartialShape>()).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (strings, segments) = (inputs[0].as_strings()?, inputs[1].to_i64()?);
        let axes = inputs[1].shape().rank();
        if axes == 0 {
            return Err("segments have at least one axis".into());
        }
        let count = inputs[2].to_i64()?[0];
        let wrong = || format!("there cannot be {count} segments");
        let count = usize::try_from(count).map_err(|_| wrong())?;
        let inner = &inputs[0].shape()[axes..];
        let size: usize = inner.iter().product();
        let mut joined: Vec<Option<Vec<u8>>> = room(count.checked_mul(size).ok_or_else(wrong)?)?;
        joined.resize(count * size, None);
        for (place, &segment) in segments.iter().enumerate() {
            let inside = usize::try_from(segment).ok().filter(|&segment| segment < count);
            let segment =
                inside.ok_or_else(|| format!("segment {segment} at {place} is not one of {count}"))?;
            for (target, string) in joined[segment * size..].iter_mut().zip(&strings[place * size..][..size])
            {
                match target {
                    Some(text) => text.extend(self.separator.iter().chain(string)),
                    None => *target = Some(string.clone()),
                }
            }
        }
        let shape: Shape = [count].iter().chain(inner).copied().collect();
        Ok(vec![Array::strings(shape, joined.into_iter().map(Option::unwrap_or_default))?])
    }
}

impl Graph {
    /// The strings of several tensors, of one shape or scalars, behind each other with `separator` between
    /// (`tf.string_join`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.string_join(&[tf.constant(array!["a", "b"]), tf.constant("x")], "-");
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array!["a-x", "b-x"]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn string_join(&self, tensors: &[impl AsRef<Tensor>], separator: &str) -> Tensor {
        let inputs: Vec<&Tensor> = tensors.iter().map(AsRef::as_ref).collect();
        self.add(ByArrays(StringJoin { separator: separator.into() }), &inputs)
    }
}

impl Tensor {
    /// Its strings along `axes` behind each other with `separator` between (`tf.reduce_join`).
    #[track_caller]
    pub fn reduce_join(&self, axes: impl crate::ops::array::IntoShape, separator: &str) -> Tensor {
        let axes = axes.into_shape(self);
        let op = ReduceJoin { keep_dims: false, separator: separator.into() };
        self.graph().add(ByArrays(op), &[self, &axes])
    }
}

pub(in crate::ops) fn string_join_cases() -> Vec<Case> {
    vec![
        Case::fed("with a scalar", [array!["a", "b"], array!["c", ""]], |tf, x| {
            vec![tf.string_join(&[&x[0], &tf.constant("·"), &x[1]], "-")]
        })
        .expecting([array!["a-·-c", "b-·-"]]),
        Case::fed("one", [array!["a"]], |tf, x| vec![tf.string_join(&[&x[0]], "-")]).expecting([array!["a"]]),
        Case::new("scalars", |tf| vec![tf.string_join(&[tf.constant("a"), tf.constant("b")], "")])
            .expecting([Array::from_literal("ab")]),
    ]
}

pub(in crate::ops) fn reduce_join_cases() -> Vec<Case> {
    let strings = || array![["a", "b"], ["c", "d"]];
    let case = |name: &str, axes: &'static [i32], answer: Array| {
        Case::fed(name, [strings()], move |_, x| vec![x[0].reduce_join(axes, "")]).expecting([answer])
    };
    vec![
        case("first", &[0], array!["ac", "bd"]),
        case("last", &[-1], array!["ab", "cd"]),
        case("both", &[0, 1], Array::from_literal("acbd")),
        case("both, the other way", &[1, 0], Array::from_literal("abcd")),
        Case::fed("kept, separated", [strings()], |tf, x| {
            let op = ReduceJoin { keep_dims: true, separator: "+".into() };
            vec![tf.add(ByArrays(op), &[&x[0], &tf.constant(1)])]
        })
        .expecting([array![["a+b"], ["c+d"]]]),
    ]
}

pub(in crate::ops) fn unsorted_segment_join_cases() -> Vec<Case> {
    vec![
        Case::fed("three", [array!["a", "b", "c"], array![2, 0, 2]], |tf, x| {
            let op = UnsortedSegmentJoin { separator: b"-".to_vec() };
            vec![tf.add(ByArrays(op), &[&x[0], &x[1], &tf.constant(3)])]
        })
        .expecting([array!["b", "", "a-c"]]),
    ]
}
