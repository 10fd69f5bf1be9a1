//! A list of objects is refused, or the origin gets the same list, within the limits.

#![no_main]

use b2_edge_core::s3::delete_objects::{DeleteRequest, MAX_OBJECTS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(request) = DeleteRequest::parse(data) else {
        return;
    };
    assert!((1..=MAX_OBJECTS).contains(&request.objects.len()));
    let length: usize = request.objects.iter().map(|(key, _)| key.len()).sum();
    assert!(length <= data.len(), "nothing is expanded");
    assert!(request.objects.iter().all(|(key, _)| !key.is_empty()));
    assert_eq!(
        DeleteRequest::parse(request.to_xml().as_bytes()),
        Ok(request)
    );
});
