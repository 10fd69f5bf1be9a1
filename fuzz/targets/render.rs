//! A source is rendered within the limits, or refused with a reason. What is passed on is a source of the same type.

#![no_main]

use std::ops::ControlFlow;

use b2_edge_core::images::preset::{Animated, Background, Fit, Gravity};
use b2_edge_render::{Limits, Preset, Request, estimate, inspect, render};
use libfuzzer_sys::fuzz_target;

/// More pixels are only slow.
const LIMITS: Limits = Limits {
    jpeg_pixels: 1 << 16,
    png_pixels: 1 << 16,
    webp_pixels: 1 << 16,
    gif_pixels: 1 << 16,
    decoded_pixels: 1 << 16,
    jpeg_scans: 10,
    jpeg_memory: 4 << 20,
    ..Limits::guest()
};

fuzz_target!(|data: &[u8]| {
    let presets = [
        Preset::new(Fit::Inside {
            width: Some(20),
            height: None,
        }),
        Preset {
            animated: Animated::Original,
            ..Preset::new(Fit::Cover {
                width: 16,
                height: 9,
                gravity: Gravity::SouthEast,
            })
        },
        Preset {
            enlarge: true,
            ..Preset::new(Fit::Contain {
                width: 50,
                height: 60,
                background: Background([9, 8, 7, 100]),
            })
        },
    ];
    for preset in &presets {
        if let Ok(info) = inspect(data) {
            assert!(estimate(&info, data.len(), preset).vcpu_ms.is_finite());
        }
        let request = Request {
            source: data,
            preset,
            format: None,
            limits: &LIMITS,
        };
        match render(&request, &mut |_| ControlFlow::Continue(())) {
            Ok(variant) => {
                let result = inspect(&variant.bytes).expect("a variant is an image");
                assert_eq!((result.width, result.height), {
                    let turned = result.orientation.turn(variant.width, variant.height);
                    if variant.is_original {
                        turned
                    } else {
                        (variant.width, variant.height)
                    }
                });
            }
            Err(error) => assert!(!error.reason().is_empty() && !error.to_string().is_empty()),
        }
    }
});
