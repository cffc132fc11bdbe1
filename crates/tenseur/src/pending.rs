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
fn k() -> Result<Call, String> {
    Ok(Call::new("pending", vec![], vec![], |_, _| Ok(())))
}
pub struct ReduceKernel;
impl ReduceKernel {
    pub fn new(
        _: MapProgram,
        _: &[usize],
        _: &[Layout],
        _: &[usize],
        _: ReduceOp,
        _: Option<(MapProgram, Vec<Layout>)>,
    ) -> Result<Call, String> {
        k()
    }
}
