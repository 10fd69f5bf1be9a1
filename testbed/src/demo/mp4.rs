//! The part of MP4 (ISO/IEC 14496-12, section 4.2) that is needed to enlarge a video file.

/// The length of a box's header: its size and its name.
const HEADER: usize = 8;

/// The same video in a file of `len` bytes. Pseudo-random bytes are inserted before the index at its end, in a
/// `free` box, which players skip; the pictures before it keep the offsets that the index has.
pub(crate) fn filled(video: &[u8], len: usize, seed: u64) -> Vec<u8> {
    let (pictures, index) = video.split_at(start_of(video, *b"moov").unwrap_or(video.len()));
    let mut filling = vec![0; len.saturating_sub(video.len() + HEADER)];
    fastrand::Rng::with_seed(seed).fill(&mut filling);
    let size = u32::try_from(filling.len() + HEADER).unwrap_or(u32::MAX);
    [
        pictures,
        &size.to_be_bytes(),
        b"free",
        filling.as_slice(),
        index,
    ]
    .concat()
}

/// The offset of the first top-level box of a name.
fn start_of(mp4: &[u8], name: [u8; 4]) -> Option<usize> {
    boxes(mp4)
        .find(|(found, _)| *found == name)
        .map(|(_, start)| start)
}

/// Name and offset of each top-level box, none of which is larger than 4 GiB.
fn boxes(mp4: &[u8]) -> impl Iterator<Item = ([u8; 4], usize)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let (size, rest) = mp4.get(start..)?.split_first_chunk()?;
        let found = (*rest.first_chunk()?, start);
        start += usize::try_from(u32::from_be_bytes(*size)).ok()?.max(HEADER);
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filling_lies_between_the_pictures_and_the_index() {
        let video = b"\0\0\0\x08ftyp\0\0\0\x0cmdat1234\0\0\0\x0amoov56";
        let filled = filled(video, 100, 7);
        assert_eq!(filled.len(), 100);
        let found: Vec<_> = boxes(&filled).collect();
        let expected = [(*b"ftyp", 0), (*b"mdat", 8), (*b"free", 20), (*b"moov", 90)];
        assert_eq!(found, expected);
        assert!(filled.starts_with(&video[..20]) && filled.ends_with(&video[20..]));
    }
}
