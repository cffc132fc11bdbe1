//! Products of complex matrices, by plain loops.

use crate::error::Reason;
use crate::lowering::{Lowered, known_shape};
use crate::ops::Signature;
use crate::ops::complex::{Complex, array_of, numbers};
use crate::ops::elementwise::stretched;

/// How a matrix that is multiplied lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Stored {
    /// Row by row.
    AsItIs,
    /// Column by column.
    Transposed,
    /// Column by column, and conjugated.
    Adjoint,
}

impl Stored {
    /// Element `[row, column]` of the matrix, of which `size` is what is stored.
    fn at(self, matrix: &[Complex], size: [usize; 2], row: usize, column: usize) -> Complex {
        match self {
            Stored::AsItIs => matrix[row * size[1] + column],
            Stored::Transposed => matrix[column * size[1] + row],
            Stored::Adjoint => matrix[column * size[1] + row].conj(),
        }
    }
}

/// The product of each pair of matrices of two batches, which broadcast.
pub(in crate::ops) fn products(
    name: &'static str,
    node: Signature<'_>,
    x_stored: Stored,
    y_stored: Stored,
) -> Result<Lowered, Reason> {
    let (dtype, shape) = (node.outputs[0].dtype, known_shape(&node.outputs[0])?);
    Ok(Lowered::arrays(name, node, move |arrays| {
        let ([batch_x @ .., x_rows, x_columns], [batch_y @ .., y_rows, y_columns], [batch @ .., m, n]) =
            (&arrays[0].shape()[..], &arrays[1].shape()[..], &shape[..])
        else {
            return Err("it takes matrices".into());
        };
        let (x_size, y_size) = ([*x_rows, *x_columns], [*y_rows, *y_columns]);
        let k = if x_stored == Stored::AsItIs { *x_columns } else { *x_rows };
        let (x, y) = (numbers(&arrays[0])?, numbers(&arrays[1])?);
        let mut z = crate::value::room(shape.elements())?;
        for (i, j) in stretched(batch_x, batch)?.zip(stretched(batch_y, batch)?) {
            let (x, y) = (&x[i * x_rows * x_columns..], &y[j * y_rows * y_columns..]);
            for row in 0..*m {
                for column in 0..*n {
                    let terms =
                        (0..k).map(|p| x_stored.at(x, x_size, row, p) * y_stored.at(y, y_size, p, column));
                    z.push(terms.sum::<Complex>());
                }
            }
        }
        Ok(vec![array_of(dtype, shape.clone(), &z)?])
    }))
}
