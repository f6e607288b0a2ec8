//! Filters of lists: they stand in the address, and each can be taken away.

use maud::{Markup, html};

use super::icon::{Icon, icon};

/// An address with those parameters that say something.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// A field to search in; `/` leads to it.
pub fn search_field(value: &str, placeholder: &str, label: &str) -> Markup {
    html! {
        div class="search-field" {
            (icon(Icon::Search))
            input class="control" type="search" name="q" value=(value) placeholder=(placeholder) aria-label=(label)
                maxlength="200" autocomplete="off" spellcheck="false";
            kbd class="needs-js" aria-hidden="true" { "/" }
        }
    }
}

/// A choice among values, of which the empty one does not narrow.
pub fn choice<'a>(
    name: &str,
    label: &str,
    chosen: &str,
    options: impl Iterator<Item = (&'a str, &'a str)>,
) -> Markup {
    html! {
        select class="control" id={ "filter-" (name) } name=(name) aria-label=(label) {
            option value="" { (label) }
            @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
        }
    }
}

/// A filter that is on: what it says, and a way to take it away.
pub fn chip(name: &str, value: &str, text: &str, remove: &str, without: &str) -> Markup {
    html! {
        input type="hidden" name=(name) value=(value);
        a class="chip" href=(without) aria-label=(remove) { (text) " " (icon(Icon::Close)) }
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_has_only_what_narrows() {
        assert_eq!(address("/flows", &[("q", ""), ("tag", "")]), "/flows");
        assert_eq!(
            address("/flows", &[("q", "a&b c"), ("tag", "")]),
            "/flows?q=a%26b+c"
        );
    }
}
