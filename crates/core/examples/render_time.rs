//! How long a flow of 20 steps, 40 KB and 120 placeholders takes to compile and to render.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Instant;

use resolutionflow_core::flow::FlowDocument;
use resolutionflow_core::render::{Unset, compile};

const ROUNDS: u32 = 200;

fn main() {
    let document = FlowDocument::from_json(&flow()).expect("the flow is written here");
    let start = Instant::now();
    let first = compile(&document).expect("the flow is written here");
    println!(
        "compile, first:   {:>8} us (with the syntaxes read)",
        start.elapsed().as_micros()
    );
    let start = Instant::now();
    let compiled = compile(&document).expect("the flow is written here");
    println!("compile:          {:>8} us", start.elapsed().as_micros());
    drop(first);
    // Half of the placeholders have values.
    let values: HashMap<String, String> = (0..60)
        .map(|number| {
            (
                format!("value_{number}"),
                format!("srv-{number:02}.corp.example <x>"),
            )
        })
        .collect();
    let source: usize = document
        .steps()
        .map(|(_, step)| step.title.len() + step.body.len())
        .sum();
    println!("source:           {source:>8} bytes, {} held", compiled.bytes());

    let mut out = String::new();
    let mut time = |name: &str, write: &dyn Fn(&mut String)| {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            out.clear();
            write(&mut out);
        }
        println!(
            "{name} {:>8} us, {} bytes",
            (start.elapsed() / ROUNDS).as_micros(),
            out.len()
        );
    };
    time("render, HTML:    ", &|out| {
        for step in compiled.steps() {
            step.title.html.html(&values, out);
            step.body.html.html(&values, out);
        }
    });
    time("render, Markdown:", &|out| {
        for step in compiled.steps() {
            step.body.markdown.markdown(&values, Unset::Placeholder, out);
        }
    });
    time("render, plain:   ", &|out| {
        for step in compiled.steps() {
            step.body.plain.text(&values, Unset::Placeholder, out);
        }
    });
}

fn flow() -> String {
    let steps: Vec<_> = (0..20)
        .map(|step| {
            let name = |place: usize| format!("[VAR:value_{}]", step * 6 + place);
            let mut body = format!("Sign in to {} as `{}`, then look at {}.\n\n", name(1), name(2), name(3));
            let _ = write!(body, "```powershell\nTest-Connection -ComputerName {} -Count 4\n```\n\n", name(4));
            let _ = write!(body, "| host | state |\n|---|---|\n| {} | ready |\n\n- [ ] It answers\n\n", name(5));
            while body.len() < 2_000 {
                body.push_str("The old host stays up until the **new one** has answered for `10` minutes. ");
            }
            serde_json::json!({"id": format!("step-{step}"), "title": format!("Move {}", name(0)), "body": body})
        })
        .collect();
    serde_json::json!({"title": "Cut-over", "sections": [{"title": "Work", "steps": steps}]}).to_string()
}
