//! Many clients for a minute. Run it with
//! `cargo test --profile tools -p b2-edge-render-server --test service -- --ignored --nocapture load`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use b2_edge_testbed::Object;
use jpeg_encoder::{ColorType, Encoder};
use tokio::task::JoinSet;

use crate::support::origins::Stage;
use crate::support::pictures::png;
use crate::support::render_request::RenderRequest;

const CLIENTS: usize = 64;
const TIME: Duration = Duration::from_mins(1);

/// The program, the decoded pixels and the originals, as docs/render-service.md has them.
const MEMORY_BYTES: u64 = (20 << 20) + 8 * 100_000_000 + (256 << 20);

/// A JPEG of 12 megapixels with as many bytes as a photo has.
fn photo() -> Vec<u8> {
    let (width, height) = (4000_u16, 3000_u16);
    let mut random = 1_u32;
    let pixels = (0..usize::from(width) * usize::from(height)).flat_map(|at| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (random >> 28).to_le_bytes()[0];
        let shade = (at / 16 % 200).to_le_bytes()[0] + noise;
        [shade, 255 - shade, noise * 8]
    });
    let pixels: Vec<u8> = pixels.collect();
    let mut file = Vec::new();
    let encoder = Encoder::new(&mut file, 85);
    let result = encoder.encode(&pixels, width, height, ColorType::Rgb);
    result.expect("a picture");
    file
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute and all cores"]
async fn sixty_four_clients_have_no_error_for_a_minute() {
    let stage = Stage::start().await;
    stage.us.stop_recording();
    stage.put("photo.jpg", Object::new(photo())).await;
    // 24 megapixels in a few KB: without a bound, 64 of them would take 6 GB.
    stage
        .put("large.png", Object::new(png(6000, 4000, [9, 8, 7, 100])))
        .await;
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let key = if client % 8 == 0 {
            "large.png"
        } else {
            "photo.jpg"
        };
        let urls = stage.urls(key);
        let port = stage.service.port;
        clients.spawn(async move {
            let mut statuses = Vec::new();
            while started.elapsed() < TIME {
                let request = RenderRequest::of_sources(&urls).request();
                let response = request.send(port).await;
                let status = response.map(|response| (response.status.as_u16(), response.complete));
                statuses.push((key, status.ok()));
            }
            statuses
        });
    }
    let mut counts = BTreeMap::new();
    for outcome in clients.join_all().await.into_iter().flatten() {
        *counts.entry(outcome).or_insert(0_usize) += 1;
    }
    let peak = stage.service.peak_memory();
    println!("{counts:?}, at most {} MB resident", peak >> 20);
    let is_complete = |(_, outcome): &(&str, Option<(u16, bool)>)| *outcome == Some((200, true));
    assert!(counts.keys().all(is_complete), "{counts:?}");
    assert!(peak < MEMORY_BYTES, "{} MB", peak >> 20);
}
