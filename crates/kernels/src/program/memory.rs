//! The memory that a caller lends to a program for one run: one [`Memory`] for each slot, and a table that is used
//! again from run to run, so that lending allocates nothing.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

#[cfg(doc)]
use crate::Program;
use crate::arena::nowhere;

/// The memory of one slot during one run: borrowed to be read, or to be read and written.
#[derive(Debug)]
pub struct Memory<'a> {
    pub(super) pointer: *mut u8,
    pub(super) bytes: usize,
    pub(super) writable: bool,
    life: PhantomData<&'a mut [u8]>,
}

// SAFETY: stands for a `&[u8]` or a `&mut [u8]`, both of which may cross threads.
unsafe impl Send for Memory<'_> {}
// SAFETY: a shared reference to it gives nothing away; a program runs on an exclusive one.
unsafe impl Sync for Memory<'_> {}

impl<'a> Memory<'a> {
    /// Memory for a slot that is read.
    pub fn read(bytes: &'a [u8]) -> Memory<'a> {
        let pointer = if bytes.is_empty() { nowhere() } else { bytes.as_ptr().cast_mut() };
        Memory { pointer, bytes: bytes.len(), writable: false, life: PhantomData }
    }

    /// Memory for any slot.
    pub fn write(bytes: &'a mut [u8]) -> Memory<'a> {
        let pointer = if bytes.is_empty() { nowhere() } else { bytes.as_mut_ptr() };
        Memory { pointer, bytes: bytes.len(), writable: true, life: PhantomData }
    }
}

impl Memory<'_> {
    /// Its first byte.
    pub(super) fn first(&self) -> *mut u8 {
        self.pointer
    }
}

/// A reusable list of memories, so that a caller whose slots are many, or are counted only at run time, can bind
/// them over and over without allocating.
#[derive(Debug, Default)]
pub struct MemoryTable {
    /// Left over from the last run, and never looked at: [`begin`](Self::begin) clears it.
    entries: Vec<Memory<'static>>,
}

impl MemoryTable {
    /// An empty table. It grows once, in the first run.
    pub fn new() -> MemoryTable {
        MemoryTable::default()
    }

    /// An empty list, to which the memory of each slot is pushed in order.
    pub fn begin<'t, 'a>(&'t mut self) -> Memories<'t, 'a> {
        self.entries.clear();
        Memories { entries: &mut self.entries, life: PhantomData }
    }
}

/// The memories of one run, in the order of the program's slots. It is a slice of [`Memory`] for
/// [`Program::run`] and [`Program::bind`].
#[derive(Debug)]
pub struct Memories<'t, 'a> {
    entries: &'t mut Vec<Memory<'static>>,
    life: PhantomData<&'a mut [u8]>,
}

impl<'a> Memories<'_, 'a> {
    /// The next slot's memory, to be read.
    pub fn read(&mut self, bytes: &'a [u8]) {
        self.push(Memory::read(bytes));
    }

    /// The next slot's memory, to be read and written.
    pub fn write(&mut self, bytes: &'a mut [u8]) {
        self.push(Memory::write(bytes));
    }

    /// The next slot's memory.
    pub fn push(&mut self, memory: Memory<'a>) {
        let Memory { pointer, bytes, writable, .. } = memory;
        self.entries.push(Memory { pointer, bytes, writable, life: PhantomData });
    }
}

impl<'a> Deref for Memories<'_, 'a> {
    type Target = [Memory<'a>];

    fn deref(&self) -> &[Memory<'a>] {
        self.entries
    }
}

impl<'a> DerefMut for Memories<'_, 'a> {
    fn deref_mut(&mut self) -> &mut [Memory<'a>] {
        let (entries, count) = (self.entries.as_mut_ptr().cast::<Memory<'a>>(), self.entries.len());
        // SAFETY: the same memory with another lifetime. All entries were pushed for 'a. What a caller may put in
        // their place lives for 'a too, and nobody looks at an entry after 'a: `begin` clears them.
        unsafe { std::slice::from_raw_parts_mut(entries, count) }
    }
}
