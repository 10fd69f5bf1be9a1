//! A bucket as a website: documents, base paths, listings, redirects, browser caching; not single objects, which are in `http`.

mod base_path;
mod caching;
mod cost_of_missing_paths;
mod documents;
mod listing;
mod outage;
mod redirects;
