//! The list of objects in the body of a `DeleteObjects` request
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>).
//!
//! The keys in it decide whether the client may delete them. A list that another parser could read in another way is
//! therefore refused, and the origin gets what [`DeleteRequest::to_xml`] writes, not what the client sent.

use std::fmt;

use md5::{Digest as _, Md5};
use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

/// The longest body in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The largest number of objects in one request, S3's limit.
pub const MAX_OBJECTS: usize = 1000;

const NAMESPACE: &[u8] = b"http://s3.amazonaws.com/doc/2006-03-01/";

/// The objects that a client wants to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRequest {
    /// Whether the response lists only what could not be deleted.
    pub quiet: bool,
    /// The objects in the client's order, 1 to 1000: the key, which is not empty, and the version ID.
    pub objects: Vec<(String, Option<String>)>,
}

/// Why a list is refused. S3's code is `MalformedXML` for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteError {
    /// The body is longer than [`MAX_BYTES`].
    TooLarge,
    /// The body is not UTF-8, or says that it is not.
    Encoding,
    /// The body is not well-formed XML 1.0.
    Malformed,
    /// The body has a document type or a processing instruction.
    Doctype,
    /// The body has an entity that XML does not define.
    Entity,
    /// An element, an attribute, text or a comment is not where S3 defines it, or is there twice.
    Structure,
    /// The list is empty.
    Empty,
    /// The list has more than [`MAX_OBJECTS`] objects.
    TooManyObjects,
}

impl DeleteError {
    /// The value for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "delete_too_large",
            Self::Encoding => "delete_encoding",
            Self::Malformed => "delete_malformed",
            Self::Doctype => "delete_doctype",
            Self::Entity => "delete_entity",
            Self::Structure => "delete_structure",
            Self::Empty => "delete_empty",
            Self::TooManyObjects => "delete_too_many_objects",
        }
    }
}

impl fmt::Display for DeleteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the list of objects is longer than 2 MiB",
            Self::Encoding => "the list of objects is not in UTF-8",
            Self::Malformed => "the list of objects is not well-formed XML",
            Self::Doctype => "the list of objects has a DOCTYPE or a processing instruction",
            Self::Entity => "the list of objects has an entity that XML does not define",
            Self::Structure => {
                "the list of objects has something other than Quiet, and Object with Key and VersionId"
            }
            Self::Empty => "the list of objects is empty",
            Self::TooManyObjects => "the list has more than 1000 objects",
        })
    }
}

impl std::error::Error for DeleteError {}

impl DeleteRequest {
    /// Parses the body of a request. Takes time and memory in proportion to its length, whatever it contains.
    ///
    /// # Errors
    ///
    /// Why the list is refused.
    pub fn parse(body: &[u8]) -> Result<Self, DeleteError> {
        if body.len() > MAX_BYTES {
            return Err(DeleteError::TooLarge);
        }
        let text = std::str::from_utf8(body).map_err(|_| DeleteError::Encoding)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !text.chars().all(is_xml_char) {
            return Err(DeleteError::Malformed);
        }
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_comments = true;
        config.expand_empty_elements = true;
        let mut parser = Parser::default();
        let mut is_first = true;
        loop {
            match reader.read_event().map_err(|_| DeleteError::Malformed)? {
                Event::Decl(declaration) if is_first => check_declaration(&declaration)?,
                Event::Decl(_) => return Err(DeleteError::Malformed),
                Event::DocType(_) | Event::PI(_) => return Err(DeleteError::Doctype),
                Event::Start(element) => parser.start(&element)?,
                Event::End(_) => parser.end()?,
                Event::Text(text) => {
                    let text = text.xml10_content().map_err(|_| DeleteError::Encoding)?;
                    if text.contains("]]>") {
                        return Err(DeleteError::Malformed);
                    }
                    parser.text(&text)?;
                }
                Event::CData(text) => {
                    let text = text.xml10_content().map_err(|_| DeleteError::Encoding)?;
                    parser.content()?.push_str(&text);
                }
                Event::GeneralRef(reference) => resolve(&reference, parser.content()?)?,
                Event::Comment(_) if parser.content().is_err() => {}
                // Expanded into a start and an end.
                Event::Comment(_) | Event::Empty(_) => return Err(DeleteError::Structure),
                Event::Eof => return parser.finish(),
            }
            is_first = false;
        }
    }

    /// The same list, as the body of a request to an origin.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        );
        let mut leaf = |parts: &[&str]| parts.iter().for_each(|part| xml.push_str(part));
        if self.quiet {
            leaf(&["<Quiet>true</Quiet>"]);
        }
        for (key, version_id) in &self.objects {
            leaf(&["<Object><Key>", &escaped(key), "</Key>"]);
            if let Some(id) = version_id {
                leaf(&["<VersionId>", &escaped(id), "</VersionId>"]);
            }
            leaf(&["</Object>"]);
        }
        leaf(&["</Delete>"]);
        xml
    }
}

/// The value of `Content-MD5` for a body, which B2 requires with `DeleteObjects` and Object Lock.
#[must_use]
pub fn content_md5(body: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(Md5::digest(body).as_slice())
}

/// Escapes markup, and the line end that XML would replace by another.
fn escaped(text: &str) -> String {
    escape(text).replace('\r', "&#13;")
}

/// The characters of XML 1.0, section 2.2.
fn is_xml_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), DeleteError> {
    let version = declaration.version().map_err(|_| DeleteError::Malformed)?;
    if version.as_ref() != b"1.0" {
        return Err(DeleteError::Malformed);
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case(b"utf-8") => Ok(()),
        Some(Ok(_)) => Err(DeleteError::Encoding),
        Some(Err(_)) => Err(DeleteError::Malformed),
    }
}

/// Appends the character of a numeric reference or of one of XML's five entities.
fn resolve(reference: &BytesRef<'_>, content: &mut String) -> Result<(), DeleteError> {
    let name = reference.decode().map_err(|_| DeleteError::Encoding)?;
    let Some(number) = name.strip_prefix('#') else {
        content.push_str(resolve_xml_entity(&name).ok_or(DeleteError::Entity)?);
        return Ok(());
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` accepts a sign.
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    let character = u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| is_number)
        .and_then(char::from_u32)
        .filter(|&character| is_xml_char(character));
    content.push(character.ok_or(DeleteError::Malformed)?);
    Ok(())
}

/// An element with text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    Key,
    VersionId,
    Quiet,
}

/// Where in the document the parser is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Delete,
    Object,
    Leaf(Leaf),
    End,
}

#[derive(Debug, Default)]
struct Parser {
    place: Place,
    content: String,
    quiet: Option<bool>,
    key: Option<String>,
    version_id: Option<String>,
    objects: Vec<(String, Option<String>)>,
}

impl Parser {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), DeleteError> {
        let name = element.name();
        self.place = match (self.place, name.as_ref()) {
            (Place::Start, b"Delete") => Place::Delete,
            (Place::Delete, b"Object") if self.objects.len() == MAX_OBJECTS => {
                return Err(DeleteError::TooManyObjects);
            }
            (Place::Delete, b"Object") => Place::Object,
            (Place::Delete, b"Quiet") if self.quiet.is_none() => Place::Leaf(Leaf::Quiet),
            (Place::Object, b"Key") if self.key.is_none() => Place::Leaf(Leaf::Key),
            (Place::Object, b"VersionId") if self.version_id.is_none() => {
                Place::Leaf(Leaf::VersionId)
            }
            _ => return Err(DeleteError::Structure),
        };
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|_| DeleteError::Malformed)?;
            let is_namespace = match attribute.key.as_ref() {
                b"xmlns" => attribute.value.as_ref() == NAMESPACE,
                key => key.starts_with(b"xmlns:"),
            };
            if self.place != Place::Delete || !is_namespace {
                return Err(DeleteError::Structure);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), DeleteError> {
        let content = std::mem::take(&mut self.content);
        self.place = match self.place {
            Place::Leaf(Leaf::Quiet) => {
                self.quiet = match content.trim_ascii() {
                    is if is.eq_ignore_ascii_case("true") => Some(true),
                    is if is.eq_ignore_ascii_case("false") => Some(false),
                    _ => return Err(DeleteError::Structure),
                };
                Place::Delete
            }
            Place::Leaf(_) if content.is_empty() => return Err(DeleteError::Structure),
            Place::Leaf(Leaf::Key) => {
                self.key = Some(content);
                Place::Object
            }
            Place::Leaf(Leaf::VersionId) => {
                self.version_id = Some(content);
                Place::Object
            }
            Place::Object => {
                let key = self.key.take().ok_or(DeleteError::Structure)?;
                self.objects.push((key, self.version_id.take()));
                Place::Delete
            }
            Place::Delete => Place::End,
            Place::Start | Place::End => return Err(DeleteError::Malformed),
        };
        Ok(())
    }

    /// The content of the element with text that the parser is in.
    fn content(&mut self) -> Result<&mut String, DeleteError> {
        match self.place {
            Place::Leaf(_) => Ok(&mut self.content),
            _ => Err(DeleteError::Structure),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), DeleteError> {
        // Between elements, there is only white space.
        if let Ok(content) = self.content() {
            content.push_str(text);
        } else if !text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return Err(DeleteError::Structure);
        }
        Ok(())
    }

    fn finish(self) -> Result<DeleteRequest, DeleteError> {
        if self.place != Place::End {
            return Err(DeleteError::Malformed);
        }
        if self.objects.is_empty() {
            return Err(DeleteError::Empty);
        }
        Ok(DeleteRequest {
            quiet: self.quiet.unwrap_or(false),
            objects: self.objects,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

    fn parse(text: &str) -> Result<DeleteRequest, DeleteError> {
        DeleteRequest::parse(text.as_bytes())
    }

    /// The keys of a valid list, separated by `|`.
    fn keys(text: &str) -> String {
        let request = parse(text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
        let keys: Vec<_> = request.objects.into_iter().map(|(key, _)| key).collect();
        keys.join("|")
    }

    fn one(key: &str) -> String {
        format!("<Delete><Object><Key>{key}</Key></Object></Delete>")
    }

    #[test]
    fn a_list_is_read_with_its_versions_and_in_its_order() {
        let text = format!(
            "{HEAD}<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" xmlns:xsi='x'>\n  \
             <Object>\n    <Key>a b/ä+%20</Key>\n    <VersionId>4_z27</VersionId>\n  </Object>\n  \
             <Object><VersionId>null</VersionId><Key>b</Key></Object>\n  <!-- both -->\n  \
             <Quiet>true</Quiet>\n  <Object><Key> c </Key></Object>\n</Delete>\n<!-- end -->\n"
        );
        let request = parse(&text).expect("a list");
        assert_eq!(
            request,
            DeleteRequest {
                quiet: true,
                objects: vec![
                    ("a b/ä+%20".to_owned(), Some("4_z27".to_owned())),
                    ("b".to_owned(), Some("null".to_owned())),
                    (" c ".to_owned(), None),
                ],
            }
        );
    }

    #[test]
    fn what_clients_write_is_accepted() {
        for (text, expected) in [
            (one("a"), "a"),
            (format!("{HEAD}{}", one("a")), "a"),
            (format!("\u{feff}{HEAD}{}", one("a")), "a"),
            (format!("<?xml version='1.0'?>{}", one("a")), "a"),
            (
                format!(
                    "<?xml version='1.0' encoding='utf-8' standalone='yes'?>{}",
                    one("a")
                ),
                "a",
            ),
            (one("&amp;&lt;&gt;&quot;&apos;"), "&<>\"'"),
            (one("&#65;&#x42;&#x1F600;&#13;&#9;"), "AB😀\r\t"),
            (one("<![CDATA[<a>&amp;]]>"), "<a>&amp;"),
            (one("a<![CDATA[b]]>c"), "abc"),
            (one("&amp;amp;"), "&amp;"),
            // XML replaces line ends.
            (one("a\r\nb\rc\nd"), "a\nb\nc\nd"),
            (one("a>b"), "a>b"),
        ] {
            assert_eq!(keys(&text), expected, "{text:?}");
        }
        for (quiet, expected) in [("true", true), ("false", false), (" TRUE\n", true)] {
            let text = one("a").replace("<Delete>", &format!("<Delete><Quiet>{quiet}</Quiet>"));
            assert_eq!(parse(&text).map(|list| list.quiet), Ok(expected), "{quiet}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        let entities = "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
        let external = "<!DOCTYPE d [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
        for (text, error) in [
            (format!("{entities}{}", one("&b;")), DeleteError::Doctype),
            (format!("{external}{}", one("&a;")), DeleteError::Doctype),
            (
                format!("<!DOCTYPE Delete>{}", one("a")),
                DeleteError::Doctype,
            ),
            (format!("<?xslt a?>{}", one("a")), DeleteError::Doctype),
            (one("a<?php?>"), DeleteError::Doctype),
            (one("&b;"), DeleteError::Entity),
            (one("&nbsp;"), DeleteError::Entity),
            (one("&AMP;"), DeleteError::Entity),
            (one("&#0;"), DeleteError::Malformed),
            (one("&#x1;"), DeleteError::Malformed),
            (one("&#xD800;"), DeleteError::Malformed),
            (one("&#x110000;"), DeleteError::Malformed),
            (one("&#99999999999;"), DeleteError::Malformed),
            (one("&#+65;"), DeleteError::Malformed),
            (one("&#x+41;"), DeleteError::Malformed),
            (one("&#X41;"), DeleteError::Malformed),
            (one("&#;"), DeleteError::Malformed),
            (one("a&b"), DeleteError::Malformed),
            (one("a]]>b"), DeleteError::Malformed),
            (one("a\0b"), DeleteError::Malformed),
            (one("a\u{b}b"), DeleteError::Malformed),
            (one("a\u{fffe}b"), DeleteError::Malformed),
            (one("a").replace("</Key>", ""), DeleteError::Malformed),
            (
                one("a").replace("</Delete>", "</Delet>"),
                DeleteError::Malformed,
            ),
            (one("a").replace("</Delete>", ""), DeleteError::Malformed),
            (format!("{}</Delete>", one("a")), DeleteError::Malformed),
            (format!(" {HEAD}{}", one("a")), DeleteError::Malformed),
            (format!("{HEAD}{HEAD}{}", one("a")), DeleteError::Malformed),
            (
                format!("<?xml version='1.1'?>{}", one("a")),
                DeleteError::Malformed,
            ),
            (
                one("a").replace("<Delete>", "<Delete xmlns:a='' xmlns:a=''>"),
                DeleteError::Malformed,
            ),
            (
                one("a").replace("<Delete>", "<!-- a -- b --><Delete>"),
                DeleteError::Malformed,
            ),
            (String::new(), DeleteError::Malformed),
            ("{}".to_owned(), DeleteError::Structure),
            (
                "<?xml version='1.0' encoding='ISO-8859-1'?><Delete/>".to_owned(),
                DeleteError::Encoding,
            ),
            (
                "<?xml version='1.0' encoding='UTF-16'?><Delete/>".to_owned(),
                DeleteError::Encoding,
            ),
            ("<Delete/>".to_owned(), DeleteError::Empty),
            (
                "<Delete><Quiet>true</Quiet></Delete>".to_owned(),
                DeleteError::Empty,
            ),
        ] {
            assert_eq!(parse(&text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_structure_that_s3_does_not_define_is_refused() {
        let valid = one("a");
        for (from, to) in [
            ("<Key>a</Key>", ""),
            ("<Key>a</Key>", "<Key></Key>"),
            ("<Key>a</Key>", "<Key/>"),
            ("<Key>a</Key>", "<Key>a</Key><Key>b</Key>"),
            ("<Key>a</Key>", "<Key>a<b/></Key>"),
            ("<Key>a</Key>", "<Key>a<!-- --></Key>"),
            ("<Key>a</Key>", "<key>a</key>"),
            ("<Key>a</Key>", "<s3:Key>a</s3:Key>"),
            ("<Key>a</Key>", "<Key xml:space='default'>a</Key>"),
            ("<Key>a</Key>", "<Key xmlns='x'>a</Key>"),
            ("<Key>a</Key>", "<Key xmlns:x='y'>a</Key>"),
            ("<Key>a</Key>", "<Key>a</Key><ETag>b</ETag>"),
            ("<Key>a</Key>", "<Key>a</Key><VersionId/>"),
            (
                "<Key>a</Key>",
                "<Key>a</Key><VersionId>1</VersionId><VersionId>2</VersionId>",
            ),
            ("<Key>a</Key>", "<Key>a</Key>b"),
            ("<Key>a</Key>", "<Key>a</Key>&#32;"),
            ("<Key>a</Key>", "<Key>a</Key><![CDATA[]]>"),
            ("<Key>a</Key>", "<Key>a</Key>\u{a0}"),
            ("<Key>a</Key>", "<Key>a</Key><Object><Key>b</Key></Object>"),
            (
                "<Object>",
                "<Quiet>true</Quiet><Quiet>false</Quiet><Object>",
            ),
            ("<Object>", "<Quiet>yes</Quiet><Object>"),
            ("<Object>", "<Quiet/><Object>"),
            ("<Object>", "<Object a='b'>"),
            ("<Object>", "<Key>b</Key><Object>"),
            ("<Delete>", "<Delete a='b'>"),
            ("<Delete>", "<Delete xmlns='http://example.com/'>"),
            ("<Delete>", "a<Delete>"),
            ("</Delete>", "</Delete>a"),
            ("</Delete>", "</Delete><Delete></Delete>"),
        ] {
            let text = valid.replace(from, to);
            assert_eq!(parse(&text), Err(DeleteError::Structure), "{text}");
        }
        let other_root = valid.replace("Delete>", "Remove>");
        assert_eq!(parse(&other_root), Err(DeleteError::Structure));
    }

    #[test]
    fn the_limits_are_a_thousand_objects_and_two_mebibytes() {
        let many = |count| {
            let objects = "<Object><Key>a</Key></Object>".repeat(count);
            format!("<Delete>{objects}</Delete>")
        };
        let count = |text: &str| parse(text).map(|list| list.objects.len());
        assert_eq!(count(&many(1000)), Ok(1000));
        assert_eq!(count(&many(1001)), Err(DeleteError::TooManyObjects));
        let spaces = " ".repeat(MAX_BYTES - one("a").len());
        let full = format!("{spaces}{}", one("a"));
        assert_eq!(count(&full), Ok(1));
        assert_eq!(count(&format!(" {full}")), Err(DeleteError::TooLarge));
    }

    #[test]
    fn bytes_in_another_encoding_are_refused() {
        let utf16: Vec<u8> = one("a").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&[0xff, 0xfe], &utf16[..]].concat();
        let latin1 = b"<Delete><Object><Key>\xe4</Key></Object></Delete>";
        assert_eq!(DeleteRequest::parse(&utf16), Err(DeleteError::Malformed));
        assert_eq!(DeleteRequest::parse(&with_mark), Err(DeleteError::Encoding));
        assert_eq!(DeleteRequest::parse(latin1), Err(DeleteError::Encoding));
    }

    #[test]
    fn the_list_for_the_origin_has_the_same_keys() {
        let request = DeleteRequest {
            quiet: true,
            objects: vec![
                ("a&<>\"'\r\n\tb".to_owned(), None),
                ("ä 😀 ]]>".to_owned(), Some("1&2".to_owned())),
            ],
        };
        let xml = request.to_xml();
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>\
             <Object><Key>a&amp;&lt;&gt;&quot;&apos;&#13;\n\tb</Key></Object>\
             <Object><Key>ä 😀 ]]&gt;</Key><VersionId>1&amp;2</VersionId></Object></Delete>"
        );
        assert_eq!(parse(&xml), Ok(request));
    }

    #[test]
    fn content_md5_is_the_digest_in_base64() {
        // The digests of RFC 1321, appendix A.5, in base64.
        for (body, md5) in [
            ("", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("abc", "kAFQmDzST7DWlj99KOF/cg=="),
        ] {
            assert_eq!(content_md5(body.as_bytes()), md5, "{body}");
        }
    }
}
