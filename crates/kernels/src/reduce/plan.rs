//! How a reduction walks its tensor: what [`ReduceKernel::new`] decides.

use super::fold::{Folds, WIDTH, identity};
use super::{ReduceKernel, ReduceOp};
use crate::block::gather::{AXES, Source};
use crate::block::{BlockProgram, LANES, Outputs};
use crate::layout::byte_count;
use crate::simd::level;
use crate::{Layout, MapProgram, ScalarType, collapse, element_count};

/// Rows of fewer numbers are reduced several in one block, and fewer columns several times in one.
const SHORT: usize = 64;

/// Rows at least this long are cut into blocks one by one; of shorter ones several make a block.
const LONG_ROW: usize = 128;

/// So many numbers are folded into each lane before partial sums are set aside to be added in pairs.
pub(super) const GROUP: usize = 32;

/// So many rows are, where blocks of results are summed row by row.
pub(super) const GROUP_ROWS: usize = 64;

/// Fewer results than this, each of much, are folded in parts: of at least so many elements, and at most so many.
const FEW_RESULTS: usize = 8;
pub(crate) const PART: usize = 16 * 1024;
const MOST_PARTS: usize = 512;

/// Numbers that one thread takes at a time, about.
pub(super) const PIECE: usize = 16 * 1024;

/// The way a tensor is walked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Walk {
    /// For each place of the outer space, the whole space is folded into `period` results, number i of the space into
    /// lane i mod `width`. A unit of work is `group` such places.
    Within { period: usize, width: usize, group: usize },
    /// For each block of the space, that of each place of the outer space is folded: every `length` numbers of it into
    /// one result. A unit of work is a block. `rows` places are folded at a time, `stride` bytes apart.
    Across { length: usize, rows: usize, stride: isize },
}

/// An input, and how it gets into its slot.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) slot: u8,
    /// Where it is in the space.
    pub(super) source: Source,
    /// Bytes from one place of the outer space to the next, by axis.
    pub(super) outer_strides: Vec<isize>,
    /// Whether it is one number for all.
    pub(super) uniform: bool,
    /// Whether it is the same in every block.
    pub(super) repeats: bool,
    /// Where in the scratch memory a block is gathered.
    pub(super) gathered_at: usize,
}

impl Input {
    /// Whether it is found anew for each block.
    pub(super) fn changes(&self) -> bool {
        !self.uniform && !self.repeats
    }
}

impl ReduceKernel {
    /// The reduction of `prologue`, of one output, over the `axes` of a tensor of this `shape`. `inputs` says how the
    /// prologue's inputs lie in that shape. `epilogue` is a program whose first input is the result, with the layouts
    /// of its further inputs in the shape that is left when the axes are taken away; without one, the result is stored
    /// as the prologue's output says.
    ///
    /// # Errors
    /// When an axis is not one of the shape's or is named twice, the operation does not take the type, programs and
    /// layouts do not fit each other, a layout reaches outside its buffer, or a program is too long to be one loop.
    pub fn new(
        prologue: MapProgram,
        shape: &[usize],
        inputs: &[Layout],
        axes: &[usize],
        op: ReduceOp,
        epilogue: Option<(MapProgram, Vec<Layout>)>,
    ) -> Result<ReduceKernel, String> {
        let kept_shape = kept_shape(shape, axes)?;
        let &[(_, stored)] = prologue.outputs() else {
            return Err(format!(
                "a reduction takes a program of 1 output, not of {}",
                prologue.outputs().len()
            ));
        };
        let compute = stored.compute().stored();
        let folds = Folds::new(op, stored.compute())
            .ok_or_else(|| format!("a reduction by {op:?} does not take {stored:?}"))?;
        let (epilogue, further_layouts) = match epilogue {
            Some((program, layouts)) => (program, layouts),
            None => (store_only(stored), Vec::new()),
        };
        let further = further_inputs(&epilogue, stored, further_layouts.len())?;
        let prologue = computed(&prologue, stored);
        let epilogue = of_computed(&epilogue, stored);
        if prologue.inputs().len() != inputs.len() {
            let (layouts, inputs) = (inputs.len(), prologue.inputs().len());
            return Err(format!("{layouts} layouts were given for the prologue's {inputs} inputs"));
        }
        let all_layouts =
            inputs.iter().map(|i| (i, shape)).chain(further_layouts.iter().map(|i| (i, &kept_shape[..])));
        for (number, (layout, shape)) in all_layouts.enumerate() {
            layout.check(shape).map_err(|error| format!("input {number}: {error}"))?;
        }
        let (count, kept) = (element_count(shape)?, element_count(&kept_shape)?);

        let strides = prologue.read_strides(inputs);
        let uniform: Vec<bool> =
            strides.iter().map(|strides| count > 1 && is_uniform(strides, shape)).collect();
        let axes = Axes::new(shape, axes, &kept_shape, &strides)?;
        let shapes = axes.arrange(count);
        let size = compute.size();
        let program = BlockProgram::new(&prologue, &uniform, Outputs::Left)?;
        let sources: Vec<Source> = (inputs.iter().zip(prologue.inputs()).enumerate())
            .map(|(input, (layout, stored))| {
                let strides = shapes.space.iter().map(|&axis| axes.strides[input][axis]).collect();
                Source::new(&axes.sizes_of(&shapes.space), layout.offset, strides, stored.size())
            })
            .collect();
        let space = axes.sizes_of(&shapes.space);
        let outer = axes.sizes_of(&shapes.outer);
        let space_count: usize = space.iter().product();

        // Whether a block of the prologue's result is simply a piece of its input's memory.
        let all_dense = sources.iter().zip(&uniform).all(|(source, uniform)| *uniform || source.is_dense());
        let inner = space.last().copied().unwrap_or(1);
        let by_row = !all_dense && inner >= LONG_ROW;
        let bare = uniform.iter().enumerate().position(|(i, u)| !u && program.result(0) == program.input(i));
        let in_memory = sources.len() == 1
            && bare.is_some_and(|i| sources[i].is_dense() || by_row && sources[i].has_dense_rows());
        let row = if by_row { inner } else { space_count.max(1) };
        let (walk, lanes) = match shapes.period_or_length {
            PeriodOrLength::Period(period) => {
                let width = period * WIDTH.div_ceil(period);
                let lanes = if in_memory { GROUP * width } else { LANES / width * width };
                let group = (PIECE / space_count.max(1)).clamp(1, LANES / period);
                (Walk::Within { period, width, group }, lanes)
            }
            PeriodOrLength::Length(length) => {
                let stride = match (bare, &shapes.outer[..]) {
                    (Some(input), &[axis]) if in_memory && length == 1 => {
                        Some(axes.strides[input][axis] * prologue.inputs()[input].size() as isize)
                    }
                    _ => None,
                };
                let lanes = match by_row {
                    true => inner.div_ceil(inner.div_ceil(LANES)).next_multiple_of(16).min(LANES),
                    false if all_dense => LANES / length * length,
                    false => LANES / inner * inner,
                };
                let rows = if stride.is_some() { GROUP_ROWS } else { 1 };
                (Walk::Across { length, rows, stride: stride.unwrap_or(0) }, lanes)
            }
        };

        let (parts, part) = match walk {
            Walk::Within { period, .. } if kept / period < FEW_RESULTS && space_count >= 2 * PART => {
                let least = PART.max(space_count / MOST_PARTS);
                let whole = if by_row { row } else { lanes };
                let part = least.div_ceil(whole) * whole;
                (space_count.div_ceil(part), part)
            }
            _ => (1, space_count),
        };

        let mut scratch = program.scratch();
        let mut gathered = |stored: &ScalarType| {
            scratch += LANES * stored.size();
            scratch - LANES * stored.size()
        };
        let first_inputs = (sources.into_iter().zip(prologue.inputs()).enumerate())
            .map(|(input, (source, stored))| {
                let outer_strides: Vec<isize> = (shapes.outer.iter())
                    .map(|&axis| axes.strides[input][axis] * stored.size() as isize)
                    .collect();
                let repeats = !uniform[input]
                    && !by_row
                    && lanes <= LANES
                    && outer_strides.iter().all(|&stride| stride == 0)
                    && !source.is_dense()
                    && lanes.is_multiple_of(source.period(&space).max(1));
                Input {
                    slot: program.input(input),
                    source,
                    outer_strides,
                    uniform: uniform[input],
                    repeats,
                    gathered_at: gathered(stored),
                }
            })
            .collect();
        let lanes_at = scratch;
        let (lane_count, folded, group) = match walk {
            Walk::Within { width, .. } => (width, space_count, GROUP * width),
            Walk::Across { .. } => (LANES, outer.iter().product(), GROUP_ROWS),
        };
        // The lanes themselves, and one partial result for each power of two groups.
        let levels = 1 + (folded / group).checked_ilog2().map_or(0, |log| log as usize + 1);
        let results_at = (lanes_at + lane_count * size * levels).next_multiple_of(64);
        let epilogue_at = results_at + LANES * size;

        let result_layout = Layout::contiguous(&kept_shape);
        let epilogue_layouts: Vec<Layout> =
            [&result_layout].into_iter().chain(&further_layouts).cloned().collect();
        let strides = epilogue.read_strides(&epilogue_layouts);
        let mut epilogue_uniform: Vec<bool> =
            strides.iter().map(|strides| kept > 1 && is_uniform(strides, &kept_shape)).collect();
        epilogue_uniform[0] = false;
        let epilogue_program = BlockProgram::new(&epilogue, &epilogue_uniform, Outputs::Stored)?;
        let strides: Vec<&[isize]> =
            strides[1..].iter().chain([&result_layout.strides]).map(|strides| &strides[..]).collect();
        let (kept_space, kept_strides) = collapse(&kept_shape, &strides);
        if kept_space.len() > AXES {
            return Err(format!("shape {kept_shape:?} has more than {AXES} axes that cannot be merged"));
        }
        scratch = epilogue_at + epilogue_program.scratch();
        let mut further_input_list = Vec::with_capacity(further.len());
        for (number, (stored, layout)) in further.iter().zip(&further_layouts).enumerate() {
            further_input_list.push(Input {
                slot: epilogue_program.input(number + 1),
                source: Source::new(&kept_space, layout.offset, kept_strides[number].clone(), stored.size()),
                outer_strides: Vec::new(),
                uniform: epilogue_uniform[number + 1],
                repeats: false,
                gathered_at: scratch,
            });
            scratch += LANES * stored.size();
        }

        let all_layouts = inputs.iter().chain(&further_layouts);
        let input_bytes = (all_layouts.zip(prologue.inputs().iter().chain(&further)))
            .map(|(layout, stored)| byte_count(layout.elements, stored.size()))
            .collect::<Result<Vec<usize>, String>>()?;
        let output_sizes: Vec<usize> = epilogue.outputs().iter().map(|(_, stored)| stored.size()).collect();
        let output_bytes =
            output_sizes.iter().map(|&size| byte_count(kept, size)).collect::<Result<_, String>>()?;
        let mut in_place = vec![false; inputs.len() * output_sizes.len()];
        for (number, (layout, stored)) in further_layouts.iter().zip(&further).enumerate() {
            let covers =
                further_input_list[number].source.is_dense() && layout.offset == 0 && layout.elements == kept;
            in_place.extend(output_sizes.iter().enumerate().map(|(output, &size)| {
                covers && size == stored.size() && epilogue_program.writes_after_reading(number + 1, output)
            }));
        }
        Ok(ReduceKernel {
            op,
            level: level(),
            folds,
            identity: identity(op, stored),
            size,
            exact: !stored.is_float() || matches!(op, ReduceOp::Max | ReduceOp::Min),
            walk,
            space,
            row,
            lanes,
            outer,
            count,
            kept,
            parts,
            part,
            prologue_operations: prologue.operations(),
            prologue: program,
            inputs: first_inputs,
            epilogue: epilogue_program,
            kept_space,
            further_inputs: further_input_list,
            lanes_at,
            results_at,
            epilogue_at,
            scratch,
            input_bytes,
            output_bytes,
            output_sizes,
            in_place,
        })
    }
}

/// The shape without the axes.
fn kept_shape(shape: &[usize], axes: &[usize]) -> Result<Vec<usize>, String> {
    for (position, &axis) in axes.iter().enumerate() {
        if axis >= shape.len() {
            return Err(format!("axis {axis} is not one of the {} axes of {shape:?}", shape.len()));
        }
        if axes[..position].contains(&axis) {
            return Err(format!("axis {axis} is named twice in {axes:?}"));
        }
    }
    Ok((0..shape.len()).filter(|axis| !axes.contains(axis)).map(|axis| shape[axis]).collect())
}

/// The program that stores its input.
fn store_only(stored: ScalarType) -> MapProgram {
    let mut program = MapProgram::new();
    let result = program.input(stored);
    program.output(result, stored);
    program
}

/// The types of the epilogue's inputs but the first.
fn further_inputs(
    epilogue: &MapProgram,
    stored: ScalarType,
    layouts: usize,
) -> Result<Vec<ScalarType>, String> {
    match epilogue.inputs().split_first() {
        Some((first, _)) if *first != stored => {
            Err(format!("the epilogue's first input is {first:?}, but the reduction's result is {stored:?}"))
        }
        Some((_, further)) if further.len() == layouts => Ok(further.to_vec()),
        Some((_, further)) => {
            Err(format!("{layouts} layouts were given for the epilogue's {} further inputs", further.len()))
        }
        None => Err("the epilogue has no input for the reduction's result".into()),
    }
}

/// The prologue with an output in its compute type, though of the numbers that `stored` has.
fn computed(prologue: &MapProgram, stored: ScalarType) -> MapProgram {
    let mut program = MapProgram::new();
    let inputs: Vec<_> = prologue.inputs().iter().map(|&stored| program.input(stored)).collect();
    let output = program.append(prologue, &inputs)[0];
    program.output(output, stored.compute().stored());
    program.finish()
}

/// The epilogue with a first input in its compute type, which is brought to the numbers that `stored` has.
fn of_computed(epilogue: &MapProgram, stored: ScalarType) -> MapProgram {
    let mut program = MapProgram::new();
    let result = program.input(stored.compute().stored());
    let mut inputs = vec![program.narrow(result, stored)];
    inputs.extend(epilogue.inputs()[1..].iter().map(|&stored| program.input(stored)));
    let outputs = program.append(epilogue, &inputs);
    for (output, &(_, stored)) in outputs.into_iter().zip(epilogue.outputs()) {
        program.output(output, stored);
    }
    program.finish()
}

fn is_uniform(strides: &[isize], shape: &[usize]) -> bool {
    strides.iter().zip(shape).all(|(&stride, &size)| stride == 0 || size == 1)
}

/// The tensor's axes, neighbours merged where all inputs allow and both or neither are reduced.
struct Axes {
    sizes: Vec<usize>,
    reduced: Vec<bool>,
    /// By input and axis, in elements.
    strides: Vec<Vec<isize>>,
}

impl Axes {
    fn new(
        shape: &[usize],
        axes: &[usize],
        kept_shape: &[usize],
        inputs: &[Vec<isize>],
    ) -> Result<Axes, String> {
        // The strides of the results in the tensor's axes: neighbours that merge along them are of one kind, and an
        // axis along which they do not move is reduced.
        let mut results = Layout::contiguous(kept_shape).strides.into_iter();
        let mut numbers = {
            let reduced: Vec<usize> =
                (0..shape.len()).filter(|a| axes.contains(a)).map(|a| shape[a]).collect();
            Layout::contiguous(&reduced).strides.into_iter()
        };
        let (mut result_strides, mut number_strides) = (Vec::new(), Vec::new());
        for axis in 0..shape.len() {
            let reduced = axes.contains(&axis);
            result_strides.push(if reduced { 0 } else { results.next().unwrap_or(0) });
            number_strides.push(if reduced { numbers.next().unwrap_or(0) } else { 0 });
        }
        let mut strides: Vec<&[isize]> = inputs.iter().map(|strides| &strides[..]).collect();
        strides.extend([&result_strides[..], &number_strides[..]]);
        let (sizes, mut strides) = collapse(shape, &strides);
        if sizes.len() > AXES {
            return Err(format!("shape {shape:?} has more than {AXES} axes that cannot be merged"));
        }
        let reduced = strides[inputs.len()].iter().map(|&stride| stride == 0).collect();
        strides.truncate(inputs.len());
        Ok(Axes { sizes, reduced, strides })
    }

    fn sizes_of(&self, axes: &[usize]) -> Vec<usize> {
        axes.iter().map(|&axis| self.sizes[axis]).collect()
    }

    /// Which axes make the space that blocks are cut from, and which the outer space.
    fn arrange(&self, count: usize) -> Arrangement {
        let (mut reduced, mut kept): (Vec<usize>, Vec<usize>) =
            (0..self.sizes.len()).partition(|&axis| self.reduced[axis]);
        let inner = self.sizes.len().wrapping_sub(1);
        let size = |axis: usize| self.sizes.get(axis).copied().unwrap_or(0);
        let next = inner.wrapping_sub(1);
        let (period_or_length, space, outer) = match (reduced.last() == Some(&inner), size(inner)) {
            _ if count == 0 || reduced.is_empty() => (PeriodOrLength::Length(1), kept, reduced),
            (true, length) if length < SHORT && kept.contains(&next) => {
                reduced.pop();
                kept.push(inner);
                (PeriodOrLength::Length(length), kept, reduced)
            }
            (true, _) => (PeriodOrLength::Period(1), reduced, kept),
            (false, period)
                if reduced.contains(&next)
                    && (period < SHORT && (kept.len() == 1 || size(next) * period >= LONG_ROW)
                        || period <= LANES && kept.len() == 1 && size(next) * period >= 2 * PART) =>
            {
                kept.pop();
                reduced.push(inner);
                (PeriodOrLength::Period(period), reduced, kept)
            }
            (false, _) => (PeriodOrLength::Length(1), kept, reduced),
        };
        Arrangement { period_or_length, space, outer }
    }
}

struct Arrangement {
    period_or_length: PeriodOrLength,
    space: Vec<usize>,
    outer: Vec<usize>,
}

/// How many results lie side by side in the space, or how many numbers of one result do.
enum PeriodOrLength {
    Period(usize),
    Length(usize),
}
