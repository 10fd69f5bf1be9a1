//! The response to `ListBuckets`, which the endpoint gives itself: the buckets that the client may see
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>).

use std::fmt::Write as _;

use crate::s3_endpoint::error::escaped;

/// The document. `owner` is the name of the client. When a bucket was created is not known here, and clients need a date.
#[must_use]
pub fn document<'b>(owner: &str, buckets: impl IntoIterator<Item = &'b str>) -> String {
    let mut entries = String::new();
    for bucket in buckets {
        let _ = write!(
            entries,
            "<Bucket><Name>{}</Name><CreationDate>1970-01-01T00:00:00.000Z</CreationDate></Bucket>",
            escaped(bucket)
        );
    }
    let owner = escaped(owner);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Owner><ID>{owner}</ID><DisplayName>{owner}</DisplayName></Owner><Buckets>{entries}</Buckets>\
         </ListAllMyBucketsResult>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_each_bucket() {
        let document = document("up&loader", ["media", "files"]);
        assert_eq!(document.matches("<Bucket>").count(), 2);
        assert!(document.contains("<Name>media</Name>") && document.contains("up&amp;loader"));
    }
}
