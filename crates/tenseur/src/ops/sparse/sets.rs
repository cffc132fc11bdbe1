//! Sets along the last axis: of two tensors, dense or sparse, what both rows have, either, or only one of them. What comes out is
//! sparse, each row sorted.

use std::collections::{BTreeMap, BTreeSet};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::sparse::{Places, parts};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

const NO_GRADIENT: &str = "which elements a set has does not change a little";

/// An element of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Element {
    Number(i64),
    Text(Vec<u8>),
}

/// The sets of a tensor by the index of their row, and the sizes of all axes but the last.
struct Sets {
    rows: BTreeMap<Vec<i64>, BTreeSet<Element>>,
    sizes: Vec<i64>,
}

impl Sets {
    fn dense(array: &Array) -> Result<Sets, Reason> {
        let (Some((&width, sizes)), values) = (array.shape().split_last(), elements(array)?) else {
            return Err("a set is a row, and this is a scalar".into());
        };
        let sizes: Vec<i64> = sizes.iter().map(|&size| size as i64).collect();
        let mut rows = BTreeMap::new();
        for (place, value) in values.into_iter().enumerate() {
            let mut row = place / width;
            let mut index = vec![0; sizes.len()];
            for (axis, &size) in sizes.iter().enumerate().rev() {
                index[axis] = row as i64 % size;
                row /= size as usize;
            }
            rows.entry(index).or_insert_with(BTreeSet::new).insert(value);
        }
        Ok(Sets { rows, sizes })
    }

    fn sparse(indices: &Array, values: &Array, shape: &Array, ordered: bool) -> Result<Sets, Reason> {
        let places = Places::new(indices, shape)?;
        let flat = places.flat()?;
        if ordered && flat.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err("the indices of a sparse tensor of sets must be in row-major order".into());
        }
        let Some((_, sizes)) = places.sizes.split_last() else {
            return Err("a set is a row, and this is a scalar".into());
        };
        let mut rows = BTreeMap::new();
        for (index, value) in places.rows().into_iter().zip(elements(values)?) {
            rows.entry(index[..sizes.len()].to_vec()).or_insert_with(BTreeSet::new).insert(value);
        }
        Ok(Sets { rows, sizes: sizes.to_vec() })
    }
}

fn elements(array: &Array) -> Result<Vec<Element>, Reason> {
    Ok(match array.dtype() {
        DType::String => array.as_strings()?.iter().cloned().map(Element::Text).collect(),
        _ => array.to_i64()?.into_iter().map(Element::Number).collect(),
    })
}

/// What is made of two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    FirstOnly,
    SecondOnly,
    Both,
    Either,
}

/// The sets of one tensor made of those of two others. FIRST and SECOND say which of these are sparse: three inputs each, indices,
/// values and shape, instead of one. The outputs are the indices, values and shape of the result.
#[derive(Clone, Debug)]
pub struct SetOperation<const FIRST: bool, const SECOND: bool> {
    operation: Operation,
    validate_indices: bool,
}

impl<const FIRST: bool, const SECOND: bool> SetOperation<FIRST, SECOND> {
    const COUNTS: [usize; 2] = [if FIRST { 3 } else { 1 }, if SECOND { 3 } else { 1 }];
}

impl<const FIRST: bool, const SECOND: bool> OverArrays for SetOperation<FIRST, SECOND> {
    const NAME: &'static str = match (FIRST, SECOND) {
        (false, false) => "DenseToDenseSetOperation",
        (false, true) => "DenseToSparseSetOperation",
        _ => "SparseToSparseSetOperation",
    };
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let name = match self.operation {
            Operation::FirstOnly => "a-b",
            Operation::SecondOnly => "b-a",
            Operation::Both => "intersection",
            Operation::Either => "union",
        };
        let attrs = Attrs::new().with("T", node.outputs[1].dtype).with("set_operation", name);
        attrs.with("validate_indices", self.validate_indices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let name: String = attrs.require("set_operation")?;
        let operation = match &name.to_lowercase()[..] {
            "a-b" => Operation::FirstOnly,
            "b-a" => Operation::SecondOnly,
            "intersection" => Operation::Both,
            "union" => Operation::Either,
            _ => return Err(format!("\"{name}\" is no operation of sets").into()),
        };
        Ok(SetOperation { operation, validate_indices: attrs.optional("validate_indices", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [first, second] = Self::COUNTS;
        if inputs.len() != first + second {
            return Err(wrong_count(first + second, inputs));
        }
        let (first, second) = inputs.split_at(first);
        let mut rank = None;
        let mut types = Vec::new();
        for set in [first, second] {
            match set {
                [indices, values, shape] => {
                    rank = rank.or(parts(indices, values, shape)?.1);
                    types.push(values.dtype);
                }
                _ => {
                    rank = rank.or(set[0].shape.rank());
                    types.push(set[0].dtype);
                }
            }
        }
        let taken = types[0].is_integer() && types[0].size() <= Some(8) || types[0] == DType::String;
        if types[0] != types[1] || !taken {
            return Err(format!(
                "both are sets of one type, integers or strings, not {} and {}",
                types[0], types[1]
            )
            .into());
        }
        let vector = |size: Option<usize>| -> PartialShape { [size].into_iter().collect() };
        Ok(Facts::from_iter([
            Fact::new(DType::Int64, [None, rank].into_iter().collect::<PartialShape>()),
            Fact::new(types[0], vector(None)),
            Fact::new(DType::Int64, vector(rank)),
        ]))
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (first, second) = inputs.split_at(Self::COUNTS[0]);
        let sets = |set: &[Array]| match set {
            [indices, values, shape] => Sets::sparse(indices, values, shape, self.validate_indices),
            _ => Sets::dense(&set[0]),
        };
        let (a, b) = (sets(first)?, sets(second)?);
        if a.sizes != b.sizes {
            return Err(format!("there are rows {:?} of sets here and {:?} there", a.sizes, b.sizes).into());
        }
        let dtype = if FIRST { inputs[1].dtype() } else { inputs[0].dtype() };
        let nothing = BTreeSet::new();
        let rows: BTreeSet<&Vec<i64>> = a.rows.keys().chain(b.rows.keys()).collect();
        let (mut indices, mut values, mut widest) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            let (a, b) = (a.rows.get(row).unwrap_or(&nothing), b.rows.get(row).unwrap_or(&nothing));
            let made: BTreeSet<&Element> = match self.operation {
                Operation::FirstOnly => a.difference(b).collect(),
                Operation::SecondOnly => b.difference(a).collect(),
                Operation::Both => a.intersection(b).collect(),
                Operation::Either => a.union(b).collect(),
            };
            widest = widest.max(made.len() as i64);
            for (place, value) in made.into_iter().enumerate() {
                indices.extend(row.iter().copied().chain([place as i64]));
                values.push(value.clone());
            }
        }
        let shape: Vec<i64> = a.sizes.iter().copied().chain([widest]).collect();
        Ok(vec![
            Array::new([values.len(), shape.len()], indices)?,
            array_of(dtype, &values)?,
            Array::new([shape.len()], shape)?,
        ])
    }
}

/// A vector of elements.
fn array_of(dtype: DType, elements: &[Element]) -> Result<Array, Reason> {
    let numbers = elements.iter().filter_map(|element| match element {
        Element::Number(number) => Some(*number),
        Element::Text(_) => None,
    });
    let texts = elements.iter().filter_map(|element| match element {
        Element::Text(text) => Some(text.clone()),
        Element::Number(_) => None,
    });
    let count = [elements.len()];
    Ok(match dtype {
        DType::String => Array::strings(count, texts)?,
        DType::Int64 => Array::new(count, numbers.collect::<Vec<_>>())?,
        DType::Int32 => Array::new(count, numbers.map(|number| number as i32).collect::<Vec<_>>())?,
        DType::Int16 => Array::new(count, numbers.map(|number| number as i16).collect::<Vec<_>>())?,
        DType::Int8 => Array::new(count, numbers.map(|number| number as i8).collect::<Vec<_>>())?,
        DType::UInt16 => Array::new(count, numbers.map(|number| number as u16).collect::<Vec<_>>())?,
        _ => Array::new(count, numbers.map(|number| number as u8).collect::<Vec<_>>())?,
    })
}

/// How many different elements each row of a sparse tensor has.
#[derive(Clone, Debug)]
pub struct SetSize {
    validate_indices: bool,
}

impl OverArrays for SetSize {
    const NAME: &'static str = "SetSize";
    const NO_GRADIENT: &'static str = NO_GRADIENT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("validate_indices", self.validate_indices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SetSize, Reason> {
        Ok(SetSize { validate_indices: attrs.optional("validate_indices", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape] = inputs else { return Err(wrong_count(3, inputs)) };
        let (_, rank) = parts(indices, values, shape)?;
        let shape = match rank {
            Some(0) => return Err("a set is a row, and this is a scalar".into()),
            Some(rank) => PartialShape::of_rank(rank - 1),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(DType::Int32, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let sets = Sets::sparse(&inputs[0], &inputs[1], &inputs[2], self.validate_indices)?;
        let shape: Vec<usize> = sets.sizes.iter().map(|&size| size as usize).collect();
        let mut sizes = vec![0i32; shape.iter().product()];
        for (row, set) in &sets.rows {
            let place =
                row.iter().zip(&shape).fold(0, |place, (&index, &size)| place * size + index as usize);
            sizes[place] = set.len() as i32;
        }
        Ok(vec![Array::new(shape, sizes)?])
    }
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let (a, b) = (|| array![[1, 2, 2], [7, 5, 9]], || array![[2, 3], [9, 7]]);
    let dense = |operation| {
        move |tf: &crate::Graph, x: &[crate::Tensor]| {
            let op = ByArrays(SetOperation::<false, false> { operation, validate_indices: true });
            let node = tf.add_op(op, &[&x[0], &x[1]], None);
            vec![node.output(0), node.output(1), node.output(2)]
        }
    };
    let wide = |array: Array| as_type(array, DType::Int64);
    vec![
        Case::fed("either", [a(), b()], dense(Operation::Either)).expecting([
            wide(array![[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]),
            array![1, 2, 3, 5, 7, 9],
            wide(array![2, 3]),
        ]),
        Case::fed("both", [a(), b()], dense(Operation::Both)).expecting([
            wide(array![[0, 0], [1, 0], [1, 1]]),
            array![2, 7, 9],
            wide(array![2, 2]),
        ]),
        Case::fed("one of them", [array!["a", "b"], array!["b", "c"]], dense(Operation::FirstOnly))
            .expecting([wide(array![[0]]), array!["a"], wide(array![1])]),
    ]
}

pub(in crate::ops) fn sparse_cases() -> Vec<Case> {
    let wide = |array: Array| as_type(array, DType::Int64);
    // Rows {4, 7} and {7}, in a shape of [2, 3].
    let set = move |tf: &crate::Graph| {
        [array![[0, 0], [0, 2], [1, 1]], array![4, 7, 7], array![2, 3]].map(|part| tf.constant(wide(part)))
    };
    vec![
        Case::fed("a dense one and a sparse one", [wide(array![[7, 1], [2, 2]])], move |tf, x| {
            let [indices, values, shape] = set(tf);
            let op = SetOperation::<false, true> { operation: Operation::SecondOnly, validate_indices: true };
            let node = tf.add_op(ByArrays(op), &[&x[0], &indices, &values, &shape], None);
            vec![node.output(1), node.output(2)]
        })
        .expecting([wide(array![4, 7]), wide(array![2, 1])]),
        Case::new("two sparse ones, and their sizes", move |tf| {
            let [indices, values, shape] = set(tf);
            let op = SetOperation::<true, true> { operation: Operation::Both, validate_indices: true };
            let inputs = [&indices, &values, &shape, &indices, &values, &shape];
            let node = tf.add_op(ByArrays(op), &inputs, None);
            let sizes = tf.add(ByArrays(SetSize { validate_indices: true }), &inputs[..3]);
            vec![node.output(1), sizes]
        })
        .expecting([wide(array![4, 7, 7]), array![2, 1]]),
    ]
}
