//! A picture whose spectrum is about that of a photograph: value noise with the same amplitude in each octave, discs with
//! sharp edges, and the noise of a sensor. In integers, so that each build makes the same.

/// Pixels in a row.
pub(crate) const WIDTH: u16 = 4000;
/// Rows.
pub(crate) const HEIGHT: u16 = 3000;

/// The octaves of the noise, each as the binary logarithm of its cells' side.
const OCTAVES: [u32; 8] = [10, 9, 8, 7, 6, 5, 4, 3];
/// Those of the colours, which vary less.
const COLOR_OCTAVES: [u32; 4] = [10, 9, 8, 6];

/// The side of the cells with a disc each.
const DISC_CELL: usize = 250;

/// The pixels, in RGB.
pub(crate) fn rgb(noise: i32) -> Vec<u8> {
    let width = usize::from(WIDTH);
    let mut pixels = Vec::with_capacity(3 * width * usize::from(HEIGHT));
    let mut planes = [vec![0; width], vec![0; width], vec![0; width]];
    for y in 0..u32::from(HEIGHT) {
        let [luma, blue, red] = &mut planes;
        luma.fill(0);
        blue.fill(0);
        red.fill(0);
        for octave in OCTAVES {
            add_octave(luma, y, octave, 1);
        }
        for octave in COLOR_OCTAVES {
            add_octave(blue, y, octave, 2);
            add_octave(red, y, octave, 3);
        }
        add_discs(luma, y);
        for (x, ((luma, blue), red)) in (0_u32..).zip(luma.iter().zip(&*blue).zip(&*red)) {
            let grain = (random(x, y, 4) * noise) >> 7;
            let luma = 128 + (luma >> 2) + grain;
            let (blue, red) = (blue >> 3, red >> 3);
            for value in [luma + red, luma - ((blue + red) >> 1), luma + blue] {
                pixels.push(u8::try_from(value.clamp(0, 255)).unwrap_or_default());
            }
        }
    }
    pixels
}

/// Adds noise between random values at the corners of cells, from -128 to 127.
fn add_octave(row: &mut [i32], y: u32, octave: u32, seed: u32) {
    let side = 1_i32 << octave;
    let (top, below) = (y >> octave, y & ((1 << octave) - 1));
    let below = i32::try_from(below).unwrap_or_default();
    let seed = seed + (octave << 8);
    let at = |column| {
        let (upper, lower) = (random(column, top, seed), random(column, top + 1, seed));
        (upper * (side - below) + lower * below) >> octave
    };
    for (column, cell) in (0..).zip(row.chunks_mut(1 << octave)) {
        let (left, right) = (at(column), at(column + 1));
        for (x, value) in (0..).zip(cell) {
            *value += (left * (side - x) + right * x) >> octave;
        }
    }
}

/// Adds the row of the discs: each has a cell of its own, and a brightness.
fn add_discs(row: &mut [i32], y: u32) {
    let side = i32::try_from(DISC_CELL).unwrap_or_default();
    let y = i32::try_from(y).unwrap_or_default();
    let below = y % side - side / 2;
    let line = u32::try_from(y / side).unwrap_or_default();
    for (column, cell) in (0..).zip(row.chunks_mut(DISC_CELL)) {
        let radius = 70 + random(column, line, 5) / 3;
        let brightness = random(column, line, 6) * 2;
        for (x, value) in (0..).zip(cell) {
            let beside: i32 = x - side / 2;
            if beside * beside + below * below < radius * radius {
                *value += brightness;
            }
        }
    }
}

/// A random value of a place, from -128 to 127.
const fn random(x: u32, y: u32, seed: u32) -> i32 {
    let mut bits = x
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add(y.wrapping_mul(0x85EB_CA77))
        .wrapping_add(seed.wrapping_mul(0xC2B2_AE3D));
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x2C1B_3C6D);
    bits ^= bits >> 12;
    bits = bits.wrapping_mul(0x297A_2D39);
    bits ^= bits >> 15;
    (bits & 0xFF).cast_signed() - 128
}
