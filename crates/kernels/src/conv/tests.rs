//! Convolutions and their gradients against the formula, number by number in `f64`. Tiles have tests of their own.

use half::f16;
use proptest::prelude::*;

use super::*;
use crate::gemm::{Element, Number};
use crate::{Buffer, Context, Kernel, Scalar, WindowAxis, call};

/// Numbers in [-1, 1] that look random; of integers small ones.
pub(super) fn numbers<E: Element>(count: usize, seed: u64) -> Vec<E> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 30) as f64 - 1.0
    };
    (0..count)
        .map(|_| E::narrow(E::Sum::from_f64(if E::TYPE.is_float() { next() } else { next() * 9.0 })))
        .collect()
}

fn to_f64<E: Element + Into<f64>>(numbers: &[E]) -> Vec<f64> {
    numbers.iter().map(|&x| x.into()).collect()
}

/// Calls `visit` with the indices (input, filter, output) of every product that a convolution sums.
pub(super) fn products(spec: &ConvSpec, mut visit: impl FnMut(usize, usize, usize)) {
    let (window, (channels, filters)) = (&spec.window, spec.of_a_group());
    let looks_at = |axis: &WindowAxis, output: usize, place: usize| {
        let at = (output * axis.stride + place * axis.dilation) as isize - axis.before as isize;
        usize::try_from(at).ok().filter(|&at| at < axis.input)
    };
    let [sd, sh, sw] = window.axes.each_ref().map(|axis| axis.size);
    for output in 0..window.batch * window.outputs() {
        let (image, o) = window.locate(output);
        for place in 0..window.places() {
            let k = [place / (sh * sw) % sd.max(1), place / sw % sh, place % sw];
            let at: Vec<Option<usize>> = (0..3).map(|i| looks_at(&window.axes[i], o[i], k[i])).collect();
            let [Some(z), Some(y), Some(x)] = at[..] else { continue };
            let pixel = image * window.pixels() + window.pixel([z, y, x]);
            for f in 0..spec.filters {
                for c in 0..channels {
                    let input = pixel * window.channels + f / filters * channels + c;
                    visit(input, (place * channels + c) * spec.filters + f, output * spec.filters + f);
                }
            }
        }
    }
}

pub(super) fn run<E: Scalar>(kernel: &dyn Kernel, threads: usize, inputs: [&[E]; 2]) -> Vec<E> {
    let inputs = inputs.map(Buffer::from_slice);
    let mut output = Buffer::zeroed(kernel.output_bytes()[0]);
    output.bytes_mut().fill(0x55);
    let views = inputs.each_ref().map(|input| input.bytes());
    call(kernel, &Context { threads }, &views, &mut [output.bytes_mut()]).unwrap();
    output.slice::<E>().to_vec()
}

/// A kernel and its inputs.
pub(super) type Given<'a, E> = (Box<dyn Kernel>, [&'a [E]; 2]);

/// Holds all three kernels against the formula; `tolerance` is relative to the sum of the products' magnitudes.
fn check<E: Element + Into<f64>>(spec: ConvSpec, tolerance: f64) {
    let spec = ConvSpec { dtype: E::TYPE, ..spec };
    let window = &spec.window;
    let (channels, _) = spec.of_a_group();
    let x = numbers::<E>(window.batch * window.pixels() * window.channels, 1);
    let w = numbers::<E>(window.places() * channels * spec.filters, 2);
    let dy = numbers::<E>(window.batch * window.outputs() * spec.filters, 3);
    let (xs, ws, dys) = (to_f64(&x), to_f64(&w), to_f64(&dy));
    let mut want = [vec![(0.0, 0.0); dy.len()], vec![(0.0, 0.0); x.len()], vec![(0.0, 0.0); w.len()]];
    products(&spec, |i, k, o| {
        let mut add = |which: usize, at: usize, product: f64| {
            want[which][at].0 += product;
            want[which][at].1 += product.abs();
        };
        add(0, o, xs[i] * ws[k]);
        add(1, i, dys[o] * ws[k]);
        add(2, k, xs[i] * dys[o]);
    });
    let kernels: [Given<'_, E>; 3] = [
        (Box::new(ConvKernel::new(spec).unwrap()), [&x, &w]),
        (Box::new(ConvInputGradientKernel::new(spec).unwrap()), [&w, &dy]),
        (Box::new(ConvFilterGradientKernel::new(spec).unwrap()), [&x, &dy]),
    ];
    for ((kernel, inputs), want) in kernels.iter().zip(&want) {
        let got = run::<E>(&**kernel, 1, *inputs);
        for (i, (&got, &(sum, size))) in got.iter().zip(want).enumerate() {
            let difference = (got.into() - sum).abs();
            assert!(difference <= tolerance * size.max(1e-30), "{kernel:?} at {i}: {got:?} and not {sum}");
        }
        let again = run::<E>(&**kernel, 3, *inputs);
        assert_eq!(bytemuck::cast_slice::<E, u8>(&got), bytemuck::cast_slice::<E, u8>(&again), "threads");
    }
}

fn spec(batch: usize, axes: [WindowAxis; 3], channels: usize, filters: usize, groups: usize) -> ConvSpec {
    ConvSpec { dtype: ScalarType::F32, window: Window { batch, axes, channels }, filters, groups }
}

pub(super) fn axis(
    input: usize,
    size: usize,
    stride: usize,
    dilation: usize,
    before: usize,
    after: usize,
) -> WindowAxis {
    let reach = size.saturating_sub(1) * dilation + 1;
    let output = (input + before + after + stride).saturating_sub(reach) / stride;
    WindowAxis { input, output, size, stride, dilation, before }
}

#[test]
fn the_sizes_of_networks() {
    let first = axis(28, 5, 1, 1, 2, 2);
    check::<f32>(spec(3, [WindowAxis::ONE, first, first], 1, 32, 1), 1e-6);
    let second = axis(14, 5, 1, 1, 2, 2);
    check::<f32>(spec(4, [WindowAxis::ONE, second, second], 32, 12, 1), 1e-6);
    // As many filters come by tiles, which round more.
    check::<f32>(spec(4, [WindowAxis::ONE, second, second], 32, 64, 1), 2.5e-6);
    let halved = axis(15, 3, 2, 1, 1, 1);
    check::<f32>(spec(2, [WindowAxis::ONE, halved, halved], 70, 33, 1), 1e-6);
    let wide = axis(6, 1, 1, 1, 0, 0);
    check::<f32>(spec(2, [WindowAxis::ONE, wide, wide], 130, 70, 1), 1e-6);
    check::<f64>(spec(1, [axis(4, 2, 1, 1, 0, 1), wide, second], 3, 5, 1), 1e-14);
}

#[test]
fn nothing_in_and_nothing_out() {
    let some = axis(4, 3, 1, 1, 1, 1);
    check::<f32>(spec(0, [WindowAxis::ONE, some, some], 2, 3, 1), 1e-6);
    check::<f32>(spec(2, [WindowAxis::ONE, some, some], 0, 3, 1), 1e-6);
    check::<f32>(spec(2, [WindowAxis::ONE, some, some], 2, 0, 1), 1e-6);
    let none = WindowAxis { output: 0, ..some };
    check::<f32>(spec(2, [WindowAxis::ONE, none, some], 2, 3, 1), 1e-6);
    assert!(ConvKernel::new(spec(2, [some; 3], 3, 4, 2)).is_err());
    let far = WindowAxis { stride: usize::MAX, ..some };
    assert!(ConvKernel::new(spec(2, [far, some, some], 3, 4, 1)).is_err());
}

#[test]
fn padding_wider_than_memory_is_not_laid_out() {
    // Five outputs, a billion pixels apart: all but one see nothing but padding.
    let far = WindowAxis { input: 3, output: 5, size: 2, stride: 1 << 30, dilation: 1, before: 1 << 31 };
    let near = axis(3, 2, 1, 1, 1, 0);
    check::<f32>(spec(2, [WindowAxis::ONE, near, far], 3, 4, 1), 1e-6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_window(
        batch in 1usize..4,
        h in (1usize..9, 1usize..4, 1usize..4, 1usize..4, 0usize..4, 0usize..4),
        w in (1usize..9, 1usize..4, 1usize..4, 1usize..4, 0usize..4, 0usize..4),
        depth in (1usize..4, 1usize..3, 1usize..3, 1usize..3, 0usize..2, 0usize..2),
        group in (1usize..6, 1usize..6, 1usize..4),
    ) {
        let along = |(input, size, stride, dilation, before, after)| axis(input, size, stride, dilation, before, after);
        let (channels, filters, groups) = group;
        let spec = spec(batch, [along(depth), along(h), along(w)], channels * groups, filters * groups, groups);
        check::<f32>(spec, 1e-6);
        check::<f64>(spec, 1e-14);
        check::<f16>(spec, 2e-3);
        check::<i32>(spec, 0.0);
    }
}
