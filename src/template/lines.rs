//! What a sender wrote, made fit for one line, for a text and for a link; and cut where it is too long.

use url::Url;

/// What ends a line, in any of its spellings.
const LINE_ENDS: [char; 6] = ['\n', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The longest link that is shown; nobody could read a longer one, and three copies of it would fill the page.
const LONGEST_LINK: usize = 4096;

/// One line: control characters and line ends of any kind become spaces, and so do the marks that turn the direction
/// of writing for whatever comes after them. No spaces are left at the ends.
pub fn one_line(text: &str) -> String {
    let is_bad = |c: char| c.is_control() || LINE_ENDS.contains(&c) || is_turn(c);
    let line: String = text.chars().map(|c| if is_bad(c) { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// A text of several lines, each ended by `\n`: other control characters than tabs fall away.
pub(super) fn many_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.chars().map(|c| if LINE_ENDS.contains(&c) { '\n' } else { c });
    let clean: String = lines.filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    clean.trim_matches('\n').trim_end().to_owned()
}

/// The lines of each paragraph: an empty line stands between two.
pub(super) fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let groups = lines.split(|line| line.trim().is_empty());
    groups.filter(|group| !group.is_empty()).map(<[&str]>::to_vec).collect()
}

/// A link that may be clicked: absolute, http or https, with nothing in it that hides where it leads.
pub(super) fn link(text: &str) -> Option<String> {
    let is_bad = |c: char| {
        c.is_control() || c.is_whitespace() || matches!(c, '\\' | '"' | '<' | '>' | '`') || is_turn(c)
    };
    if text.len() > LONGEST_LINK || text.contains(is_bad) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let leads_out = matches!(url.scheme(), "http" | "https") && text.contains("://");
    (leads_out && url.has_host() && url.username().is_empty() && url.password().is_none())
        .then(|| text.to_owned())
}

/// The text if it has at most `most` characters, else its beginning and an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// Marks that turn the direction of writing until they are ended.
fn is_turn(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_has_no_ends_in_it() {
        for bad in ["\r\n", "\n", "\r", "\0", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{7f}", "\u{202e}"]
        {
            assert_eq!(one_line(&format!(" a{bad}b{bad}")), format!("a{}b", " ".repeat(bad.chars().count())));
        }
        assert_eq!(one_line("  {{7*7}} <b> ü "), "{{7*7}} <b> ü");
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(many_lines("a\r\nb\rc\u{2028}d\0\u{1b}[31m\te\n\n"), "a\nb\nc\nd[31m\te");
        assert_eq!(paragraphs("a\nb\n\n \nc"), [vec!["a", "b"], vec!["c"]]);
        assert!(paragraphs("").is_empty());
    }

    #[test]
    fn only_links_that_lead_where_they_say_are_shown() {
        for good in ["https://crm.example.com/a?b=1&c=%20#d", "http://127.0.0.1:1/x", "HTTPS://EXAMPLE.COM"] {
            assert_eq!(link(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "/a",
            "//a.example",
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "https:a",
            "https://user@a.example",
            "https://user:pass@a.example/",
            "https://a.example/\u{202e}",
            "https://a.example/\" onclick=\"x",
            "https://a.example/\r\nx: y",
            "https://a.example/ x",
            "https:\\\\a.example",
            "ftp://a.example",
        ] {
            assert_eq!(link(bad), None, "{bad:?}");
        }
        assert_eq!(link(&format!("https://a.example/{}", "a".repeat(LONGEST_LINK))), None);
    }

    #[test]
    fn what_is_too_long_ends_with_an_ellipsis() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äö üx", 3), "äö…");
    }
}
