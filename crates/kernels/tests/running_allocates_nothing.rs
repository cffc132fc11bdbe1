//! A program that has run once runs again without asking the allocator for anything, whatever the number of slots and
//! operands. An allocator that counts is the whole process's, hence a file of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tenseur_kernels::random::{Distribution, RandomKernel};
use tenseur_kernels::{
    Access, Buffer, Context, ConvFilterGradientKernel, ConvInputGradientKernel, ConvKernel, ConvSpec, Kernel,
    MemoryTable, Place, Program, ScalarType, Slot, Step, Window, WindowAxis,
};

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

#[test]
fn convolutions_run_again_without_allocating() {
    // As many channels as make tiles worth while, and an image of more than one.
    let along = WindowAxis { input: 14, output: 14, size: 5, stride: 1, dilation: 1, before: 2 };
    let window = Window { batch: 3, axes: [WindowAxis::ONE, along, along], channels: 16 };
    let spec = ConvSpec { dtype: ScalarType::F32, window, filters: 24, groups: 1 };
    let kernels: [Box<dyn Kernel>; 3] = [
        Box::new(ConvKernel::new(spec).expect("valid")),
        Box::new(ConvInputGradientKernel::new(spec).expect("valid")),
        Box::new(ConvFilterGradientKernel::new(spec).expect("valid")),
    ];
    let place = |slot, bytes| Place { slot, offset: 0, bytes };
    let (mut slots, mut steps) = (Vec::new(), Vec::new());
    for kernel in kernels {
        let sizes = [kernel.input_bytes(), kernel.output_bytes()].concat();
        let places: Vec<Place> =
            sizes.iter().enumerate().map(|(i, &bytes)| place(slots.len() + i, bytes)).collect();
        slots.extend(sizes.iter().map(|&bytes| Slot { bytes, access: Access::ReadWrite }));
        let (reads, writes) = places.split_at(2);
        steps.push(Step { kernel, reads: reads.to_vec(), writes: writes.to_vec() });
    }
    let mut memory: Vec<Buffer> = slots.iter().map(|slot| Buffer::zeroed(slot.bytes)).collect();
    let program = Program::new(steps, slots).expect("valid");
    let mut table = MemoryTable::new();
    for turn in 0..3 {
        let before = ALLOCATIONS.get();
        let mut memories = table.begin();
        memory.iter_mut().for_each(|buffer| {
            memories.write(buffer.bytes_mut());
        });
        program.run(&Context { threads: 1 }, &mut memories).expect("runs");
        assert!(turn == 0 || ALLOCATIONS.get() == before, "run {turn}");
    }
}
