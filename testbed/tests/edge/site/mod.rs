//! A bucket as a website: documents, redirects, browser caching; not single objects, which are in `http`.

mod caching;
mod documents;
mod outage;
mod redirects;
