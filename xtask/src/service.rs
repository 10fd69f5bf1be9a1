//! The render service, as the tests and the demonstration run it.

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::workspace::{RENDER_SERVICE, RENDER_SERVICE_PROGRAM, Workspace};

/// Builds the service, and returns its program.
///
/// # Errors
///
/// When it cannot be built.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    process::run(
        workspace
            .cargo()
            .args(["build", "--locked"])
            .args(RENDER_SERVICE)
            .args(["--bin", RENDER_SERVICE_PROGRAM]),
    )?;
    let name = format!("{RENDER_SERVICE_PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target_dir.join("debug").join(name))
}
