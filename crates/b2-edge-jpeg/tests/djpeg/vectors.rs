//! The checksums in `vectors/` are those of djpeg.

use std::fs;
use std::path::Path;

use crate::programs::djpeg;

#[test]
fn the_checksums_of_the_vectors_are_those_of_djpeg() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let checksums = fs::read_to_string(directory.join("checksums.txt")).expect("the checksums");
    let lines: Vec<_> = checksums
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(!lines.is_empty());
    for line in lines {
        let (name, expected) = line.split_once(' ').expect("a name");
        let file = fs::read(directory.join(name)).expect("the file");
        let found = ["1/8", "1/4", "1/2", "1/1"].map(|scale| {
            let picture = djpeg(&file, scale).expect("djpeg decodes it");
            format!("{:016x}", checksum(&picture.pixels))
        });
        assert_eq!(found.join(" "), expected, "{name}");
    }
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
