//! What people and accounts are called: rules that the pages and the commands share.

use resolutionflow_core::field::{Field, FieldName, FieldType};

/// The longest name, in bytes.
const LONGEST: usize = 200;

/// A mail address in its normal form, or what is wrong with it.
pub fn email(text: &str) -> Result<String, String> {
    let name = FieldName::parse("email").expect("this is a name of a field");
    let field = Field {
        field_type: FieldType::Email,
        ..Field::plain(name)
    };
    match field.accept(text) {
        Ok(email) if email.is_empty() => Err("expected a mail address".to_owned()),
        Ok(email) => Ok(email),
        Err(invalid) => Err(invalid.to_string()),
    }
}

/// A name of a person, an account or a token, or what is wrong with it.
pub fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(format!("expected one line of 1 to {LONGEST} bytes"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_or_name_is_refused() {
        for wrong in ["", "morgan", "a b@c.example", "@c.example"] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
        assert_eq!(email(" m@contoso.example ").unwrap(), "m@contoso.example");
        assert!(one_line(" \t").is_err() && one_line("a\nb").is_err() && one_line(&"x".repeat(201)).is_err());
    }
}
