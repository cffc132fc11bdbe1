//! The operators of expressions, for tensors and variables, with tensors, variables, arrays and numbers on either side.
//!
//! | Rust | op |
//! |---|---|
//! | `x + y`, `x - y`, `x * y`, `-x` | AddV2, Sub, Mul, Neg |
//! | `x / y` | RealDiv; integers are divided as floats, as TensorFlow 1 does in Python 3 |
//! | `x % y` | FloorMod, which has the sign of y, as in Python |
//! | `x & y`, `x \| y`, `x ^ y`, `!x` | of bools LogicalAnd, …; of integers BitwiseAnd, … |
//!
//! A number takes the type of the tensor beside it. On the left a float is an f64: were it an f32 too, the compiler
//! could not tell the type of the 1.0 in `(1.0 - &y).log()`.

use std::ops;

use crate::graph::{Operand, Tensor, Variable};
use crate::ops::division::{FloorMod, RealDiv};
use crate::ops::math::{AddV2, Mul, Neg, Sub};
use crate::value::{Array, DType};

/// `x / y`: of floats RealDiv; integers of up to 16 bits are divided as float32 and wider ones as float64.
#[track_caller]
fn true_division(x: &Tensor, y: &Tensor) -> Tensor {
    use DType::*;
    let as_float = match x.dtype() {
        Some(Int8 | Int16 | UInt8 | UInt16) => Some(Float32),
        Some(Int32 | Int64 | UInt32 | UInt64) => Some(Float64),
        _ => None,
    };
    match as_float {
        Some(float) if x.dtype() == y.dtype() => x.cast_to(float).with(RealDiv, y.cast_to(float)),
        _ => x.with(RealDiv, y),
    }
}

macro_rules! binary {
    ($($operator:ident $method:ident |$x:ident, $y:ident| $result:expr;)*) => { $(
        binary!(left $operator $method |$x, $y| $result; Tensor, &Tensor, Variable, &Variable);
        binary!(right $operator $method |$x, $y| $result; Tensor, &Tensor, Variable, &Variable);
    )* };
    (left $operator:ident $method:ident |$x:ident, $y:ident| $result:expr; $($left:ty),*) => { $(
        impl<R: Into<Operand>> ops::$operator<R> for $left {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, right: R) -> Tensor {
                let $x: &Tensor = self.as_ref();
                let $y = &right.into().tensor($x);
                $result
            }
        }
    )* };
    (right $operator:ident $method:ident |$x:ident, $y:ident| $result:expr; $($right:ty),*) => { $(
        binary!(both $operator $method |$x, $y| $result; f64, $right);
        binary!(both $operator $method |$x, $y| $result; i32, $right);
        binary!(both $operator $method |$x, $y| $result; Array, $right);
        binary!(both $operator $method |$x, $y| $result; &Array, $right);
    )* };
    (both $operator:ident $method:ident |$x:ident, $y:ident| $result:expr; $left:ty, $right:ty) => {
        impl ops::$operator<$right> for $left {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, right: $right) -> Tensor {
                let $y: &Tensor = right.as_ref();
                let $x = &Operand::from(self).tensor($y);
                $result
            }
        }
    };
}
binary! {
    Add add |x, y| x.graph().add(AddV2, &[x, y]);
    Sub sub |x, y| x.graph().add(Sub, &[x, y]);
    Mul mul |x, y| x.graph().add(Mul, &[x, y]);
    Div div |x, y| true_division(x, y);
    Rem rem |x, y| x.graph().add(FloorMod, &[x, y]);
}

macro_rules! negations {
    ($($operand:ty),*) => { $(
        impl ops::Neg for $operand {
            type Output = Tensor;

            #[track_caller]
            fn neg(self) -> Tensor {
                let x: &Tensor = self.as_ref();
                x.graph().add(Neg, &[x])
            }
        }
    )* };
}
negations!(Tensor, &Tensor, Variable, &Variable);
