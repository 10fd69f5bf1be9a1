//! A bucket as a website: documents, redirects, browser caching; not single objects, which are in `http`.

mod caching;
mod cost_of_missing_paths;
mod documents;
mod outage;
mod redirects;
