//! Einsum: products and sums over named axes. `y[output labels] = Σ x₀[labels] · x₁[labels]`, summed over the labels that
//! the result does not have.
//!
//! It becomes one product of matrices, `[batch, m, k]` by `[batch, k, n]`: a label that both operands and the result have
//! belongs to the batch, one that the result does not have to k, the others to m or n. The operands are copied into that
//! order first and the result out of it, along strides: 0 for a label that an operand does not have, or along which it
//! is stretched; the sum of both where a label comes twice.

mod complex;
mod equation;

use smallvec::SmallVec;
use tenseur_kernels::{Buffer, Call, Context, CopyKernel, GemmKernel, GemmOutput, GemmSpec, Layout, call};

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};
use equation::{ELLIPSIS, Equation, written};

/// The sum of products that an equation, `ab,bc->ac`, says, of one or two operands.
#[derive(Clone, Debug)]
pub struct Einsum {
    equation: Equation,
    /// The equation as it was given.
    text: String,
}

impl Op for Einsum {
    fn name(&self) -> &'static str {
        "Einsum"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("N", node.inputs.len() as i64)
            .with("T", node.inputs[0].dtype)
            .with("equation", self.text.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Einsum, Reason> {
        let text: String = attrs.require("equation")?;
        Ok(Einsum { equation: Equation::parse(&text)?, text })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let dtypes: Vec<DType> = inputs.iter().map(|fact| fact.dtype).collect();
        let (want, got) = (self.equation.inputs.len(), inputs.len());
        if want != got {
            return Err(format!("\"{}\" is about {want} operands, and there are {got}", self.text).into());
        }
        if got > 2 {
            return Err(Reason::new(
                Code::Unimplemented,
                "it takes one operand or two; tf.einsum splits longer ones",
            ));
        }
        let takes = |dtype: DType| dtype.is_number() || dtype.is_complex();
        if !dtypes.iter().all(|dtype| takes(*dtype) && *dtype == dtypes[0]) {
            return Err(refusal(&dtypes, takes));
        }
        let shape = match self.labelled(inputs)? {
            Some(labelled) => labelled.output.iter().map(|label| labelled.size(*label)).collect(),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(dtypes[0], shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            (0..node.inputs()).map(|i| node.dy(0).map(|dy| self.gradient(node, dy, i))).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let labelled = self.labelled(node.inputs)?.ok_or("the ranks of its operands are not known")?;
        match node.outputs[0].dtype.is_complex() {
            true => complex::lower(&labelled, node),
            false => labelled.lower(node),
        }
    }
}

/// A label of an axis: a letter, or an axis of the ellipsis, counted from its end.
type Label = (char, usize);

/// The operands' axes with their labels, one for each.
struct Labelled {
    inputs: Vec<Vec<Label>>,
    shapes: Vec<Vec<Option<usize>>>,
    output: Vec<Label>,
}

impl Einsum {
    /// The labels of every axis, if the ranks are known.
    ///
    /// # Errors
    /// When an operand has another number of axes than labels, or a label stands for different sizes.
    fn labelled(&self, inputs: &[&Fact]) -> Result<Option<Labelled>, Reason> {
        let sizes: Option<Vec<Vec<Option<usize>>>> =
            inputs.iter().map(|fact| Some(fact.shape.sizes()?.to_vec())).collect();
        let Some(shapes) = sizes else { return Ok(None) };
        let mut widest = 0;
        let mut labels = Vec::new();
        for (letters, shape) in self.equation.inputs.iter().zip(&shapes) {
            let named = letters.iter().filter(|label| **label != ELLIPSIS).count();
            let rest =
                shape.len().checked_sub(named).filter(|&rest| rest == 0 || letters.contains(&ELLIPSIS));
            let rest = rest.ok_or_else(|| {
                let rank = shape.len();
                format!(
                    "\"{}\" does not fit an operand of {rank} axes in \"{}\"",
                    written(letters),
                    self.text
                )
            })?;
            widest = widest.max(rest);
            labels.push(expanded(letters, rest));
        }
        if widest > 0 && !self.equation.output.contains(&ELLIPSIS) {
            return Err(
                format!("the result of \"{}\" has no ellipsis for {widest} axes of one", self.text).into()
            );
        }
        let labelled = Labelled { inputs: labels, shapes, output: expanded(&self.equation.output, widest) };
        for (labels, shape) in labelled.inputs.iter().zip(&labelled.shapes) {
            for (label, own) in labels.iter().zip(shape) {
                let size = labelled.size(*label);
                let fits = |own: usize, size: usize| own == size || (own == 1 && label.0 == ELLIPSIS);
                if own.zip(size).is_some_and(|(own, size)| !fits(own, size)) {
                    let (own, size) = (own.unwrap_or(0), size.unwrap_or(0));
                    let name = written(&[label.0]);
                    return Err(format!("\"{name}\" of \"{}\" is {own} and {size}", self.text).into());
                }
            }
        }
        Ok(Some(labelled))
    }

    /// What flows back to operand `i`: the einsum of dy and the other operand that gives its labels.
    #[track_caller]
    fn gradient(&self, node: &Backward<'_>, dy: &Tensor, i: usize) -> Tensor {
        let (x, tf) = (node.x(i), dy.graph());
        let own = &self.equation.inputs[i];
        let mut operands = vec![(self.equation.output.clone(), dy.clone())];
        if self.equation.inputs.len() == 2 {
            operands.push((self.equation.inputs[1 - i].clone(), node.x(1 - i).conj()));
        }
        let mut unique: Vec<char> = Vec::new();
        own.iter().for_each(|&label| {
            if !unique.contains(&label) {
                unique.push(label)
            }
        });
        let there = |label: &char| operands.iter().any(|(labels, _)| labels.contains(label));
        let (mut present, missing): (Vec<char>, Vec<char>) = unique.into_iter().partition(there);
        let stranger = !own.contains(&ELLIPSIS) && there(&ELLIPSIS);
        if stranger {
            present.insert(0, ELLIPSIS);
        }
        let labels: Vec<Vec<char>> = operands.iter().map(|(labels, _)| labels.clone()).collect();
        let tensors: Vec<&Tensor> = operands.iter().map(|(_, tensor)| tensor).collect();
        let mut gradient = add(Equation { inputs: labels, output: present.clone() }, &tensors);
        // Axes of an ellipsis that this operand did not have.
        if let Some(place) = present.iter().position(|label| *label == ELLIPSIS) {
            let named = |labels: &[char]| labels.iter().filter(|label| **label != ELLIPSIS).count();
            match x.rank().zip(gradient.rank()) {
                Some((rank, of_gradient)) => {
                    let (rest, widest) = (rank - named(own), of_gradient - named(&present));
                    let extra = place..place + widest.saturating_sub(rest);
                    let extra: Vec<i32> = extra.map(|axis| axis as i32).collect();
                    if !extra.is_empty() {
                        gradient = gradient.reduce_sum(&extra[..]);
                    }
                }
                // It is before all others there.
                None if stranger => {
                    let widest = gradient.rank_tensor() - named(&present) as i32;
                    gradient = gradient.reduce_sum(tf.range(0, widest, 1));
                }
                None => {}
            }
            present.retain(|label| !stranger || *label != ELLIPSIS);
        }
        if !missing.is_empty() || present.len() + missing.len() != own.len() {
            // Along what was summed away it is the same; what came twice is on the diagonal.
            let before = |place: usize| own[..place].contains(&ELLIPSIS);
            let size = |label: &char| {
                let place = own.iter().position(|other| other == label).unwrap_or(0);
                let axis = if before(place) { place as i32 - own.len() as i32 } else { place as i32 };
                x.shape_tensor().at(axis)
            };
            let one = tf.constant_like(1.0, dy);
            let sizes: Vec<Tensor> = missing.iter().map(size).collect();
            let ones = if sizes.is_empty() { one } else { tf.fill(tf.stack(&sizes, 0), &one) };
            let equation = Equation { inputs: vec![present, missing], output: own.clone() };
            gradient = add(equation, &[&gradient, &ones]);
        }
        node.sum_to(&gradient, i)
    }
}

#[track_caller]
fn add(equation: Equation, operands: &[&Tensor]) -> Tensor {
    let text = equation.text();
    operands[0].graph().add(Einsum { equation, text }, operands)
}

/// Labels with each axis of the ellipsis, `rest` of them, counted from its end.
fn expanded(labels: &[char], rest: usize) -> Vec<Label> {
    let each = |&label: &char| match label {
        ELLIPSIS => (0..rest).rev().map(|axis| (ELLIPSIS, axis)).collect::<Vec<_>>(),
        label => vec![(label, 0)],
    };
    labels.iter().flat_map(each).collect()
}

impl Labelled {
    /// The size that a label stands for, if it is known: an axis of size 1 is stretched to any other.
    fn size(&self, label: Label) -> Option<usize> {
        let all = self.inputs.iter().zip(&self.shapes).flat_map(|(labels, shape)| labels.iter().zip(shape));
        let mut sizes = all.filter(|(other, _)| **other == label).map(|(_, size)| *size);
        let first = sizes.next().flatten();
        sizes.fold(first, |size, other| match (size, other) {
            (Some(1) | None, other) => other,
            (size, _) => size,
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.outputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no products of {dtype}"))?;
        let has =
            |operand: usize, label: &Label| self.inputs.get(operand).is_some_and(|own| own.contains(label));
        let mut all: Vec<Label> = Vec::new();
        let written = self.output.iter().chain(self.inputs.iter().flatten());
        written.for_each(|&label| {
            if !all.contains(&label) {
                all.push(label)
            }
        });
        let group = |chosen: &dyn Fn(&Label) -> bool| -> Vec<Label> {
            all.iter().copied().filter(|label| chosen(label)).collect()
        };
        let kept = |label: &Label| self.output.contains(label);
        let batch = group(&|label| kept(label) && has(0, label) && has(1, label));
        let rows = group(&|label| kept(label) && has(0, label) && !has(1, label));
        let columns = group(&|label| kept(label) && !has(0, label) && has(1, label));
        let inner = group(&|label| !kept(label));
        let size = |label: &Label| self.size(*label).unwrap_or(0);
        let sizes = |groups: &[&[Label]]| groups.concat().iter().map(size).collect::<Vec<usize>>();
        let count = |labels: &[Label]| labels.iter().map(size).product::<usize>();

        let operand = |which: usize, groups: &[&[Label]]| -> Result<CopyKernel, Reason> {
            let shape = match node.inputs.get(which) {
                Some(fact) => known_shape(fact)?,
                None => [].into(),
            };
            let strides = Layout::contiguous(&shape).strides;
            let own = self.inputs.get(which).map_or(&[][..], Vec::as_slice);
            let along = |label: &Label| {
                let axes = own.iter().zip(&strides).zip(shape.iter());
                axes.filter(|((other, _), size)| *other == label && **size != 1)
                    .map(|((_, stride), _)| *stride)
                    .sum()
            };
            let strides = groups.concat().iter().map(along).collect();
            let layout = Layout { offset: 0, strides, elements: shape.elements() };
            Ok(CopyKernel::new(stored.size(), &sizes(groups), layout)?)
        };
        let first = operand(0, &[&batch, &rows, &inner])?;
        let second = operand(1, &[&batch, &inner, &columns])?;
        let (m, n, k) = (count(&rows), count(&columns), count(&inner));
        let gemm = GemmKernel::new(GemmSpec {
            dtype: stored,
            batch: count(&batch),
            m,
            n,
            k,
            transpose_a: false,
            transpose_b: false,
            batch_stride_a: m * k,
            batch_stride_b: k * n,
            output: GemmOutput::Write,
            epilogue: None,
        })?;
        // The result, read in the order of its labels; one that comes twice is read along the diagonal only.
        let order = [&batch[..], &rows, &columns].concat();
        let strides = Layout::contiguous(&order.iter().map(size).collect::<Vec<_>>()).strides;
        let mut diagonal = Vec::new();
        let mut unique: Vec<Label> = Vec::new();
        self.output.iter().for_each(|label| {
            if !unique.contains(label) {
                unique.push(*label)
            }
        });
        let shape: Vec<usize> = self.output.iter().map(size).collect();
        let whole = Layout::contiguous(&shape).strides;
        let reading: Vec<isize> = unique
            .iter()
            .map(|label| order.iter().zip(&strides).find(|(other, _)| *other == label).map_or(0, |(_, s)| *s))
            .collect();
        if unique.len() < self.output.len() {
            let along = |label: &Label| {
                self.output
                    .iter()
                    .zip(&whole)
                    .filter(|(other, _)| *other == label)
                    .map(|(_, s)| *s)
                    .sum::<isize>()
            };
            diagonal = positions(
                &unique.iter().map(size).collect::<Vec<_>>(),
                &unique.iter().map(along).collect::<Vec<_>>(),
            );
        }
        let elements = count(&order);
        let layout = Layout { offset: 0, strides: reading, elements };
        let last = CopyKernel::new(stored.size(), &unique.iter().map(size).collect::<Vec<_>>(), layout)?;
        let bytes = |fact: &&Fact| Ok(known_shape(fact)?.elements() * stored.size());
        let inputs = node.inputs.iter().map(bytes).collect::<Result<Vec<usize>, Reason>>()?;
        let output = shape.iter().product::<usize>() * stored.size();
        // In place of an operand that is not there: a one.
        let one = Array::scalar_of(dtype, 1.0)?;
        Ok(Lowered::kernel(Call::new("Einsum", inputs, vec![output], move |inputs, outputs| {
            let context = Context { threads: 1 };
            let ordered = |copy: &CopyKernel, input: &[u8]| {
                use tenseur_kernels::Kernel;
                let mut buffer = Buffer::zeroed(copy.output_bytes()[0]);
                call(copy, &context, &[input], &mut [buffer.bytes_mut()]).map(|()| buffer)
            };
            let one = one.bytes().unwrap_or_default();
            let first = ordered(&first, inputs[0])?;
            let second = ordered(&second, inputs.get(1).copied().unwrap_or(one))?;
            let mut product = Buffer::zeroed(elements * stored.size());
            call(&gemm, &context, &[first.bytes(), second.bytes()], &mut [product.bytes_mut()])?;
            if diagonal.is_empty() && elements * stored.size() == outputs[0].len() {
                return call(&last, &context, &[product.bytes()], outputs);
            }
            let read = ordered(&last, product.bytes())?;
            outputs[0].fill(0);
            let size = stored.size();
            for (place, from) in diagonal.iter().zip(read.bytes().chunks_exact(size)) {
                outputs[0][place * size..][..size].copy_from_slice(from);
            }
            Ok(())
        })))
    }
}

/// The places of all elements of a tensor of these sizes and strides, in order.
fn positions(sizes: &[usize], strides: &[isize]) -> Vec<usize> {
    sizes.iter().zip(strides).fold(vec![0usize], |places, (&size, &stride)| {
        places.iter().flat_map(|place| (0..size).map(move |i| place + i * stride.unsigned_abs())).collect()
    })
}

impl crate::Graph {
    /// Products and sums over named axes (`tf.einsum`): each operand has a letter for each axis, `...` stands for any axes,
    /// which broadcast, and the letters that the result does not have are summed over. Without `->` the result has the
    /// letters that come once. More than two operands are taken one after the other.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let sess = Session::new(&tf)?;
    /// let product = tf.einsum("ij,jk->ik", &[&x, &x]);
    /// assert_eq!(sess.run(&product, feeds![])?, array![[7.0, 10.0], [15.0, 22.0]]);
    /// let (trace, transposed) = (tf.einsum("ii->", &[&x]), tf.einsum("ij->ji", &[&x]));
    /// assert_eq!(sess.run((&trace, &transposed), feeds![])?, (5.0.into(), array![[1.0, 3.0], [2.0, 4.0]]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn einsum(&self, equation: &str, operands: &[impl AsRef<Tensor>]) -> Tensor {
        let refused = |reason: Reason| self.fail(crate::Error::from(reason));
        let parsed = match Equation::parse(equation) {
            Ok(parsed) => parsed,
            Err(reason) => return refused(reason),
        };
        let tensors: SmallVec<[Tensor; 4]> = operands.iter().map(|tensor| tensor.as_ref().clone()).collect();
        if tensors.len() != parsed.inputs.len() {
            let (want, got) = (parsed.inputs.len(), tensors.len());
            return refused(format!("\"{equation}\" is about {want} operands, and there are {got}").into());
        }
        let (mut labels, mut result) = (parsed.inputs[0].clone(), tensors[0].clone());
        for next in 1..tensors.len() {
            let later = parsed.inputs[next + 1..].concat();
            let wanted = |label: &char| parsed.output.contains(label) || later.contains(label);
            let both = [&labels[..], &parsed.inputs[next]].concat();
            let mut kept: Vec<char> = Vec::new();
            for label in both.iter().filter(|label| wanted(label)) {
                if !kept.contains(label) {
                    kept.push(*label);
                }
            }
            let output = if next + 1 == tensors.len() { parsed.output.clone() } else { kept };
            let step = Equation { inputs: vec![labels, parsed.inputs[next].clone()], output: output.clone() };
            result = add(step, &[&result, &tensors[next]]);
            labels = output;
        }
        match tensors.len() {
            1 => add(parsed, &[&result]),
            _ => result,
        }
    }
}

pub(super) fn einsum_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]];
    let square = || array![[1.0, -2.0], [3.0, 4.5]];
    let blocks = || array![[[1.0, 2.0], [0.5, -1.0]], [[3.0, 1.0], [2.0, 2.5]], [[0.0, 1.0], [-1.5, 4.0]]];
    let case = |equation: &'static str, feeds: Vec<Array>| {
        Case::fed(equation, feeds, move |tf, x| vec![tf.einsum(equation, x)])
    };
    vec![
        case("ij,jk->ik", vec![square(), matrix()]),
        case("ij,kj->ik", vec![matrix(), matrix()]).expecting([array![[14.0, 33.5], [33.5, 83.25]]]),
        case("ij->ji", vec![matrix()]).expecting([array![[1.0, 4.0], [2.0, 5.0], [3.0, 6.5]]]),
        case("ij->", vec![matrix()]).expecting([21.5.into()]),
        case("ij->j", vec![matrix()]),
        case("ii->i", vec![square()]).expecting([array![1.0, 4.5]]),
        case("ii->", vec![square()]).expecting([5.5.into()]),
        case("i->ii", vec![array![1.0, 2.0]]).expecting([array![[1.0, 0.0], [0.0, 2.0]]]),
        case("i,j->ij", vec![array![1.0, 2.0], array![3.0, 4.0]]),
        case("i,i->", vec![array![1.0, 2.0], array![3.0, 4.0]]).expecting([11.0.into()]),
        case("ij,ij->ij", vec![square(), square()]),
        case("bij,bjk->bik", vec![blocks(), blocks()]),
        case("bij,bkj->ikb", vec![blocks(), blocks()]),
        case("...ij,jk->...ik", vec![blocks(), square()]),
        case("i...,...->i...", vec![blocks(), array![2.0, 3.0]]),
        case("...i,...i->...", vec![blocks(), array![[[2.0, 3.0], [1.0, -1.0]]]]),
        case("a...b->b...", vec![blocks()]),
        case("i,...->i...", vec![array![2.0, 3.0], blocks()]),
        case("i...,i->...", vec![blocks(), array![2.0, 3.0, -1.0]]),
        case("ab,cd->ad", vec![square(), matrix()]),
        case("ij,jk,kl->il", vec![square(), square(), matrix()]),
        case("ij,jk", vec![array![[1, 2]], array![[3], [4]]]).expecting([array![[11]]]),
        case("ij,jk->ik", vec![Array::from_literal([[0.0; 0]; 2]), Array::from_literal([[0.0; 3]; 0])])
            .expecting([array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn operands_that_do_not_fit_are_refused() {
        let refusal = |equation: &str, shapes: &[&[usize]]| {
            let tf = Graph::new();
            let operands: Vec<Tensor> =
                shapes.iter().map(|&shape| tf.full_of(DType::Float32, shape, 1.0)).collect();
            tf.einsum(equation, &operands);
            tf.check().unwrap_err().message().to_string()
        };
        assert_eq!(refusal("ij,jk->ik", &[&[2, 3], &[4, 2]]), "\"j\" of \"ij,jk->ik\" is 4 and 3");
        assert!(refusal("i...->i", &[&[2, 3]]).contains("no ellipsis for 1 axes"));
        assert!(refusal("ij,jk->ik", &[&[2, 3], &[1, 2]]).contains("\"j\""));
        assert!(refusal("ij->ij", &[&[2, 3, 4]]).contains("does not fit an operand of 3 axes"));
        assert!(refusal("ij,jk->ik", &[&[2, 3]]).contains("about 2 operands, and there are 1"));
        assert!(refusal("i->j", &[&[2]]).contains("the result has j"));
    }
}
