//! The S3 endpoint for writers: who may do what, which signatures are right, what is stored, what is refused, and who
//! hears of it. Requests are signed by the client of the testbed, which shares no code with the application.

mod clients;
mod framing;
mod log;
mod operations;
mod prefixes;
mod purge;
mod refusals;
mod signatures;
mod stage;
mod towards_b2;
mod uploads;
mod webhook;
