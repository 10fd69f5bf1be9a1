//! Small sources of every type.

use std::borrow::Cow;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA or CMYK.
    pub(crate) channels: usize,
    pub(crate) data: Vec<u8>,
}

/// The colours of the quarters: top left, top right, bottom left, bottom right.
pub(crate) const QUARTERS: [[u8; 4]; 4] = [
    [200, 40, 40, 255],
    [40, 180, 60, 255],
    [50, 60, 210, 255],
    [240, 230, 90, 255],
];

/// The middle of each quarter, in hundredths of the sides.
pub(crate) const MIDDLES: [(usize, usize); 4] = [(25, 25), (75, 25), (25, 75), (75, 75)];

impl Picture {
    /// Four quarters with these colours, as RGBA.
    pub(crate) fn quarters(width: usize, height: usize, colors: [[u8; 4]; 4]) -> Self {
        let data = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                colors[usize::from(2 * x >= width) + 2 * usize::from(2 * y >= height)]
            })
            .collect();
        Self {
            width,
            height,
            channels: 4,
            data,
        }
    }

    /// Detail everywhere, as RGB.
    pub(crate) fn textured(width: usize, height: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        Self {
            width,
            height,
            channels: 3,
            data: (0..width * height * 3)
                .map(|_| random.u8(60..200))
                .collect(),
        }
    }

    /// The same picture without alpha.
    pub(crate) fn rgb(&self) -> Self {
        self.map(3, |pixel| pixel[..3].to_vec())
    }

    /// The same picture in grey: the green of each pixel.
    pub(crate) fn grey(&self) -> Self {
        self.map(1, |pixel| vec![pixel[1]])
    }

    /// The same picture in grey with alpha.
    pub(crate) fn grey_alpha(&self) -> Self {
        self.map(2, |pixel| vec![pixel[1], pixel[3]])
    }

    pub(crate) fn map(&self, channels: usize, map: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        Self {
            channels,
            data: self
                .data
                .chunks_exact(self.channels)
                .flat_map(map)
                .collect(),
            ..*self
        }
    }

    /// The colour of a place, in hundredths of the sides, as RGBA.
    pub(crate) fn color(&self, (across, down): (usize, usize)) -> [u8; 4] {
        let x = self.width * across / 100;
        let y = self.height * down / 100;
        let pixel = &self.data[(y * self.width + x) * self.channels..][..self.channels];
        match *pixel {
            [grey] => [grey, grey, grey, 255],
            [grey, alpha] => [grey, grey, grey, alpha],
            [red, green, blue] => [red, green, blue, 255],
            [red, green, blue, alpha] => [red, green, blue, alpha],
            _ => unreachable!(),
        }
    }

    fn sides(&self) -> (u32, u32) {
        let side = |side: usize| u32::try_from(side).expect("a side");
        (side(self.width), side(self.height))
    }
}

/// How a JPEG is encoded.
#[derive(Clone, Debug)]
pub(crate) struct Jpeg<'a> {
    pub(crate) color: ColorType,
    pub(crate) is_progressive: bool,
    pub(crate) sampling: SamplingFactor,
    pub(crate) orientation: Option<u16>,
    pub(crate) profile: Option<&'a [u8]>,
}

impl Default for Jpeg<'_> {
    fn default() -> Self {
        Self {
            color: ColorType::Rgb,
            is_progressive: false,
            sampling: SamplingFactor::R_4_2_0,
            orientation: None,
            profile: None,
        }
    }
}

pub(crate) fn jpeg(picture: &Picture, options: &Jpeg<'_>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    encoder.set_progressive(options.is_progressive);
    encoder.set_sampling_factor(options.sampling);
    if let Some(orientation) = options.orientation {
        encoder.add_exif_metadata(&exif(orientation)).expect("EXIF");
    }
    if let Some(profile) = options.profile {
        encoder.add_icc_profile(profile).expect("a profile");
    }
    let side = |side: usize| u16::try_from(side).expect("a side");
    encoder
        .encode(
            &picture.data,
            side(picture.width),
            side(picture.height),
            options.color,
        )
        .expect("a JPEG");
    file
}

/// EXIF with an orientation.
pub(crate) fn exif(orientation: u16) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0; 6]);
    tiff
}

/// A PNG with 8 bits a sample.
pub(crate) fn png(picture: &Picture) -> Vec<u8> {
    png_with(picture, |_| {})
}

/// A PNG whose header is changed.
pub(crate) fn png_with(picture: &Picture, change: impl FnOnce(&mut png::Info<'_>)) -> Vec<u8> {
    let (width, height) = picture.sides();
    let mut info = png::Info::with_size(width, height);
    info.bit_depth = png::BitDepth::Eight;
    info.color_type = match picture.channels {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    };
    change(&mut info);
    let mut file = Vec::new();
    let mut writer = png::Encoder::with_info(&mut file, info)
        .expect("a header")
        .write_header()
        .expect("a PNG");
    writer.write_image_data(&picture.data).expect("pixels");
    writer.finish().expect("an end");
    file
}

/// A PNG with 16 bits a sample, whose lower bytes are noise.
pub(crate) fn png16(picture: &Picture) -> Vec<u8> {
    let wide = Picture {
        data: picture.data.iter().flat_map(|&byte| [byte, 0x5a]).collect(),
        ..picture.clone()
    };
    png_with(&wide, |info| info.bit_depth = png::BitDepth::Sixteen)
}

/// A PNG with the four colours of quarters as its palette.
pub(crate) fn png_palette(picture: &Picture, colors: [[u8; 4]; 4], with_alpha: bool) -> Vec<u8> {
    let indexes = picture.map(1, |pixel| {
        let index = colors.iter().position(|color| color == pixel);
        vec![u8::try_from(index.expect("a colour")).expect("an index")]
    });
    png_with(&indexes, |info| {
        info.color_type = png::ColorType::Indexed;
        let palette: Vec<u8> = colors
            .iter()
            .flat_map(|color| &color[..3])
            .copied()
            .collect();
        info.palette = Some(Cow::Owned(palette));
        if with_alpha {
            info.trns = Some(Cow::Owned(colors.iter().map(|color| color[3]).collect()));
        }
    })
}

/// A WebP without loss.
pub(crate) fn webp(picture: &Picture) -> Vec<u8> {
    let (width, height) = picture.sides();
    let color = match picture.channels {
        1 => image_webp::ColorType::L8,
        2 => image_webp::ColorType::La8,
        3 => image_webp::ColorType::Rgb8,
        _ => image_webp::ColorType::Rgba8,
    };
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(&picture.data, width, height, color)
        .expect("a WebP");
    file
}

/// A WebP in the extended format, with these chunks after the header.
pub(crate) fn webp_extended(picture: &Picture, flags: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let (width, height) = picture.sides();
    let mut body = b"WEBP".to_vec();
    let mut header = vec![flags, 0, 0, 0];
    header.extend(&(width - 1).to_le_bytes()[..3]);
    header.extend(&(height - 1).to_le_bytes()[..3]);
    for (kind, data) in [(b"VP8X", &header[..])].iter().chain(chunks) {
        body.extend(*kind);
        body.extend(u32::try_from(data.len()).expect("a length").to_le_bytes());
        body.extend(*data);
        if data.len() % 2 == 1 {
            body.push(0);
        }
    }
    let size = u32::try_from(body.len()).expect("a length").to_le_bytes();
    [b"RIFF", &size[..], &body].concat()
}

/// The chunk with the pixels of a simple WebP: its content.
pub(crate) fn webp_pixels(picture: &Picture) -> Vec<u8> {
    let file = webp(picture);
    let length = u32::from_le_bytes(file[16..20].try_into().expect("four bytes"));
    file[20..20 + length as usize].to_vec()
}

/// A WebP with these frames, each for 100 ms.
pub(crate) fn webp_animated(frames: &[Picture]) -> Vec<u8> {
    let contents: Vec<Vec<u8>> = frames
        .iter()
        .map(|frame| {
            let (width, height) = frame.sides();
            let pixels = webp_pixels(frame);
            let mut content = vec![0; 6];
            content.extend(&(width - 1).to_le_bytes()[..3]);
            content.extend(&(height - 1).to_le_bytes()[..3]);
            content.extend([100, 0, 0, 0]);
            content.extend(b"VP8L");
            content.extend(u32::try_from(pixels.len()).expect("a length").to_le_bytes());
            content.extend(&pixels);
            if pixels.len() % 2 == 1 {
                content.push(0);
            }
            content
        })
        .collect();
    let mut chunks: Vec<(&[u8; 4], &[u8])> = vec![(b"ANIM", &[9, 9, 9, 255, 0, 0])];
    chunks.extend(contents.iter().map(|content| (b"ANMF", &content[..])));
    webp_extended(&frames[0], 0x12, &chunks)
}

/// A GIF with these frames of four colours. A colour with alpha 0 is transparent.
pub(crate) fn gif(frames: &[Picture]) -> Vec<u8> {
    let mut file = Vec::new();
    let side = |side: usize| u16::try_from(side).expect("a side");
    let mut encoder = gif::Encoder::new(
        &mut file,
        side(frames[0].width),
        side(frames[0].height),
        &[],
    )
    .expect("a GIF");
    for picture in frames {
        let mut colors: Vec<&[u8]> = picture.data.chunks_exact(4).collect();
        colors.sort_unstable();
        colors.dedup();
        let index = |pixel: &[u8]| {
            let index = colors.iter().position(|color| *color == pixel);
            u8::try_from(index.expect("a colour")).expect("an index")
        };
        let mut frame = gif::Frame::from_palette_pixels(
            side(picture.width),
            side(picture.height),
            picture.data.chunks_exact(4).map(index).collect::<Vec<_>>(),
            colors
                .iter()
                .flat_map(|color| &color[..3])
                .copied()
                .collect::<Vec<_>>(),
            colors
                .iter()
                .position(|color| color[3] == 0)
                .map(|index| u8::try_from(index).expect("an index")),
        );
        frame.delay = 10;
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    file
}
