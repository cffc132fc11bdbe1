//! A program that has run once runs again without asking the allocator for anything, whatever the number of slots and
//! operands. An allocator that counts is the whole process's, hence a file of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tenseur_kernels::random::{Distribution, RandomKernel};
use tenseur_kernels::{Access, Buffer, Context, MemoryTable, Place, Program, ScalarType, Slot, Step};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is the system allocator's; counting touches only a cell that needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn running_again_allocates_nothing() {
    const DRAWS: usize = 20;
    const COUNT: usize = 100;
    const CLASSES: usize = 5;
    // Slot 0 is the arena: what is drawn; classes. Each op's position is a slot of its own, as variables are.
    let numbers = COUNT * 4;
    let place = |slot, offset, bytes| Place { slot, offset, bytes };
    let position = |op| place(1 + op, 0, 16);
    let mut steps: Vec<Step> = (0..DRAWS)
        .map(|op| Step {
            kernel: Box::new(
                RandomKernel::real(Distribution::TruncatedNormal, ScalarType::F32, COUNT, (7, 0))
                    .expect("valid"),
            ),
            reads: vec![position(op)],
            writes: vec![place(0, op * numbers, numbers), position(op)],
        })
        .collect();
    let shape = [COUNT / CLASSES, CLASSES, 2];
    let classes = shape[0] * shape[2] * 8;
    steps.push(Step {
        kernel: Box::new(
            RandomKernel::multinomial(shape, ScalarType::F32, ScalarType::I64, (7, 1)).expect("valid"),
        ),
        reads: vec![position(DRAWS), place(0, 0, numbers)],
        writes: vec![place(0, DRAWS * numbers, classes), position(DRAWS)],
    });
    let arena = DRAWS * numbers + classes;
    let mut slots = vec![Slot { bytes: arena, access: Access::ReadWrite }];
    slots.extend([Slot { bytes: 16, access: Access::ReadWrite }; DRAWS + 1]);
    let program = Program::new(steps, slots).expect("valid");

    let mut arena = Buffer::zeroed(arena);
    let mut positions = vec![[0u64; 2]; DRAWS + 1];
    let mut table = MemoryTable::new();
    let mut first = Vec::new();
    for turn in 0..3 {
        let before = ALLOCATIONS.get();
        let mut memory = table.begin();
        memory.write(arena.bytes_mut());
        for position in &mut positions {
            memory.write(bytemuck::cast_slice_mut(position));
        }
        program.run(&Context { threads: 1 }, &mut memory).expect("runs");
        let allocations = ALLOCATIONS.get() - before;
        if turn == 0 {
            assert!(allocations > 0, "the allocator does not count");
            first = arena.bytes().to_vec();
        } else {
            assert_eq!(allocations, 0, "run {turn}");
            assert_ne!(first, arena.bytes(), "run {turn} drew the same numbers");
        }
    }
}
