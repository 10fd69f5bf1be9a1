//! The npm package sharp, which variants are compared with.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{npm, viceroy};

/// It brings libvips as a prebuilt package.
const SHARP: &str = "0.35.5";

/// The directory whose `node_modules` has sharp, or why there is none.
///
/// # Errors
///
/// When npm fails to install it; when there is none, and `B2_EDGE_REQUIRE_SHARP` is set, as in `.ci/run`.
pub(crate) fn find_or_install() -> Result<Result<PathBuf, &'static str>> {
    let found = find()?;
    if let Err(why) = found {
        ensure!(
            std::env::var_os("B2_EDGE_REQUIRE_SHARP").is_none(),
            "cannot compare variants with sharp: {why}"
        );
    }
    Ok(found)
}

fn find() -> Result<Result<PathBuf, &'static str>> {
    if !npm::runs("node") {
        return Ok(Err("`node` is not on PATH"));
    }
    let Some(cache) = viceroy::cache_directory() else {
        return Ok(Err("HOME is not set, so there is no cache directory"));
    };
    let root = cache.join(format!("sharp-{SHARP}"));
    if !npm::is_installed(&root) {
        if !npm::runs("npm") {
            return Ok(Err("`npm` is not on PATH"));
        }
        npm::install(&root, &[format!("sharp@{SHARP}")])?;
    }
    Ok(Ok(root))
}
