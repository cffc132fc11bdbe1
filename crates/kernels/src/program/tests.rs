//! What a program must refuse, and what it must compute.

use proptest::prelude::*;

use super::*;
use crate::{Buffer, kernel::sealed::Sealed};

/// y[i] = x0[i] + x1[i] + … + 1 on i64, in place where asked to.
#[derive(Debug)]
struct Add {
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    in_place: bool,
}

impl Add {
    fn boxed(inputs: usize, outputs: usize, bytes: usize, in_place: bool) -> Box<dyn Kernel> {
        Box::new(Add { inputs: vec![bytes; inputs], outputs: vec![bytes; outputs], in_place })
    }
}

impl Sealed for Add {}

impl Kernel for Add {
    fn input_bytes(&self) -> &[usize] {
        &self.inputs
    }

    fn output_bytes(&self) -> &[usize] {
        &self.outputs
    }

    fn in_place(&self, _: usize, output: usize) -> bool {
        self.in_place && output == 0
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        let count = outputs.first().map_or(0, |o| o.len_of::<i64>());
        for i in 0..count {
            // SAFETY: all operands have `count` numbers.
            let sum: i64 = inputs.iter().map(|x| unsafe { *x.pointer::<i64>().add(i) }).sum();
            if sum == 666 {
                return Err(KernelError::invalid(format!("number {i} sums to 666")));
            }
            for output in outputs.iter_mut().rev() {
                // SAFETY: as above.
                unsafe { *output.pointer::<i64>().add(i) = sum + 1 };
            }
        }
        Ok(())
    }
}

const ONE: Context = Context { threads: 1 };

fn place(slot: usize, offset: usize, bytes: usize) -> Place {
    Place { slot, offset, bytes }
}

fn slots() -> Vec<Slot> {
    vec![
        Slot { bytes: 128, access: Access::ReadWrite },
        Slot { bytes: 64, access: Access::ReadOnly },
        Slot { bytes: 0, access: Access::ReadWrite },
    ]
}

fn refusal(kernel: Box<dyn Kernel>, reads: Vec<Place>, writes: Vec<Place>) -> String {
    Program::new(vec![Step { kernel, reads, writes }], slots()).expect_err("a program that must be refused")
}

#[test]
fn every_violation_is_refused_with_a_reason() {
    let add = || Add::boxed(1, 1, 16, false);
    let two = || Add::boxed(1, 2, 16, false);
    let in_place = || Add::boxed(1, 2, 16, true);
    let read = vec![place(1, 0, 16)];
    let cases = [
        (refusal(add(), vec![], vec![place(0, 0, 16)]), "1 inputs and 0 places"),
        (refusal(add(), read.clone(), vec![]), "1 outputs and 0 places"),
        (refusal(add(), vec![place(1, 0, 24)], vec![place(0, 0, 16)]), "input 0 needs 16 bytes"),
        (refusal(add(), read.clone(), vec![place(0, 0, 8)]), "output 0 needs 16 bytes"),
        (refusal(add(), vec![place(3, 0, 16)], vec![place(0, 0, 16)]), "slot 3 and there are 3"),
        (refusal(add(), vec![place(1, 56, 16)], vec![place(0, 0, 16)]), "at byte 56"),
        (refusal(add(), vec![place(1, usize::MAX - 7, 16)], vec![place(0, 0, 16)]), "slot 1 has 64"),
        (refusal(add(), read.clone(), vec![place(0, 120, 16)]), "slot 0 has 128"),
        (refusal(add(), read.clone(), vec![place(2, 0, 16)]), "slot 2 has 0"),
        (refusal(add(), vec![place(1, 4, 16)], vec![place(0, 0, 16)]), "not a multiple of 8"),
        (refusal(add(), read.clone(), vec![place(0, 12, 16)]), "not a multiple of 8"),
        (refusal(add(), read.clone(), vec![place(1, 16, 16)]), "read-only"),
        (refusal(two(), read.clone(), vec![place(0, 0, 16), place(0, 8, 16)]), "outputs 0 and 1 overlap"),
        (refusal(two(), read.clone(), vec![place(0, 0, 16), place(0, 0, 16)]), "outputs 0 and 1 overlap"),
        (refusal(add(), vec![place(0, 0, 16)], vec![place(0, 0, 16)]), "does not work in place"),
        (refusal(add(), vec![place(0, 0, 16)], vec![place(0, 8, 16)]), "not the same place"),
        (
            refusal(in_place(), vec![place(0, 8, 16)], vec![place(0, 0, 16), place(0, 32, 16)]),
            "not the same place",
        ),
        (
            refusal(in_place(), vec![place(0, 0, 16)], vec![place(0, 32, 16), place(0, 0, 16)]),
            "output 1 overlaps input 0",
        ),
    ];
    for (got, want) in cases {
        assert!(got.starts_with("step 0 (Add") && got.contains(want), "{got:?} should say {want:?}");
    }
}

#[test]
fn memory_that_does_not_fit_is_refused() {
    let program = Program::new(vec![], slots()).expect("no step, no violation");
    let (mut arena, constants) = (Buffer::zeroed(136), Buffer::zeroed(64));
    let refused = |result: Result<(), RunError>, want: &str| match result {
        Err(RunError::Memory(got)) => assert!(got.contains(want), "{got:?} should say {want:?}"),
        other => panic!("{other:?} should be refused: {want}"),
    };
    let constant = || Memory::read(constants.bytes());
    let nothing = || Memory::write(&mut []);
    refused(program.run(&ONE, &mut []), "3 slots and was given 0");
    let arena = arena.bytes_mut();
    let memory = Memory::write(arena);
    refused(
        program.run(&ONE, &mut [memory, constant(), nothing()]),
        "slot 0 has 128 bytes and was given 136",
    );
    let memory = Memory::write(&mut arena[4..132]);
    refused(program.run(&ONE, &mut [memory, constant(), nothing()]), "not aligned");
    let memory = Memory::read(&arena[..128]);
    refused(program.run(&ONE, &mut [memory, constant(), nothing()]), "slot 0 is written");
    let memory = Memory::write(&mut arena[8..]);
    assert_eq!(program.run(&ONE, &mut [memory, constant(), nothing()]), Ok(()));
}

#[test]
fn a_failing_step_is_named_and_ends_the_run() {
    let step = |from, to| Step {
        kernel: Add::boxed(1, 1, 8, false),
        reads: vec![place(0, from, 8)],
        writes: vec![place(0, to, 8)],
    };
    let slots = vec![Slot { bytes: 32, access: Access::ReadWrite }];
    let program = Program::new(vec![step(0, 8), step(8, 16), step(16, 24)], slots).expect("valid");
    let mut arena = Buffer::from_slice(&[665i64, 0, 0, 0]);
    let error = program.run(&ONE, &mut [Memory::write(arena.bytes_mut())]).expect_err("666");
    assert_eq!(error.to_string(), "step 1: number 0 sums to 666");
    assert_eq!(arena.slice::<i64>(), [665, 666, 0, 0]);

    let mut arena = Buffer::from_slice(&[1i64, 0, 664, 0]);
    let mut memory = [Memory::write(arena.bytes_mut())];
    let mut bound = program.bind(&mut memory).expect("fits");
    bound.run_steps(&ONE, 2..3).expect("665");
    bound.run_steps(&ONE, 0..2).expect("2, 3");
    let error = bound.run_steps(&ONE, 3..3).and(bound.run_steps(&ONE, 2..3));
    assert_eq!(error, Ok(()));
    assert_eq!(arena.slice::<i64>(), [1, 2, 3, 4]);
}

#[test]
fn steps_of_any_number_of_operands_and_of_none_run() {
    for (inputs, outputs) in [(0, 0), (0, 1), (8, 4), (9, 1), (1, 5), (256, 256), (257, 300)] {
        let reads = (0..inputs).map(|i| place(0, 8 * i, 8)).collect();
        let writes = (0..outputs).map(|o| place(1, 8 * o, 8)).collect();
        let program = Program::new(
            vec![Step { kernel: Add::boxed(inputs, outputs, 8, false), reads, writes }],
            vec![
                Slot { bytes: 8 * inputs, access: Access::ReadOnly },
                Slot { bytes: 8 * outputs, access: Access::ReadWrite },
            ],
        )
        .expect("valid");
        let read = Buffer::from_slice(&vec![2i64; inputs]);
        let mut write = Buffer::zeroed(8 * outputs);
        let memory = &mut [Memory::read(read.bytes()), Memory::write(write.bytes_mut())];
        program.run(&ONE, memory).expect("runs");
        assert_eq!(write.slice::<i64>(), vec![2 * inputs as i64 + 1; outputs]);
    }
}

#[test]
fn empty_places_may_lie_anywhere_inside_even_on_one_another() {
    let empty = |slot, offset| place(slot, offset, 0);
    let program = Program::new(
        vec![Step {
            kernel: Add::boxed(2, 2, 0, false),
            reads: vec![empty(0, 128), empty(0, 8)],
            writes: vec![empty(0, 8), empty(2, 0)],
        }],
        slots(),
    )
    .expect("valid");
    let (mut arena, constants, odd) = (Buffer::zeroed(128), Buffer::zeroed(64), &mut [0u8; 9]);
    // An empty slice at an odd address, as empty byte slices may be.
    let odd = if odd.as_ptr().addr() % 2 == 0 { &mut odd[1..1] } else { &mut odd[..0] };
    let memory = &mut [Memory::write(arena.bytes_mut()), Memory::read(constants.bytes()), Memory::write(odd)];
    assert_eq!(program.run(&ONE, memory), Ok(()));
}

#[test]
fn a_table_is_used_again_without_growing() {
    let program = Program::new(vec![], slots()).expect("valid");
    let mut table = MemoryTable::new();
    let mut first = None;
    for _ in 0..3 {
        let (mut arena, constants) = (Buffer::zeroed(128), Buffer::zeroed(64));
        let mut memory = table.begin();
        memory.write(arena.bytes_mut());
        memory.read(constants.bytes());
        memory.push(Memory::write(&mut []));
        assert_eq!(program.run(&ONE, &mut memory), Ok(()));
        assert_eq!(*first.get_or_insert(memory.as_ptr().addr()), memory.as_ptr().addr());
    }
}

proptest! {
    // Random steps over a small arena: those that `new` accepts do what the same steps do on a plain array.
    #[test]
    fn accepted_programs_compute_what_a_plain_interpreter_does(
        steps in prop::collection::vec((0usize..6, 0usize..6, 0usize..7, 1usize..3, any::<bool>()), 1..12),
    ) {
        let mut plain: Vec<i64> = (1..9).collect();
        let mut arena = Buffer::from_slice(&plain);
        let mut accepted = Vec::new();
        for (a, b, to, count, in_place) in steps {
            let at = |index| place(0, 8 * index, 8 * count);
            let step = || Step {
                kernel: Add::boxed(2, 1, 8 * count, in_place),
                reads: vec![at(a), at(b)],
                writes: vec![at(to)],
            };
            let slot = vec![Slot { bytes: 64, access: Access::ReadWrite }];
            let apart = |x: usize| x + count <= to || to + count <= x;
            let allowed = |x: usize| apart(x) || (x == to && in_place);
            let fits = to + count <= 8;
            let accept = Program::new(vec![step()], slot).is_ok();
            prop_assert_eq!(accept, fits && allowed(a) && allowed(b));
            if accept {
                accepted.push(step());
                let sums: Vec<i64> = (0..count).map(|i| plain[a + i].wrapping_add(plain[b + i])).collect();
                prop_assume!(!sums.contains(&666));
                sums.iter().enumerate().for_each(|(i, sum)| plain[to + i] = sum + 1);
            }
        }
        let slot = vec![Slot { bytes: 64, access: Access::ReadWrite }];
        let program = Program::new(accepted, slot).expect("each was accepted alone");
        prop_assert_eq!(program.run(&ONE, &mut [Memory::write(arena.bytes_mut())]), Ok(()));
        prop_assert_eq!(arena.slice::<i64>(), &plain[..]);
    }
}
