//! Pictures, made and read without the code under test.

use jpeg_encoder::{ColorType, Encoder};

/// A PNG whose pixels all have this colour, which makes it short.
pub(crate) fn png(width: u32, height: u32, rgba: [u8; 4]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    let pixels = rgba.repeat(width as usize * height as usize);
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    file
}

/// A JPEG that is red on the left and blue on the right.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let row = (0..width).flat_map(|x| {
        if x < width / 2 {
            [255, 0, 0]
        } else {
            [0, 0, 255]
        }
    });
    let row: Vec<u8> = row.collect();
    let pixels = row.repeat(height.into());
    let encoder = Encoder::new(&mut file, 90);
    let result = encoder.encode(&pixels, width, height, ColorType::Rgb);
    result.expect("a picture");
    file
}

/// The JPEG with an EXIF segment that has this orientation.
pub(crate) fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let (start, rest) = jpeg.split_at(2);
    let mut exif = vec![0xff, 0xe1, 0, 34];
    exif.extend(b"Exif\0\0MM\0*\0\0\0\x08");
    // One entry: tag 0x0112, type SHORT, one value.
    exif.extend([0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend([0, 0, 0, 0]);
    [start, &exif, rest].concat()
}

/// A GIF of one black pixel.
pub(crate) fn gif() -> Vec<u8> {
    let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    file.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;");
    file
}

/// A PNG that promises `side` × `side` pixels and has none.
pub(crate) fn png_bomb(side: u32) -> Vec<u8> {
    let mut file = png(1, 1, [0; 4]);
    for at in [16, 20] {
        let field = file.get_mut(at..at + 4).expect("a header");
        field.copy_from_slice(&side.to_be_bytes());
    }
    // IHDR has a checksum.
    let crc = crc32(file.get(12..29).expect("a header"));
    let field = file.get_mut(29..33).expect("a header");
    field.copy_from_slice(&crc.to_be_bytes());
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

/// The width and height of a JPEG or PNG.
pub(crate) fn size(file: &[u8]) -> (u32, u32) {
    if file.starts_with(b"\x89PNG") {
        let reader = png::Decoder::new(std::io::Cursor::new(file)).read_info();
        return reader.expect("a PNG").info().size();
    }
    let mut rest = file.strip_prefix(&[0xff, 0xd8]).expect("a JPEG");
    loop {
        let [0xff, marker, high, low, ..] = *rest else {
            unreachable!("a JPEG without a frame")
        };
        if let (0xc0..=0xc2, [_, _, _, _, _, y1, y0, x1, x0, ..]) = (marker, rest) {
            let side = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
            return (side(x1, x0), side(y1, y0));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        rest = rest.get(2 + length..).expect("a segment");
    }
}
