//! What decoding may cost, and how its caller follows and stops it.

/// The limits of one call of [`decode`](crate::decode()). They are checked before pixels are allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels that the header may declare, at any scale.
    pub pixels: u64,
    /// The most scans that a file may have. Each can pass over all blocks with few bytes.
    pub scans: u32,
    /// The most memory that [`memory`](crate::memory) may predict, in bytes.
    pub memory: usize,
}

/// How far decoding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The bytes of the file that have been read. All of them, once only pixels remain to be computed.
    pub done: usize,
    /// The bytes of the file.
    pub total: usize,
}
