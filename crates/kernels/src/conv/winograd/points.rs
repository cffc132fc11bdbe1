//! The matrices of Winograd's minimal filtering of four outputs, as functions of one column.
//!
//! Four outputs of a filter of r numbers g see `n = r + 3` inputs d. Seen as a product of polynomials they take n
//! multiplications, of what the two are at n points:
//!
//! `y = Aᵀ [(G g) ⊙ (Bᵀ d)]`, `y[o] = Σₖ d[o + k] · g[k]`
//!
//! - row p of A is `[1, p, p², p³]`, and `[0, 0, 0, 1]` for the point ∞;
//! - row p of G is `[1, p, …, pʳ⁻¹] / Π (p − q)` over the other points q, and `[0, …, 0, 1]` for ∞;
//! - row p of Bᵀ has the coefficients of `Π (x − q)` over the other points, and for ∞ over all.
//!
//! The gradient of g is the same with the matrices of d unchanged and the others transposed: `Gᵀ [(A dy) ⊙ (Bᵀ d)]`.
//!
//! Points whose powers are neither large nor small, and far from each other, give the smaller error: 0, ±1, 2, −½, ∞ for
//! filters of 3 (a third of the error with ±2), and 0, ±1, ±2, ±½, ∞ for filters of 5. A row of Bᵀ may have the other sign
//! where G's has.
//!
//! Source: Winograd, *Arithmetic Complexity of Computations* (1980); Lavin and Gray, *Fast Algorithms for Convolutional
//! Neural Networks* (2015).

use crate::gemm::Vector;

/// Multiplies a matrix of `O` rows and `I` columns by a column.
pub(super) trait Transform<const I: usize, const O: usize> {
    /// The product.
    ///
    /// # Safety
    /// The processor has the instructions that `V` stands for.
    unsafe fn of<V: Vector<Number = f32>>(column: [V; I]) -> [V; O];
}

/// Bᵀ: inputs at the points.
pub(super) struct Inputs;
/// G: filters at the points.
pub(super) struct Filters;
/// Aᵀ: products at the points to outputs.
pub(super) struct Outputs;
/// A: gradients of outputs at the points.
pub(super) struct OutputGradients;
/// Gᵀ: products at the points to gradients of filters.
pub(super) struct FilterGradients;

/// `factor · x + y`.
#[inline(always)]
unsafe fn scaled<V: Vector<Number = f32>>(factor: f32, x: V, y: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(factor).mul_add(x, y) }
}

/// `factor · x`.
#[inline(always)]
unsafe fn times<V: Vector<Number = f32>>(factor: f32, x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(factor).mul(x) }
}

/// `x + y` and `x − y`.
#[inline(always)]
unsafe fn both<V: Vector<Number = f32>>(x: V, y: V) -> (V, V) {
    // SAFETY: the caller's promise.
    unsafe { (x.add(y), x.sub(y)) }
}

impl Transform<6, 6> for Inputs {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(d: [V; 6]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            // (x − 2)(x + ½), from each input on; and x² − 1 from inputs 1 and 2 on.
            let mut q = [d[0]; 4];
            for (i, q) in q.iter_mut().enumerate() {
                *q = scaled(-1.5, d[i + 1], d[i + 2].sub(d[i]));
            }
            let (e1, e2) = (d[3].sub(d[1]), d[4].sub(d[2]));
            let (plus, minus) = both(q[2], q[1]);
            [q[2].sub(q[0]), plus, minus, scaled(0.5, e1, e2), scaled(-2.0, e1, e2), q[3].sub(q[1])]
        }
    }
}

impl Transform<3, 6> for Filters {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(g: [V; 3]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (plus, minus) = both(g[0].add(g[2]), g[1]);
            let at_two = scaled(4.0, g[2], scaled(2.0, g[1], g[0]));
            let at_half = scaled(0.25, g[2], scaled(-0.5, g[1], g[0]));
            [
                g[0],
                times(-1.0 / 3.0, plus),
                times(1.0 / 3.0, minus),
                times(1.0 / 15.0, at_two),
                times(-16.0 / 15.0, at_half),
                g[2],
            ]
        }
    }
}

impl Transform<6, 3> for FilterGradients {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(m: [V; 6]) -> [V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (sum, difference) = both(times(-1.0 / 3.0, m[1]), times(1.0 / 3.0, m[2]));
            let (two, half) = (times(1.0 / 15.0, m[3]), times(-16.0 / 15.0, m[4]));
            [
                m[0].add(sum).add(two.add(half)),
                scaled(-0.5, half, scaled(2.0, two, difference)),
                scaled(0.25, half, scaled(4.0, two, sum)).add(m[5]),
            ]
        }
    }
}

impl Transform<6, 4> for Outputs {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(m: [V; 6]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (sum, difference) = both(m[1], m[2]);
            [
                m[0].add(sum).add(m[3].add(m[4])),
                scaled(-0.5, m[4], scaled(2.0, m[3], difference)),
                scaled(0.25, m[4], scaled(4.0, m[3], sum)),
                scaled(-0.125, m[4], scaled(8.0, m[3], difference)).add(m[5]),
            ]
        }
    }
}

impl Transform<4, 6> for OutputGradients {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(y: [V; 4]) -> [V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (plus, minus) = both(y[0].add(y[2]), y[1].add(y[3]));
            let at_two = scaled(2.0, scaled(4.0, y[3], y[1]), scaled(4.0, y[2], y[0]));
            let at_half = scaled(-0.5, scaled(0.25, y[3], y[1]), scaled(0.25, y[2], y[0]));
            [y[0], plus, minus, at_two, at_half, y[3]]
        }
    }
}

impl Transform<8, 8> for Inputs {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(d: [V; 8]) -> [V; 8] {
        // SAFETY: the caller's promise.
        unsafe {
            // (x² − 4)(x² − ¼), from each input on; (x² − 1)(x² − ¼) and (x² − 1)(x² − 4) from inputs 1 and 2 on.
            let mut s = [d[0]; 4];
            for (i, s) in s.iter_mut().enumerate() {
                *s = scaled(-4.25, d[i + 2], d[i].add(d[i + 4]));
            }
            let t = [
                scaled(-1.25, d[3], scaled(0.25, d[1], d[5])),
                scaled(-1.25, d[4], scaled(0.25, d[2], d[6])),
            ];
            let u =
                [scaled(-5.0, d[3], scaled(4.0, d[1], d[5])), scaled(-5.0, d[4], scaled(4.0, d[2], d[6]))];
            let (one, minus_one) = both(s[2], s[1]);
            [
                s[0].sub(s[2]),
                one,
                minus_one,
                scaled(2.0, t[0], t[1]),
                scaled(-2.0, t[0], t[1]),
                scaled(0.5, u[0], u[1]),
                scaled(-0.5, u[0], u[1]),
                s[3].sub(s[1]),
            ]
        }
    }
}

impl Transform<5, 8> for Filters {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(g: [V; 5]) -> [V; 8] {
        // SAFETY: the caller's promise.
        unsafe {
            let (one, minus_one) = both(g[0].add(g[2]).add(g[4]), g[1].add(g[3]));
            let (two, minus_two) =
                both(scaled(16.0, g[4], scaled(4.0, g[2], g[0])), scaled(8.0, g[3], times(2.0, g[1])));
            let (half, minus_half) =
                both(scaled(0.0625, g[4], scaled(0.25, g[2], g[0])), scaled(0.125, g[3], times(0.5, g[1])));
            [
                g[0],
                times(-2.0 / 9.0, one),
                times(-2.0 / 9.0, minus_one),
                times(1.0 / 90.0, two),
                times(1.0 / 90.0, minus_two),
                times(32.0 / 45.0, half),
                times(32.0 / 45.0, minus_half),
                g[4],
            ]
        }
    }
}

impl Transform<8, 5> for FilterGradients {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(m: [V; 8]) -> [V; 5] {
        // SAFETY: the caller's promise.
        unsafe {
            let (sum1, difference1) = both(times(-2.0 / 9.0, m[1]), times(-2.0 / 9.0, m[2]));
            let (sum2, difference2) = both(times(1.0 / 90.0, m[3]), times(1.0 / 90.0, m[4]));
            let (sum3, difference3) = both(times(32.0 / 45.0, m[5]), times(32.0 / 45.0, m[6]));
            [
                m[0].add(sum1).add(sum2.add(sum3)),
                scaled(0.5, difference3, scaled(2.0, difference2, difference1)),
                scaled(0.25, sum3, scaled(4.0, sum2, sum1)),
                scaled(0.125, difference3, scaled(8.0, difference2, difference1)),
                scaled(0.0625, sum3, scaled(16.0, sum2, sum1)).add(m[7]),
            ]
        }
    }
}

impl Transform<8, 4> for Outputs {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(m: [V; 8]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (sum1, difference1) = both(m[1], m[2]);
            let (sum2, difference2) = both(m[3], m[4]);
            let (sum3, difference3) = both(m[5], m[6]);
            [
                m[0].add(sum1).add(sum2.add(sum3)),
                scaled(0.5, difference3, scaled(2.0, difference2, difference1)),
                scaled(0.25, sum3, scaled(4.0, sum2, sum1)),
                scaled(0.125, difference3, scaled(8.0, difference2, difference1)).add(m[7]),
            ]
        }
    }
}

impl Transform<4, 8> for OutputGradients {
    #[inline(always)]
    unsafe fn of<V: Vector<Number = f32>>(y: [V; 4]) -> [V; 8] {
        // SAFETY: the caller's promise.
        unsafe {
            let (one, minus_one) = both(y[0].add(y[2]), y[1].add(y[3]));
            let (two, minus_two) = both(scaled(4.0, y[2], y[0]), scaled(8.0, y[3], times(2.0, y[1])));
            let (half, minus_half) = both(scaled(0.25, y[2], y[0]), scaled(0.125, y[3], times(0.5, y[1])));
            [y[0], one, minus_one, two, minus_two, half, minus_half, y[3]]
        }
    }
}
