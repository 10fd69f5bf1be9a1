//! Renders variants of photos of 12 megapixels, natively and as wasm, for `cargo xtask bench images`.
//!
//! `make DIRECTORY` writes every photo, `<name>.jpg`, and its variant, `<name>.variant.jpg`, and prints their names.
//! `render NAME` makes the photo itself, because a program in `viceroy run` has neither files nor standard input, prints
//! its length, and then renders it without end, with a line for each variant. The caller stops it.
#![expect(
    clippy::print_stdout,
    reason = "the runner of the benchmark reads standard output"
)]

mod photo;
mod picture;

use std::error::Error;
use std::hint::black_box;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use b2_edge_core::images::preset::{Animated, Fit};
use b2_edge_render::{Limits, Preset, Request, render};

use crate::photo::PHOTOS;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["make", directory] => make(Path::new(directory)),
        ["render", name] => render_without_end(name),
        _ => Err("usage: images-bench make DIRECTORY | render NAME".into()),
    }
}

fn make(directory: &Path) -> Result<(), Box<dyn Error>> {
    for photo in &PHOTOS {
        let source = photo.jpeg()?;
        let variant = variant(&source)?;
        std::fs::write(directory.join(format!("{}.jpg", photo.name)), source)?;
        std::fs::write(
            directory.join(format!("{}.variant.jpg", photo.name)),
            variant,
        )?;
        println!("{}", photo.name);
    }
    Ok(())
}

fn render_without_end(name: &str) -> Result<(), Box<dyn Error>> {
    let photo = PHOTOS.iter().find(|photo| photo.name == name);
    let source = photo.ok_or("no photo has this name")?.jpeg()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", source.len())?;
    loop {
        let variant = black_box(variant(black_box(&source))?);
        writeln!(out, "{}", variant.len())?;
        out.flush()?;
    }
}

/// The variant of 320 pixels in width, by the engine in the application.
fn variant(source: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let preset = Preset {
        fit: Fit::Inside {
            width: Some(320),
            height: None,
        },
        enlarge: false,
        quality: 80,
        formats: Vec::new(),
        cache_control: None,
        animated: Animated::First,
    };
    let request = Request {
        source,
        preset: &preset,
        format: None,
        limits: &Limits::guest(),
    };
    let rendered = render(&request, &mut |_| ControlFlow::Continue(()))?;
    Ok(rendered.bytes)
}
