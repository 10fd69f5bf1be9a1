//! The error code of an S3 error document, and why B2 denies access.
//!
//! `<?xml …?><Error><Code>NoSuchKey</Code><Message>…</Message>…</Error>`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>). The document is searched, not
//! parsed, because only these are needed: whatever the bytes are, the result is a short word, a reason or nothing.

/// How many bytes of a document are searched. S3's documents have a few hundred bytes, with the code near the
/// beginning.
pub const MAX_DOCUMENT_BYTES: usize = 4096;

/// The longest code in bytes. S3's longest have about 50.
const MAX_CODE_BYTES: usize = 64;

/// The longest message that is read, in bytes. B2's longest have about 120.
const MAX_MESSAGE_BYTES: usize = 512;

/// The first `<Code>` of a document; `None` if there is none or it is not a word of ASCII letters and digits.
#[must_use]
pub fn code_in(document: &[u8]) -> Option<String> {
    let code = element_in(document, b"<Code>")?;
    let is_word =
        (1..=MAX_CODE_BYTES).contains(&code.len()) && code.iter().all(u8::is_ascii_alphanumeric);
    is_word.then(|| code.iter().copied().map(char::from).collect())
}

/// Why B2 refuses a request with 403 `AccessDenied`, which only the message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The account has used up a daily cap: of downloads, or of transactions
    /// (<https://www.backblaze.com/docs/cloud-storage-data-caps-and-alerts>).
    CapExceeded,
    /// The application key may not be used with the S3 API.
    NotS3Key,
    /// Anything else: the key may not read the object, or the object does not exist and the key may not list the bucket.
    NotEntitled,
}

impl Denial {
    /// Reads the first `<Message>` of a document.
    ///
    /// B2's messages end in `cap exceeded`, with or without what to do about it, and in `not s3-enabled`. A message of
    /// another wording counts as [`Denial::NotEntitled`].
    #[must_use]
    pub fn in_document(document: &[u8]) -> Self {
        let message = element_in(document, b"<Message>").unwrap_or_default();
        let message = message.get(..MAX_MESSAGE_BYTES).unwrap_or(message);
        let message = message.to_ascii_lowercase();
        let says = |text: &[u8]| message.windows(text.len()).any(|window| window == text);
        if says(b"cap exceeded") {
            Self::CapExceeded
        } else if says(b"not s3-enabled") {
            Self::NotS3Key
        } else {
            Self::NotEntitled
        }
    }
}

/// Whether a document that is still arriving has all that [`code_in`] and [`Denial::in_document`] need.
#[must_use]
pub fn is_conclusive(document: &[u8]) -> bool {
    let document = document.get(..MAX_DOCUMENT_BYTES).unwrap_or(document);
    let ends = |tag: &[u8]| document.windows(tag.len()).any(|window| window == tag);
    ends(b"</Error>") || (ends(b"</Code>") && ends(b"</Message>"))
}

/// The content of the first element that begins with this tag.
fn element_in<'d>(document: &'d [u8], tag: &[u8]) -> Option<&'d [u8]> {
    let document = document.get(..MAX_DOCUMENT_BYTES).unwrap_or(document);
    let start = document
        .windows(tag.len())
        .position(|window| window == tag)?
        + tag.len();
    let rest = document.get(start..)?;
    rest.get(..rest.iter().position(|&byte| byte == b'<')?)
}

/// Whether `content` is an S3 error document: an `Error` element with a code.
#[must_use]
pub fn is_error_document(content: &[u8]) -> bool {
    let content = content.trim_ascii_start();
    let after_declaration = content
        .strip_prefix(b"<?xml")
        .and_then(|rest| rest.get(rest.iter().position(|&byte| byte == b'>')? + 1..))
        .unwrap_or(content);
    after_declaration.trim_ascii_start().starts_with(b"<Error") && code_in(content).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_document_is_found() {
        for document in [
            "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Error>\n    <Code>NoSuchKey</Code>",
            "<Code>NoSuchKey</Code><Code>Other</Code>",
        ] {
            assert_eq!(
                code_in(document.as_bytes()).as_deref(),
                Some("NoSuchKey"),
                "{document}"
            );
        }
    }

    #[test]
    fn what_is_not_a_document_has_no_code() {
        let long = format!("<Code>{}</Code>", "A".repeat(65));
        let late = format!("{}<Code>NoSuchKey</Code>", " ".repeat(MAX_DOCUMENT_BYTES));
        for document in [
            "",
            "<Code>",
            "<Code></Code>",
            "<Code>NoSuchKey",
            "<Code>No\nSuch</Code>",
            "<Code>é</Code>",
            "<html>Bad Gateway</html>",
            "Code>NoSuchKey<",
            &long,
            &late,
        ] {
            assert_eq!(code_in(document.as_bytes()), None, "{document}");
        }
        assert_eq!(code_in(&[0xff; 64]), None);
    }

    #[test]
    fn any_bytes_give_a_word_or_nothing() {
        const LIKELY: &[&[u8]] = &[
            b"<Code>",
            b"</Code>",
            b"<",
            b"NoSuchKey",
            b" ",
            b"\xff",
            b"<Code",
        ];
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let document: Vec<u8> = (0..random.usize(0..12))
                .flat_map(|_| LIKELY[random.usize(0..LIKELY.len())])
                .copied()
                .collect();
            if let Some(code) = code_in(&document) {
                let shown = document.escape_ascii();
                assert!(
                    code.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn an_error_document_is_told_from_an_object() {
        for (content, is_error) in [
            ("<Error><Code>NoSuchKey</Code></Error>", true),
            (
                "<?xml version=\"1.0\"?>\n<Error>\n <Code>NoSuchKey</Code>",
                true,
            ),
            ("\n <Error xmlns=\"x\"><Code>A</Code></Error>", true),
            ("<Error/>", false),
            ("<Code>NoSuchKey</Code>", false),
            ("<?xml version=\"1.0\"?><Errata><a/></Errata>", false),
            ("<?xml", false),
            ("", false),
        ] {
            assert_eq!(is_error_document(content.as_bytes()), is_error, "{content}");
        }
    }

    #[test]
    fn a_denial_is_told_apart_by_its_message() {
        let document = |message: &str| {
            format!(
                "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
            )
        };
        for (message, denial) in [
            (
                "Transaction cap exceeded, see the Caps &amp; Alerts page to increase your cap",
                Denial::CapExceeded,
            ),
            (
                "Cannot download file, download bandwidth or transaction (Class B) cap exceeded.",
                Denial::CapExceeded,
            ),
            ("not entitled", Denial::NotEntitled),
            ("The key is not s3-enabled", Denial::NotS3Key),
            ("", Denial::NotEntitled),
        ] {
            let document = document(message);
            assert_eq!(
                Denial::in_document(document.as_bytes()),
                denial,
                "{message}"
            );
            assert!(is_conclusive(document.as_bytes()), "{message}");
            let cut = document.split("</Message>").next().expect("the beginning");
            assert!(!is_conclusive(cut.as_bytes()), "{cut}");
        }
        assert_eq!(
            Denial::in_document(b"<Error><Code>AccessDenied</Code></Error>"),
            Denial::NotEntitled
        );
        assert!(is_conclusive(b"<Error><Code>AccessDenied</Code></Error>"));
    }
}
