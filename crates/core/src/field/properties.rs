//! What holds for the values of every type, whatever is typed.

use proptest::prelude::*;

use super::*;

const TYPES: [FieldType; 16] = [
    FieldType::Text,
    FieldType::LongText,
    FieldType::Number,
    FieldType::Boolean,
    FieldType::Date,
    FieldType::Datetime,
    FieldType::Select,
    FieldType::MultiSelect,
    FieldType::Email,
    FieldType::Url,
    FieldType::Hostname,
    FieldType::Fqdn,
    FieldType::Ip,
    FieldType::Cidr,
    FieldType::Mac,
    FieldType::Port,
];

fn field(field_type: FieldType) -> Field {
    let options = match field_type {
        FieldType::Select | FieldType::MultiSelect => {
            ["a", "B", "b", "Éa b", "c,d"].map(String::from).to_vec()
        }
        _ => Vec::new(),
    };
    let name = FieldName::parse("x").expect("a name");
    let mut field = Field {
        field_type,
        options,
        ..Field::plain(name)
    };
    let mut problems = Vec::new();
    field.check("", &mut problems);
    assert_eq!(problems, []);
    field
}

fn holds(field: &Field, text: &str) -> Result<(), TestCaseError> {
    match field.accept(text) {
        Ok(normal) => {
            prop_assert!(normal.len() <= MAX_VALUE);
            prop_assert!(keepable(&normal).is_ok());
            prop_assert_eq!(
                field.accept(&normal),
                Ok(normal),
                "{:?} of {:?}",
                field.field_type,
                text
            );
        }
        Err(why) => {
            let said = why.to_string();
            prop_assert!(
                !said.contains('\n') && !said.ends_with('.') && said.len() < 1500,
                "{}",
                said
            );
        }
    }
    Ok(())
}

/// Text that is nearly a value of the type, and often one.
fn nearly(field_type: FieldType) -> BoxedStrategy<String> {
    let pattern = match field_type {
        FieldType::Text => "[ \\tab\u{feff}]{0,9}[\\r\\n]{0,2}",
        FieldType::LongText => "[ ab\\r\\n\\t]{0,12}",
        FieldType::Number => "[-+\u{2212}]?[0-9]{0,5}[.]?[0-9]{0,5}(e[-+]?[0-9]{1,3})?",
        FieldType::Boolean => "(?i)(true|false|yes|no|on|off|[01])? ?",
        FieldType::Date => "(20[0-9]{2}|[0-9]{4})[-/.](0[1-9]|1[0-3]|[0-9])[-/.][0-3]?[0-9]",
        FieldType::Datetime => {
            "20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9](:[0-5][0-9](\\.[0-9]{0,10})?)? ?\
             (Z|z|[-+][0-2][0-9](:?[0-5][0-9])?)?"
        }
        FieldType::Select => " ?(a|A|b|B|éa b|éA B|c,d|x) ?",
        FieldType::MultiSelect => "((a|A|b|B|éa b|c,d|a,b)[ \\r]?\\n){0,5}",
        FieldType::Email => "[a-zA-Z.+']{1,6}@?@[a-zA-Z0-9.-]{1,12}",
        FieldType::Url => {
            "(?i)https?://([a-z0-9é@:%.-]{1,12}|\\[[0-9a-f:]{2,9}\\])(:[0-9]{1,5})?([/?#.@é%2a'\"^`{|}]){0,12}"
        }
        FieldType::Hostname | FieldType::Fqdn => "[a-zA-Z0-9éß_-]{0,9}[.]?[a-zA-Z0-9-]{0,9}[.]{0,2}",
        FieldType::Ip => "([0-2]?[0-9]{1,2}[.]){3,4}[0-9]{1,3}|([0-9a-fA-F]{0,5}:){2,8}[0-9a-f]{0,4}",
        FieldType::Cidr => "10[.][0-9]{1,2}[.]0[.][0-9]{1,2}/[0-9]{1,3}|2001:db8:[0-9]?::/[0-9]{2,3}",
        FieldType::Mac => "([0-9a-fA-F]{2}[:-]){5}[0-9a-f]{2}|([0-9a-f]{4}[.]){2}[0-9a-f]{4}|[0-9a-f]{11,13}",
        FieldType::Port => "0{0,2}[0-9]{1,6}",
    };
    proptest::string::string_regex(pattern)
        .expect("a pattern")
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_refused_or_has_one_normal_form(text in "\\PC{0,40}|(?s).{0,40}") {
        for field_type in TYPES {
            holds(&field(field_type), &text)?;
        }
    }

    #[test]
    fn nearly_right_text_is_refused_or_has_one_normal_form(
        texts in TYPES.map(nearly),
    ) {
        for (field_type, text) in TYPES.into_iter().zip(texts) {
            holds(&field(field_type), &text)?;
        }
    }

    #[test]
    fn an_accepted_ip_address_is_the_one_that_was_typed(text in nearly(FieldType::Ip)) {
        let parsed = text.parse::<std::net::IpAddr>().map(|address| address.to_string()).ok();
        prop_assert_eq!(field(FieldType::Ip).accept(&text).ok(), parsed);
    }

    #[test]
    fn every_day_of_the_calendar_is_a_date(days in 0i32..3_000_000) {
        let date = chrono::NaiveDate::from_num_days_from_ce_opt(days + 1).expect("a day").to_string();
        prop_assert_eq!(field(FieldType::Date).accept(&date), Ok(date));
    }
}

#[test]
fn nothing_fits_every_type() {
    for field_type in TYPES {
        assert_eq!(field(field_type).accept(""), Ok(String::new()), "{field_type:?}");
        if field_type != FieldType::LongText {
            assert_eq!(
                field(field_type).accept(" \r\n "),
                Ok(String::new()),
                "{field_type:?}"
            );
        }
    }
}

#[test]
fn huge_values_are_judged_at_once() {
    let most = MAX_VALUE - 32;
    for unit in ["a", "9", ".", ":", "é", "a\n", "\r", "@", "\u{202e}", "%"] {
        let text = unit.repeat(most / unit.len());
        for (field_type, prefix) in TYPES
            .into_iter()
            .flat_map(|field_type| ["", "https://", "a@", "1."].map(|prefix| (field_type, prefix)))
        {
            if let Err(why) = field(field_type).accept(&format!("{prefix}{text}")) {
                assert!(why.to_string().len() < 1500, "{field_type:?}: {why}");
            }
        }
    }
    let over = "1".repeat(MAX_VALUE + 1);
    for field_type in TYPES {
        let why = field(field_type).accept(&over).expect_err("too long");
        assert_eq!(
            why.to_string(),
            "the value has 65537 bytes; 65536 are allowed",
            "{field_type:?}"
        );
    }
}

#[test]
fn hostile_values_are_refused_where_a_type_is_asked_for() {
    let hostile = [
        "<script>alert(1)</script>",
        "$(reboot)",
        "a; rm -rf /",
        "' OR 1=1 --",
        "[VAR:x]",
        "a\0b",
        "\u{1b}[2J",
    ];
    for field_type in TYPES {
        for text in hostile {
            let accepted = field(field_type).accept(text);
            let text_type = matches!(field_type, FieldType::Text | FieldType::LongText);
            if !text_type || text.contains(['\0', '\u{1b}']) {
                assert!(accepted.is_err(), "{field_type:?} took {text:?}");
            } else {
                assert_eq!(accepted.as_deref(), Ok(text));
            }
        }
    }
}

#[test]
fn what_is_pasted_around_a_value_goes() {
    for (field_type, text, normal) in [
        (FieldType::Hostname, "\u{feff} dc01\u{a0}\r\n", "dc01"),
        (FieldType::Ip, "\u{200b}10.0.0.1\t", "10.0.0.1"),
        (
            FieldType::Email,
            "\u{202a}ana@example.com\u{202c}",
            "ana@example.com",
        ),
    ] {
        assert_eq!(field(field_type).accept(text).as_deref(), Ok(normal));
    }
}

#[test]
fn a_refusal_names_the_value_and_the_reason() {
    for (field_type, text, said) in [
        (
            FieldType::Ip,
            "192.168.1.300",
            "192.168.1.300 is not an IP address: 300 is over 255",
        ),
        (
            FieldType::Cidr,
            "10.0.0.1/33",
            "10.0.0.1/33 is not a network: the prefix of an IPv4 network goes up to 32",
        ),
        (
            FieldType::Hostname,
            "host_name",
            "host_name is not a host name: _ is not allowed",
        ),
        (
            FieldType::Date,
            "31.2.2026",
            "31.2.2026 is not a date: February 2026 has 28 days",
        ),
        (
            FieldType::Port,
            "70000",
            "70000 is not a port: ports go from 1 to 65535",
        ),
        (
            FieldType::Boolean,
            "maybe",
            "maybe is not true or false: yes and no, on and off, 1 and 0 are taken too",
        ),
        (
            FieldType::Hostname,
            "a\nb",
            "a<U+000A>b is not a host name: it has a line break inside",
        ),
        (
            FieldType::Mac,
            "a\0b",
            "a<U+0000>b is not a MAC address: it has a control character (U+0000)",
        ),
    ] {
        assert_eq!(field(field_type).accept(text).expect_err(text).to_string(), said);
    }
}
