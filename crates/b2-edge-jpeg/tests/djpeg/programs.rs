//! Running `cjpeg` and `djpeg`.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use b2_edge_jpeg::Decoded;

/// A picture in a netpbm format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1 for greyscale (PGM), 3 for RGB (PPM).
    pub(crate) channels: usize,
    pub(crate) pixels: Vec<u8>,
}

impl Picture {
    pub(crate) fn netpbm(&self) -> Vec<u8> {
        let magic = if self.channels == 1 { "P5" } else { "P6" };
        let mut file = format!("{magic}\n{} {}\n255\n", self.width, self.height).into_bytes();
        file.extend(&self.pixels);
        file
    }

    /// The picture of a decoder, in the colours that djpeg writes: RGB for CMYK.
    pub(crate) fn new(decoded: Decoded) -> Self {
        let light = |ink: u8| 255 - u32::from(ink);
        let (channels, pixels) = match decoded.channels {
            4 => {
                let inks = decoded.pixels.as_chunks().0.iter();
                let rgb = inks.flat_map(|&[c, m, y, k]| {
                    [c, m, y].map(|ink| (light(ink) * light(k) * 2 + 255) / (255 * 2))
                });
                let bytes = rgb.map(|level| u8::try_from(level).expect("a byte"));
                (3, bytes.collect())
            }
            channels => (channels, decoded.pixels),
        };
        Self {
            width: decoded.width,
            height: decoded.height,
            channels,
            pixels,
        }
    }

    fn from_netpbm(file: &[u8]) -> Self {
        let mut parts = file.splitn(4, u8::is_ascii_whitespace);
        let mut word = || std::str::from_utf8(parts.next().expect("a header")).expect("text");
        let channels = if word() == "P5" { 1 } else { 3 };
        let width = word().parse().expect("a width");
        let height = word().parse().expect("a height");
        let rest = parts.next().expect("pixels");
        let pixels = rest.strip_prefix(b"255\n").expect("8 bits").to_vec();
        Self {
            width,
            height,
            channels,
            pixels,
        }
    }
}

/// Encodes a picture with these arguments.
pub(crate) fn cjpeg(picture: &Picture, args: &str) -> Vec<u8> {
    run("cjpeg", args, picture.netpbm()).expect("cjpeg encodes the picture")
}

/// Decodes a file at a scale, such as `1/8`, or returns what djpeg says instead.
pub(crate) fn djpeg(file: &[u8], scale: &str) -> Result<Picture, String> {
    let args = format!("-strict -pnm -scale {scale}");
    run("djpeg", &args, file.to_vec()).map(|output| Picture::from_netpbm(&output))
}

fn run(program: &str, args: &str, input: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut child = Command::new(program)
        .args(args.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("cannot run {program}, of Debian's libjpeg-turbo-progs: {error}")
        });
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = thread::spawn(move || {
        // A program that has seen enough closes the pipe.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("output");
    writer.join().expect("the input is written");
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
