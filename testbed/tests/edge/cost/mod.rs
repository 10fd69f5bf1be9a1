//! What a request costs, in numbers that do not depend on the machine. `cargo xtask bench` measures the others.

mod expected;
mod host_calls;
