//! The render service, as the tests and the demonstration run it.

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::workspace::{RENDER_SERVICE_PROGRAM, RENDER_SERVICE_TESTS, Workspace};

/// Builds the service, and returns its program. It is built for its own tests, because dependencies would have other
/// features without them: its encoders, which take a minute to compile, are compiled once so.
///
/// # Errors
///
/// When it cannot be built.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    process::run(
        workspace
            .cargo()
            .args(["test", "--no-run", "--locked"])
            .args(RENDER_SERVICE_TESTS)
            .args(["--test", "service"]),
    )?;
    let name = format!("{RENDER_SERVICE_PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target_dir.join("debug").join(name))
}
