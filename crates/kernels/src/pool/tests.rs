//! Poolings against plain loops over every place of the window.

use half::f16;
use proptest::prelude::*;

use super::*;
use crate::number::Number;
use crate::{Buffer, Context, Kernel, Scalar, WindowAxis, call};

fn run<T: Scalar>(kernel: &dyn Kernel, threads: usize, inputs: &[&[T]]) -> Vec<Vec<u8>> {
    let inputs: Vec<Buffer> = inputs.iter().map(|input| Buffer::from_slice(input)).collect();
    let mut outputs: Vec<Buffer> = kernel.output_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
    outputs.iter_mut().for_each(|output| output.bytes_mut().fill(0x55));
    let views: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
    let mut places: Vec<&mut [u8]> = outputs.iter_mut().map(|output| output.bytes_mut()).collect();
    call(kernel, &Context { threads }, &views, &mut places).unwrap();
    outputs.iter().map(|output| output.bytes().to_vec()).collect()
}

fn numbers_of<T: Scalar>(bytes: &[u8]) -> Vec<T> {
    bytemuck::pod_collect_to_vec(bytes)
}

/// For each output and channel, the numbers of the input that the window sees, in order.
fn seen(window: &Window) -> Vec<Vec<usize>> {
    let looks_at = |axis: &WindowAxis, output: usize, place: usize| {
        let at = (output * axis.stride + place * axis.dilation) as isize - axis.before as isize;
        usize::try_from(at).ok().filter(|&at| at < axis.input)
    };
    let [_, sh, sw] = window.axes.each_ref().map(|axis| axis.size);
    let mut all = Vec::new();
    for output in 0..window.batch * window.outputs() {
        let (image, o) = window.locate(output);
        for channel in 0..window.channels {
            let of_place = |place: usize| {
                let k = [place / (sh * sw), place / sw % sh, place % sw];
                let at: Option<Vec<usize>> = (0..3).map(|i| looks_at(&window.axes[i], o[i], k[i])).collect();
                let at = at?;
                let pixel = image * window.pixels() + window.pixel([at[0], at[1], at[2]]);
                Some(pixel * window.channels + channel)
            };
            all.push((0..window.places()).filter_map(of_place).collect());
        }
    }
    all
}

/// Few different numbers, so that there are ties.
fn few<T: Number>(count: usize, seed: usize) -> Vec<T> {
    let digit = |i: usize| (i * 7919 + seed * 104_729) / 13 % 5;
    (0..count).map(|i| (0..digit(i)).fold(T::from_bit(false), |sum, _| sum.add(T::from_bit(true)))).collect()
}

fn check_max<T: Number + Scalar + PartialEq>(window: Window) {
    let image = window.pixels() * window.channels;
    let x = few::<T>(window.batch * image, 1);
    let dx = few::<T>(x.len(), 2);
    let dy = few::<T>(window.batch * window.outputs() * window.channels, 3);
    let winner = |seen: &Vec<usize>| {
        seen.iter().copied().reduce(|best, next| if x[next] > x[best] { next } else { best })
    };
    let winners: Vec<Option<usize>> = seen(&window).iter().map(winner).collect();
    let zero = T::from_bit(false);
    let of_winners = |from: &[T]| -> Vec<T> {
        winners.iter().map(|winner| winner.map_or(zero, |winner| from[winner])).collect()
    };
    let mut sent = vec![zero; x.len()];
    for (winner, &dy) in winners.iter().zip(&dy) {
        winner.iter().for_each(|&winner| sent[winner] = sent[winner].add(dy));
    }
    for threads in [1, 3] {
        let kernel = MaxPoolKernel::new(T::TYPE, window, None).unwrap();
        assert_eq!(numbers_of::<T>(&run::<T>(&kernel, threads, &[&x])[0]), of_winners(&x));
        for through_batch in [false, true] {
            let places = MaxPlaces { dtype: ScalarType::I64, through_batch };
            let kernel = MaxPoolKernel::new(T::TYPE, window, Some(places)).unwrap();
            let got = run::<T>(&kernel, threads, &[&x]);
            let place = |winner: &Option<usize>| {
                winner.map_or(0, |winner| if through_batch { winner } else { winner % image }) as i64
            };
            assert_eq!(numbers_of::<T>(&got[0]), of_winners(&x));
            assert_eq!(numbers_of::<i64>(&got[1]), winners.iter().map(place).collect::<Vec<_>>());
        }
        let kernel = MaxPoolGradientKernel::new(T::TYPE, window).unwrap();
        assert_eq!(numbers_of::<T>(&run::<T>(&kernel, threads, &[&x, &dy])[0]), sent);
        let kernel = MaxPoolSecondGradientKernel::new(T::TYPE, window).unwrap();
        assert_eq!(numbers_of::<T>(&run::<T>(&kernel, threads, &[&x, &dx])[0]), of_winners(&dx));
    }
}

fn check_average(window: Window) {
    let x = few::<f64>(window.batch * window.pixels() * window.channels, 1);
    let dy = few::<f64>(window.batch * window.outputs() * window.channels, 3);
    let all = seen(&window);
    let mut shares = vec![0.0; x.len()];
    for (seen, dy) in all.iter().zip(&dy) {
        seen.iter().for_each(|&i| shares[i] += dy / seen.len() as f64);
    }
    let close = |got: &[f64], want: &[f64]| {
        got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12 || got.is_nan() && want.is_nan())
    };
    let means: Vec<f64> =
        all.iter().map(|seen| seen.iter().map(|&i| x[i]).sum::<f64>() / seen.len() as f64).collect();
    for threads in [1, 3] {
        let kernel = AveragePoolKernel::new(ScalarType::F64, window).unwrap();
        assert!(close(&numbers_of(&run::<f64>(&kernel, threads, &[&x])[0]), &means));
        let kernel = AveragePoolGradientKernel::new(ScalarType::F64, window).unwrap();
        assert!(close(&numbers_of(&run::<f64>(&kernel, threads, &[&dy])[0]), &shares));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_window(
        batch in 0usize..4, channels in prop_oneof![3 => 0usize..6, 1 => Just(19usize), 1 => Just(32usize)],
        h in (1usize..9, 1usize..4, 1usize..4, 1usize..3, 0usize..3),
        w in (1usize..9, 1usize..4, 1usize..4, 1usize..3, 0usize..3),
        depth in (1usize..4, 1usize..3, 1usize..3, 1usize..2, 0usize..2),
    ) {
        let along = |(input, size, stride, dilation, before)| {
            WindowAxis { input, output: (input + before) / stride + 1, size, stride, dilation, before }
        };
        let window = Window { batch, axes: [along(depth), along(h), along(w)], channels };
        check_max::<f32>(window);
        check_max::<u8>(window);
        check_max::<i64>(window);
        check_max::<f16>(window);
        check_average(window);
    }
}

#[test]
fn not_a_number_is_passed_over() {
    let axis = WindowAxis { input: 4, output: 2, size: 2, stride: 2, dilation: 1, before: 0 };
    let window = Window { batch: 1, axes: [WindowAxis::ONE, WindowAxis::ONE, axis], channels: 1 };
    let kernel = MaxPoolKernel::new(ScalarType::F32, window, None).unwrap();
    let got = run::<f32>(&kernel, 1, &[&[f32::NAN, 1.0, -2.0, f32::NAN]]);
    assert_eq!(numbers_of::<f32>(&got[0]), [1.0, -2.0]);
    assert!(MaxPoolKernel::new(ScalarType::Bool, window, None).is_err());
    assert!(AveragePoolKernel::new(ScalarType::I32, window).is_err());
}
