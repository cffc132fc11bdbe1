#![allow(missing_docs, dead_code, clippy::all)]
use tenseur_kernels::*;
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReduceOp {
    Sum,
    Prod,
    Max,
    Min,
    Any,
    All,
}
pub struct ReduceKernel;
impl ReduceKernel {
    pub fn new(
        prologue: MapProgram,
        shape: &[usize],
        inputs: &[Layout],
        axes: &[usize],
        op: ReduceOp,
        epilogue: Option<(MapProgram, Vec<Layout>)>,
    ) -> Result<Call, String> {
        let stored = prologue.outputs()[0].1;
        let size = |t: ScalarType| t.size();
        let mut input_bytes: Vec<usize> =
            inputs.iter().zip(prologue.inputs()).map(|(l, &t)| l.elements * size(t)).collect();
        let n: usize = shape.iter().product();
        let kept: Vec<usize> =
            shape.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, &s)| s).collect();
        let m: usize = kept.iter().product();
        let map = MapKernel::new(prologue.clone(), shape, inputs)?;
        let before = inputs.len();
        let (post, output_bytes) = match &epilogue {
            None => (None, vec![m * size(stored)]),
            Some((program, layouts)) => {
                let mut all = vec![Layout::contiguous(&kept)];
                all.extend(layouts.iter().cloned());
                for (l, &t) in layouts.iter().zip(&program.inputs()[1..]) {
                    input_bytes.push(l.elements * size(t));
                }
                let outs = program.outputs().iter().map(|o| m * size(o.1)).collect();
                (Some(MapKernel::new(program.clone(), &kept, &all)?), outs)
            }
        };
        let mut target = vec![0usize; n];
        for (i, slot) in target.iter_mut().enumerate() {
            let (mut rest, mut at, mut stride) = (i, 0, 1);
            for axis in (0..shape.len()).rev() {
                let c = rest % shape[axis];
                rest /= shape[axis];
                if !axes.contains(&axis) {
                    at += c * stride;
                    stride *= shape[axis];
                }
            }
            *slot = at;
        }
        let name = "pending";
        Ok(Call::new(name, input_bytes, output_bytes, move |ins, outs| {
            let ctx = Context { threads: 1 };
            let mut temp = Buffer::zeroed(n * size(stored));
            call(&map, &ctx, &ins[..before], &mut [temp.bytes_mut()])?;
            let mut reduced = Buffer::zeroed(m * size(stored));
            macro_rules! go {
                ($t:ty, $acc:ty, $lo:expr, $hi:expr) => {{
                    let start = match op {
                        ReduceOp::Sum | ReduceOp::Any => 0 as $acc,
                        ReduceOp::Prod | ReduceOp::All => 1 as $acc,
                        ReduceOp::Max => $lo as $acc,
                        ReduceOp::Min => $hi as $acc,
                    };
                    let mut acc = vec![start; m];
                    for (x, &t) in temp.slice::<$t>().iter().zip(&target) {
                        let x = *x as $acc;
                        let a = &mut acc[t];
                        *a = match op {
                            ReduceOp::Sum => *a + x,
                            ReduceOp::Prod => *a * x,
                            ReduceOp::Max => {
                                if x > *a || x != x {
                                    x
                                } else {
                                    *a
                                }
                            }
                            ReduceOp::Min => {
                                if x < *a || x != x {
                                    x
                                } else {
                                    *a
                                }
                            }
                            ReduceOp::Any => {
                                if x != 0 as $acc {
                                    1 as $acc
                                } else {
                                    *a
                                }
                            }
                            ReduceOp::All => {
                                if x == 0 as $acc {
                                    0 as $acc
                                } else {
                                    *a
                                }
                            }
                        };
                    }
                    for (o, a) in reduced.slice_mut::<$t>().iter_mut().zip(acc) {
                        *o = a as $t;
                    }
                }};
            }
            match stored {
                ScalarType::F32 => go!(f32, f64, f64::NEG_INFINITY, f64::INFINITY),
                ScalarType::F64 => go!(f64, f64, f64::NEG_INFINITY, f64::INFINITY),
                ScalarType::I32 => go!(i32, i64, i32::MIN, i32::MAX),
                ScalarType::I64 => go!(i64, i128, i64::MIN, i64::MAX),
                ScalarType::Bool | ScalarType::U8 => go!(u8, i64, 0, 255),
                other => return Err(KernelError(format!("pending reduce of {other:?}"))),
            }
            match &post {
                None => outs[0].copy_from_slice(reduced.bytes()),
                Some(post) => {
                    let mut all: Vec<&[u8]> = vec![reduced.bytes()];
                    all.extend_from_slice(&ins[before..]);
                    call(post, &ctx, &all, outs)?;
                }
            }
            Ok(())
        }))
    }
}
