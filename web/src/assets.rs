//! The one style sheet, the scripts and the sign of the house: built in, named by their hashes, kept by browsers for ever.

use crate::{reply, room::Room, visit::Visit};
use axum::{
    http::{StatusCode, header},
    response::Response,
};
use chartrier_engine::{Result, error, seal::Digest};
use std::sync::{Arc, LazyLock};

/// Something built in.
pub(crate) struct Asset {
    /// Where it is.
    pub(crate) path: String,
    media: &'static str,
    bytes: &'static [u8],
}

fn asset(ending: &str, media: &'static str, bytes: &'static [u8]) -> Asset {
    let hash = chartrier_schemas::write_hex(&Digest::of(bytes)[..10]);
    Asset { path: format!("/assets/{hash}.{ending}"), media, bytes }
}

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("css", "text/css; charset=utf-8", include_bytes!("../assets/chartrier.css")));

pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| asset("js", "text/javascript; charset=utf-8", include_bytes!("../assets/chartrier.js")));

/// The queue of files that a browser sends.
pub(crate) static ADDING: LazyLock<Asset> =
    LazyLock::new(|| asset("js", "text/javascript; charset=utf-8", include_bytes!("../assets/adding.js")));

/// Its worker: fetched when there is something to send.
pub(crate) static DIGEST: LazyLock<Asset> =
    LazyLock::new(|| asset("js", "text/javascript; charset=utf-8", include_bytes!("../assets/digest.js")));

pub(crate) static SIGN: LazyLock<Asset> = LazyLock::new(|| asset("svg", "image/svg+xml", include_bytes!("../assets/sign.svg")));

/// One of them.
pub(crate) fn give(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let name = visit.params.get("name").map_or("", String::as_str);
    let all = [&*STYLE, &*SCRIPT, &*ADDING, &*DIGEST, &*SIGN];
    let found = all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(name));
    let asset = found.ok_or_else(|| error::not_found("asset"))?;
    let response = reply::of(StatusCode::OK, asset.media, asset.bytes);
    Ok(reply::with(response, header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
}
