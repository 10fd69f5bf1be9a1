//! The parameter `page` of a listing: the origin that gave the page before, and its continuation token.
//!
//! A continuation token means something only to the origin that gave it, so the next page comes from the same origin.
//! The parameter is Base64 of the backend's name, a NUL and the token; clients pass it on as it is.

use sha2::{Digest as _, Sha256};

/// The longest parameter in bytes. S3's tokens are an encoded key, and hardly anything else.
const MAX_BYTES: usize = 4096;

/// A page of a listing other than the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// The backend of the origin that gave the token.
    pub backend: String,
    /// The continuation token.
    pub token: String,
}

/// The parameter is none that a listing has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPage;

impl PageToken {
    /// The page in a query; `None` for the first one. `is_backend` is whether there is a backend of this name.
    ///
    /// # Errors
    ///
    /// [`InvalidPage`] for a parameter that is not in the form of this module, or is there twice.
    pub fn in_query(
        query: Option<&str>,
        is_backend: impl Fn(&str) -> bool,
    ) -> Result<Option<Self>, InvalidPage> {
        let parameters = query.unwrap_or_default().split('&');
        let mut pages = parameters.filter_map(|parameter| parameter.strip_prefix("page="));
        match (pages.next(), pages.next()) {
            (None, _) => Ok(None),
            (Some(page), None) => Self::parse(page, is_backend).map(Some).ok_or(InvalidPage),
            (Some(_), Some(_)) => Err(InvalidPage),
        }
    }

    fn parse(page: &str, is_backend: impl Fn(&str) -> bool) -> Option<Self> {
        if page.len() > MAX_BYTES {
            return None;
        }
        let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(page).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (backend, token) = text.split_once('\0')?;
        let is_token = !token.is_empty() && !token.contains(char::is_control);
        (is_token && is_backend(backend)).then(|| Self {
            backend: backend.to_owned(),
            token: token.to_owned(),
        })
    }

    /// The reference to the page, relative to the folder: `?page=…`.
    #[must_use]
    pub fn to_reference(&self) -> String {
        let text = format!("{}\0{}", self.backend, self.token);
        let page = base64_simd::URL_SAFE_NO_PAD.encode_to_string(text.as_bytes());
        format!("?page={page}")
    }

    /// What tells the page from others in a cache key, however long the token is.
    #[must_use]
    pub fn digest(&self) -> String {
        let hash = Sha256::digest(format!("{}\0{}", self.backend, self.token).as_bytes());
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_query(query: Option<&str>) -> Result<Option<PageToken>, InvalidPage> {
        PageToken::in_query(query, |backend| backend == "us_origin")
    }

    #[test]
    fn a_page_is_what_a_listing_has_given() {
        let page = PageToken {
            backend: "us_origin".to_owned(),
            token: "1/+=ä".to_owned(),
        };
        let reference = page.to_reference();
        let query = reference.strip_prefix('?').expect("a query");
        assert!(
            query
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b)),
            "{query}"
        );
        assert_eq!(in_query(Some(query)), Ok(Some(page.clone())));
        let among_others = format!("pop=AMS&{query}&x");
        assert_eq!(in_query(Some(&among_others)), Ok(Some(page.clone())));
        assert_eq!(page.digest().len(), 43);
    }

    #[test]
    fn the_first_page_has_no_parameter() {
        for query in [
            None,
            Some(""),
            Some("pop=AMS"),
            Some("xpage=1"),
            Some("page"),
        ] {
            assert_eq!(in_query(query), Ok(None), "{query:?}");
        }
    }

    #[test]
    fn anything_else_is_invalid() {
        let encoded = |text: &str| {
            let page = base64_simd::URL_SAFE_NO_PAD.encode_to_string(text.as_bytes());
            format!("page={page}")
        };
        let valid = encoded("us_origin\0a");
        assert!(in_query(Some(&valid)).is_ok());
        for query in [
            "page=".to_owned(),
            "page=2".to_owned(),
            "page=%00".to_owned(),
            encoded("us_origin"),
            encoded("us_origin\0"),
            encoded("us_origin\0a\n"),
            encoded("other\0a"),
            encoded("\0a"),
            encoded(&format!("us_origin\0{}", "a".repeat(4096))),
            format!("{valid}="),
            format!("{valid}&{valid}"),
        ] {
            assert_eq!(in_query(Some(&query)), Err(InvalidPage), "{query}");
        }
    }
}
