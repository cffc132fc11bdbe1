//! Brings the elements of a strided tensor together.
//!
//! A loop walks an index space in row-major order, and of each tensor it needs the elements `start .. start + n` of
//! that order in one piece. Where they lie so in memory they are read in place; else they are copied.

use crate::layout::Layout;
use crate::recording::{Address, Call, Recorder};

/// The most axes of an index space (after neighbours have merged).
pub(crate) const AXES: usize = 16;

/// Where a tensor's elements are in an index space.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The element at the origin.
    offset: isize,
    /// By axis of the space.
    strides: Vec<isize>,
    /// Bytes of an element.
    size: usize,
    /// Whether the elements lie as the space counts them.
    dense: bool,
}

impl Source {
    /// A tensor with element `offset` at the origin of the space `sizes` (of at most [`AXES`] axes) and elements of
    /// `size` bytes.
    pub(crate) fn new(sizes: &[usize], offset: usize, strides: Vec<isize>, size: usize) -> Source {
        assert!(sizes.len() <= AXES && sizes.len() == strides.len(), "{strides:?} in {sizes:?}");
        let dense = strides == Layout::contiguous(sizes).strides;
        Source { offset: offset as isize, strides, size, dense }
    }

    /// Whether the elements lie in memory as the space counts them.
    pub(crate) fn is_dense(&self) -> bool {
        self.dense
    }

    /// Whether there is only one element, for every place of the space.
    pub(crate) fn is_uniform(&self) -> bool {
        self.strides.iter().all(|&stride| stride == 0)
    }

    /// Whether the elements of a row of the space, along its last axis, are neighbours in memory.
    pub(crate) fn has_dense_rows(&self) -> bool {
        self.strides.last().is_none_or(|&stride| stride == 1)
    }

    /// After how many places of the space `sizes` the elements repeat: the size of the axes within the outermost one
    /// along which they change, and that one.
    pub(crate) fn period(&self, sizes: &[usize]) -> usize {
        let still = self.strides.iter().take_while(|&&stride| stride == 0).count();
        sizes[still..].iter().product()
    }

    /// Where the element at the origin is, in the buffer that begins at `base`.
    pub(crate) fn origin(&self, base: *const u8) -> *const u8 {
        base.wrapping_offset(self.offset * self.size as isize)
    }

    /// Where the elements `start .. start + n` are: in place, or copied to `register`.
    ///
    /// # Safety
    /// `base` is the first byte of a buffer in which all of the tensor's elements lie, aligned for them (or as far from
    /// it as the tensor is moved); `sizes` is the space it was made for, and has the elements; `register` is aligned to
    /// 8 bytes and has room for `n` of them, or the elements lie in one piece.
    #[inline]
    pub(crate) unsafe fn locate(
        &self,
        sizes: &[usize],
        base: *const u8,
        start: usize,
        n: usize,
        register: *mut u8,
    ) -> *const u8 {
        if self.dense {
            return base.wrapping_offset((self.offset + start as isize) * self.size as isize);
        }
        // SAFETY: as promised.
        unsafe { self.locate_strided(sizes, base, start, n, register) }
    }

    /// Bytes from where the buffer begins to the element at the origin; which no buffer is before.
    pub(crate) fn first(&self) -> usize {
        self.offset as usize * self.size
    }

    /// Writes down how the first `n` elements of the space `sizes` come together, where that is a copy or none; and where
    /// they then are.
    pub(crate) fn record(
        &self,
        sizes: &[usize],
        recorder: &mut Recorder,
        buffer: Address,
        n: usize,
    ) -> Option<Address> {
        let from = buffer.plus(self.first());
        if self.dense {
            return Some(from);
        }
        // One row of neighbours, as often as the axes outside of it have places.
        let still = self.strides.iter().take_while(|&&stride| stride == 0).count();
        let row = self.period(sizes);
        if self.strides[still..] != Layout::contiguous(&sizes[still..]).strides || !n.is_multiple_of(row) {
            return None;
        }
        let to = recorder.scratch(n * self.size);
        let (bytes, times) = ((row * self.size) as u32, (n / row) as u32);
        recorder.call(Call::Copy { from, to, bytes, times });
        Some(to)
    }

    /// # Safety
    /// As for [`locate`](Source::locate).
    unsafe fn locate_strided(
        &self,
        sizes: &[usize],
        base: *const u8,
        start: usize,
        n: usize,
        register: *mut u8,
    ) -> *const u8 {
        let Some((&inner, outer)) = sizes.split_last() else { return base };
        let inner_stride = self.strides[outer.len()];
        let (mut row, column) = if outer.is_empty() { (0, start) } else { (start / inner, start % inner) };
        let mut coordinates = [0; AXES];
        let mut element = self.offset + column as isize * inner_stride;
        for axis in (0..outer.len()).rev() {
            let coordinate = if axis == 0 { row } else { row % outer[axis] };
            row = if axis == 0 { 0 } else { row / outer[axis] };
            coordinates[axis] = coordinate;
            element += coordinate as isize * self.strides[axis];
        }
        let first = base.wrapping_offset(element * self.size as isize);
        if column + n <= inner && (inner_stride == 1 || n == 1) {
            return first;
        }
        // SAFETY: as promised; the walk stays in the space, whose elements are in the buffer.
        unsafe {
            match self.size {
                1 => self.gather::<u8>(sizes, &mut coordinates, column, first, n, register),
                2 => self.gather::<u16>(sizes, &mut coordinates, column, first, n, register),
                4 => self.gather::<u32>(sizes, &mut coordinates, column, first, n, register),
                _ => self.gather::<u64>(sizes, &mut coordinates, column, first, n, register),
            }
        }
        register
    }

    /// Copies `n` elements to `register`, from the one at `from`, which is at `coordinates` and `column`.
    ///
    /// # Safety
    /// As for [`locate`](Source::locate); `from` is that element, of type `T`.
    unsafe fn gather<T: Copy>(
        &self,
        sizes: &[usize],
        coordinates: &mut [usize; AXES],
        mut column: usize,
        from: *const u8,
        n: usize,
        register: *mut u8,
    ) {
        let outer = sizes.len() - 1;
        let (inner, stride) = (sizes[outer], self.strides[outer]);
        let (mut from, mut to, mut left) = (from.cast::<T>(), register.cast::<T>(), n);
        loop {
            let count = left.min(inner - column);
            // SAFETY: `count` elements of this row, which the space has, and as many places of the register.
            unsafe { copy_row(from, stride, count, to) };
            left -= count;
            if left == 0 {
                return;
            }
            to = to.wrapping_add(count);
            from = from.wrapping_offset(-(column as isize) * stride);
            column = 0;
            for axis in (0..outer).rev() {
                coordinates[axis] += 1;
                from = from.wrapping_offset(self.strides[axis]);
                if coordinates[axis] < sizes[axis] {
                    break;
                }
                coordinates[axis] = 0;
                from = from.wrapping_offset(-(sizes[axis] as isize) * self.strides[axis]);
            }
        }
    }
}

/// # Safety
/// There are `count` elements, `stride` apart, from `from`, and as many places from `to`.
#[inline]
unsafe fn copy_row<T: Copy>(from: *const T, stride: isize, count: usize, to: *mut T) {
    // SAFETY: as promised, and registers are apart from inputs.
    unsafe {
        match stride {
            1 => std::ptr::copy_nonoverlapping(from, to, count),
            0 => {
                let element = from.read();
                for k in 0..count {
                    to.add(k).write(element);
                }
            }
            _ => {
                for k in 0..count {
                    to.add(k).write(from.offset(k as isize * stride).read());
                }
            }
        }
    }
}
