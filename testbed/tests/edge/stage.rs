//! Two private origins, a US one and an EU one, with the application before them.

use std::io;
use std::time::Duration;

use b2_edge_testbed::{Answer, Call, Object, Origin, OriginSpec, Viceroy, ViceroyConfig};
use serde_json::Value;
use tokio::sync::OnceCell;

pub(crate) const US_HOST: &str = "stage-us.s3.us-west-004.backblazeb2.com";
pub(crate) const EU_HOST: &str = "stage-eu.s3.eu-central-003.backblazeb2.com";

/// Larger bodies are content that a test has put there itself.
const LONGEST_OWN_TEXT: usize = 64 * 1024;

pub(crate) struct Stage {
    pub(crate) us: Origin,
    pub(crate) eu: Origin,
    pub(crate) edge: Viceroy,
}

/// The stage that tests share: each uses keys of its own, and faults for those keys alone.
pub(crate) async fn shared() -> &'static Stage {
    static SHARED: OnceCell<Stage> = OnceCell::const_new();
    SHARED.get_or_init(|| Stage::with(|config| config)).await
}

impl Stage {
    /// A stage of its own, for a test that needs another configuration or breaks a whole origin.
    pub(crate) async fn with(configure: impl FnOnce(ViceroyConfig) -> ViceroyConfig) -> Self {
        let us = Origin::start(OriginSpec::new("us_origin", "stage-us", "us-west-004"));
        let eu = Origin::start(OriginSpec::new("eu_origin", "stage-eu", "eu-central-003"));
        let (us, eu) = (us.expect("the US origin"), eu.expect("the EU origin"));
        let config = configure(ViceroyConfig::new().origin(&us).origin(&eu));
        let edge = config.start().await.expect("Viceroy starts");
        Self { us, eu, edge }
    }

    /// Stores the same object in both regions.
    pub(crate) async fn put(&self, key: &str, object: Object) {
        self.us
            .put(key, object.clone())
            .await
            .expect("stored in the US");
        self.eu.put(key, object).await.expect("stored in the EU");
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(Call::get(target)).await
    }

    pub(crate) async fn head(&self, target: &str) -> Answer {
        self.send(Call::head(target)).await
    }

    /// Sends a request to the application. No answer and no log line may ever have a secret.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        let answer = self.try_send(call).await.expect("an answer");
        let mut shown = format!("{:?}", answer.headers);
        if answer.body.len() <= LONGEST_OWN_TEXT {
            shown += &answer.text();
        }
        for origin in [&self.us, &self.eu] {
            assert!(
                !shown.contains(&origin.spec().application_key),
                "a secret in: {shown}"
            );
        }
        assert_eq!(
            self.edge.leaked_secrets(),
            Vec::<String>::new(),
            "lines with a secret"
        );
        answer
    }

    async fn try_send(&self, call: Call) -> io::Result<Answer> {
        call.send(self.edge.port()).await
    }
}

/// The log line of the first request for a path. It is written after the answer, so it may yet come.
pub(crate) async fn log_of(stage: &Stage, path: &str) -> Value {
    let is_it = |line: &Value| line["path"] == path;
    let found = stage
        .edge
        .wait_for_log(is_it, Duration::from_secs(10))
        .await;
    let line = found.unwrap_or_else(|| panic!("no log line for {path}"));
    assert_eq!(
        stage.edge.leaked_secrets(),
        Vec::<String>::new(),
        "lines with a secret"
    );
    line
}

/// Asserts that an answer is one of the application's own short texts and nothing of an origin's.
pub(crate) fn assert_own_text(answer: &Answer, context: &str) {
    let text = answer.text();
    assert!(answer.complete, "{context}: {text}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "{context}"
    );
    assert_eq!(
        answer.header("cache-control"),
        Some("no-store"),
        "{context}"
    );
    for internal in ["<", "Error", "origin", "backblazeb2", "panic", "src/"] {
        assert!(!text.contains(internal), "{context}: {internal} in {text}");
    }
}
