//! Inverse DCTs (T.81, A.3.3) from a block of 8 × 8 coefficients to 8 × 8, 4 × 4, 2 × 2 or 1 sample.
//!
//! The full transform is the one of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in fixed-point arithmetic, with the
//! scaling and rounding of libjpeg's accurate integer method, so that samples are the same. A sample of the smaller ones
//! is the mean of 2 × 2 or 4 × 4 samples of the full transform. As the transform is linear, the mean is computed from
//! the coefficients, with the mean of the basis functions; for some coefficients it is 0.

use std::num::Wrapping;

/// Of the factors.
const FRACTION_BITS: usize = 13;
/// Of the results of the first pass.
const PASS_BITS: usize = 2;
/// Each pass multiplies by √8, and so both by 8.
const SCALE_BITS: usize = 3;

/// Coefficients of corrupt files can have any size. Arithmetic that wraps gives some sample, like libjpeg's.
pub(crate) type Int = Wrapping<i32>;

/// A factor in fixed point.
const fn fixed(factor: f64) -> Int {
    #[expect(clippy::cast_possible_truncation, reason = "the factors are below 4")]
    Wrapping((factor * (1 << FRACTION_BITS) as f64 + if factor < 0.0 { -0.5 } else { 0.5 }) as i32)
}

/// The coefficients of a block times their quantization steps, in 8 rows.
pub(crate) type Block = [i32; 64];

/// Transforms a block and writes its samples, `size` a side, to the rows of `stride` samples in `output`.
#[inline]
pub(crate) fn inverse(block: &Block, size: usize, output: &mut [u8], stride: usize) {
    match size {
        1 => flat(block, size, output, stride),
        2 => transform(block, output, stride, 2, halves),
        4 => transform(block, output, stride, 1, quarters),
        _ => transform(block, output, stride, 0, eighths),
    }
}

/// Like [`inverse`] for a block without AC coefficients.
#[inline]
pub(crate) fn flat(block: &Block, size: usize, output: &mut [u8], stride: usize) {
    let [dc, ..] = block;
    let sample = mean(*dc);
    for row in output.chunks_mut(stride).take(size) {
        if let Some(row) = row.get_mut(..size) {
            row.fill(sample);
        }
    }
}

/// The mean of the samples of a block with this DC coefficient.
#[inline]
pub(crate) fn mean(dc: i32) -> u8 {
    sample(Wrapping(dc), SCALE_BITS)
}

/// Both passes of a transform from 8 coefficients to `N` samples, whose results have `extra` more bits of fraction.
#[inline]
fn transform<const N: usize>(
    block: &Block,
    output: &mut [u8],
    stride: usize,
    extra: usize,
    one_dimension: impl Fn([Int; 8]) -> [Int; N],
) {
    let mut between = [[Wrapping(0); 8]; N];
    let (rows, _) = block.as_chunks::<8>();
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows else {
        return;
    };
    let columns = r0.iter().zip(r1).zip(r2).zip(r3).zip(r4).zip(r5).zip(r6);
    for (column, (above, &c7)) in columns.zip(r7).enumerate() {
        let ((((((&c0, &c1), &c2), &c3), &c4), &c5), &c6) = above;
        let results = if c1 | c2 | c3 | c4 | c5 | c6 | c7 == 0 {
            [Wrapping(c0) << PASS_BITS; N]
        } else {
            one_dimension([c0, c1, c2, c3, c4, c5, c6, c7].map(Wrapping))
                .map(|result| round(result, FRACTION_BITS - PASS_BITS + extra))
        };
        for (row, result) in between.iter_mut().zip(results) {
            if let Some(place) = row.get_mut(column) {
                *place = result;
            }
        }
    }
    for (row, output) in between.iter().zip(output.chunks_mut(stride)) {
        let results = one_dimension(*row);
        if let Some(output) = output.first_chunk_mut::<N>() {
            *output = results
                .map(|result| sample(result, FRACTION_BITS + PASS_BITS + SCALE_BITS + extra));
        }
    }
}

/// Eight samples.
#[inline]
fn eighths([c0, c1, c2, c3, c4, c5, c6, c7]: [Int; 8]) -> [Int; 8] {
    // The even part: a butterfly of 0 and 4, and a rotation of 2 and 6.
    let (sum, difference) = ((c0 + c4) << FRACTION_BITS, (c0 - c4) << FRACTION_BITS);
    let both = (c2 + c6) * const { fixed(0.541_196_100) };
    let low = both + c2 * const { fixed(0.765_366_865) };
    let high = both - c6 * const { fixed(1.847_759_065) };
    let even = [sum + low, difference + high, difference - high, sum - low];
    // The odd part: rotations that share their products.
    let all = (c7 + c3 + c5 + c1) * const { fixed(1.175_875_602) };
    let a = all - (c7 + c3) * const { fixed(1.961_570_560) };
    let b = all - (c5 + c1) * const { fixed(0.390_180_644) };
    let outer = (c7 + c1) * const { fixed(0.899_976_223) };
    let inner = (c5 + c3) * const { fixed(2.562_915_447) };
    let odd = [
        c1 * const { fixed(1.501_321_110) } - outer + b,
        c3 * const { fixed(3.072_711_026) } - inner + a,
        c5 * const { fixed(2.053_119_869) } - inner + b,
        c7 * const { fixed(0.298_631_336) } - outer + a,
    ];
    let ([e0, e1, e2, e3], [o0, o1, o2, o3]) = (even, odd);
    [
        e0 + o0,
        e1 + o1,
        e2 + o2,
        e3 + o3,
        e3 - o3,
        e2 - o2,
        e1 - o1,
        e0 - o0,
    ]
}

/// The means of two samples each, times 2. The mean of coefficient 4 is 0.
#[inline]
fn quarters([c0, c1, c2, c3, _, c5, c6, c7]: [Int; 8]) -> [Int; 4] {
    let dc = c0 << (FRACTION_BITS + 1);
    let even = c2 * const { fixed(1.847_759_065) } - c6 * const { fixed(0.765_366_865) };
    let outer = c1 * const { fixed(2.562_915_447) } + c3 * const { fixed(0.899_976_223) }
        - c5 * const { fixed(0.601_344_887) }
        - c7 * const { fixed(0.509_795_579) };
    let inner = c1 * const { fixed(1.061_594_337) } - c3 * const { fixed(2.172_734_803) }
        + c5 * const { fixed(1.451_774_981) }
        - c7 * const { fixed(0.211_164_243) };
    [
        dc + even + outer,
        dc - even + inner,
        dc - even - inner,
        dc + even - outer,
    ]
}

/// The means of four samples each, times 4. The means of the even coefficients, except 0, are 0.
#[inline]
fn halves([c0, c1, _, c3, _, c5, _, c7]: [Int; 8]) -> [Int; 2] {
    let dc = c0 * factor_of_half(0);
    let odd = c1 * factor_of_half(1)
        + c3 * factor_of_half(3)
        + c5 * factor_of_half(5)
        + c7 * factor_of_half(7);
    [dc + odd, dc - odd]
}

/// The factor of a coefficient in the mean of the first four samples, times 4.
#[inline]
pub(crate) const fn factor_of_half(frequency: u8) -> Int {
    match frequency {
        0 => Wrapping(1 << (FRACTION_BITS + 2)),
        1 => const { fixed(3.624_509_785) },
        3 => const { fixed(-1.272_758_580) },
        5 => const { fixed(0.850_430_095) },
        7 => const { fixed(-0.720_959_822) },
        _ => Wrapping(0),
    }
}

/// The second pass for a row of two samples, from the results of the first pass for columns 0, 1, 3, 5 and 7, which are
/// not rounded.
#[inline]
pub(crate) fn row_of_two(columns: [Int; 5]) -> [u8; 2] {
    let [c0, c1, c3, c5, c7] = columns.map(|sum| round(sum, FRACTION_BITS - PASS_BITS + 2));
    let zero = Wrapping(0);
    halves([c0, c1, zero, c3, zero, c5, zero, c7])
        .map(|result| sample(result, FRACTION_BITS + PASS_BITS + SCALE_BITS + 2))
}

/// Removes bits of fraction.
#[inline]
fn round(value: Int, bits: usize) -> Int {
    (value + (Wrapping(1) << (bits - 1))) >> bits
}

/// The sample for a result around 0, with bits of fraction.
#[inline]
fn sample(value: Int, bits: usize) -> u8 {
    let level = round(value, bits).0.saturating_add(128);
    #[expect(clippy::cast_sign_loss, reason = "0 to 255")]
    {
        level.clamp(0, 255) as u8
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_precision_loss, reason = "the numbers are small")]

    use std::f64::consts::{FRAC_1_SQRT_2, PI};

    use super::*;

    /// T.81, A.3.3, without a fast algorithm.
    fn by_definition(block: &Block) -> Vec<f64> {
        let factor = |frequency: usize| if frequency == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        let basis = |position: usize, frequency: usize| {
            factor(frequency) * ((2 * position + 1) as f64 * frequency as f64 * PI / 16.0).cos()
        };
        let mut samples = Vec::new();
        for y in 0..8 {
            for x in 0..8 {
                let terms = block.iter().enumerate().map(|(place, &coefficient)| {
                    f64::from(coefficient) * basis(x, place % 8) * basis(y, place / 8)
                });
                samples.push(terms.sum::<f64>() / 4.0 + 128.0);
            }
        }
        samples
    }

    /// Means of squares of samples.
    fn reduced(samples: &[f64], size: usize) -> Vec<f64> {
        let step = 8 / size;
        let mean = |x: usize, y: usize| {
            let square =
                (0..step * step).map(|i| samples[(y * step + i / step) * 8 + x * step + i % step]);
            square.sum::<f64>() / (step * step) as f64
        };
        (0..size * size).map(|i| mean(i % size, i / size)).collect()
    }

    /// Pseudo-random coefficients whose samples are within 0 to 255.
    fn blocks() -> Vec<Block> {
        let mut state = 1_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i32::try_from(state >> 24).expect("a byte") - 128
        };
        let dense = (0..200)
            .map(|_| std::array::from_fn(|_| next() / 8))
            .collect::<Vec<_>>();
        let single = (0..64).map(|place| {
            let mut block = [0; 64];
            block[place] = 300;
            block
        });
        dense.iter().copied().chain(single).collect()
    }

    #[test]
    fn each_size_is_the_mean_of_the_full_transform() {
        for size in [1, 2, 4, 8] {
            for block in blocks() {
                let expected = reduced(&by_definition(&block), size);
                let mut output = vec![0; size * size];
                inverse(&block, size, &mut output, size);
                for (sample, exact) in output.iter().zip(expected) {
                    let difference = (f64::from(*sample) - exact.clamp(0.0, 255.0)).abs();
                    assert!(
                        difference < 0.6,
                        "{sample} is not {exact} at {size}: {block:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_flat_block_is_the_same_without_a_transform() {
        for dc in [-5000, -1024, -3, 0, 4, 5, 1016, 5000] {
            let mut block = [0; 64];
            block[0] = dc;
            for size in [1, 2, 4, 8] {
                let (mut one, mut other) = ([0; 64], [0; 64]);
                inverse(&block, size, &mut one, 8);
                flat(&block, size, &mut other, 8);
                assert_eq!(one, other, "{dc} at {size}");
            }
        }
    }

    #[test]
    fn coefficients_of_any_size_give_samples() {
        for coefficient in [i32::MIN, i32::MAX] {
            for size in [1, 2, 4, 8] {
                inverse(&[coefficient; 64], size, &mut [0; 64], 8);
            }
        }
    }

    #[test]
    fn samples_are_written_to_the_block_alone() {
        let mut output = [7; 40];
        inverse(&[0; 64], 4, &mut output, 10);
        for (index, sample) in output.into_iter().enumerate() {
            let expected = if index % 10 < 4 { 128 } else { 7 };
            assert_eq!(sample, expected, "{index}");
        }
    }
}
