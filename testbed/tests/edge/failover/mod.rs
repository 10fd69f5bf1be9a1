//! Which origin a response comes from when origins fail, are slow or lack the object; not how long it is then
//! cached, which is in `cache`.

mod caps;
mod circuit_breaker;
mod crowds;
mod hanging_origins;
mod hedging;
mod lagging_replicas;
mod matrix;
mod matrix_large;
mod next_origin;
