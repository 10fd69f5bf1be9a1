//! Quantization tables (T.81, B.2.4.1).

use crate::error::Error;
use crate::zigzag::ZIGZAG;

/// The steps of the coefficients of a block, in the order of the file.
pub(crate) type Steps = [u16; 64];

/// The tables that have been defined so far, by destination.
pub(crate) type Tables = [Option<Steps>; 4];

/// Reads a DQT segment, which can define several tables.
///
/// # Errors
///
/// [`Error::Corrupt`] if the segment is too short, or has a precision or destination that does not exist.
pub(crate) fn read(mut payload: &[u8], tables: &mut Tables) -> Result<(), Error> {
    const SHORT: Error = Error::Corrupt("a quantization table is too short");
    while let Some((&head, rest)) = payload.split_first() {
        let table = tables
            .get_mut(usize::from(head & 15))
            .ok_or(Error::Corrupt("a quantization table has no such place"))?;
        let mut steps = [0; 64];
        payload = match head >> 4 {
            0 => {
                let (values, rest) = rest.split_at_checked(64).ok_or(SHORT)?;
                for (step, &value) in steps.iter_mut().zip(values) {
                    *step = u16::from(value);
                }
                rest
            }
            1 => {
                let (values, rest) = rest.split_at_checked(128).ok_or(SHORT)?;
                for (step, value) in steps.iter_mut().zip(values.as_chunks().0) {
                    *step = u16::from_be_bytes(*value);
                }
                rest
            }
            _ => return Err(Error::Corrupt("a quantization table has no such precision")),
        };
        *table = Some(steps);
    }
    Ok(())
}

/// A table that puts coefficients at their places in a block.
#[derive(Clone, Debug)]
pub(crate) struct Dequantized(Box<[(u8, u16); 64]>);

impl Dequantized {
    /// For a component's table.
    pub(crate) fn new(steps: &Steps) -> Self {
        let mut places = Box::new([(0, 0); 64]);
        for (place, of_index) in places.iter_mut().zip(ZIGZAG.iter().zip(steps)) {
            *place = (*of_index.0, *of_index.1);
        }
        Self(places)
    }

    /// Puts a coefficient with an index in the order of the file, times its step, at its place in 8 rows.
    #[inline]
    pub(crate) fn put(&self, block: &mut [i32; 64], index: usize, value: i32) {
        if let Some(&(place, step)) = self.0.get(index)
            && let Some(coefficient) = block.get_mut(usize::from(place))
        {
            *coefficient = value.wrapping_mul(step.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_can_define_tables_of_both_precisions() {
        let mut payload = vec![0x02];
        payload.extend(1..=64);
        payload.push(0x13);
        payload.extend((0..64).flat_map(|step| [1, step]));
        let mut tables = Tables::default();
        assert_eq!(read(&payload, &mut tables), Ok(()));
        assert_eq!(tables[2].map(|steps| (steps[0], steps[63])), Some((1, 64)));
        assert_eq!(
            tables[3].map(|steps| (steps[0], steps[63])),
            Some((256, 256 + 63))
        );
        assert_eq!((tables[0], tables[1]), (None, None));
    }

    #[test]
    fn a_table_that_cannot_be_is_corrupt() {
        let cases: [(&str, &[u8]); 4] = [
            ("8 bits, too short", &[0; 64]),
            ("16 bits, too short", &[0x10; 128]),
            ("a fifth destination", &[4; 65]),
            ("a precision of 2", &[0x20; 200]),
        ];
        for (name, payload) in cases {
            let read = read(payload, &mut Tables::default());
            assert!(matches!(read, Err(Error::Corrupt(_))), "{name}: {read:?}");
        }
    }
}
