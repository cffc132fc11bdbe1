//! A product as a part of another kernel's piece: on the calling thread, of operands that lie anywhere, with scratch
//! memory that the caller gives.

use super::element::Element;
use super::product::{Block, Cut, Scratch, worth_packing};
use super::tile::{Finish, Sum};
use crate::Level;

/// The sizes of a nested product, `[rows, k] · [k, columns]`, of numbers that products are summed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NestedProduct {
    pub(crate) level: Level,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) k: usize,
    /// Whether B is stored as `[columns, k]`.
    pub(crate) transpose_b: bool,
}

/// Where the operands lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NestedOperands<T> {
    /// `a[i, p]` is `a_row · i + a_step · p` numbers on.
    pub(crate) a: *const T,
    pub(crate) a_row: usize,
    pub(crate) a_step: usize,
    /// The rows of B as stored are `b_row` numbers apart.
    pub(crate) b: *const T,
    pub(crate) b_row: usize,
    pub(crate) out: *mut T,
    pub(crate) out_row: usize,
    /// Whether the product is added to what is in `out`, each sum going on as one chain.
    pub(crate) goes_on: bool,
}

impl NestedProduct {
    /// Bytes of scratch memory.
    pub(crate) fn scratch<T: Sum + Element<Sum = T>>(&self) -> usize {
        let nothing = NestedOperands::<T> {
            a: std::ptr::null(),
            a_row: 0,
            a_step: 0,
            b: std::ptr::null(),
            b_row: 0,
            out: std::ptr::null_mut(),
            out_row: 0,
            goes_on: false,
        };
        self.block(&nothing).scratch().bytes
    }

    /// Computes the product.
    ///
    /// # Safety
    /// The pointers are good for the sizes, `out` overlaps neither operand, the machine has the level's instructions, and
    /// `scratch` has [`scratch`](NestedProduct::scratch) bytes, aligned to 64.
    pub(crate) unsafe fn run<T: Sum + Element<Sum = T>>(
        &self,
        operands: &NestedOperands<T>,
        scratch: *mut u8,
    ) {
        let block = self.block(operands);
        // SAFETY: the caller's promise.
        unsafe { block.compute(&Scratch { first: scratch, ..block.scratch() }) }
    }

    fn block<T: Sum + Element<Sum = T>>(&self, operands: &NestedOperands<T>) -> Block<T> {
        let NestedProduct { level, rows, columns, k, transpose_b } = *self;
        let NestedOperands { a, a_row, a_step, b, b_row, out, out_row, goes_on } = *operands;
        let panels = T::panels(level);
        Block {
            level,
            panels,
            rows,
            columns,
            k,
            depth: Cut::of(rows, columns, k).depth,
            a,
            a_row,
            a_step,
            b,
            b_row,
            transpose_b,
            out,
            out_row,
            copies_a: false,
            packs: transpose_b || worth_packing(panels, rows, columns, k),
            streams: false,
            straight: true,
            goes_on,
            finish: Finish::Store,
        }
    }
}
