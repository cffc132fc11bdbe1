//! Transforms against the matrices of the formula, and convolutions by tiles against plain loops, in `f64`.

use proptest::prelude::*;

use super::points::{FilterGradients, OutputGradients};
use super::*;
use crate::conv::tests::{Given, axis, numbers, products, run};
use crate::gemm::{Vector, VectorLoop, in_registers};
use crate::simd::level;
use crate::{ConvFilterGradientKernel, ConvInputGradientKernel, ConvKernel, Window};

/// A matrix, row by row.
type Matrix = Vec<Vec<f64>>;

/// Aᵀ, G and Bᵀ for windows of `r`, of which a row of Bᵀ may have its sign changed with that of G.
fn matrices(r: usize) -> [Matrix; 3] {
    let points: &[f64] =
        if r == 3 { &[0.0, 1.0, -1.0, 2.0, -0.5] } else { &[0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5] };
    let n = points.len() + 1;
    let powers = |p: f64, count: usize| (0..count).map(|k| p.powi(k as i32)).collect::<Vec<f64>>();
    let last = |count: usize| (0..count).map(|k| f64::from(u8::from(k == count - 1))).collect::<Vec<f64>>();
    let others = |i: usize| points.iter().enumerate().filter(move |(j, _)| *j != i).map(|(_, &q)| q);
    let polynomial = |roots: &mut dyn Iterator<Item = f64>| {
        let mut coefficients = vec![0.0; n];
        coefficients[0] = 1.0;
        for root in roots {
            for k in (0..n).rev() {
                let below = if k > 0 { coefficients[k - 1] } else { 0.0 };
                coefficients[k] = below - root * coefficients[k];
            }
        }
        coefficients
    };
    let mut a: Matrix = points.iter().map(|&p| powers(p, TILE)).collect();
    a.push(last(TILE));
    let factor = |i: usize| others(i).map(|q| points[i] - q).product::<f64>();
    let mut g: Matrix =
        (0..n - 1).map(|i| powers(points[i], r).iter().map(|power| power / factor(i)).collect()).collect();
    g.push(last(r));
    let mut b: Matrix = (0..n - 1).map(|i| polynomial(&mut others(i))).collect();
    b.push(polynomial(&mut points.iter().copied()));
    // So that the first row of G is [1, 0, …].
    if g[0][0] < 0.0 {
        g[0].iter_mut().chain(&mut b[0]).for_each(|x| *x = -*x);
    }
    [transposed(&a), g, b]
}

fn transposed(matrix: &Matrix) -> Matrix {
    (0..matrix[0].len()).map(|j| matrix.iter().map(|row| row[j]).collect()).collect()
}

/// Applies a transform to a column of numbers.
struct Apply<L, const I: usize, const O: usize> {
    matrix: std::marker::PhantomData<L>,
    from: *const f32,
    to: *mut f32,
}

impl<L: Transform<I, O>, const I: usize, const O: usize> VectorLoop for Apply<L, I, O> {
    #[inline(always)]
    unsafe fn run<V: Vector<Number = f32>, One: Vector<Number = f32>>(self) {
        // SAFETY: there are `I` numbers to read and `O` to write.
        unsafe {
            let column = std::array::from_fn(|i| One::load(self.from.add(i)));
            L::of(column).into_iter().enumerate().for_each(|(i, x)| x.store(self.to.add(i)));
        }
    }
}

/// Holds a transform against its matrix, column by column.
fn check<L: Transform<I, O>, const I: usize, const O: usize>(matrix: &Matrix) {
    assert_eq!((matrix.len(), matrix[0].len()), (O, I));
    for level in Level::available() {
        for (column, want) in transposed(matrix).iter().enumerate() {
            let x: [f32; I] = std::array::from_fn(|i| f32::from(u8::from(i == column)));
            let mut y = [f32::NAN; O];
            let apply =
                Apply::<L, I, O> { matrix: std::marker::PhantomData, from: x.as_ptr(), to: y.as_mut_ptr() };
            // SAFETY: the arrays are as long as they should be.
            unsafe { in_registers(level, apply) };
            for (y, want) in y.into_iter().map(f64::from).zip(want) {
                assert!((y - want).abs() <= 1e-7 * want.abs(), "column {column}: {y} and not {want}");
            }
        }
    }
}

#[test]
fn transforms_are_the_matrices_of_the_points() {
    let [a, g, b] = matrices(3);
    check::<Inputs, 6, 6>(&b);
    check::<Filters, 3, 6>(&g);
    check::<Outputs, 6, TILE>(&a);
    check::<OutputGradients, TILE, 6>(&transposed(&a));
    check::<FilterGradients, 6, 3>(&transposed(&g));
    let [a, g, b] = matrices(5);
    check::<Inputs, 8, 8>(&b);
    check::<Filters, 5, 8>(&g);
    check::<Outputs, 8, TILE>(&a);
    check::<OutputGradients, TILE, 8>(&transposed(&a));
    check::<FilterGradients, 8, 5>(&transposed(&g));
}

#[test]
fn the_matrices_filter() {
    for r in [3, 5] {
        let [a, g, b] = matrices(r);
        let column = |seed: u64, count: usize| {
            numbers::<f32>(count, seed).into_iter().map(f64::from).collect::<Vec<f64>>()
        };
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let (d, w) = (column(1, r + TILE - 1), column(2, r));
        let products: Vec<f64> = g.iter().zip(&b).map(|(g, b)| dot(g, &w) * dot(b, &d)).collect();
        for (o, a) in a.iter().enumerate() {
            assert!((dot(a, &products) - dot(&d[o..o + r], &w)).abs() < 1e-13);
        }
    }
}

/// The three kernels of a convolution by tiles at a level, whether or not they would be chosen, and their inputs.
fn kernels<'a>(spec: ConvSpec, level: Level, [x, w, dy]: [&'a [f32]; 3]) -> [Given<'a, f32>; 3] {
    let tiles = Winograd::new(&spec).unwrap();
    let mut forward = ConvKernel::new(spec).unwrap();
    (forward.by_tiles, forward.level) = (Some(tiles.clone()), level);
    let mut inputs = ConvInputGradientKernel::new(spec).unwrap();
    (inputs.by_tiles, inputs.level) = (Some(tiles.turned()), level);
    let mut filters = ConvFilterGradientKernel::new(spec).unwrap();
    (filters.by_tiles, filters.level) = (Some(tiles), level);
    [(Box::new(forward), [x, w]), (Box::new(inputs), [w, dy]), (Box::new(filters), [x, dy])]
}

fn spec(batch: usize, height: WindowAxis, width: WindowAxis, channels: usize, filters: usize) -> ConvSpec {
    let window = Window { batch, axes: [WindowAxis::ONE, height, width], channels };
    ConvSpec { dtype: ScalarType::F32, window, filters, groups: 1 }
}

/// What an error is held against: the magnitudes of the products that a number is the sum of, or of the greatest number.
#[derive(Clone, Copy, PartialEq)]
enum Beside {
    Itself,
    Greatest,
}

/// Holds outputs, gradients of inputs and of filters at some levels against the formula; the bits for one thread and
/// several are the same.
fn check_sizes(spec: ConvSpec, levels: &[Level], tolerance: f64, beside: Beside) {
    let window = &spec.window;
    let x = numbers::<f32>(window.batch * window.pixels() * window.channels, 1);
    let w = numbers::<f32>(window.places() * window.channels * spec.filters, 2);
    let dy = numbers::<f32>(window.batch * window.outputs() * spec.filters, 3);
    let mut want = [vec![(0.0, 0.0); dy.len()], vec![(0.0, 0.0); x.len()], vec![(0.0, 0.0); w.len()]];
    products(&spec, |i, k, o| {
        let mut add = |which: usize, at: usize, product: f64| {
            want[which][at].0 += product;
            want[which][at].1 += product.abs();
        };
        let (x, w, dy) = (f64::from(x[i]), f64::from(w[k]), f64::from(dy[o]));
        add(0, o, x * w);
        add(1, i, dy * w);
        add(2, k, x * dy);
    });
    for &level in levels {
        for ((kernel, inputs), want) in kernels(spec, level, [&x, &w, &dy]).iter().zip(&want) {
            let got = run::<f32>(&**kernel, 1, *inputs);
            let greatest = want.iter().map(|&(_, size)| size).fold(0.0, f64::max);
            for (&got, &(sum, size)) in got.iter().zip(want) {
                let error =
                    (f64::from(got) - sum).abs() / if beside == Beside::Itself { size } else { greatest };
                assert!(error <= tolerance, "{got} and not {sum}, of {size}: {error:e} in {kernel:?}");
            }
            let again = run::<f32>(&**kernel, 3, *inputs);
            assert_eq!(bytemuck::cast_slice::<_, u8>(&got), bytemuck::cast_slice::<_, u8>(&again), "threads");
        }
    }
}

#[test]
fn the_sizes_of_networks() {
    // Each number by its own size: at the edge of an image a quarter of what the greatest are.
    for size in [5, 3] {
        let axis = axis(14, size, 1, 1, size / 2, size / 2);
        check_sizes(spec(2, axis, axis, 32, 64), &Level::available(), 2.5e-6, Beside::Itself);
    }
}

#[test]
fn channels_that_come_in_several_products() {
    let small = axis(5, 3, 1, 1, 1, 1);
    // Some gradients of filters have no more than sixteen products, in four tiles.
    let check = |spec: ConvSpec, levels: &[Level]| check_sizes(spec, levels, 5e-6, Beside::Itself);
    check(spec(1, small, small, DEPTH + 19, 21), &Level::available());
    check(spec(1, small, small, 18, 2 * DEPTH + 3), &Level::available());
    // More sums of filters' gradients than are kept at once.
    check(spec(3, small, small, 150, 75), &[level()]);
}

#[test]
fn what_is_chosen() {
    let chosen = |spec: ConvSpec, level: Level| Winograd::new(&spec).is_some_and(|tiles| tiles.chosen(level));
    let fives = axis(14, 5, 1, 1, 2, 2);
    let good = spec(64, fives, fives, 32, 64);
    for level in Level::available() {
        assert_eq!(chosen(good, level), level.has_fma());
        // The bits of an image are the same alone and among others.
        assert_eq!(chosen(spec(1, fives, fives, 32, 64), level), level.has_fma());
    }
    let not = |spec: ConvSpec| assert!(!chosen(spec, Level::Avx512), "{spec:?}");
    not(spec(64, fives, fives, 8, 64));
    not(spec(64, fives, fives, 32, 8));
    not(ConvSpec { dtype: ScalarType::F64, ..good });
    not(ConvSpec { groups: 2, ..good });
    not(spec(64, axis(28, 5, 2, 1, 2, 2), fives, 32, 64));
    not(spec(64, axis(28, 5, 1, 2, 2, 2), fives, 32, 64));
    not(spec(64, fives, axis(14, 3, 1, 1, 1, 1), 32, 64));
    not(spec(64, axis(5, 5, 1, 1, 0, 0), axis(5, 5, 1, 1, 0, 0), 32, 64));
    let three = axis(5, 3, 1, 1, 1, 1);
    not(spec(64, three, three, 32, 64));
    let repays = |size: usize, filters: usize| {
        let axis = axis(size, 3, 1, 1, 1, 1);
        Winograd::new(&spec(64, axis, axis, 512, filters)).unwrap().repays_filters()
    };
    let sums = |batch: usize| {
        let axis = axis(8, 3, 1, 1, 1, 1);
        Winograd::new(&spec(batch, axis, axis, 32, 64)).unwrap().sums_enough()
    };
    assert!(sums(4) && !sums(3));
    assert!(repays(7, 64) && repays(12, 512) && !repays(7, 512));
}

#[test]
fn one_image_has_the_bits_that_it_has_among_others() {
    let axis = axis(11, 5, 1, 1, 2, 2);
    let (x, w) = (numbers::<f32>(7 * 121 * 16, 1), numbers::<f32>(25 * 16 * 40, 2));
    for level in Level::available() {
        let out = |batch: usize, x: &[f32]| {
            let [(kernel, _), ..] = kernels(spec(batch, axis, axis, 16, 40), level, [&[]; 3]);
            run::<f32>(&*kernel, 1, [x, &w])
        };
        let all = out(7, &x);
        for (x, y) in x.chunks(121 * 16).zip(all.chunks(121 * 40)) {
            assert_eq!(out(1, x), y);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_size(
        batch in 1usize..4,
        fives in any::<bool>(),
        height in (1usize..14, 0usize..5, 0usize..5),
        width in (1usize..14, 0usize..5, 0usize..5),
        channels in 1usize..40,
        filters in 1usize..70,
    ) {
        let size = if fives { 5 } else { 3 };
        let along = |(input, before, after): (usize, usize, usize)| {
            let (before, after) = (before.min(size - 1), after.min(size - 1));
            axis(input.max((size - before).saturating_sub(after)), size, 1, 1, before, after)
        };
        // Few products, and many zeros in a tile: errors are a hundred times what they are where tiles are chosen.
        let spec = spec(batch, along(height), along(width), channels, filters);
        check_sizes(spec, &Level::available(), 1e-4, Beside::Greatest);
    }
}
