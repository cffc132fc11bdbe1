//! Memory is short: a larger allocation than [`LARGEST`] is refused, so that code which cannot take a refusal is found.

use std::alloc::{GlobalAlloc, Layout, System};

/// The largest single allocation, in bytes.
const LARGEST: usize = 16 << 20;

struct Short;

#[global_allocator]
static MEMORY: Short = Short;

// SAFETY: all that is allocated is the system's; a refusal is what any allocator may answer.
unsafe impl GlobalAlloc for Short {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.size() > LARGEST {
            true => std::ptr::null_mut(),
            // SAFETY: passed on as it came.
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: what this allocator gave is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match layout.size() > LARGEST {
            true => std::ptr::null_mut(),
            // SAFETY: passed on as it came.
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match size > LARGEST {
            true => std::ptr::null_mut(),
            // SAFETY: passed on as it came, of what the system gave.
            false => unsafe { System.realloc(pointer, layout, size) },
        }
    }
}
