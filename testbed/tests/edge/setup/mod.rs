//! What an operator meets: configuration and its mistakes, the status page, the Fastly CLI.

mod configuration;
mod fastly_cli;
mod status_page;
mod warnings;
