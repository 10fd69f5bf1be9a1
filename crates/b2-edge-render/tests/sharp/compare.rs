//! The corpus, and the comparison.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use b2_edge_core::images::preset::{Background, Fit, Gravity};
use b2_edge_render::{Format, Limits, Preset, Request, render};
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::corpus::{
    Jpeg, Picture, QUARTERS, exif, gif, jpeg, png, png_palette, png_with, png16, webp,
};
use crate::node::{modules, run};
use crate::scene::scene;

/// The mean difference that is allowed, of 255.
const MAX_MEAN: f64 = 2.0;

/// The presets, each with the same options of sharp.
fn presets() -> Vec<(Preset, &'static str)> {
    let inside = |width, height| Preset::new(Fit::Inside { width, height });
    let cover = |gravity| {
        Preset::new(Fit::Cover {
            width: 90,
            height: 90,
            gravity,
        })
    };
    vec![
        (inside(Some(60), None), r#"{"width":60}"#),
        (inside(Some(97), None), r#"{"width":97}"#),
        (
            inside(Some(170), Some(101)),
            r#"{"width":170,"height":101,"fit":"inside"}"#,
        ),
        (inside(Some(5000), None), r#"{"width":5000}"#),
        (
            cover(Gravity::Center),
            r#"{"width":90,"height":90,"fit":"cover"}"#,
        ),
        (
            cover(Gravity::SouthEast),
            r#"{"width":90,"height":90,"fit":"cover","position":"southeast"}"#,
        ),
        (
            cover(Gravity::NorthWest),
            r#"{"width":90,"height":90,"fit":"cover","position":"northwest"}"#,
        ),
        (
            Preset::new(Fit::Contain {
                width: 121,
                height: 120,
                background: Background([90, 90, 90, 255]),
            }),
            r#"{"width":121,"height":120,"fit":"contain","background":{"r":90,"g":90,"b":90,"alpha":1}}"#,
        ),
    ]
}

fn jpegs() -> Vec<(String, Vec<u8>)> {
    let picture = scene(403, 301, false).rgb();
    let options = |color, is_progressive, sampling| Jpeg {
        color,
        is_progressive,
        sampling,
        ..Jpeg::default()
    };
    let rgb = ColorType::Rgb;
    let mut sources = vec![
        (
            "JPEG 4:2:0".to_owned(),
            jpeg(&picture, &options(rgb, false, SamplingFactor::R_4_2_0)),
        ),
        (
            "JPEG 4:4:4".to_owned(),
            jpeg(&picture, &options(rgb, false, SamplingFactor::R_4_4_4)),
        ),
        (
            "JPEG 4:2:2".to_owned(),
            jpeg(&picture, &options(rgb, false, SamplingFactor::R_4_2_2)),
        ),
        (
            "progressive JPEG".to_owned(),
            jpeg(&picture, &options(rgb, true, SamplingFactor::R_4_2_0)),
        ),
        (
            "grey JPEG".to_owned(),
            jpeg(
                &picture.grey(),
                &options(ColorType::Luma, false, SamplingFactor::R_4_2_0),
            ),
        ),
        (
            "large JPEG".to_owned(),
            jpeg(
                &scene(1603, 1205, false).rgb(),
                &options(rgb, false, SamplingFactor::R_4_2_0),
            ),
        ),
    ];
    sources.extend((1..=8).map(|orientation| {
        let options = Jpeg {
            orientation: Some(orientation),
            ..Jpeg::default()
        };
        (
            format!("JPEG with orientation {orientation}"),
            jpeg(&picture, &options),
        )
    }));
    sources
}

fn others() -> Vec<(String, Vec<u8>)> {
    let opaque = scene(403, 301, false);
    let alpha = scene(403, 301, true);
    let quarters = Picture::quarters(203, 152, QUARTERS);
    [
        ("PNG", png(&opaque.rgb())),
        ("PNG with alpha", png(&alpha)),
        ("grey PNG", png(&opaque.grey())),
        ("grey PNG with alpha", png(&alpha.grey_alpha())),
        ("PNG with 16 bits", png16(&opaque.rgb())),
        ("PNG with 16 bits and alpha", png16(&alpha)),
        (
            "PNG with a palette",
            png_palette(&quarters, QUARTERS, false),
        ),
        (
            "interlaced PNG",
            include_bytes!("../data/interlaced.png").to_vec(),
        ),
        (
            "PNG with an orientation",
            png_with(&opaque.rgb(), |info| {
                info.exif_metadata = Some(exif(6).into());
            }),
        ),
        ("WebP", webp(&opaque.rgb())),
        ("WebP with alpha", webp(&alpha)),
        ("GIF", gif(&[quarters])),
    ]
    .map(|(name, source)| (name.to_owned(), source))
    .to_vec()
}

/// Sources that sharp makes.
fn made(modules: &str, directory: &Path) -> Vec<(String, Vec<u8>)> {
    let picture = scene(403, 301, false).rgb();
    let raw = directory.join("scene.raw");
    fs::write(&raw, &picture.data).expect("a file");
    let names = [
        "webp",
        "gif",
        "cmyk",
        "cmyk with a profile",
        "p3 with a profile",
    ];
    let jobs: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                r#"{{"make":"{name}","raw":"{}","width":403,"height":301,"out":"{}"}}"#,
                raw.display(),
                directory.join(name).display()
            )
        })
        .collect();
    run(modules, &jobs);
    names
        .iter()
        .map(|name| {
            let source = fs::read(directory.join(name)).expect("a source");
            (format!("{name}, made by sharp"), source)
        })
        .collect()
}

/// A variant as RGBA.
fn variant(source: &[u8], preset: &Preset) -> Picture {
    let request = Request {
        source,
        preset,
        format: Some(Format::Png),
        limits: &Limits::service(),
    };
    let rendered = render(&request, &mut |_| ControlFlow::Continue(())).expect("a variant");
    let mut decoder = png::Decoder::new(Cursor::new(&rendered.bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().expect("a PNG");
    let mut data = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut data).expect("pixels");
    let picture = Picture {
        width: info.width as usize,
        height: info.height as usize,
        channels: info.color_type.samples(),
        data,
    };
    picture.map(4, |pixel| match *pixel {
        [grey] => vec![grey, grey, grey, 255],
        [grey, alpha] => vec![grey, grey, grey, alpha],
        [red, green, blue] => vec![red, green, blue, 255],
        _ => pixel.to_vec(),
    })
}

/// The mean difference of samples. Colours count by their alpha.
fn mean_difference(left: &[u8], right: &[u8]) -> f64 {
    let visible = |pixel: &[u8]| {
        let alpha = u32::from(pixel[3]);
        [0, 1, 2]
            .map(|channel| u32::from(pixel[channel]) * alpha / 255)
            .into_iter()
            .chain([alpha])
            .collect::<Vec<u32>>()
    };
    let mut sum = 0;
    for (left, right) in left.chunks_exact(4).zip(right.chunks_exact(4)) {
        let pairs = visible(left).into_iter().zip(visible(right));
        sum += pairs.map(|(left, right)| left.abs_diff(right)).sum::<u32>();
    }
    f64::from(sum) / f64::from(u32::try_from(left.len()).expect("a small picture"))
}

#[test]
fn variants_are_those_of_sharp() {
    let Some(modules) = modules() else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let mut sources = jpegs();
    sources.extend(others());
    sources.extend(made(&modules, directory.path()));
    let mut jobs = Vec::new();
    for (number, (_, source)) in sources.iter().enumerate() {
        let file = directory.path().join(format!("{number}"));
        fs::write(&file, source).expect("a file");
        for (preset, (_, options)) in presets().iter().enumerate() {
            let out = directory.path().join(format!("{number}.{preset}"));
            jobs.push(format!(
                r#"{{"render":"{}","resize":{options},"out":"{}"}}"#,
                file.display(),
                out.display()
            ));
        }
    }
    let mut sizes = run(&modules, &jobs).into_iter();

    let mut failures = Vec::new();
    for (number, (name, source)) in sources.iter().enumerate() {
        let mut worst: f64 = 0.0;
        for (index, (preset, options)) in presets().iter().enumerate() {
            let size = sizes.next().expect("a size for each job");
            let out = directory.path().join(format!("{number}.{index}"));
            let expected = fs::read(out).expect("pixels");
            let picture = variant(source, preset);
            if (picture.width, picture.height) != size {
                failures.push(format!(
                    "{name} {options}: {} × {} instead of {size:?}",
                    picture.width, picture.height
                ));
                continue;
            }
            let mean = mean_difference(&picture.data, &expected);
            worst = worst.max(mean);
            if mean > MAX_MEAN {
                failures.push(format!("{name} {options}: {mean:.2}"));
            }
        }
        println!("{worst:5.2} {name}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
