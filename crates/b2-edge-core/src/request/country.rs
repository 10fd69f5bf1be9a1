//! The country of the client's IP address, by the platform's geolocation.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// An ISO 3166-1 alpha-2 country code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country([u8; 2]);

/// The part of the geolocation data that is parsed. Nothing else of it is stored or logged.
#[derive(Deserialize)]
struct Geolocation<'a> {
    #[serde(borrow)]
    country_code: &'a str,
}

impl Country {
    /// Parses the country code in the platform's geolocation data, which is JSON
    /// (<https://www.fastly.com/documentation/reference/vcl/variables/geolocation/client-geo-country-code/>).
    ///
    /// `None` if there is no code: it is empty for an unknown address and `**` for a reserved one.
    #[must_use]
    pub fn in_geolocation(json: &[u8]) -> Option<Self> {
        let Geolocation { country_code } = serde_json::from_slice(json).ok()?;
        let code: [u8; 2] = country_code.as_bytes().try_into().ok()?;
        let is_code = code.iter().all(u8::is_ascii_alphabetic);
        is_code.then(|| Self(code.map(|letter| letter.to_ascii_uppercase())))
    }

    /// The code, in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The letters are ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(json: &str) -> Option<String> {
        Country::in_geolocation(json.as_bytes()).map(|country| country.as_str().to_owned())
    }

    #[test]
    fn the_code_is_taken_out_of_all_that_the_platform_knows() {
        let json = r#"{"as_name":"an \"AS\"","as_number":1,"city":"Zürich","country_code":"CH","latitude":47.4,
            "region":null,"utc_offset":100}"#;
        assert_eq!(code(json).as_deref(), Some("CH"));
        assert_eq!(code(r#"{"country_code":"de"}"#).as_deref(), Some("DE"));
    }

    #[test]
    fn what_is_no_code_is_no_country() {
        for json in [
            "",
            "null",
            "{}",
            r#"{"country_code":""}"#,
            r#"{"country_code":"**"}"#,
            r#"{"country_code":"USA"}"#,
            r#"{"country_code":"ä"}"#,
            r#"{"country_code":7}"#,
            r#"{"country_code":"\n\n"}"#,
            r#"{"country_code":"CH""#,
        ] {
            assert_eq!(code(json), None, "{json}");
        }
    }
}
