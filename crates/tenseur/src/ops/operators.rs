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

fn is_bool(x: &Tensor) -> bool {
    x.dtype() == Some(DType::Bool)
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
    BitAnd bitand |x, y| if is_bool(x) { x.logical_and(y) } else { x.bitwise_and(y) };
    BitOr bitor |x, y| if is_bool(x) { x.logical_or(y) } else { x.bitwise_or(y) };
    BitXor bitxor |x, y| if is_bool(x) { x.logical_xor(y) } else { x.bitwise_xor(y) };
}

macro_rules! unary {
    ($($operand:ty),*) => { $(
        impl ops::Neg for $operand {
            type Output = Tensor;

            #[track_caller]
            fn neg(self) -> Tensor {
                let x: &Tensor = self.as_ref();
                x.graph().add(Neg, &[x])
            }
        }

        impl ops::Not for $operand {
            type Output = Tensor;

            #[track_caller]
            fn not(self) -> Tensor {
                let x: &Tensor = self.as_ref();
                if is_bool(x) { x.logical_not() } else { x.invert() }
            }
        }
    )* };
}
unary!(Tensor, &Tensor, Variable, &Variable);

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn each_side_may_be_a_tensor_a_variable_an_array_or_a_number() {
        let tf = Graph::new();
        let x = tf.constant(array![7.0, -7.0]);
        let v = tf.variable(array![2.0, 2.0], "v");
        let all = [
            (&x + &v, [9.0, -5.0]),
            (&v - &x, [-5.0, 9.0]),
            (&x * array![1.0, 2.0], [7.0, -14.0]),
            (array![1.0, 2.0] / &v, [0.5, 1.0]),
            (&x % 4.0, [3.0, 1.0]),
            (1.0 - &v, [-1.0, -1.0]),
            (-&v, [-2.0, -2.0]),
            ((1.0 - &x).abs(), [6.0, 8.0]),
            (&x / 2, [3.5, -3.5]),
        ];
        let sess = Session::new(&tf).unwrap();
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        for (number, (result, want)) in all.iter().enumerate() {
            assert_eq!(sess.run(result, feeds![]).unwrap(), Array::from_literal(*want), "{number}");
        }
    }

    #[test]
    fn integers_are_divided_as_floats_and_keep_their_bits() {
        let tf = Graph::new();
        let x = tf.constant(array![7, -7]);
        assert_eq!((&x / 2).dtype(), Some(DType::Float64));
        assert_eq!((x.cast::<u8>() / x.cast::<u8>()).dtype(), Some(DType::Float32));
        assert_eq!((&x & 3).op().op_type(), "BitwiseAnd");
        assert_eq!((x.greater(0) & x.less(3)).op().op_type(), "LogicalAnd");
        assert_eq!((!x.greater(0)).op().op_type(), "LogicalNot");
        let sess = Session::new(&tf).unwrap();
        assert_eq!(sess.run(&(&x / 2), feeds![]).unwrap(), Array::new([2], [3.5, -3.5]).unwrap());
        assert_eq!(sess.run(&(&x ^ 1), feeds![]).unwrap(), array![6, -8]);
    }

    #[test]
    fn a_number_that_the_type_does_not_have_is_refused() {
        let tf = Graph::new();
        let _ = tf.constant(array![7, -7]) + 1.5;
        let error = tf.check().unwrap_err();
        assert_eq!(error.message(), "1.5 stands beside a tensor of int32 and is no int32");
    }
}
