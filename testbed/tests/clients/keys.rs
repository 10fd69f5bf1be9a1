//! The keys that every operation is tried with.

/// A key, and what is odd about it.
pub(crate) const KEYS: [&str; 5] = [
    "plain.txt",
    "with space.txt",
    "a+b&c=d.txt",
    "ünï/📷.txt",
    "two//slashes.txt",
];

/// Over TLS, only signatures and framing differ.
pub(crate) const KEYS_OVER_TLS: [&str; 2] = ["plain.txt", "ünï+with space.txt"];
