//! Batch normalisation: `y = γ · (x − μ) / √(σ² + ε) + β` for each channel, with the mean and variance of the batch or with
//! given ones; and its gradient. (Ioffe and Szegedy, *Batch Normalization*, 2015.)
//!
//! Sums over a batch are taken a block of rows at a time and put together in `f64`, so that they stay exact when it is
//! large; halves are computed in `f32`.

use std::ops::Range;

use crate::arena::Shared;
use crate::gemm::{Element, Number};
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::simd::{level, per_level};
use crate::threads::{parallel_for, with_shared_scratch};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// Numbers of a block of rows.
const BLOCK: usize = 1 << 14;

/// A batch to be normalised, `[rows, channels]`: every pixel of every image is a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormSpec {
    /// The type of x and y, a float. What there is one of for each channel is `f32`, with `F64` `f64`.
    pub dtype: ScalarType,
    /// How many rows.
    pub rows: usize,
    /// How many channels.
    pub channels: usize,
    /// ε, which keeps the root away from 0.
    pub epsilon: f64,
    /// Whether mean and variance are the batch's, and not given.
    pub training: bool,
}

/// Batch normalisation, prepared. Inputs: x, γ, β, and mean and variance, which training reads where the averages that go
/// on need them. Outputs: y; mean and variance for what is to come; mean and variance that y was made with; and `rest`
/// outputs of nothing.
#[derive(Debug)]
pub struct BatchNormKernel {
    spec: BatchNormSpec,
    /// How much of the averages that go on the batch makes up.
    factor: f64,
    input_bytes: [usize; 5],
    output_bytes: Vec<usize>,
}

/// The gradient of batch normalisation, prepared. Inputs: the gradient of y, x, γ, and the mean and variance that y was made
/// with. Outputs: the gradients of x, γ and β, and `rest` zeros.
#[derive(Debug)]
pub struct BatchNormGradientKernel {
    spec: BatchNormSpec,
    input_bytes: [usize; 5],
    output_bytes: Vec<usize>,
}

impl BatchNormSpec {
    /// Bytes of x, and of what there is one of for each channel.
    fn bytes(&self) -> Result<[usize; 2], String> {
        if !self.dtype.is_float() {
            return Err(format!("batch normalisation is of floats, and not of {:?}", self.dtype));
        }
        let one = if self.dtype == ScalarType::F64 { 8 } else { 4 };
        let all = byte_count(element_count(&[self.rows, self.channels])?, self.dtype.size())?;
        Ok([all, byte_count(self.channels, one)?])
    }

    /// Rows of a block, and how many blocks there are.
    fn blocks(&self) -> (usize, usize) {
        let rows = (BLOCK / self.channels.max(1)).max(1);
        (rows, self.rows.div_ceil(rows))
    }

    fn block(&self, number: usize) -> Range<usize> {
        let rows = self.blocks().0;
        number * rows * self.channels..self.rows.min((number + 1) * rows) * self.channels
    }
}

impl BatchNormKernel {
    /// Prepares batch normalisation. The averages that go on become `(1 − factor) · average + factor · batch's`; with
    /// factor 1 they are the batch's. `given` says whether mean and variance are there at all.
    ///
    /// # Errors
    /// When a size overflows, the type is no float, or mean and variance are needed and not given.
    pub fn new(
        spec: BatchNormSpec,
        factor: f64,
        given: bool,
        rest: usize,
    ) -> Result<BatchNormKernel, String> {
        let [all, each] = spec.bytes()?;
        if !given && (!spec.training || factor != 1.0) && spec.channels > 0 {
            return Err("mean and variance are needed and not given".to_owned());
        }
        let known = if given { each } else { 0 };
        let output_bytes = [all, each, each, each, each].into_iter().chain(vec![0; rest]).collect();
        Ok(BatchNormKernel { spec, factor, input_bytes: [all, each, each, known, known], output_bytes })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` stores the numbers of the dtype.
    unsafe fn run_as<E: Element>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>])
    where
        E::Sum: Into<f64>,
    {
        let BatchNormSpec { rows, channels, epsilon, training, .. } = self.spec;
        if channels == 0 {
            return;
        }
        // SAFETY: no output shares memory with an input.
        let x = unsafe { inputs[0].slice::<E>() };
        // SAFETY: as above.
        let [scale, offset, mean, variance] =
            std::array::from_fn(|i| unsafe { inputs[i + 1].slice::<E::Sum>() });
        let [y, next_mean, next_variance, used_mean, used_variance, ..] = outputs else { return };
        // SAFETY: as above, and each output is its own memory.
        let (next_mean, next_variance, used_mean, used_variance) = unsafe {
            (
                next_mean.slice::<E::Sum>(),
                next_variance.slice::<E::Sum>(),
                used_mean.slice::<E::Sum>(),
                used_variance.slice::<E::Sum>(),
            )
        };
        if rows == 0 {
            [next_mean, next_variance].into_iter().for_each(|to| to.fill(E::Sum::from_f64(f64::NAN)));
            [used_mean, used_variance].into_iter().for_each(|to| to.fill(E::Sum::ZERO));
            return;
        }
        if training {
            let count = rows as f64;
            sum_blocks::<E, _>(
                context,
                &self.spec,
                |range, sums| {
                    add_up::<E>(level(), &x[range], channels, sums);
                },
                |c, [sum, _]| used_mean[c] = E::Sum::from_f64(sum / count),
            );
            let mean_now = &*used_mean;
            sum_blocks::<E, _>(
                context,
                &self.spec,
                |range, sums| {
                    spread_out::<E>(level(), &x[range], mean_now, sums);
                },
                |c, [sum, _]| used_variance[c] = E::Sum::from_f64(sum / count),
            );
            let unbiased = count / (count - 1.0).max(1.0);
            let average = |old: &[E::Sum], c: usize, new: f64| match self.factor {
                1.0 => E::Sum::from_f64(new),
                factor => E::Sum::from_f64((1.0 - factor) * old[c].into() + factor * new),
            };
            for c in 0..channels {
                next_mean[c] = average(mean, c, used_mean[c].into());
                next_variance[c] = average(variance, c, used_variance[c].into() * unbiased);
            }
        } else {
            [next_mean, used_mean].into_iter().for_each(|to| to.copy_from_slice(mean));
            [next_variance, &mut *used_variance].into_iter().for_each(|to| to.copy_from_slice(variance));
        }
        let (mean, variance) =
            if training { (&*used_mean, &*used_variance) } else { (mean, &*used_variance) };
        let y = y.shared::<E>();
        let room = channels * size_of::<E::Sum>();
        with_shared_scratch(room, |memory| {
            let factors: &mut [E::Sum] = bytemuck::cast_slice_mut(&mut memory[..room]);
            for (c, factor) in factors.iter_mut().enumerate() {
                let deviation = (variance[c].into() + epsilon).sqrt();
                *factor = E::Sum::from_f64(scale[c].into() / deviation);
            }
            let factors = &*factors;
            parallel_for(context.threads, self.spec.blocks().1, &|block| {
                let range = self.spec.block(block);
                // SAFETY: blocks do not overlap.
                let y = unsafe { part(y, &range) };
                normalise::<E>(level(), &x[range], mean, factors, offset, y);
            });
        });
    }
}

impl BatchNormGradientKernel {
    /// Prepares the gradient of batch normalisation.
    ///
    /// # Errors
    /// When a size overflows or the type is no float.
    pub fn new(spec: BatchNormSpec, rest: usize) -> Result<BatchNormGradientKernel, String> {
        let [all, each] = spec.bytes()?;
        let input_bytes = [all, all, each, each, each];
        let one = if spec.dtype == ScalarType::F64 { 8 } else { 4 };
        let output_bytes = [all, each, each].into_iter().chain(vec![one; rest]).collect();
        Ok(BatchNormGradientKernel { spec, input_bytes, output_bytes })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` stores the numbers of the dtype.
    unsafe fn run_as<E: Element>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>])
    where
        E::Sum: Into<f64>,
    {
        let BatchNormSpec { rows, channels, epsilon, training, .. } = self.spec;
        if channels == 0 {
            return;
        }
        // SAFETY: no output shares memory with an input.
        let (dy, x) = unsafe { (inputs[0].slice::<E>(), inputs[1].slice::<E>()) };
        // SAFETY: as above.
        let [scale, mean, variance] = std::array::from_fn(|i| unsafe { inputs[i + 2].slice::<E::Sum>() });
        let [dx, dscale, doffset, rest @ ..] = outputs else { return };
        for zero in rest {
            // SAFETY: as above.
            unsafe { zero.slice::<u8>() }.fill(0);
        }
        // SAFETY: as above, and each output is its own memory.
        let (dscale, doffset) = unsafe { (dscale.slice::<E::Sum>(), doffset.slice::<E::Sum>()) };
        let dx = dx.shared::<E>();
        let room = 3 * channels * size_of::<E::Sum>();
        let mut totals = |c: usize, [sum, with_x]: [f64; 2]| {
            doffset[c] = E::Sum::from_f64(sum);
            dscale[c] = E::Sum::from_f64(with_x / (variance[c].into() + epsilon).sqrt());
        };
        if rows == 0 {
            (0..channels).for_each(|c| totals(c, [0.0; 2]));
            return;
        }
        sum_blocks::<E, _>(
            context,
            &self.spec,
            |range, sums| go_with::<E>(level(), &dy[range.clone()], &x[range], mean, sums),
            totals,
        );
        with_shared_scratch(room, |memory| {
            // dx = factor · dy − slope · (x − μ) − level
            let all: &mut [E::Sum] = bytemuck::cast_slice_mut(&mut memory[..room]);
            let (factors, rest) = all.split_at_mut(channels);
            let (slopes, levels) = rest.split_at_mut(channels);
            for c in 0..channels {
                let inverse = 1.0 / (variance[c].into() + epsilon).sqrt();
                let factor = scale[c].into() * inverse;
                let share = if training { factor / rows as f64 } else { 0.0 };
                factors[c] = E::Sum::from_f64(factor);
                slopes[c] = E::Sum::from_f64(share * inverse * dscale[c].into());
                levels[c] = E::Sum::from_f64(share * doffset[c].into());
            }
            let lines = Lines { mean, factors: &*factors, slopes: &*slopes, levels: &*levels };
            parallel_for(context.threads, self.spec.blocks().1, &|block| {
                let range = self.spec.block(block);
                // SAFETY: blocks do not overlap.
                let dx = unsafe { part(dx, &range) };
                send_back::<E>(level(), &dy[range.clone()], &x[range], &lines, dx);
            });
        });
    }
}

/// Evaluates `$body` with `$type` the Rust type of `$dtype`, a float.
macro_rules! with_float {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            ScalarType::F64 => with_float!(@ f64, $type => $body),
            ScalarType::F16 => with_float!(@ half::f16, $type => $body),
            ScalarType::BF16 => with_float!(@ half::bf16, $type => $body),
            _ => with_float!(@ f32, $type => $body),
        }
    };
    (@ $number:ty, $type:ident => $body:expr) => {{
        type $type = $number;
        $body
    }};
}

/// What the gradient of x is made with, for each channel.
struct Lines<'a, T> {
    mean: &'a [T],
    factors: &'a [T],
    slopes: &'a [T],
    levels: &'a [T],
}

/// That part of an output, to be written.
///
/// # Safety
/// Nothing else refers to it, and it is inside the output.
unsafe fn part<'a, T>(output: Shared<T>, range: &Range<usize>) -> &'a mut [T] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(output.pointer().add(range.start), range.len()) }
}

/// Two sums for each channel, of blocks one by one, put together in the order of the blocks: `body` adds those of a block
/// to the first and the second half of its second argument, and `done` gets the totals of a channel.
fn sum_blocks<E: Element, D: FnMut(usize, [f64; 2])>(
    context: &Context,
    spec: &BatchNormSpec,
    body: impl Fn(Range<usize>, &mut [E::Sum]) + Sync,
    mut done: D,
) where
    E::Sum: Into<f64>,
{
    let (channels, (_, blocks)) = (spec.channels, spec.blocks());
    let each = 2 * channels;
    let room = blocks * each * size_of::<E::Sum>();
    with_shared_scratch(room, |memory| {
        let sums: &mut [E::Sum] = bytemuck::cast_slice_mut(&mut memory[..room]);
        sums.fill(E::Sum::ZERO);
        let all = Shared::clone(&Out::new(&mut *sums).shared::<E::Sum>());
        parallel_for(context.threads, blocks, &|block| {
            // SAFETY: each block has sums of its own.
            let sums = unsafe { part(all, &(block * each..(block + 1) * each)) };
            body(spec.block(block), sums);
        });
        for c in 0..channels {
            let total = |from: usize| sums[from..].iter().step_by(each).map(|&sum| sum.into()).sum::<f64>();
            done(c, [total(c), total(channels + c)]);
        }
    });
}

per_level! {
    /// Adds to `sums` the sum of each channel.
    fn add_up<E: Element>(x: &[E], channels: usize, sums: &mut [E::Sum]) = add_up_body;
}

#[inline(always)]
fn add_up_body<const FMA: bool, E: Element>(x: &[E], channels: usize, sums: &mut [E::Sum]) {
    let sums = &mut sums[..channels];
    for row in x.chunks_exact(channels) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum = sum.add(x.widen()));
    }
}

#[inline(always)]
fn less<T: Number>(x: T, y: T) -> T {
    x.add(y.mul(T::from_f64(-1.0)))
}

per_level! {
    /// Adds to `sums` that of `(x − mean)²`.
    fn spread_out<E: Element>(x: &[E], mean: &[E::Sum], sums: &mut [E::Sum]) = spread_out_body;
}

#[inline(always)]
fn spread_out_body<const FMA: bool, E: Element>(x: &[E], mean: &[E::Sum], sums: &mut [E::Sum]) {
    for row in x.chunks_exact(mean.len()) {
        for ((sum, x), &mean) in sums.iter_mut().zip(row).zip(mean) {
            let centred = less(x.widen(), mean);
            *sum = sum.add(centred.mul(centred));
        }
    }
}

per_level! {
    /// Adds to the halves of `sums` those of `dy` and of `dy · (x − mean)`.
    fn go_with<E: Element>(dy: &[E], x: &[E], mean: &[E::Sum], sums: &mut [E::Sum]) = go_with_body;
}

#[inline(always)]
fn go_with_body<const FMA: bool, E: Element>(dy: &[E], x: &[E], mean: &[E::Sum], sums: &mut [E::Sum]) {
    let channels = mean.len();
    let (plain, with_x) = sums.split_at_mut(channels);
    for (dy, x) in dy.chunks_exact(channels).zip(x.chunks_exact(channels)) {
        for c in 0..channels {
            let dy = dy[c].widen();
            plain[c] = plain[c].add(dy);
            with_x[c] = with_x[c].add(dy.mul(less(x[c].widen(), mean[c])));
        }
    }
}

per_level! {
    /// `y = (x − mean) · factor + offset`.
    fn normalise<E: Element>(x: &[E], mean: &[E::Sum], factor: &[E::Sum], offset: &[E::Sum], y: &mut [E])
        = normalise_body;
}

#[inline(always)]
fn normalise_body<const FMA: bool, E: Element>(
    x: &[E],
    mean: &[E::Sum],
    factor: &[E::Sum],
    offset: &[E::Sum],
    y: &mut [E],
) {
    let channels = mean.len();
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        for c in 0..channels {
            y[c] = E::narrow(less(x[c].widen(), mean[c]).mul(factor[c]).add(offset[c]));
        }
    }
}

per_level! {
    /// `dx = factor · dy − slope · (x − mean) − level`.
    fn send_back<E: Element>(dy: &[E], x: &[E], lines: &Lines<'_, E::Sum>, dx: &mut [E]) = send_back_body;
}

#[inline(always)]
fn send_back_body<const FMA: bool, E: Element>(dy: &[E], x: &[E], lines: &Lines<'_, E::Sum>, dx: &mut [E]) {
    let Lines { mean, factors, slopes, levels } = lines;
    let channels = mean.len();
    let rows = dy.chunks_exact(channels).zip(x.chunks_exact(channels));
    for ((dy, x), dx) in rows.zip(dx.chunks_exact_mut(channels)) {
        for c in 0..channels {
            let centred = less(x[c].widen(), mean[c]);
            let straight = less(dy[c].widen().mul(factors[c]), levels[c]);
            dx[c] = E::narrow(less(straight, centred.mul(slopes[c])));
        }
    }
}

impl Sealed for BatchNormKernel {}

impl Kernel for BatchNormKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        with_float!(self.spec.dtype, T => {
            // SAFETY: the caller's promise.
            unsafe { self.run_as::<T>(context, inputs, outputs) }
        });
        Ok(())
    }
}

impl Sealed for BatchNormGradientKernel {}

impl Kernel for BatchNormGradientKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        with_float!(self.spec.dtype, T => {
            // SAFETY: the caller's promise.
            unsafe { self.run_as::<T>(context, inputs, outputs) }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, call};

    fn run(kernel: &dyn Kernel, threads: usize, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let inputs: Vec<Buffer> = inputs.iter().map(|input| Buffer::from_slice(input)).collect();
        let mut outputs: Vec<Buffer> =
            kernel.output_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
        let views: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
        let mut places: Vec<&mut [u8]> = outputs.iter_mut().map(|output| output.bytes_mut()).collect();
        call(kernel, &Context { threads }, &views, &mut places).unwrap();
        outputs.iter().map(|output| output.slice::<f64>().to_vec()).collect()
    }

    fn numbers(count: usize, seed: usize) -> Vec<f64> {
        (0..count).map(|i| ((i * 7919 + seed * 31) % 101) as f64 / 16.0 - 2.0).collect()
    }

    fn close(got: &[f64], want: &[f64]) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} and {want}");
        }
        assert_eq!(got.len(), want.len());
    }

    #[test]
    fn channels_are_normalised_one_by_one() {
        for (rows, channels) in [(1, 3), (7, 2), (9000, 5), (3, 40)] {
            let (x, scale, offset) =
                (numbers(rows * channels, 1), numbers(channels, 2), numbers(channels, 3));
            let (mean, variance) = (numbers(channels, 4), vec![2.5; channels]);
            let dy = numbers(x.len(), 5);
            for training in [false, true] {
                let spec = BatchNormSpec { dtype: ScalarType::F64, rows, channels, epsilon: 0.01, training };
                let kernel = BatchNormKernel::new(spec, 0.25, true, 1).unwrap();
                let gradient = BatchNormGradientKernel::new(spec, 2).unwrap();
                let got = run(&kernel, 1, &[&x, &scale, &offset, &mean, &variance]);
                assert_eq!(got, run(&kernel, 3, &[&x, &scale, &offset, &mean, &variance]));
                let back = run(&gradient, 1, &[&dy, &x, &scale, &got[3], &got[4]]);
                assert_eq!(back, run(&gradient, 3, &[&dy, &x, &scale, &got[3], &got[4]]));
                for c in 0..channels {
                    let column =
                        |of: &[f64]| -> Vec<f64> { of.iter().copied().skip(c).step_by(channels).collect() };
                    let (x, y, dy, dx) = (column(&x), column(&got[0]), column(&dy), column(&back[0]));
                    let n = rows as f64;
                    let batch = x.iter().sum::<f64>() / n;
                    let spread = x.iter().map(|x| (x - batch).powi(2)).sum::<f64>() / n;
                    let (m, v) = if training { (batch, spread) } else { (mean[c], variance[c]) };
                    let d = (v + 0.01).sqrt();
                    close(&y, &x.iter().map(|x| (x - m) / d * scale[c] + offset[c]).collect::<Vec<_>>());
                    close(&[got[3][c], got[4][c]], &[m, v]);
                    let next = match training {
                        true => [
                            0.75 * mean[c] + 0.25 * m,
                            0.75 * variance[c] + 0.25 * v * n / (n - 1.0).max(1.0),
                        ],
                        false => [m, v],
                    };
                    close(&[got[1][c], got[2][c]], &next);
                    let sum: f64 = dy.iter().sum();
                    let with: f64 = dy.iter().zip(&x).map(|(dy, x)| dy * (x - m) / d).sum();
                    close(&[back[1][c], back[2][c]], &[with, sum]);
                    let take = if training { 1.0 / n } else { 0.0 };
                    let want = dy
                        .iter()
                        .zip(&x)
                        .map(|(dy, x)| scale[c] / d * (dy - take * sum - take * with * (x - m) / d));
                    close(&dx, &want.collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn a_batch_of_nothing_has_no_mean() {
        let spec =
            BatchNormSpec { dtype: ScalarType::F64, rows: 0, channels: 2, epsilon: 0.1, training: true };
        let kernel = BatchNormKernel::new(spec, 1.0, false, 0).unwrap();
        let got = run(&kernel, 1, &[&[], &[1.0, 2.0], &[3.0, 4.0], &[], &[]]);
        assert!(got[1].iter().chain(&got[2]).all(|x| x.is_nan()));
        assert_eq!((&got[3], &got[4]), (&vec![0.0; 2], &vec![0.0; 2]));
        assert!(BatchNormKernel::new(spec, 0.5, false, 0).unwrap_err().contains("needed and not given"));
        let integers = BatchNormSpec { dtype: ScalarType::I32, ..spec };
        assert!(BatchNormGradientKernel::new(integers, 0).is_err());
    }
}
