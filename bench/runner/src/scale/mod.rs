//! What a hit, a sandbox and a client cost as sizes and numbers grow. Each must be flat or linear, so each figure is
//! reported with its slope.

mod clients;
mod configurations;
mod sizes;
mod slope;

use std::io;

use crate::Modules;
use crate::report::Report;

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    sizes::measure(modules, origin, report).await?;
    configurations::measure(modules, origin, report).await?;
    clients::measure(modules, origin, report).await
}
