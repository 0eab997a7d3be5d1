//! `bench adding`: photographs sent by one browser over HTTP, two pieces at a time, until each is in the archive, durable and
//! compared.

use super::{ms, peak, quantile};
use crate::{
    binary::binary,
    browse::{Served, Visitor},
    world::World,
};
use chartrier_engine::{seal::content_of, spool::PIECE, store};
use serde_json::{Value, json};
use std::{
    io::Cursor,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Files announced at once, as the page does.
const ANNOUNCED: usize = 50;

/// Pieces sent at once, as the page does.
const SENDERS: usize = 2;

/// Runs in a folder that is empty: so many photographs of about two megabytes.
pub fn adding(folder: &Path, count: u64) {
    // Built before anybody waits for its workers.
    binary();
    let place = store::open(&format!("file://{}", folder.join("store").display()), true).expect("a store");
    let world = World::over(Arc::new(place)).expect("an archive");
    let served = Served::over(&world);
    let visitor = served.signed_in(world.archive.owner());
    let photos: Vec<Vec<u8>> = (0..count).map(photo).collect();
    let bytes: usize = photos.iter().map(Vec::len).sum();
    println!("{count} photographs, {:.0} MB", bytes as f64 / 1e6);
    let files: Vec<Value> = photos
        .iter()
        .enumerate()
        .map(
            |(number, photo)| json!({ "path": format!("IMG_{number:04}.jpg"), "size": photo.len(), "sha256": content_of(photo) }),
        )
        .collect();
    let started = Instant::now();
    let wanted: Vec<String> = files
        .chunks(ANNOUNCED)
        .flat_map(|some| announce(&visitor, some))
        .map(|stand| stand["upload"].as_str().expect("an upload").to_owned())
        .collect();
    let announced = started.elapsed();
    let (next, took) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                while let Some(photo) = photos.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let upload = &wanted[photos.iter().position(|one| std::ptr::eq(one, photo)).unwrap_or(0)];
                    let pieces = send(&visitor, upload, photo);
                    took.lock().unwrap_or_else(PoisonError::into_inner).extend(pieces);
                }
            });
        }
    });
    let sent = started.elapsed();
    while files.chunks(ANNOUNCED).any(|some| announce(&visitor, some).iter().any(|stand| stand["record"].is_null())) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let kept = started.elapsed();
    let took = took.into_inner().unwrap_or_else(PoisonError::into_inner);
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!("announced     {:8.2} s", announced.as_secs_f64());
    println!("all sent      {:8.2} s  {:6.1} MB/s", sent.as_secs_f64(), rate(sent));
    println!(
        "all kept      {:8.2} s  {:6.1} MB/s  {:6.1} photographs/s",
        kept.as_secs_f64(),
        rate(kept),
        count as f64 / kept.as_secs_f64()
    );
    println!("a piece       p50 {:.1} ms  p99 {:.1} ms", quantile(&took, 0.5), quantile(&took, 0.99));
    println!("peak memory   {} MB, visitor and photographs included", peak());
}

/// A photograph of noise, none like another.
fn photo(number: u64) -> Vec<u8> {
    let seed = u32::try_from(number % 8).unwrap_or(0) + 7;
    let picture = image::RgbImage::from_fn(2000, 1300, |x, y| {
        let noise = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503).wrapping_mul(seed)) >> 13;
        image::Rgb([noise as u8, (noise >> 5) as u8, (noise >> 2) as u8])
    });
    let mut jpeg = Vec::new();
    picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).expect("a photograph");
    jpeg.extend_from_slice(&number.to_be_bytes());
    jpeg
}

fn announce(visitor: &Visitor, files: &[Value]) -> Vec<Value> {
    let list = json!({ "marking": "NP", "files": files });
    let answer = visitor.send_body("/add/files", "application/json", list.to_string().as_bytes());
    let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
    told["files"].as_array().cloned().unwrap_or_default()
}

/// Sends a file; answers the milliseconds of each piece.
fn send(visitor: &Visitor, upload: &str, photo: &[u8]) -> Vec<f64> {
    let mut took = Vec::new();
    for at in (0..photo.len()).step_by(PIECE) {
        let started = Instant::now();
        let piece = &photo[at..(at + PIECE).min(photo.len())];
        let answer = visitor.send_body(&format!("/add/piece/{upload}?at={at}"), "application/octet-stream", piece);
        assert_eq!(answer.status, 200, "{}", answer.text());
        took.push(ms(started.elapsed()));
    }
    took
}
