//! Checks that a run makes on its way.

use tenseur_kernels::CheckNumericsKernel;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// x itself, if none of its elements is NaN or infinite; else the run fails.
#[derive(Clone, Debug)]
pub struct CheckNumerics {
    /// What the error begins with.
    pub message: String,
}

impl Op for CheckNumerics {
    fn name(&self) -> &'static str {
        "CheckNumerics"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("message", self.message.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<CheckNumerics, Reason> {
        Ok(CheckNumerics { message: attrs.require("message")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype.is_float() {
            true => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
            false => Err(refusal(&[x.dtype], DType::is_float)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| {
            let message =
                format!("Not a number (NaN) or infinity (Inf) values detected in gradient. {}", self.message);
            [Some(dy.graph().add(CheckNumerics { message }, &[dy]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("{dtype} has no numbers to check"))?;
        let count = known_shape(node.inputs[0])?.elements();
        Ok(Lowered::kernel(CheckNumericsKernel::new(stored, count, &self.message)?))
    }
}

/// Fails where input 0, one truth value, is false; the other inputs are shown in the error.
#[derive(Clone, Debug)]
pub struct Assert {
    /// How many elements of each input are shown.
    pub summarize: i64,
}

impl Op for Assert {
    fn name(&self) -> &'static str {
        "Assert"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types: Vec<DType> = node.inputs.iter().skip(1).map(|fact| fact.dtype).collect();
        Attrs::new().with("T", types).with("summarize", self.summarize)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Assert, Reason> {
        Ok(Assert { summarize: attrs.optional("summarize", 3)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let Some(condition) = inputs.first() else { return Err("it has no condition".into()) };
        match condition.dtype == DType::Bool && condition.shape.accepts(&Shape::scalar()) {
            true => Ok(Facts::new()),
            false => Err(format!(
                "its condition must be one truth value and is {} {}",
                condition.dtype, condition.shape
            )
            .into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let shown = usize::try_from(self.summarize).unwrap_or(usize::MAX);
        Ok(Lowered::host(node.inputs.len(), move |inputs| match inputs[0].as_slice::<bool>() {
            Ok(&[true]) => Ok(Vec::new()),
            _ => {
                let data: Vec<String> = inputs[1..].iter().map(|array| summary(array, shown)).collect();
                Err(format!("assertion failed: {}", data.join(" ")).into())
            }
        }))
    }
}

/// The first elements of an array.
fn summary(array: &Array, count: usize) -> String {
    let texts: Vec<String> = match (array.as_strings(), array.to_f64()) {
        (Ok(strings), _) => {
            strings.iter().take(count).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
        }
        (_, Ok(numbers)) => numbers.iter().take(count).map(f64::to_string).collect(),
        _ => Vec::new(),
    };
    let more = if array.len() > count { " …" } else { "" };
    format!("[{}{more}]", texts.join(" "))
}

pub(super) fn assert_cases() -> Vec<Case> {
    vec![Case::fed("holds", [array![1.0, 2.0]], |tf, x| {
        let assert = Assert { summarize: 3 };
        let assert = tf.add_op(assert, &[&x[0].reduce_sum(..).greater(0.0), &x[0]], None);
        let _after = tf.control_dependencies([&assert]);
        vec![&x[0] * 2.0]
    })]
}

impl Tensor {
    /// The tensor itself; a run in which it holds a NaN or an infinity fails with an error that begins with `message`,
    /// names the node at which the first of them arose, and leaves every variable as it was.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None], "x");
    /// let loss = x.log().reduce_sum(..).check_numerics("loss");
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&loss, feeds![x => array![1.0, 1.0]])?, 0.0.into());
    /// let error = sess.run(&loss, feeds![x => array![1.0, -1.0]]).unwrap_err();
    /// assert!(error.to_string().starts_with("Log \"Log\": the first NaN arises here"));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn check_numerics(&self, message: &str) -> Tensor {
        self.graph().add(CheckNumerics { message: message.to_string() }, &[self])
    }
}

pub(super) fn check_numerics_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].check_numerics("x")];
    vec![
        Case::fed("passes", [array![[1.0, -2.0]]], build).expecting([array![[1.0, -2.0]]]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], build),
        Case::fed("of a square", [array![3.0, 0.5]], |_, x| vec![(&x[0] * &x[0]).check_numerics("x²")]),
    ]
}
