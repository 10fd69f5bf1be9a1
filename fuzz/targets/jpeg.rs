//! A file is a picture of the size in its header, or an error, at every scale. What can be decoded at full scale can be
//! decoded at the others.

#![no_main]

use std::ops::ControlFlow;

use b2_edge_jpeg::{Error, Limits, Scale, decode, memory, read_header};
use libfuzzer_sys::fuzz_target;

/// More pixels are only slow.
const LIMITS: Limits = Limits {
    pixels: 1 << 16,
    scans: 10,
    memory: 4 << 20,
};

fuzz_target!(|data: &[u8]| {
    let header = read_header(data);
    let mut is_decoded = true;
    for scale in Scale::ALL.into_iter().rev() {
        let mut done = 0;
        let decoded = decode(data, scale, &LIMITS, &mut |progress| {
            assert!(done <= progress.done && progress.done <= progress.total);
            done = progress.done;
            ControlFlow::Continue(())
        });
        match decoded {
            Ok(picture) => {
                let header = header.as_ref().expect("the header of a picture");
                let scaled = |length| scale.apply(length) as usize;
                assert_eq!(picture.width, scaled(header.width));
                assert_eq!(picture.height, scaled(header.height));
                assert_eq!(picture.channels, usize::from(header.components));
                let pixels = picture.width * picture.height * picture.channels;
                assert_eq!(picture.pixels.len(), pixels);
                assert!(pixels <= memory(header, scale));
            }
            Err(error) => {
                assert_ne!(error, Error::Stopped);
                // Memory and the size of the picture are less at the next scale.
                assert!(
                    !is_decoded || scale == Scale::Full,
                    "{error} at {scale:?} alone"
                );
                is_decoded = false;
            }
        }
    }
});
