//! What is cached, for how long, and for whom; not which origin fills the cache, which is in `failover`.

mod collapsing;
mod entries;
mod faulty_origins;
mod large_objects;
mod load;
mod purge;
mod random_operations;
mod revalidation;
mod seeks;
mod segments;
mod simulation;
mod small_objects;
