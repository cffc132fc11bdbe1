//! Aligned memory, and the views of it that kernels get.

use std::marker::PhantomData;

use crate::Scalar;

/// Bytes to which every buffer, and every place inside an arena, is aligned: one cache line, one AVX-512 register.
pub const ALIGNMENT: usize = 64;

#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u8; ALIGNMENT]);

/// Zero-initialised memory of a fixed size, aligned to 64 bytes.
///
/// Much of it comes in huge pages where the system has them (Linux): a matrix of many megabytes is otherwise spread over
/// more pages than the processor remembers the places of.
pub struct Buffer {
    storage: Storage,
    bytes: usize,
}

enum Storage {
    Lines(Vec<Line>),
    #[cfg(target_os = "linux")]
    Pages(memmap2::MmapMut),
}

/// From so many bytes on memory comes in huge pages, of 2 MiB each.
#[cfg(target_os = "linux")]
const HUGE: usize = 4 << 20;

impl Buffer {
    /// `bytes` zero bytes. Where they may be too many for memory, [`try_zeroed`](Buffer::try_zeroed) says so.
    pub fn zeroed(bytes: usize) -> Buffer {
        let lines = || Storage::Lines(bytemuck::allocation::zeroed_vec(bytes.div_ceil(ALIGNMENT)));
        Buffer { storage: pages(bytes).unwrap_or_else(lines), bytes }
    }

    /// `bytes` zero bytes; `None` if there is no memory for them.
    pub fn try_zeroed(bytes: usize) -> Option<Buffer> {
        let lines =
            || bytemuck::allocation::try_zeroed_vec(bytes.div_ceil(ALIGNMENT)).ok().map(Storage::Lines);
        Some(Buffer { storage: pages(bytes).or_else(lines)?, bytes })
    }

    /// A copy of `bytes`; `None` if there is no memory for them.
    pub fn try_from_bytes(bytes: &[u8]) -> Option<Buffer> {
        let mut buffer = Buffer::try_zeroed(bytes.len())?;
        buffer.bytes_mut().copy_from_slice(bytes);
        Some(buffer)
    }

    /// A copy of `values`.
    pub fn from_slice<T: Scalar>(values: &[T]) -> Buffer {
        let mut buffer = Buffer::zeroed(std::mem::size_of_val(values));
        buffer.bytes_mut().copy_from_slice(bytemuck::cast_slice(values));
        buffer
    }

    /// The size in bytes.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        match &self.storage {
            Storage::Lines(lines) => &bytemuck::cast_slice(lines)[..self.bytes],
            #[cfg(target_os = "linux")]
            Storage::Pages(pages) => &pages[..self.bytes],
        }
    }

    /// All of it, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.storage {
            Storage::Lines(lines) => &mut bytemuck::cast_slice_mut(lines)[..self.bytes],
            #[cfg(target_os = "linux")]
            Storage::Pages(pages) => &mut pages[..self.bytes],
        }
    }

    /// All of it as numbers. Panics if the size is not a multiple of the number's size.
    pub fn slice<T: Scalar>(&self) -> &[T] {
        bytemuck::cast_slice(self.bytes())
    }

    /// All of it as numbers, to be written. Panics if the size is not a multiple of the number's size.
    pub fn slice_mut<T: Scalar>(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(self.bytes_mut())
    }
}

impl Default for Buffer {
    /// No bytes.
    fn default() -> Buffer {
        Buffer::zeroed(0)
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        let mut buffer = Buffer::zeroed(self.bytes);
        buffer.bytes_mut().copy_from_slice(self.bytes());
        buffer
    }
}

/// Memory of its own for much, in huge pages; `None` for little, or where there are none. A fuzzer, which keeps memory short by its
/// allocator, gets none.
#[cfg(all(target_os = "linux", not(fuzzing)))]
fn pages(bytes: usize) -> Option<Storage> {
    let pages = (bytes >= HUGE).then(|| memmap2::MmapMut::map_anon(bytes).ok())??;
    // A kernel without huge pages gives the usual ones.
    let _ = pages.advise(memmap2::Advice::HugePage);
    Some(Storage::Pages(pages))
}

#[cfg(not(all(target_os = "linux", not(fuzzing))))]
fn pages(_: usize) -> Option<Storage> {
    None
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({} bytes)", self.bytes)
    }
}

/// An aligned address for no bytes: an empty `&[u8]` may be at an odd one, but an empty `&[f64]` may not.
pub(crate) fn nowhere() -> *mut u8 {
    std::ptr::without_provenance_mut(ALIGNMENT)
}

/// Memory that a kernel reads. Only where a kernel's [`in_place`](crate::Kernel::in_place) allows it may the same
/// memory, from the same first byte, also be one of its outputs.
#[derive(Clone, Copy, Debug)]
pub struct In<'a> {
    pointer: *const u8,
    bytes: usize,
    life: PhantomData<&'a [u8]>,
}

/// Memory that a kernel writes. No other output of the same call overlaps it.
#[derive(Debug)]
pub struct Out<'a> {
    pointer: *mut u8,
    bytes: usize,
    life: PhantomData<&'a mut [u8]>,
}

impl<'a> In<'a> {
    /// A view of `values`.
    pub fn new<T: Scalar>(values: &'a [T]) -> In<'a> {
        let pointer = if values.is_empty() { nowhere() } else { values.as_ptr().cast() };
        In { pointer, bytes: std::mem::size_of_val(values), life: PhantomData }
    }

    /// # Safety
    /// `pointer` is aligned for the numbers the kernel will read there, and valid for reads of `bytes` bytes during
    /// `'a`; nothing but an in-place output of the same call writes them.
    pub(crate) unsafe fn from_raw(pointer: *const u8, bytes: usize) -> In<'a> {
        In { pointer, bytes, life: PhantomData }
    }

    /// How many numbers of type `T` there are.
    pub(crate) fn len_of<T>(&self) -> usize {
        self.bytes / size_of::<T>()
    }

    /// Where they begin. A kernel that allows in-place work reads through this and makes no reference to it.
    pub(crate) fn pointer<T>(&self) -> *const T {
        debug_assert!(self.pointer.cast::<T>().is_aligned());
        self.pointer.cast()
    }

    /// The numbers as a slice.
    ///
    /// # Safety
    /// The calling kernel's `in_place` is false for this input and every output: else a slice that may not change
    /// and one that does would name the same memory.
    pub(crate) unsafe fn slice<T: Scalar>(&self) -> &'a [T] {
        // SAFETY: `from_raw` and `new` promise validity and alignment for `'a`; the caller promises that no output is the same memory.
        unsafe { std::slice::from_raw_parts(self.pointer(), self.len_of::<T>()) }
    }
}

impl<'a> Out<'a> {
    /// A view of `values`.
    pub fn new<T: Scalar>(values: &'a mut [T]) -> Out<'a> {
        let pointer = if values.is_empty() { nowhere() } else { values.as_mut_ptr().cast() };
        Out { pointer, bytes: std::mem::size_of_val(values), life: PhantomData }
    }

    /// # Safety
    /// As for [`In::from_raw`], for writes; and nothing else reads or writes the memory during `'a`, but for an input
    /// of the same call that the kernel allows to be in place.
    pub(crate) unsafe fn from_raw(pointer: *mut u8, bytes: usize) -> Out<'a> {
        Out { pointer, bytes, life: PhantomData }
    }

    /// How many numbers of type `T` there are.
    pub(crate) fn len_of<T>(&self) -> usize {
        self.bytes / size_of::<T>()
    }

    /// Where they begin.
    pub(crate) fn pointer<T>(&mut self) -> *mut T {
        debug_assert!(self.pointer.cast::<T>().is_aligned());
        self.pointer.cast()
    }

    /// Where they begin, for the pieces of a loop that may run at once.
    pub(crate) fn shared<T>(&mut self) -> Shared<T> {
        Shared(self.pointer())
    }

    /// The numbers as a slice.
    ///
    /// # Safety
    /// The calling kernel's `in_place` is false for this output and every input.
    pub(crate) unsafe fn slice<T: Scalar>(&mut self) -> &mut [T] {
        // SAFETY: as in `In::slice`, and `&mut self` makes this the only slice of this output.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(), self.len_of::<T>()) }
    }
}

/// Where an output begins. Pieces of a loop that run at once may each hold it, to write parts that do not overlap.
#[derive(Debug)]
pub(crate) struct Shared<T>(*mut T);

impl<T> Shared<T> {
    /// The numbers from there on.
    pub(crate) fn new(first: *mut T) -> Shared<T> {
        Shared(first)
    }

    /// The first number.
    pub(crate) fn pointer(self) -> *mut T {
        self.0
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        *self
    }
}

impl<T> Copy for Shared<T> {}

// SAFETY: it is an address; whoever writes there answers for it.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

// SAFETY: both stand for a shared (`In`) or exclusive (`Out`) borrow of plain numbers, which may cross threads.
unsafe impl Send for In<'_> {}
// SAFETY: as above.
unsafe impl Sync for In<'_> {}
// SAFETY: as above.
unsafe impl Send for Out<'_> {}
// SAFETY: `Out` gives nothing away through a shared reference.
unsafe impl Sync for Out<'_> {}
