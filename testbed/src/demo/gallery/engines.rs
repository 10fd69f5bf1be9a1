//! The engines of the gallery.

use serde_json::{Value, json};

/// A configuration with the render service after the engine in the application.
#[must_use]
pub fn with_render_service(config: &str) -> String {
    let mut config: Value = serde_json::from_str(config).unwrap_or_default();
    if let Some(images) = config.get_mut("images").and_then(Value::as_object_mut) {
        images.insert("engines".to_owned(), json!(["guest", "service"]));
    }
    config.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::CONFIG;

    #[test]
    fn the_service_renders_what_the_application_does_not() {
        let with: Value = serde_json::from_str(&with_render_service(CONFIG)).expect("JSON");
        assert_eq!(with["images"]["engines"], json!(["guest", "service"]));
        assert!(with["images"]["presets"].is_object(), "{with}");
    }
}
