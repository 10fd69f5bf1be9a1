//! `ListObjectsV2`: the query that lists a folder, and the page that it returns
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
//!
//! Keys are requested URL-encoded (`encoding-type=url`), because XML 1.0 cannot express every key, and are decoded once.
//! Of a response, only what is below the requested folder is used.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use serde::{Deserialize, Serialize};

/// What S3's `UriEncode` escapes in a query: everything except `A-Z a-z 0-9 - . _ ~`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The most entries of a page, which is also S3's limit.
const MAX_KEYS: usize = 1000;

/// The longest response that is read, in bytes: 1,000 keys of 1,024 bytes, each of which is encoded as three, with as much
/// again of other elements.
pub const MAX_RESPONSE_BYTES: usize = 6 << 20;

/// A request for one page of a folder's listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// The folder: empty, or with a slash at its end.
    pub prefix: String,
    /// The `NextContinuationToken` of the page before; `None` for the first page.
    pub token: Option<String>,
}

impl ListRequest {
    /// The query, as it is sent and signed.
    #[must_use]
    pub fn to_query(&self) -> String {
        let encoded = |text| utf8_percent_encode(text, ESCAPED);
        let prefix = encoded(&self.prefix);
        let query = format!(
            "delimiter=%2F&encoding-type=url&list-type=2&max-keys={MAX_KEYS}&prefix={prefix}"
        );
        // It comes first in the order of the names.
        match &self.token {
            Some(token) => format!("continuation-token={}&{query}", encoded(token)),
            None => query,
        }
    }
}

/// One page of a folder's listing. Names are relative to the folder, in the order of the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// The folders in it, without their last slash.
    pub folders: Vec<String>,
    /// The objects in it.
    pub files: Vec<ListedFile>,
    /// Whether there is an object whose key is that of the folder itself, as tools create it for an empty folder.
    pub has_marker: bool,
    /// The token of the next page; `None` if this is the last one.
    pub next: Option<String>,
}

/// An object in a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes, if the origin says it.
    pub bytes: Option<u64>,
    /// `LastModified` in UTC to the second, such as `2026-11-21T04:53:20Z`, if the origin says it.
    pub modified: Option<String>,
}

/// Why a response is not a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAPage {
    /// It begins like one, and ends early.
    CutShort,
    /// It is something else.
    Unexpected,
}

impl ListPage {
    /// Whether nothing begins with the folder's key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.files.is_empty() && !self.has_marker && self.next.is_none()
    }

    /// The page as it is stored in the cache.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Cannot fail: strings and numbers are always valid JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The page that was stored in the cache; `None` if it is not in this format.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Reads the response to a request for the folder `prefix`.
    ///
    /// # Errors
    ///
    /// [`NotAPage`] if it is not a complete `ListBucketResult`.
    pub fn parse(response: &[u8], prefix: &str) -> Result<Self, NotAPage> {
        let text = std::str::from_utf8(response);
        // A response that was cut within a character is not valid UTF-8.
        let (text, is_whole) = match text {
            Ok(text) => (text, true),
            Err(error) if error.error_len().is_none() => {
                let valid = response.get(..error.valid_up_to()).unwrap_or_default();
                (std::str::from_utf8(valid).unwrap_or_default(), false)
            }
            Err(_) => return Err(NotAPage::Unexpected),
        };
        let mut parser = Parser::default();
        let is_closed = parser.read(text).ok_or(NotAPage::Unexpected)?;
        match (parser.is_result, is_closed && is_whole) {
            (true, true) => parser.into_page(prefix).ok_or(NotAPage::Unexpected),
            (true, false) => Err(NotAPage::CutShort),
            (false, _) if text.is_empty() => Err(NotAPage::CutShort),
            (false, _) => Err(NotAPage::Unexpected),
        }
    }
}

/// The elements that are read, by their path below the root.
#[derive(Default)]
struct Parser {
    /// The names of the open elements.
    open: Vec<String>,
    /// The text of the innermost element.
    text: String,
    /// Whether the root is a `ListBucketResult`.
    is_result: bool,
    /// Keys and whatever else each entry says, as the document has it.
    files: Vec<ListedFile>,
    file: ListedFile,
    prefixes: Vec<String>,
    is_url_encoded: bool,
    is_truncated: bool,
    next: Option<String>,
}

impl Parser {
    /// Reads a document. Returns whether its root was closed; `None` if it is not well-formed, or has a document type.
    fn read(&mut self, text: &str) -> Option<bool> {
        let mut reader = Reader::from_str(text);
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    let name = start.local_name();
                    let name = std::str::from_utf8(name.as_ref()).ok()?.to_owned();
                    if self.open.is_empty() {
                        self.is_result = name == "ListBucketResult";
                        if !self.is_result {
                            return Some(false);
                        }
                    }
                    self.open.push(name);
                    self.text.clear();
                }
                Ok(Event::End(_)) => {
                    self.close();
                    self.open.pop();
                    self.text.clear();
                    if self.open.is_empty() {
                        return Some(true);
                    }
                }
                Ok(Event::Text(text)) => self.text.push_str(&text.decode().ok()?),
                Ok(Event::CData(text)) => self.text.push_str(&text.decode().ok()?),
                Ok(Event::GeneralRef(reference)) => self.text.push_str(&resolved(&reference)?),
                Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
                // Whatever is wrong with the syntax, it is at the end of what arrived.
                Ok(Event::Eof) | Err(quick_xml::Error::Syntax(_)) => return Some(false),
                Ok(Event::DocType(_)) | Err(_) => return None,
            }
        }
    }

    /// Takes the text of the element that ends.
    fn close(&mut self) {
        let path: Vec<&str> = self.open.iter().skip(1).map(String::as_str).collect();
        let text = std::mem::take(&mut self.text);
        match path.as_slice() {
            ["Contents", "Key"] => self.file.name = text,
            ["Contents", "Size"] => self.file.bytes = text.trim().parse().ok(),
            ["Contents", "LastModified"] => self.file.modified = to_second(text.trim()),
            ["Contents"] => self.files.push(std::mem::take(&mut self.file)),
            ["CommonPrefixes", "Prefix"] => self.prefixes.push(text),
            ["EncodingType"] => self.is_url_encoded = text.trim() == "url",
            ["IsTruncated"] => self.is_truncated = text.trim() == "true",
            ["NextContinuationToken"] => self.next = Some(text),
            _ => {}
        }
    }

    /// The page for a folder; `None` if a key is not valid UTF-8, or if there is more without a token for it.
    fn into_page(self, prefix: &str) -> Option<ListPage> {
        let is_url_encoded = self.is_url_encoded;
        let mut page = ListPage {
            next: self.next.filter(|token| !token.is_empty()),
            ..ListPage::default()
        };
        if !self.is_truncated {
            page.next = None;
        } else if page.next.is_none() {
            return None;
        }
        for folder in &self.prefixes {
            let key = decoded(folder, is_url_encoded)?;
            let name = key
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix('/'));
            page.folders
                .extend(name.filter(|name| is_name(name)).map(str::to_owned));
        }
        for file in self.files {
            let key = decoded(&file.name, is_url_encoded)?;
            match key.strip_prefix(prefix) {
                Some("") => page.has_marker = true,
                Some(name) if is_name(name) => {
                    let name = name.to_owned();
                    page.files.push(ListedFile { name, ..file });
                }
                Some(_) | None => {}
            }
        }
        Some(page)
    }
}

/// Whether this can be the name of something in a folder.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/')
}

/// A key of a document. In the URL-encoded form, a space is a `+`, as in a form.
fn decoded(key: &str, is_url_encoded: bool) -> Option<Cow<'_, str>> {
    if !is_url_encoded {
        return Some(Cow::Borrowed(key));
    }
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}

/// The character of a reference; `None` for an entity that XML does not define itself.
fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    resolve_predefined_entity(&reference.decode().ok()?).map(str::to_owned)
}

/// A date in UTC without its fraction of a second; `None` for another text.
fn to_second(text: &str) -> Option<String> {
    let (date, fraction) = text.split_at_checked("2026-11-21T04:53:20".len())?;
    let is_date = date.bytes().zip("0000-00-00T00:00:00".bytes());
    let is_date = is_date
        .into_iter()
        .all(|(byte, form)| byte == form || (form == b'0' && byte.is_ascii_digit()));
    let is_utc = fraction
        .strip_suffix('Z')
        .is_some_and(|rest| rest.bytes().all(|b| b == b'.' || b.is_ascii_digit()));
    (is_date && is_utc).then(|| format!("{date}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The response of the example in the documentation of `ListObjectsV2`, with the entries that a delimiter and
    /// `encoding-type` add.
    const EXAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>example-bucket</Name>
  <Prefix>photos/</Prefix>
  <KeyCount>5</KeyCount>
  <MaxKeys>1000</MaxKeys>
  <Delimiter>/</Delimiter>
  <EncodingType>url</EncodingType>
  <IsTruncated>true</IsTruncated>
  <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
  <Contents>
    <Key>photos/</Key><LastModified>2014-11-21T19:40:05.000Z</LastModified><Size>0</Size>
  </Contents>
  <Contents>
    <Key>photos/a+%2B%C3%A4%26.jpg</Key>
    <LastModified>2014-11-21T19:40:05.000Z</LastModified>
    <ETag>"70ee1738b6b21e2c8a43f3a5ab0eee71"</ETag>
    <Owner><ID>1</ID><DisplayName>Key</DisplayName></Owner>
    <Size>1111</Size>
    <StorageClass>STANDARD</StorageClass>
  </Contents>
  <CommonPrefixes><Prefix>photos/2024/</Prefix></CommonPrefixes>
  <CommonPrefixes><Prefix>photos//</Prefix></CommonPrefixes>
  </ListBucketResult>"#;

    fn file(name: &str, bytes: Option<u64>, modified: Option<&str>) -> ListedFile {
        ListedFile {
            name: name.to_owned(),
            bytes,
            modified: modified.map(str::to_owned),
        }
    }

    #[test]
    fn a_query_is_sorted_and_encoded() {
        let mut request = ListRequest {
            prefix: "a b/ä+/".to_owned(),
            token: None,
        };
        let rest =
            "delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b%2F%C3%A4%2B%2F";
        assert_eq!(request.to_query(), rest);
        request.token = Some("1/+=".to_owned());
        let with_token = format!("continuation-token=1%2F%2B%3D&{rest}");
        assert_eq!(request.to_query(), with_token);
    }

    #[test]
    fn a_page_has_names_sizes_and_dates() {
        let page = ListPage::parse(EXAMPLE.as_bytes(), "photos/").expect("a page");
        let expected = ListPage {
            // A folder without a name is left out.
            folders: vec!["2024".to_owned()],
            files: vec![file("a +ä&.jpg", Some(1111), Some("2014-11-21T19:40:05Z"))],
            has_marker: true,
            next: Some("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=".to_owned()),
        };
        assert_eq!(page, expected);
        assert!(!page.is_empty());
        assert_eq!(ListPage::from_bytes(&page.to_bytes()), Some(expected));
    }

    #[test]
    fn what_is_not_in_the_folder_is_left_out() {
        for prefix in ["photos/2024/", "other/", "photo/"] {
            let page = ListPage::parse(EXAMPLE.as_bytes(), prefix).expect("a page");
            assert!(page.folders.is_empty() && page.files.is_empty(), "{prefix}");
        }
        let above = ListPage::parse(EXAMPLE.as_bytes(), "").expect("a page");
        assert!(above.files.is_empty() && above.folders.is_empty());
    }

    #[test]
    fn keys_are_taken_as_they_are_without_an_encoding_type() {
        let document = "<ListBucketResult><IsTruncated>false</IsTruncated>\
             <Contents><Key>a+b%20&amp;&#x41;&lt;<![CDATA[<c>]]></Key><Size>x</Size></Contents>\
             <Contents><Key>d</Key><Size/><LastModified>yesterday</LastModified></Contents>\
             </ListBucketResult>";
        let page = ListPage::parse(document.as_bytes(), "").expect("a page");
        let files = [file("a+b%20&A<<c>", None, None), file("d", None, None)];
        assert_eq!(page.files, files);
        assert_eq!(page.next, None);
    }

    #[test]
    fn an_empty_folder_is_told_from_one_that_exists() {
        let document = |inner: &str| {
            let document = format!("<ListBucketResult>{inner}</ListBucketResult>");
            ListPage::parse(document.as_bytes(), "a/").expect(inner)
        };
        for (inner, is_empty) in [
            ("<KeyCount>0</KeyCount><Prefix>a/</Prefix>", true),
            ("<NextContinuationToken>x</NextContinuationToken>", true),
            ("<Contents><Key>a/</Key></Contents>", false),
            ("<Contents><Key>a/b</Key></Contents>", false),
            (
                "<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>",
                false,
            ),
        ] {
            assert_eq!(document(inner).is_empty(), is_empty, "{inner}");
        }
    }

    #[test]
    fn a_page_that_ends_early_is_none_wherever_it_ends() {
        let complete = EXAMPLE.replace("a+", "ä");
        for end in 0..complete.len() {
            let cut = ListPage::parse(&complete.as_bytes()[..end], "photos/");
            let begins = end > complete.find("2006-03-01/\">").expect("the root") + 13;
            let expected = if begins || end == 0 {
                vec![Err(NotAPage::CutShort)]
            } else {
                vec![Err(NotAPage::CutShort), Err(NotAPage::Unexpected)]
            };
            assert!(expected.contains(&cut), "{end}: {cut:?}");
        }
    }

    #[test]
    fn what_is_no_page_is_told_from_one_that_ends_early() {
        let truncated = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><ListBucketResult><Contents><Key>&b;</Key></Contents></ListBucketResult>";
        let doctype = "<!DOCTYPE a><ListBucketResult></ListBucketResult>";
        let entity = "<ListBucketResult><Contents><Key>&b;</Key></Contents></ListBucketResult>";
        let mismatched = "<ListBucketResult><Contents></Key></ListBucketResult>";
        let not_utf8 = "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%ff</Key></Contents></ListBucketResult>";
        for document in [
            "<html><body>Sign in</body></html>",
            "<Error><Code>InternalError</Code></Error>",
            "{}",
            "Welcome",
            truncated,
            bomb,
            doctype,
            entity,
            mismatched,
            not_utf8,
            "<ListBucketResult>\u{0}",
        ] {
            let parsed = ListPage::parse(document.as_bytes(), "");
            let expected = if document.ends_with('\u{0}') {
                NotAPage::CutShort
            } else {
                NotAPage::Unexpected
            };
            assert_eq!(parsed, Err(expected), "{document}");
        }
        let latin1 = ListPage::parse(b"<ListBucketResult><Name>\xe4</Name>", "");
        assert_eq!(latin1, Err(NotAPage::Unexpected));
    }

    #[test]
    fn any_bytes_are_a_page_or_none() {
        const LIKELY: &[&str] = &[
            "<",
            ">",
            "</",
            "/>",
            "&",
            ";",
            "ListBucketResult",
            "<ListBucketResult>",
            "</ListBucketResult>",
            "<Contents>",
            "</Contents>",
            "<Key>",
            "</Key>",
            "a/b",
            "%",
            "+",
            "ä",
            "&#x0;",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?",
            "?>",
            "\u{0}",
        ];
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..50_000 {
            let count = random.usize(0..14);
            let pieces = (0..count).map(|_| LIKELY[random.usize(0..LIKELY.len())]);
            let document: String = pieces.collect();
            if let Ok(page) = ListPage::parse(document.as_bytes(), "a/") {
                let mut names = page.files.iter().map(|file| &file.name);
                assert!(names.all(|name| is_name(name)), "{document}");
            }
        }
    }
}
