//! The prompts of `fastly compute deploy`.

use std::fmt;

/// The value that a prompt asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    CreateService,
    ServiceName,
    Domain,
    /// The address of a backend.
    Address(String),
    /// The port of a backend.
    Port(String),
    /// The value of an item of a config store.
    ConfigItem(String),
    /// The value of a secret, which is not echoed.
    Secret(String),
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateService => f.write_str("Create new service?"),
            Self::ServiceName => f.write_str("Service name"),
            Self::Domain => f.write_str("Domain"),
            Self::Address(backend) => write!(f, "Address of backend {backend}"),
            Self::Port(backend) => write!(f, "Port of backend {backend}"),
            Self::ConfigItem(key) => write!(f, "Config item {key}"),
            Self::Secret(name) => write!(f, "Secret {name}"),
        }
    }
}

const OF_BACKEND: &str = "Configure a backend called '";
const OF_ITEM: &str = "Create a config store key called '";
const OF_SECRET: &str = "Create a Secret Store entry called '";

/// The prompt at the end of the output, if there is one.
///
/// A prompt is an unfinished line. The last line before it with a name says what it is about.
pub(crate) fn open_question(written: &str) -> Option<Question> {
    let line = written.rsplit(['\n', '\r']).next()?;
    let named = |marker: &str| {
        let (_, after) = written.rsplit_once(marker)?;
        after.split_once('\'').map(|(name, _)| name.to_owned())
    };
    // With a default in brackets, and a space at the end.
    let asks = |what: &str| {
        line.strip_prefix(what)
            .is_some_and(|rest| rest.starts_with(" [") && rest.ends_with("] "))
    };
    if line == "Create new service: [y/N] " {
        Some(Question::CreateService)
    } else if asks("Service name:") {
        Some(Question::ServiceName)
    } else if asks("Domain:") {
        Some(Question::Domain)
    } else if asks("Hostname or IP address:") {
        named(OF_BACKEND).map(Question::Address)
    } else if asks("Port:") {
        named(OF_BACKEND).map(Question::Port)
    } else if asks("Value:") {
        named(OF_ITEM).map(Question::ConfigItem)
    } else if line == "Value: " {
        named(OF_SECRET).map(Question::Secret)
    } else {
        None
    }
}

/// The description of the last prompt: the lines after its name up to the next empty one, joined.
pub(crate) fn description(written: &str) -> String {
    let start = [OF_BACKEND, OF_ITEM, OF_SECRET]
        .iter()
        .filter_map(|marker| written.rfind(marker))
        .max()
        .unwrap_or(written.len());
    let shown = written.get(start..).unwrap_or_default();
    let lines = shown.lines().skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}
