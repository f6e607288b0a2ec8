//! What becomes a placeholder, what stays, and that it comes to an end.

use super::super::*;
use super::imported;

/// The text after conversion with these styles, and the reasons for what stayed.
fn converted(text: &str, styles: &str) -> (String, Vec<String>) {
    let convert = if styles.is_empty() {
        Style::usual()
    } else {
        styles.split(',').map(|s| s.parse().unwrap()).collect()
    };
    let labels = std::collections::HashSet::new();
    let conversion = Conversion {
        convert: &convert,
        labels: &labels,
        first_line: 0,
    };
    let (mut variables, mut tally, mut report) = (Variables::default(), Tally::default(), Report::default());
    let result = conversion.run(text, &outline(text).leaves, &mut variables, &mut tally);
    tally.into_report(&mut report);
    (
        result,
        report
            .left_alone
            .into_iter()
            .map(|entry| format!("{} {}", entry.spelling, entry.reason))
            .collect(),
    )
}

#[test]
fn angle_brackets_and_mustache_become_placeholders() {
    let cases = [
        ("Look at `<pod-name>` now", "Look at `[VAR:pod_name]` now"),
        (
            "<POD NAME> and <pod_name> and <PodName>",
            "[VAR:pod_name] and [VAR:pod_name] and [VAR:pod_name]",
        ),
        ("<ENV> <env> <Env>", "[VAR:env] [VAR:env] [VAR:env]"),
        (
            "Call {{COMPANY_NAME}} or {{ company-name }}",
            "Call [VAR:company_name] or [VAR:company_name]",
        ),
        (
            "```sh\nkubectl -n <ns> get po <value of label>\n```",
            "```sh\nkubectl -n [VAR:ns] get po [VAR:value_of_label]\n```",
        ),
        ("    ssh <host>", "    ssh [VAR:host]"),
        ("| a |\n| - |\n| <host> |", "| a |\n| - |\n| [VAR:host] |"),
        (
            "[log in](https://<host>/login)",
            "[log in](https://[VAR:host]/login)",
        ),
        (
            "escaped \\<host\\> and \\<port>",
            "escaped [VAR:host] and [VAR:port]",
        ),
        (
            "curl https://<host>:<port>/<path-name>",
            "curl https://[VAR:host]:[VAR:port]/[VAR:path_name]",
        ),
        ("`\\\\<server>\\share`", "`\\\\[VAR:server]\\share`"),
        ("a <b> and <sub-net>s", "a <b> and [VAR:sub_net]s"),
        ("<title of the ticket>", "[VAR:title_of_the_ticket]"),
    ];
    for (text, expected) in cases {
        assert_eq!(converted(text, "").0, expected, "{text}");
    }
}

#[test]
fn what_is_something_else_stays_with_its_reason() {
    let cases = [
        ("<br> <details> </details> <sup>1</sup>", "HTML tag"),
        ("<a href=\"x\">y</a>", "HTML or XML tag"),
        ("see <https://example.org> or <a@b.org>", "link or autolink"),
        ("`EXTERNAL-IP <none>` is <pending>", "kubectl output"),
        (
            "```sh\nsort <input >output\ncat <file>out\nwc <in 2>err\n```",
            "shell redirection",
        ),
        ("```sh\ncat <<EOF\n<<-EOF\ndiff <(a) <(b)\n```", ""),
        (
            "`kubectl -o go-template='{{range .items}}{{name}}{{end}}'`",
            "Go template",
        ),
        (
            "```yaml\nsummary: {{ $labels.pod }} {{ .Name }}\n```",
            "Go template",
        ),
        ("{{range .items}} {{name}} {{end}}", "Go template"),
        ("[x]({{< ref \"a.md\" >}}) {{% notice %}}", "Hugo shortcode"),
        (
            "```rust\nlet v: Vec<String> = Vec::<u8>::new();\n```",
            "generic type or include in code",
        ),
        ("```c\n#include <stdio>\n```", "generic type or include in code"),
        ("`List<int>` and Map<String>", "generic type or include in code"),
        ("```xml\n<server><port>1</port></server>\n```", "HTML or XML tag"),
        (
            "```yaml\nrun: ${{ secrets.KEY }}\n```",
            "GitHub Actions expression",
        ),
        ("{{ foo.bar }} {{ a | b }}", "template expression"),
        ("{{#if a}}{{/if}}", "template logic"),
        ("<1st-host> <straße>", ""),
        (
            "`C:\\<user>`",
            "a backslash before it would make [VAR:...] literal",
        ),
        ("$NAME ${NAME} [NAME]", ""),
        ("```sh\nls $NAME\n```", "shell variable in a code block"),
        ("<!-- <host> -->", ""),
    ];
    for (text, reason) in cases {
        let (result, reasons) = converted(text, "");
        assert_eq!(result, text, "{reasons:?}");
        assert!(
            reason.is_empty() || reasons.iter().any(|r| r.ends_with(reason)),
            "{text}: {reasons:?}"
        );
    }
}

#[test]
fn shell_styles_are_converted_on_request() {
    let (result, reasons) = converted(
        "Set $NODE in `echo ${POD_NAME}`:\n\n```sh\nNS=a\nls $NS $NODE $PATH $1 $? $_ ${X:-1} $$ \\$ESC\n```\n",
        "dollar,braces",
    );
    assert_eq!(
        result,
        "Set [VAR:node] in `echo [VAR:pod_name]`:\n\n```sh\nNS=a\nls $NS [VAR:node] $PATH $1 $? $_ ${X:-1} $$ \\$ESC\n```\n"
    );
    assert!(
        reasons.contains(&"$NS shell variable that the code block assigns".to_owned()),
        "{reasons:?}"
    );
    let (result, _) = converted(
        "My name is [NAME], [TEAM A]; [ERROR] [x](y) [LINK](y) [REF]: a[INDEX] [^1] [ ]",
        "bracket",
    );
    assert_eq!(
        result,
        "My name is [VAR:name], [VAR:team_a]; [ERROR] [x](y) [LINK](y) [REF]: a[INDEX] [^1] [ ]"
    );
    let (result, _) = converted("<a-b> {{c}}", "mustache");
    assert_eq!(result, "<a-b> [VAR:c]");
}

#[test]
fn our_own_placeholders_stay_and_get_fields() {
    let import = imported("# T\n\nUse [VAR:Server|sh], \\[VAR:no] and <server> and <other-ip>.\n");
    let fields: Vec<_> = import
        .document
        .fields()
        .iter()
        .map(|f| (f.name.as_str(), f.label.as_str()))
        .collect();
    assert_eq!(fields, [("Server", "Server"), ("other_ip", "Other IP")]);
    assert!(
        import
            .document
            .to_json()
            .contains("[VAR:Server|sh], \\\\[VAR:no] and [VAR:Server]")
    );
}

#[test]
fn hostile_text_comes_to_an_end() {
    // What is quadratic in these lengths takes minutes, after which the runner of the tests stops it.
    for piece in [
        "<",
        "{{",
        "[",
        "$",
        "${",
        "`",
        "<a ",
        "\\",
        "[VAR:",
        "<!--",
        "{{range",
        "</a",
        "[a]: ",
        "`<",
        "1. a\n",
        "# a\n",
        "- [ ] a\n",
    ] {
        let text = format!("# T\n\n{}", piece.repeat(256 * 1024 / piece.len()));
        let _ = import(&text, &Options::default());
    }
}
