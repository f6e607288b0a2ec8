//! What axe-core finds against the accessibility of a page.

use serde_json::{Value, json};

use super::browser::Browser;

/// See `axe/README.md`.
const SCRIPT: &str = include_str!("../axe/axe.min.js");

/// Success criteria up to WCAG 2.2 AA, and what axe calls best practice.
const TAGS: [&str; 6] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];

const RUN: &str = "
    const [runOnly, done] = arguments;
    axe.run(document, { runOnly, resultTypes: ['violations'] })
        .then(({ violations }) => done({ violations }), (error) => done({ error: String(error) }));";

impl Browser {
    /// Asserts that axe finds nothing against the page as it stands; `what` names it.
    pub(crate) async fn axe(&self, what: &str) {
        let found = self.violations().await;
        assert!(found.is_empty(), "{}, {what}:\n{}", self.name(), found.join("\n"));
    }

    /// What axe finds: rule, help, and where.
    pub(crate) async fn violations(&self) -> Vec<String> {
        self.found(&json!({ "type": "tag", "values": TAGS })).await
    }

    /// What axe finds against the colours of the page alone.
    pub(crate) async fn violations_of_contrast(&self) -> Vec<String> {
        self.found(&json!({ "type": "rule", "values": ["color-contrast"] }))
            .await
    }

    async fn found(&self, rules: &Value) -> Vec<String> {
        // A WebDriver script is a function; what it declares would be gone at its end.
        self.execute(&format!("if (!window.axe) {{ {SCRIPT}\n}}"), &[])
            .await;
        let answer = self.execute_async(RUN, std::slice::from_ref(rules)).await;
        let violations = answer["violations"].as_array();
        let violations = violations.unwrap_or_else(|| panic!("axe: {}", answer["error"]));
        violations.iter().flat_map(each).collect()
    }
}

fn each(violation: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (rule, help) = (text(&violation["id"]), text(&violation["help"]));
    let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
    let node = |node: &Value| {
        let (target, html) = (&node["target"], text(&node["html"]));
        format!(
            "{rule} ({help}): {target}\n    {html}\n    {}",
            text(&node["failureSummary"]).replace('\n', "\n    ")
        )
    };
    nodes.iter().map(node).collect()
}
