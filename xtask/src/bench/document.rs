//! The flow that is measured: the size of a long real one.

use std::fmt::Write;

/// Variables that the flow declares; each is used twice.
pub(super) const FIELDS: usize = 60;

/// Steps of the flow.
const STEPS: usize = 20;

/// Bytes of the flow.
const SIZE: usize = 42_000;

/// A flow of 20 steps, 120 placeholders and 42 KB in the Markdown form.
pub(super) fn flow() -> String {
    let mut text = String::from("---\ntitle: Site cut-over, measured\ntags: [bench]\nfields:\n");
    for field in 1..=FIELDS {
        writeln!(
            text,
            "  - {{ name: value_{field:02}, label: Value {field}, type: text }}"
        )
        .expect(STRING);
    }
    text.push_str("---\nA flow for measurements.\n\n");
    let body = (SIZE - text.len()) / STEPS;
    for step in 0..STEPS {
        let start = text.len();
        writeln!(text, "## Step {} of the cut-over\n", step + 1).expect(STRING);
        for place in 0..3 {
            let field = (step * 3 + place) % FIELDS + 1;
            writeln!(
                text,
                "Check **[VAR:value_{field:02}]** against the ticket, then run:\n\n```sh\nswitch --to \"[VAR:value_{field:02}]\"\n```\n"
            )
            .expect(STRING);
        }
        while text.len() + SENTENCE.len() < start + body {
            text.push_str(SENTENCE);
        }
        text.push_str("\n\n");
    }
    text
}

const STRING: &str = "writing to a string cannot fail";

const SENTENCE: &str =
    "Wait until the monitoring shows the new host as *healthy*, and note what `status` prints. ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_has_its_size() {
        let flow = flow();
        assert!((40_000..=44_000).contains(&flow.len()), "{}", flow.len());
        assert_eq!(flow.matches("[VAR:").count(), 120);
        assert_eq!(flow.matches("\n## ").count(), STEPS);
    }
}
