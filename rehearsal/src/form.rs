//! Decoders of the request bodies that the CLI sends.

use std::collections::BTreeMap;

/// The fields of a form, `application/x-www-form-urlencoded`.
pub(crate) fn fields(body: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// The content of the file `name` in a form, `multipart/form-data` by RFC 7578.
pub(crate) fn file(content_type: &str, body: &[u8], name: &str) -> Option<Vec<u8>> {
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")?
        .trim_matches('"');
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has no line before it.
    let mut rest = body.strip_prefix(delimiter.trim_start().as_bytes())?;
    loop {
        let end = find(rest, delimiter.as_bytes())?;
        let (part, after) = rest.split_at(end);
        let head_end = find(part, b"\r\n\r\n")?;
        let (head, content) = part.split_at(head_end);
        if String::from_utf8_lossy(head).contains(&format!("name=\"{name}\"")) {
            return Some(content.get(4..)?.to_vec());
        }
        rest = after.get(delimiter.len()..)?;
    }
}

/// Decodes base64 of UTF-8 text.
pub(crate) fn base64(text: &str) -> Option<String> {
    let bytes = base64_simd::STANDARD.decode_to_vec(text).ok()?;
    String::from_utf8(bytes).ok()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
