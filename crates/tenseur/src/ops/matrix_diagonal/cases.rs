//! Small graphs that show diagonals at work.

use crate::array;
use crate::conformance::Case;
use crate::graph::Tensor;
use crate::value::Array;

use super::{Align, MatrixDiag, MatrixDiagPart, MatrixSetDiag};

fn wide() -> Array {
    array![[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]]
}

const ALIGNS: [Align; 4] = [Align::RightLeft, Align::LeftRight, Align::LeftLeft, Align::RightRight];

pub(in crate::ops) fn matrix_diag_v1_cases() -> Vec<Case> {
    let build =
        |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(MatrixDiag::<1> { align: Align::LeftLeft }, &[&x[0]])];
    vec![
        Case::fed("two", [array![[1.0, 2.0], [3.0, 4.0]]], build)
            .expecting([array![[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 4.0]]]]),
        Case::fed("bools", [array![true, true]], build).expecting([array![[true, false], [false, true]]]),
        Case::fed("nothing", [Array::from_literal([0.0; 0])], build),
    ]
}

fn matrix_diag_cases<const VERSION: u8>() -> Vec<Case> {
    let aligns = if VERSION < 3 { &ALIGNS[2..3] } else { &ALIGNS[..] };
    let mut cases: Vec<Case> = aligns
        .iter()
        .map(|&align| {
            let packed = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
            Case::fed(align.name(), [packed], move |tf, x| {
                let (k, any, padding) =
                    (tf.constant(array![-1, 1]), tf.constant(-1), tf.constant_like(0.5, &x[0]));
                vec![tf.add(MatrixDiag::<VERSION> { align }, &[&x[0], &k, &any, &any, &padding])]
            })
        })
        .collect();
    cases.push(
        Case::fed("one above, of a given size", [array![1, 2], array![1]], |tf, x| {
            let (rows, columns, padding) = (tf.constant(2), tf.constant(3), tf.constant(9));
            vec![tf.add(
                MatrixDiag::<VERSION> { align: Align::LeftLeft },
                &[&x[0], &x[1], &rows, &columns, &padding],
            )]
        })
        .expecting([array![[9, 1, 9], [9, 9, 2]]]),
    );
    cases
}

pub(in crate::ops) fn matrix_diag_v2_cases() -> Vec<Case> {
    matrix_diag_cases::<2>()
}

pub(in crate::ops) fn matrix_diag_v3_cases() -> Vec<Case> {
    matrix_diag_cases::<3>()
}

pub(in crate::ops) fn matrix_diag_part_v1_cases() -> Vec<Case> {
    vec![
        Case::fed("wide", [wide()], |tf, x| {
            vec![tf.add(MatrixDiagPart::<1> { align: Align::LeftLeft }, &[&x[0]])]
        })
        .expecting([array![[1.0, 6.0, 11.0]]]),
    ]
}

fn matrix_diag_part_cases<const VERSION: u8>(answers: &[Array]) -> Vec<Case> {
    let aligns = if VERSION < 3 { &ALIGNS[2..3] } else { &ALIGNS[..] };
    let band = |align: Align| {
        Case::fed(align.name(), [wide()], move |tf, x| {
            let (k, padding) = (tf.constant(array![-1, 2]), tf.constant_like(0.5, &x[0]));
            vec![tf.add(MatrixDiagPart::<VERSION> { align }, &[&x[0], &k, &padding])]
        })
    };
    let mut cases: Vec<Case> =
        aligns.iter().zip(answers).map(|(&align, answer)| band(align).expecting([answer.clone()])).collect();
    cases.push(
        Case::fed("one below, k fed", [wide(), Array::scalar(-2)], |tf, x| {
            let align = Align::LeftLeft;
            let padding = tf.constant_like(0.0, &x[0]);
            vec![tf.add(MatrixDiagPart::<VERSION> { align }, &[&x[0].stop_gradient(), &x[1], &padding])]
        })
        .expecting([array![[9.0]]]),
    );
    cases
}

pub(in crate::ops) fn matrix_diag_part_v2_cases() -> Vec<Case> {
    matrix_diag_part_cases::<2>(&[array![[
        [3.0, 8.0, 0.5],
        [2.0, 7.0, 12.0],
        [1.0, 6.0, 11.0],
        [5.0, 10.0, 0.5]
    ]]])
}

pub(in crate::ops) fn matrix_diag_part_v3_cases() -> Vec<Case> {
    matrix_diag_part_cases::<3>(&[
        array![[[0.5, 3.0, 8.0], [2.0, 7.0, 12.0], [1.0, 6.0, 11.0], [5.0, 10.0, 0.5]]],
        array![[[3.0, 8.0, 0.5], [2.0, 7.0, 12.0], [1.0, 6.0, 11.0], [0.5, 5.0, 10.0]]],
        array![[[3.0, 8.0, 0.5], [2.0, 7.0, 12.0], [1.0, 6.0, 11.0], [5.0, 10.0, 0.5]]],
        array![[[0.5, 3.0, 8.0], [2.0, 7.0, 12.0], [1.0, 6.0, 11.0], [0.5, 5.0, 10.0]]],
    ])
}

pub(in crate::ops) fn matrix_set_diag_v1_cases() -> Vec<Case> {
    vec![
        Case::fed("wide", [wide(), array![[-1.0, -2.0, -3.0]]], |tf, x| {
            vec![tf.add(MatrixSetDiag::<1> { align: Align::LeftLeft }, &[&x[0], &x[1]])]
        })
        .expecting([array![[
            [-1.0, 2.0, 3.0, 4.0],
            [5.0, -2.0, 7.0, 8.0],
            [9.0, 10.0, -3.0, 12.0]
        ]]]),
    ]
}

fn matrix_set_diag_cases<const VERSION: u8>() -> Vec<Case> {
    let aligns = if VERSION < 3 { &ALIGNS[2..3] } else { &ALIGNS[..] };
    let band = |&align: &Align| {
        Case::fed(align.name(), [wide(), array![[[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0]]]], move |tf, x| {
            vec![tf.add(MatrixSetDiag::<VERSION> { align }, &[&x[0], &x[1], &tf.constant(array![-1, 0])])]
        })
    };
    aligns.iter().map(band).collect()
}

pub(in crate::ops) fn matrix_set_diag_v2_cases() -> Vec<Case> {
    matrix_set_diag_cases::<2>()
}

pub(in crate::ops) fn matrix_set_diag_v3_cases() -> Vec<Case> {
    matrix_set_diag_cases::<3>()
}
