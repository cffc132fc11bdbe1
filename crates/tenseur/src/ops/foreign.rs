//! Ops of imported graphs that the table does not have. They are kept, so that a graph can be looked at, written again
//! and run in its other parts; a run that needs one is an error.

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// An op that we only know by name.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    name: &'static str,
    why: Reason,
}

impl Foreign {
    /// The op that TensorFlow calls `name`, and why it cannot be run.
    pub(crate) fn new(name: &str, why: Reason) -> Foreign {
        Foreign { name: kept(name), why }
    }

    /// Why it cannot be run.
    pub(crate) fn why(&self) -> &Reason {
        &self.why
    }
}

/// A name that lasts as long as the process. Names of ops are few; a file that tries to fill memory with them gets
/// one name for all of the rest.
pub(crate) fn kept(name: &str) -> &'static str {
    const MOST: usize = 4096;
    const LONGEST: usize = 256;
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match names.get(name) {
        Some(known) => known,
        None if names.len() >= MOST || name.len() > LONGEST => "Foreign",
        None => {
            let name: &'static str = Box::leak(name.into());
            names.insert(name);
            name
        }
    }
}

impl Op for Foreign {
    fn name(&self) -> &'static str {
        self.name
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Foreign, Reason> {
        Err("it stands for an op that is not known".into())
    }

    fn infer(&self, _: &[&Fact]) -> Result<Facts, Reason> {
        Err(self.why.clone())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the op is not known")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Err(self.why.clone())
    }
}
