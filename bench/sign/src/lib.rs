//! Holds the benchmark in `benches/`.
