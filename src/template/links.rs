//! Links that stand in metadata, each with a name of its own: `{"links": [{"label": "Contact Jane Doe", "url": "https://…"}]}`.

use serde::{Deserialize, Serialize};

use super::lines::{cut, link, one_line};

/// Members of metadata that are for programs: nobody is shown them as facts.
const MACHINE_KEYS: [&str; 5] = ["module", "record_id", "late_seconds", "starts_at", "links"];

/// How many links are shown.
const MOST: usize = 10;

/// The longest name of a link, in characters.
const LONGEST_LABEL: usize = 100;

/// A link with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// One line, not empty, not escaped for anything.
    pub label: String,
    /// Absolute, http or https, with nothing in it that hides where it leads.
    pub url: String,
}

/// Whether a member of metadata is for programs, and nothing to read.
pub fn is_for_machines(key: &str) -> bool {
    MACHINE_KEYS.contains(&key)
}

/// The links of a notification, from the text of its metadata: ten at most. `absolute` says where a path leads.
pub fn links(metadata: &str, absolute: impl Fn(&str) -> String) -> Vec<Link> {
    let Ok(Metadata { links }) = serde_json::from_str(metadata) else {
        return Vec::new();
    };
    let given = links.as_array().into_iter().flatten().filter_map(|one| {
        let text = |name: &str| one.get(name)?.as_str();
        let url = link(&absolute(text("url")?))?;
        let label = cut(&one_line(text("label").unwrap_or_default()), LONGEST_LABEL);
        Some(Link { label: if label.is_empty() { cut(&url, LONGEST_LABEL) } else { label }, url })
    });
    given.take(MOST).collect()
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    links: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(metadata: &str) -> Vec<(String, String)> {
        let absolute = |url: &str| {
            if url.starts_with('/') { format!("https://crm.example.com{url}") } else { url.to_owned() }
        };
        links(metadata, absolute).into_iter().map(|link| (link.label, link.url)).collect()
    }

    #[test]
    fn links_are_read_in_their_order() {
        let metadata = r#"{"a":1,"links":[{"label":" Contact\r\nJane ","url":"https://crm.example.com/1?a=b&c"},
            {"url":"/records/leads/2"},{"label":"","url":"http://x.example"}]}"#;
        let expected = [
            ("Contact  Jane", "https://crm.example.com/1?a=b&c"),
            ("https://crm.example.com/records/leads/2", "https://crm.example.com/records/leads/2"),
            ("http://x.example", "http://x.example"),
        ];
        assert_eq!(read(metadata), expected.map(|(label, url)| (label.to_owned(), url.to_owned())));
    }

    #[test]
    fn what_leads_nowhere_is_left_out() {
        for url in
            ["javascript:alert(1)", "", "evil.example", "https://a@b.example", "https://x/\" onclick=", "x y"]
        {
            let metadata = serde_json::json!({"links": [{"label": "Open", "url": url}]}).to_string();
            assert_eq!(read(&metadata), [], "{url}");
        }
        for metadata in [
            "",
            "[]",
            "7",
            r#"{"links":7}"#,
            r#"{"links":{"label":"a","url":"https://x.example"}}"#,
            r#"{"links":["https://x.example",null,{"label":"a"},{"url":7}]}"#,
            r#"{"link":[]}"#,
        ] {
            assert_eq!(read(metadata), [], "{metadata}");
        }
    }

    #[test]
    fn links_are_few_and_short() {
        let one = serde_json::json!({"label": "ä".repeat(500), "url": "https://x.example"});
        let found = read(&serde_json::json!({"links": vec![one; 11]}).to_string());
        assert_eq!(found.len(), MOST);
        assert_eq!(found[0].0.chars().count(), LONGEST_LABEL + 1);
    }
}
