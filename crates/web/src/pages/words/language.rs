//! What languages of commands are called.

/// The name that people read for the word behind a fence.
pub fn name(word: &str) -> String {
    let known = match word.to_ascii_lowercase().as_str() {
        "" | "text" | "txt" | "plain" => "Text",
        "powershell" | "pwsh" | "ps1" | "ps" => "PowerShell",
        "bash" => "Bash",
        "sh" | "shell" | "console" | "zsh" => "Shell",
        "bat" | "cmd" | "batch" => "Command Prompt",
        "sql" => "SQL",
        "json" => "JSON",
        "yaml" | "yml" => "YAML",
        "xml" => "XML",
        "html" => "HTML",
        "ini" => "INI",
        "toml" => "TOML",
        "python" | "py" => "Python",
        "http" => "HTTP",
        _ => return word.to_owned(),
    };
    known.to_owned()
}
