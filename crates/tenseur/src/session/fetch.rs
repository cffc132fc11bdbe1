//! What a run is asked for and what it is fed.

use crate::graph::{Operation, Tensor, Variable};
use crate::value::Array;

/// Values for a run: each replaces what its tensor would be. Made with [`feeds!`](crate::feeds).
#[derive(Clone, Debug, Default)]
pub struct Feeds(pub(super) Vec<(Tensor, Array)>);

impl Feeds {
    /// None.
    pub fn new() -> Feeds {
        Feeds::default()
    }

    /// These and `value` for `tensor`.
    #[must_use]
    pub fn with(mut self, tensor: impl AsRef<Tensor>, value: impl Into<Array>) -> Feeds {
        self.0.push((tensor.as_ref().clone(), value.into()));
        self
    }
}

impl From<&Array> for Array {
    fn from(array: &Array) -> Array {
        array.clone()
    }
}

/// What a run is fed: `feeds![x => &images, keep_prob => 0.5]`. A value is an array, a reference to one, or a number.
#[macro_export]
macro_rules! feeds {
    ($($tensor:expr => $value:expr),* $(,)?) => {
        $crate::Feeds::new()$(.with(&$tensor, $value))*
    };
}

/// What a run can be asked for: a tensor or a variable (gives an [`Array`]), an operation (gives nothing), tuples and
/// slices of those.
pub trait Fetch {
    /// What comes back.
    type Output;

    /// Appends what is asked for.
    fn ask(&self, wanted: &mut Wanted);

    /// Takes what came, in the order in which it was asked for.
    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Self::Output;
}

/// What a run is asked for, collected from a [`Fetch`].
#[derive(Debug, Default)]
pub struct Wanted {
    pub(super) fetches: Vec<Tensor>,
    pub(super) targets: Vec<Operation>,
}

/// What was asked for before: tensors and operations that only a running program knows. Gives the tensors, in order.
///
/// ```
/// use tenseur::prelude::*;
/// use tenseur::session::{Fetch, Wanted};
/// let tf = Graph::new();
/// let count = tf.variable_untrained(0, "count");
/// let mut wanted = Wanted::default();
/// for name in ["count/Assign", "count/initial_value"] {
///     match tf.operation(name) {
///         Ok(operation) => (&operation).ask(&mut wanted),
///         Err(_) => (&count).ask(&mut wanted),
///     }
/// }
/// assert_eq!(Session::new(&tf)?.run(&wanted, feeds![])?, [0.into()]);
/// # Ok::<(), tenseur::Error>(())
/// ```
impl Fetch for &Wanted {
    type Output = Vec<Array>;

    fn ask(&self, wanted: &mut Wanted) {
        wanted.fetches.extend(self.fetches.iter().cloned());
        wanted.targets.extend(self.targets.iter().cloned());
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Vec<Array> {
        results.take(self.fetches.len()).collect()
    }
}

impl Fetch for &Tensor {
    type Output = Array;

    fn ask(&self, wanted: &mut Wanted) {
        wanted.fetches.push((*self).clone());
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Array {
        results.next().expect("a run gives one array for each tensor it was asked for")
    }
}

impl Fetch for &Variable {
    type Output = Array;

    fn ask(&self, wanted: &mut Wanted) {
        wanted.fetches.push(self.reference().clone());
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Array {
        self.reference().take(results)
    }
}

impl Fetch for &Operation {
    type Output = ();

    fn ask(&self, wanted: &mut Wanted) {
        wanted.targets.push((*self).clone());
    }

    fn take(&self, _: &mut std::vec::IntoIter<Array>) {}
}

impl<F> Fetch for &[F]
where
    for<'a> &'a F: Fetch<Output = Array>,
{
    type Output = Vec<Array>;

    fn ask(&self, wanted: &mut Wanted) {
        self.iter().for_each(|fetch| fetch.ask(wanted));
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Vec<Array> {
        self.iter().map(|fetch| fetch.take(results)).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => { $(
        impl<$($name: Fetch),*> Fetch for ($($name,)*) {
            type Output = ($($name::Output,)*);

            fn ask(&self, wanted: &mut Wanted) {
                $(self.$index.ask(wanted);)*
            }

            fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Self::Output {
                ($(self.$index.take(results),)*)
            }
        }
    )* };
}
tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}
