//! A flow with a field of every type, and everything that a step can hold.

use serde_json::{Map, Value, json};

/// Name, label and type of each field, and a value that fits it.
const FIELDS: [(&str, &str, &str, &str); 16] = [
    ("ticket", "Ticket", "text", "INC-20417"),
    (
        "reason",
        "Reason",
        "long_text",
        "The old host is out of warranty.\nThe new one is ready.",
    ),
    ("users", "Users affected", "number", "412"),
    ("backed_up", "Backed up", "boolean", "true"),
    ("on", "Change date", "date", "2026-11-28"),
    ("from", "Window opens", "datetime", "2026-11-28T20:00:00Z"),
    ("tier", "Tier", "select", "Gold"),
    ("sites", "Sites", "multi_select", "Lisbon\nPorto"),
    ("contact", "Contact", "email", "lena.koch@contoso.example"),
    (
        "wiki",
        "Wiki page",
        "url",
        "https://wiki.contoso.example/hosts/srv-01",
    ),
    ("server_name", "Server name", "hostname", "srv-01"),
    ("domain", "Domain", "fqdn", "corp.contoso.example"),
    ("address", "Address", "ip", "10.10.4.22"),
    ("network", "Network", "cidr", "10.10.4.0/24"),
    ("card", "Network card", "mac", "00:00:5e:00:53:01"),
    ("ldap_port", "LDAP port", "port", "636"),
];

/// Those that must be filled in.
const REQUIRED: [&str; 5] = ["server_name", "domain", "on", "backed_up", "reason"];

/// The flow.
pub(super) fn every_type() -> Value {
    let fields: Vec<Value> = FIELDS.iter().map(field).collect();
    json!({
        "title": "Domain controller cut-over",
        "description": "Moves a domain controller to a new host, with nobody noticing.",
        "tags": ["windows", "ad"],
        "fields": fields,
        "sections": [
            { "title": "Prepare", "steps": [
                { "id": "confirm", "title": "Confirm the change window", "minutes": 5,
                  "body": "Ticket [VAR:ticket] allows the change on [VAR:on] from [VAR:from], because of [VAR:reason].\n\n\
                           - [ ] [VAR:contact] knows\n- [ ] All [VAR:users] people at [VAR:sites] know\n\n\
                           Tier: [VAR:tier]. The last backup is good: [VAR:backed_up]\n" },
                { "id": "promote", "title": "Promote [VAR:server_name]", "minutes": 10,
                  "body": "Sign in to [VAR:server_name] as [VAR:admin] and join it to [VAR:domain]. \
                           See [the page of the host]([VAR:wiki]).\n\n\
                           ```powershell\nInstall-ADDSDomainController -DomainName [VAR:domain|ps]\n  \
                           -SiteName Default-First-Site -ReplicationSourceDC [VAR:server_name|ps] -Address [VAR:address]\n```\n\n\
                           > Wait for the reboot of `[VAR:server_name]`.\n\n\
                           | What | Where |\n|---|---|\n| Network | [VAR:network] |\n| Card | [VAR:card] |\n| LDAP | [VAR:ldap_port] |\n" },
            ] },
            { "title": "Afterwards", "steps": [
                { "id": "check", "title": "Check replication", "body": "Does [VAR:server_name] replicate?",
                  "choices": [{ "label": "It replicates", "step": "sign-off" }, { "label": "It does not", "step": "repair" }] },
                { "id": "repair", "title": "Repair replication", "body": "```sh\nrepadmin /syncall\n```" },
                { "id": "sign-off", "title": "Tidy up and sign off", "minutes": 5, "body": "Write to [VAR:contact]." },
            ] },
        ],
    })
}

fn field(&(name, label, kind, _): &(&str, &str, &str, &str)) -> Value {
    let mut field =
        json!({ "name": name, "label": label, "type": kind, "required": REQUIRED.contains(&name) });
    match kind {
        "select" => field["options"] = json!(["Gold", "Silver", "Bronze"]),
        "multi_select" => field["options"] = json!(["Lisbon", "Porto", "Braga"]),
        "hostname" => field["help"] = json!("Short host name, as in the ticket."),
        _ => {}
    }
    field
}

/// A value for every field.
pub(super) fn values() -> Value {
    let mut values: Map<String, Value> = FIELDS
        .iter()
        .map(|(name, _, _, value)| ((*name).to_owned(), json!(value)))
        .collect();
    values.insert("admin".to_owned(), json!("CONTOSO\\adm-morgan"));
    Value::Object(values)
}
