//! Looking up rows of tables by number: embeddings.

use crate::Graph;
use crate::graph::{Operand, Tensor};
use crate::value::DType;

/// How the rows of one table are shared out to several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionStrategy {
    /// Row i is row `i / n` of table `i mod n`.
    Mod,
    /// The first rows are in the first table, the next in the second; the first tables have one more where it does not come
    /// out even.
    Div,
}

/// The rows of a table, or of several that make up one, at `ids` (`tf.nn.embedding_lookup`): of the shape of the ids and
/// then that of a row.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let table = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
/// let rows = nn::embedding_lookup(&[&table], array![1, 0, 1], nn::PartitionStrategy::Mod);
/// assert_eq!(Session::new(&tf)?.run(&rows, feeds![])?, array![[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn embedding_lookup(
    tables: &[impl AsRef<Tensor>],
    ids: impl Into<Operand>,
    strategy: PartitionStrategy,
) -> Tensor {
    let Some(first) = tables.first().map(AsRef::as_ref) else {
        return Graph::new().fail(crate::Error::invalid("embedding_lookup: there are no tables"));
    };
    let tf = first.graph();
    let ids = ids.into().tensor(&tf.constant(0));
    if tables.len() == 1 {
        return first.gather(&ids);
    }
    let count = f64::from(tables.len() as u32);
    let flat = ids.reshape([-1]);
    let (table, row) = match strategy {
        PartitionStrategy::Mod => {
            let row = flat.floor_div(count);
            (&flat - &row * count, row)
        }
        PartitionStrategy::Div => {
            let sizes: Vec<Tensor> = tables.iter().map(|table| table.as_ref().shape_tensor().at(0)).collect();
            let all = tf.add_n(&sizes).cast_to(ids.dtype().unwrap_or(DType::Int32));
            let each = all.floor_div(count);
            let longer = &all - &each * count;
            let more = &each + 1.0;
            // The first tables have one row more.
            let table = flat.floor_div(&more).maximum((&flat - &longer).floor_div(each.maximum(1.0)));
            let in_longer = table.less(&longer);
            let row = in_longer.where_(&flat - &table * &more, &flat - &table * &each - &longer);
            (table, row)
        }
    };
    let table = table.cast_to(DType::Int32);
    let rows = row.dynamic_partition(&table, tables.len());
    let places = tf.range(0, flat.size_tensor(), 1).dynamic_partition(&table, tables.len());
    let found: Vec<Tensor> =
        tables.iter().zip(&rows).map(|(table, rows)| table.as_ref().gather(rows)).collect();
    let shape = tf.concat(&[&ids.shape_tensor(), &first.shape_tensor().at(1..)], 0);
    tf.dynamic_stitch(&places, &found).reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn several_tables_are_one() {
        let whole =
            array![[0.0, 0.5], [1.0, 1.5], [2.0, 2.5], [3.0, 3.5], [4.0, 4.5], [5.0, 5.5], [6.0, 6.5]];
        let tf = Graph::new();
        let all = tf.constant(&whole);
        let ids = tf.placeholder::<i32>([None, None], "ids");
        let by = |picks: [&[i32]; 3]| -> Vec<Tensor> {
            picks.iter().map(|pick| all.gather(Array::new([pick.len()], *pick).unwrap())).collect()
        };
        let by_mod = embedding_lookup(&by([&[0, 3, 6], &[1, 4], &[2, 5]]), &ids, PartitionStrategy::Mod);
        let by_div = embedding_lookup(&by([&[0, 1, 2], &[3, 4], &[5, 6]]), &ids, PartitionStrategy::Div);
        let feed = array![[6, 0, 3, 2], [5, 1, 4, 6]];
        let sess = Session::new(&tf).unwrap();
        let run = |y: &Tensor| sess.run(y, feeds![ids => &feed]).unwrap();
        let want = run(&all.gather(&ids));
        assert_eq!(run(&by_mod), want);
        assert_eq!(run(&by_div), want);
    }
}
