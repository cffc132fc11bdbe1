//! The step of 2-8-8-1 by hand: sizes fixed, examples side by side in a register, a short continued fraction for tanh.

#[inline(always)]
fn fused<const FMA: bool>(x: f32, y: f32, z: f32) -> f32 {
    if FMA { x.mul_add(y, z) } else { x * y + z }
}
/// Numbers in a register, or in a few.
const LANES: usize = 16;
pub(crate) type Lanes = [f32; LANES];

/// `z + x·y`, lane by lane. A loop: a closure would be compiled apart, without the instructions.
#[inline(always)]
fn multiply_add<const FMA: bool>(x: Lanes, y: Lanes, mut z: Lanes) -> Lanes {
    for lane in 0..LANES {
        z[lane] = fused::<FMA>(x[lane], y[lane], z[lane]);
    }
    z
}
/// Nothing moves past it: else the compiler may compute one lane of many registers at a time, and gather them.
#[inline(always)]
fn in_order() {
    std::hint::black_box(());
}

/// The parameters of 2-8-8-1; a weight `w[i][o]` leads from input i to output o.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    w1: [[f32; 8]; 2],
    b1: [f32; 8],
    w2: [[f32; 8]; 8],
    b2: [f32; 8],
    w3: [[f32; 1]; 8],
    b3: [f32; 1],
}

/// Examples; the last six lanes of a register are empty.
const BATCH: usize = 10;
const RATE: f32 = 0.01;

#[inline(always)]
fn tanh<const FMA: bool>(mut lanes: Lanes) -> Lanes {
    for x in &mut lanes {
        let clamped = x.clamp(-4.9, 4.9);
        let z = clamped * clamped;
        let above = fused::<FMA>(fused::<FMA>(z + 378.0, z, 17_325.0), z, 135_135.0);
        let below = fused::<FMA>(fused::<FMA>(fused::<FMA>(z, 28.0, 3_150.0), z, 62_370.0), z, 135_135.0);
        *x = clamped * above / below;
    }
    in_order();
    lanes
}

/// Units of a layer: `bₒ + Σ wᵢₒ·xᵢ`, for all examples.
#[inline(always)]
fn forward<const FMA: bool, const I: usize, const O: usize>(
    x: &[Lanes; I],
    w: &[[f32; O]; I],
    b: &[f32; O],
) -> [Lanes; O] {
    let mut units = [[0.0; LANES]; O];
    for o in 0..O {
        units[o] = [b[o]; LANES];
        for i in 0..I {
            units[o] = multiply_add::<FMA>(x[i], [w[i][o]; LANES], units[o]);
        }
        in_order();
    }
    units
}

/// What reaches the units before a layer, ahead of their tanh, whose values are `y`: `(Σ wᵢₒ·δₒ)·(1 − yᵢ²)`.
#[inline(always)]
fn backward<const FMA: bool, const I: usize, const O: usize>(
    delta: &[Lanes; O],
    w: &[[f32; O]; I],
    y: &[Lanes; I],
) -> [Lanes; I] {
    let mut before = [[0.0; LANES]; I];
    for i in 0..I {
        for o in 0..O {
            before[i] = multiply_add::<FMA>(delta[o], [w[i][o]; LANES], before[i]);
        }
        for lane in 0..LANES {
            before[i][lane] *= 1.0 - y[i][lane] * y[i][lane];
        }
        in_order();
    }
    before
}

/// `w ← w − rate·Σ x·δ` for a layer, with the examples one after the other and the outputs side by side.
#[inline(always)]
fn update<const FMA: bool, const I: usize, const O: usize>(
    x: &[Lanes; I],
    delta: &[Lanes; O],
    w: &mut [[f32; O]; I],
    b: &mut [f32; O],
) {
    let mut turned = [[0.0; O]; BATCH];
    for (r, row) in turned.iter_mut().enumerate() {
        for o in 0..O {
            row[o] = -RATE * delta[o][r];
        }
        in_order();
    }
    // All weights stay in registers, and no sum has to wait for the one before.
    let (mut weights, mut biases) = (*w, *b);
    for (r, row) in turned.iter().enumerate() {
        for o in 0..O {
            biases[o] += row[o];
        }
        for i in 0..I {
            for o in 0..O {
                weights[i][o] = fused::<FMA>(x[i][r], row[o], weights[i][o]);
            }
        }
        in_order();
    }
    (*w, *b) = (weights, biases);
}

/// One step with mean square loss and gradient descent.
#[inline(always)]
fn step_body<const FMA: bool>(network: &mut Network, x: &[Lanes; 2], y: &Lanes) {
    let Network { w1, b1, w2, b2, w3, b3 } = network;
    let mut first = forward::<FMA, 2, 8>(x, w1, b1);
    for unit in &mut first {
        *unit = tanh::<FMA>(*unit);
    }
    let mut second = forward::<FMA, 8, 8>(&first, w2, b2);
    for unit in &mut second {
        *unit = tanh::<FMA>(*unit);
    }
    let [mut delta] = forward::<FMA, 8, 1>(&second, w3, b3);
    for lane in 0..LANES {
        delta[lane] = if lane < BATCH { 2.0 / BATCH as f32 * (delta[lane] - y[lane]) } else { 0.0 };
    }
    let delta_second = backward::<FMA, 8, 1>(&[delta], w3, &second);
    let delta_first = backward::<FMA, 8, 8>(&delta_second, w2, &first);
    update::<FMA, 8, 1>(&second, &[delta], w3, b3);
    update::<FMA, 8, 8>(&first, &delta_second, w2, b2);
    update::<FMA, 2, 8>(x, &delta_first, w1, b1);
}

pub(crate) fn step(network: &mut Network, x: &[Lanes; 2], y: &Lanes) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
        fn avx512(network: &mut Network, x: &[Lanes; 2], y: &Lanes) {
            step_body::<true>(network, x, y);
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2(network: &mut Network, x: &[Lanes; 2], y: &Lanes) {
            step_body::<true>(network, x, y);
        }
        let fma = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq");
        if fma && wide {
            // SAFETY: the processor has the instructions.
            return unsafe { avx512(network, x, y) };
        }
        if fma {
            // SAFETY: the processor has the instructions.
            return unsafe { avx2(network, x, y) };
        }
    }
    step_body::<{ cfg!(target_arch = "aarch64") }>(network, x, y);
}

impl Network {
    /// A network, and what its steps are to learn.
    pub(crate) fn with_examples() -> (Network, [Lanes; 2], Lanes) {
        let mut network = Network::default();
        network.w2.iter_mut().flatten().chain(network.w1.iter_mut().flatten()).for_each(|w| *w = 0.1);
        let x = std::array::from_fn(|i| std::array::from_fn(|lane| (lane as f32 - 4.5) * (i as f32 - 0.3)));
        let y = std::array::from_fn(|lane| (lane % 2) as f32);
        (network, x, y)
    }

    /// Whether the steps have led somewhere.
    pub(crate) fn is_finite(&self) -> bool {
        self.b3[0].is_finite()
    }
}
