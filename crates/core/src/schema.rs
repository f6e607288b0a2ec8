//! The JSON Schema of the JSON form, made from the types; the file in `schema/` is checked against it.

use serde_json::Value;

use crate::flow::FlowParts;

/// The JSON Schema (draft 2020-12) of a flow document.
pub fn flow_schema() -> Value {
    schemars::schema_for!(FlowParts).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_schema_is_what_the_types_give() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/flow.schema.json");
        let made = format!("{}\n", serde_json::to_string_pretty(&flow_schema()).unwrap());
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, &made).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            stored == made,
            "{path} is not what the types give; run the test with UPDATE_SNAPSHOTS=1 and review the difference"
        );
    }
}
