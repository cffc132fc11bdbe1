//! Calls of functions: PartitionedCall, If, Case and While, and the arguments of their bodies.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::array;
use crate::conformance::Case as Example;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Call, Lowered, Work};
use crate::ops::foreign::kept;
use crate::ops::{Attr, Attrs, Effect, Effects, FunctionName, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// The attribute that says of an argument that is a handle of which type the variable is. It is in no file.
pub(crate) const OF_HANDLE: &str = "variable_dtype";

/// An argument of a function, in the function's body.
#[derive(Clone, Debug)]
pub struct Argument {
    /// What is known of it.
    pub fact: Fact,
    /// Which argument it is.
    pub index: i64,
}

impl Op for Argument {
    fn name(&self) -> &'static str {
        "_Arg"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let dtype = if self.fact.resource { DType::Resource } else { self.fact.dtype };
        Attrs::new().with("T", dtype).with("index", self.index)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Argument, Reason> {
        let fact = match attrs.require("T")? {
            DType::Resource => {
                Fact::handle(attrs.optional(OF_HANDLE, DType::Resource)?, PartialShape::unknown())
            }
            dtype => Fact::new(dtype, PartialShape::unknown()),
        };
        Ok(Argument { fact, index: attrs.require("index")? })
    }

    fn infer(&self, _: &[&Fact]) -> Result<Facts, Reason> {
        Ok(self.fact.clone().one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Reads)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("an argument has no inputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Placeholder))
    }
}

/// A result or argument of which only the type is known; what is a resource may be a variable of any type.
fn of_type(dtype: DType, shape: PartialShape) -> Fact {
    match dtype {
        DType::Resource => Fact::handle(dtype, shape),
        _ => Fact::new(dtype, shape),
    }
}

/// How functions are called, and under which name TensorFlow knows it.
pub trait Calling: std::fmt::Debug + Clone + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;
    /// The attribute with the types of the results.
    const RESULTS: &'static str;
    /// What is called when.
    ///
    /// # Errors
    /// When an attribute that names a function is missing.
    fn call(attrs: &Attrs) -> Result<Call, Reason>;
}

/// A node that calls functions.
#[derive(Clone, Debug)]
pub struct Calls<C> {
    call: Call,
    results: Vec<DType>,
    shapes: Vec<PartialShape>,
    attrs: Attrs,
    kind: PhantomData<C>,
}

impl<C: Calling> Calls<C> {
    /// The op that calls these functions, each under the name of its attribute, with results of these types.
    pub(crate) fn of(
        functions: &[(&str, &str)],
        results: Vec<DType>,
        lists: &[(&str, Vec<DType>)],
    ) -> Result<Self, Reason> {
        let mut attrs = Attrs::new().with(C::RESULTS, results);
        for (name, types) in lists {
            attrs = attrs.with(name, types.clone());
        }
        for (name, function) in functions {
            attrs = attrs.with(name, Attr::Function((*function).to_string()));
        }
        Calls::from_attrs(&attrs)
    }
}

/// Makes the op that calls these functions in the way in which another calls its own, with results of further types.
pub(crate) type ExtendedCall<'a> = dyn Fn(&[String], Vec<DType>) -> Result<Arc<dyn Op>, Reason> + 'a;

impl<C: Calling> Calls<C> {
    /// The same with other functions, in the order in which it names its own, and with results of further types.
    pub(crate) fn extended(&self, functions: &[String], further: Vec<DType>) -> Result<Calls<C>, Reason> {
        let results: Vec<DType> = self.results.iter().copied().chain(further).collect();
        let mut given = Attrs::new();
        if !self.shapes.is_empty() {
            let unknown = std::iter::repeat_with(PartialShape::unknown);
            let shapes: Vec<_> = self.shapes.iter().cloned().chain(unknown).take(results.len()).collect();
            given = given.with("output_shapes", shapes);
        }
        given = given.with(C::RESULTS, results);
        let mut named = functions.iter().cloned().map(Attr::Function);
        let names: &[&str] = match self.call {
            Call::Function(_) => &["f"],
            Call::If { .. } => &["then_branch", "else_branch"],
            Call::While { .. } => &["cond", "body"],
            Call::Case { .. } => {
                given = given.with("branches", Attr::List(named.by_ref().collect()));
                &[]
            }
        };
        given = names.iter().zip(named).fold(given, |given, (name, function)| given.with(name, function));
        let kept = self.attrs.iter().filter(|(name, _)| given.get(name).is_none());
        let attrs = kept.fold(given.clone(), |attrs, (name, value)| attrs.with(name, value.clone()));
        Calls::from_attrs(&attrs)
    }
}

impl<C: Calling> Op for Calls<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let kind = |fact: &&Fact| if fact.resource { DType::Resource } else { fact.dtype };
        let types: Vec<DType> = node.inputs.iter().map(kind).collect();
        let attrs = self.attrs.clone();
        match (&self.call, types.split_first()) {
            (Call::Function(_), _) => attrs.with("Tin", types),
            (Call::If { .. }, Some((&decides, others))) => {
                attrs.with("Tcond", decides).with("Tin", others.to_vec())
            }
            (Call::Case { .. }, Some((_, others))) => attrs.with("Tin", others.to_vec()),
            _ => attrs,
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let list = |name: &str| match attrs.get(name) {
            Some(Attr::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        let results = list(C::RESULTS).into_iter().filter_map(|item| match item {
            Attr::Type(dtype) => Some(dtype),
            _ => None,
        });
        let shapes = list("output_shapes").into_iter().filter_map(|item| match item {
            Attr::Shape(shape) => Some(shape),
            _ => None,
        });
        // What follows from the inputs is not kept.
        let own = attrs.iter().filter(|(name, _)| !matches!(*name, "Tin" | "Tcond"));
        Ok(Calls {
            call: C::call(attrs)?,
            results: results.collect(),
            shapes: shapes.collect(),
            attrs: own.fold(Attrs::new(), |attrs, (name, value)| attrs.with(name, value.clone())),
            kind: PhantomData,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.is_empty() && !matches!(self.call, Call::Function(_)) {
            return Err("it has no input to decide by".into());
        }
        let fact = |(i, &dtype): (usize, &DType)| {
            of_type(dtype, self.shapes.get(i).cloned().unwrap_or_else(PartialShape::unknown))
        };
        Ok(self.results.iter().enumerate().map(fact).collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Flow).failing()
    }

    fn grad(&self) -> Grad<'_> {
        let extended = |functions: &[String], further: Vec<DType>| {
            self.extended(functions, further).map(|op| Arc::new(op) as Arc<dyn Op>)
        };
        Grad::Rule(Box::new(move |node| crate::gradients::through_call(&self.call, &extended, node)))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Call(self.call.clone())))
    }
}

macro_rules! calling {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $results:literal, |$attrs:ident| $call:expr;)*) => { $(
        $(#[$doc])*
        pub type $name = Calls<$kind>;

        #[doc = concat!("The kind of [`", stringify!($name), "`].")]
        #[derive(Clone, Debug)]
        pub struct $kind;

        impl Calling for $kind {
            const NAME: &'static str = stringify!($name);
            const RESULTS: &'static str = $results;

            fn call($attrs: &Attrs) -> Result<Call, Reason> {
                Ok($call)
            }
        }
    )* };
}

fn conditional(attrs: &Attrs) -> Result<Call, Reason> {
    Ok(Call::If {
        then_branch: attrs.require::<FunctionName>("then_branch")?.0,
        else_branch: attrs.require::<FunctionName>("else_branch")?.0,
    })
}

fn choice(attrs: &Attrs) -> Result<Call, Reason> {
    let Some(Attr::List(items)) = attrs.get("branches") else {
        return Err("attribute \"branches\" is missing".into());
    };
    let name = |item: &Attr| match item {
        Attr::Function(name) => Some(name.clone()),
        _ => None,
    };
    Ok(Call::Case { branches: items.iter().filter_map(name).collect() })
}

fn repetition(attrs: &Attrs) -> Result<Call, Reason> {
    Ok(Call::While {
        condition: attrs.require::<FunctionName>("cond")?.0,
        body: attrs.require::<FunctionName>("body")?.0,
    })
}

calling! {
    /// The results of a function.
    PartitionedCall, OneCall, "Tout", |attrs| Call::Function(attrs.require::<FunctionName>("f")?.0);
    /// The results of a function that may read and write variables.
    StatefulPartitionedCall, OneStatefulCall, "Tout", |attrs| Call::Function(attrs.require::<FunctionName>("f")?.0);
    /// The results of one function where input 0 is true, else of another; the other inputs are the arguments.
    If, Conditional, "Tout", |attrs| conditional(attrs)?;
    /// As [`If`], of functions without effects.
    StatelessIf, StatelessConditional, "Tout", |attrs| conditional(attrs)?;
    /// The results of the function that input 0 tells; the other inputs are the arguments.
    Case, Choice, "Tout", |attrs| choice(attrs)?;
    /// As [`Case`], of functions without effects.
    StatelessCase, StatelessChoice, "Tout", |attrs| choice(attrs)?;
    /// The inputs, changed by a function as long as another gives true.
    While, Repetition, "T", |attrs| repetition(attrs)?;
    /// As [`While`], of functions without effects.
    StatelessWhile, StatelessRepetition, "T", |attrs| repetition(attrs)?;
}

/// A node whose op type is the name of a function (TensorFlow's `Defun`).
#[derive(Clone, Debug)]
pub(crate) struct NamedCall {
    name: &'static str,
    function: String,
    results: Vec<DType>,
}

impl NamedCall {
    /// The call of a function with results of these types.
    pub(crate) fn new(function: &str, results: Vec<DType>) -> NamedCall {
        NamedCall { name: kept(function), function: function.to_string(), results }
    }
}

impl Op for NamedCall {
    fn name(&self) -> &'static str {
        self.name
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<NamedCall, Reason> {
        Err("it is made from a function, not from attributes".into())
    }

    fn infer(&self, _: &[&Fact]) -> Result<Facts, Reason> {
        Ok(self.results.iter().map(|&dtype| of_type(dtype, PartialShape::unknown())).collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Flow).failing()
    }

    fn grad(&self) -> Grad<'_> {
        let call = Call::Function(self.function.clone());
        let extended = |functions: &[String], further: Vec<DType>| {
            let function = functions.first().map_or("", String::as_str);
            let results = self.results.iter().copied().chain(further).collect();
            let op = StatefulPartitionedCall::of(&[("f", function)], results, &[])?;
            Ok(Arc::new(op) as Arc<dyn Op>)
        };
        Grad::Rule(Box::new(move |node| crate::gradients::through_call(&call, &extended, node)))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Call(Call::Function(self.function.clone()))))
    }
}

/// Functions come with files, so that a case has none to call: what is tried here is that the error says so.
pub(super) fn cases() -> Vec<Example> {
    vec![Example::fed("beside a call that nobody wants", [array![1.0]], |tf, x| {
        let attrs =
            Attrs::new().with("f", Attr::Function("missing".to_string())).with("Tout", Vec::<DType>::new());
        let call = PartitionedCall::from_attrs(&attrs).expect("it has a function");
        let _call = tf.add_op(call, &[&x[0]], None);
        vec![&x[0] + 1.0]
    })]
}
