//! The loops of tenseur: slices in, slices out. All SIMD, all threads and all `unsafe` of the project live in
//! this crate; what is built on it forbids `unsafe`.
//!
//! A [`Kernel`] is a loop prepared for concrete shapes. A [`Program`] is a list of kernels with the places they
//! read and write, checked once when it is made and then run as often as one likes without allocating.

mod ahead;
mod arena;
mod batch_norm;
mod block;
mod channels_first;
mod check;
mod code;
mod complex;
mod complex_map;
mod concat;
mod conv;
mod copy;
mod cross_entropy;
mod denormals;
mod depthwise;
mod failure;
mod gather;
mod gemm;
mod guarded;
mod kernel;
mod layout;
pub mod limits;
mod map;
mod map_program;
mod number;
mod one_hot;
mod pad;
mod pass;
mod place;
mod pool;
mod primitive;
mod program;
pub mod random;
mod recording;
mod reduce;
mod row;
mod row_map;
mod scalar;
mod scan;
mod scatter;
mod simd;
mod softmax;
mod straight_line;
mod streaming;
mod sum_many;
pub mod threads;
mod transpose;
mod vecmath;
mod window;

pub use arena::{ALIGNMENT, Buffer, In, Out};
pub use batch_norm::{BatchNormGradientKernel, BatchNormKernel, BatchNormSpec};
pub use channels_first::{ChannelsFirstKernel, Images};
pub use check::CheckNumericsKernel;
pub use code::Code;
pub use complex::ElementType;
pub use complex_map::ComplexMapKernel;
pub use concat::{ConcatKernel, SplitKernel};
pub use conv::{ConvFilterGradientKernel, ConvInputGradientKernel, ConvKernel, ConvSpec};
pub use copy::CopyKernel;
pub use cross_entropy::{CrossEntropyKernel, Labels, LossAndGradient};
pub use depthwise::{DepthwiseKernel, DepthwiseOutput};
pub use gather::GatherKernel;
pub use gemm::{EpilogueInput, GemmEpilogue, GemmKernel, GemmOutput, GemmSpec};
pub use guarded::{Guard, GuardedKernel, Range};
pub use kernel::{Call, Context, Kernel, KernelError, call};
pub use layout::{Layout, collapse, element_count};
pub use map::MapKernel;
pub use map_program::{Instruction, MapProgram, Value};
pub use number::{Start, Update};
pub use one_hot::OneHotKernel;
pub use pad::{PadKernel, Padding};
pub use pass::{PassKernel, PassLoop};
pub use place::PlaceKernel;
pub use pool::{
    AveragePoolGradientKernel, AveragePoolKernel, MaxPlaces, MaxPoolGradientKernel, MaxPoolKernel,
    MaxPoolSecondGradientKernel,
};
pub use primitive::{Binary, ComputeType, Constant, Unary};
pub use program::{
    Access, Bound, Memories, Memory, MemoryTable, PLACE_ALIGNMENT, Place, Program, RunError, Slot, Step,
    StepError,
};
pub use reduce::{ReduceKernel, ReduceOp};
pub use row_map::{RowInput, RowMapKernel};
pub use scalar::{Scalar, ScalarType};
pub use scan::{ScanKernel, ScanOp};
pub use scatter::{ScatterAddKernel, ScatterUpdateKernel};
pub use simd::{Level, at_level, level};
pub use softmax::SoftmaxKernel;
pub use straight_line::{Number, StraightLine, StraightLineKernel};
pub use sum_many::SumManyKernel;
pub use window::{Window, WindowAxis};
