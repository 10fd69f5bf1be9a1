//! Configurations of every size, for the benchmark: what a hit and a sandbox's first request cost must grow no faster
//! than the configuration.

/// The longest value of a Config Store, in characters
/// (<https://docs.fastly.com/products/compute-resource-limits>).
pub const LONGEST: usize = 8000;

/// The most entries of a list.
pub const MOST: usize = 100;

/// POPs that prefer another origin. They are in the POP table, because an unknown one would be a warning in the log.
const POPS: [&str; 8] = ["AMS", "BOM", "CDG", "FRA", "LHR", "MAD", "MXP", "SYD"];

/// What a configuration has many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `cache.rules` for folders, none of which has the requested object.
    Rules,
    /// The same, and the last is for every object.
    RulesAndTheLastMatches,
    /// `redirects` of one path each, none of which is requested.
    Redirects,
    /// `redirects` of folders, of which none has the requested object.
    FolderRedirects,
    /// `redirects` that lead from each to the next, which takes the longest to check for circles.
    ChainOfRedirects,
    /// As many rules, redirects of both kinds and POP overrides as 8,000 characters hold. The number of entries does
    /// not matter.
    Full,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 6] = [
        Self::Rules,
        Self::RulesAndTheLastMatches,
        Self::Redirects,
        Self::FolderRedirects,
        Self::ChainOfRedirects,
        Self::Full,
    ];

    /// Its name in arguments and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::RulesAndTheLastMatches => "rules-last",
            Self::Redirects => "redirects",
            Self::FolderRedirects => "redirects-folders",
            Self::ChainOfRedirects => "redirects-chain",
            Self::Full => "full",
        }
    }

    /// The shape of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// The configuration with so many entries.
    #[must_use]
    pub fn configuration(self, entries: usize) -> String {
        let (rules, redirects) = match self {
            Self::Rules => (rules(entries), Vec::new()),
            Self::RulesAndTheLastMatches => (rules_and_the_last_matches(entries), Vec::new()),
            Self::Redirects => (Vec::new(), redirects(entries)),
            Self::FolderRedirects => (Vec::new(), folder_redirects(entries)),
            Self::ChainOfRedirects => (Vec::new(), chain(entries)),
            Self::Full => return full(),
        };
        joined(&rules, &redirects, &[])
    }
}

fn rules(entries: usize) -> Vec<String> {
    let rule = |number| format!(r#"{{"path":"/f{number}/*","ttl_s":9}}"#);
    (0..entries).map(rule).collect()
}

fn rules_and_the_last_matches(entries: usize) -> Vec<String> {
    let mut rules = rules(entries);
    if let Some(last) = rules.last_mut() {
        r#"{"path":"/*","ttl_s":9}"#.clone_into(last);
    }
    rules
}

fn redirects(entries: usize) -> Vec<String> {
    let redirect = |number| format!(r#"{{"from":"/a{number}","to":"/z"}}"#);
    (0..entries).map(redirect).collect()
}

fn folder_redirects(entries: usize) -> Vec<String> {
    let redirect = |number| format!(r#"{{"from":"/b{number}/*","to":"/z/*"}}"#);
    (0..entries).map(redirect).collect()
}

fn chain(entries: usize) -> Vec<String> {
    let redirect = |number| format!(r#"{{"from":"/a{number}","to":"/a{}"}}"#, number + 1);
    (0..entries).map(redirect).collect()
}

/// A hundred rules with both effects, a hundred redirects of both kinds, POP overrides, and spaces in what remains.
fn full() -> String {
    let rule = |number| format!(r#"{{"path":"/f{number}/*","ttl_s":9,"browser":"no-cache"}}"#);
    let rules: Vec<String> = (0..MOST).map(rule).collect();
    let redirects = [redirects(MOST / 2), folder_redirects(MOST / 2)].concat();
    let overrides = POPS.map(|code| format!(r#""{code}":"us_origin""#));
    let mut json = joined(&rules, &redirects, &overrides);
    let missing = LONGEST.saturating_sub(json.len());
    json.insert_str(1, &" ".repeat(missing));
    json
}

fn joined(rules: &[String], redirects: &[String], overrides: &[String]) -> String {
    format!(
        r#"{{"cache":{{"rules":[{}]}},"redirects":[{}],"pop_overrides":{{{}}}}}"#,
        rules.join(","),
        redirects.join(","),
        overrides.join(",")
    )
}
