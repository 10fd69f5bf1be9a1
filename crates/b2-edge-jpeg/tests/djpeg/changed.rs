//! Files that are changed in a few bytes: what djpeg decodes without a warning is decoded to the same pixels.

use std::ops::ControlFlow;

use b2_edge_jpeg::{Error, Limits, Scale, decode};

use crate::pictures::{Content, Random, draw};
use crate::programs::{Picture, cjpeg, djpeg};

const LIMITS: Limits = Limits {
    pixels: 1 << 20,
    scans: 100,
    memory: 1 << 26,
};

/// What djpeg warns of, or refuses, in files that are decoded here.
const HARMLESS: [&str; 5] = [
    "extraneous bytes before marker",
    "Premature end of JPEG file",
    "Invalid SOS parameters for sequential JPEG",
    "Unsupported marker type",
    // Of a table that no scan uses.
    "Bogus Huffman table definition",
];

#[test]
fn changed_files_are_decoded_like_djpeg_or_refused() {
    let picture = draw(Content::Photograph, 45, 38);
    let originals = [
        "-quality 80",
        "-quality 80 -sample 1x1 -restart 2B",
        "-quality 80 -progressive",
        "-quality 80 -grayscale",
    ]
    .map(|args| cjpeg(&picture, args));
    let mut random = Random::new(5);
    let (mut same, mut refused_by_both) = (0, 0);
    for round in 0..600 {
        let mut file = originals[round % originals.len()].clone();
        for _ in 0..=random.below(3) {
            // The first bytes are SOI, and are the same in every file.
            let at = 2 + random.below(file.len() - 2);
            file[at] = u8::try_from(random.below(256)).expect("a byte");
        }
        let ours = decode(&file, Scale::Half, &LIMITS, &mut |_| {
            ControlFlow::Continue(())
        });
        match (ours.map(Picture::new), djpeg(&file, "1/2")) {
            (Ok(ours), Ok(expected)) => {
                assert!(ours == expected, "round {round}");
                same += 1;
            }
            (Err(error), Ok(_)) => {
                // Coefficients past the last, and bits before a restart marker, which libjpeg ignores.
                assert!(matches!(error, Error::Corrupt(_)), "round {round}: {error}");
            }
            (Ok(_), Err(said)) => assert!(
                HARMLESS.iter().any(|harmless| said.contains(harmless)),
                "round {round}: {said}"
            ),
            (Err(_), Err(_)) => refused_by_both += 1,
        }
    }
    assert!(
        same > 150 && refused_by_both > 150,
        "{same} are the same, {refused_by_both} are refused"
    );
}
