//! Content lines: a name and its value, escaped, and folded where they are longer than 75 octets.

/// The longest line, in octets without its end.
const LONGEST: usize = 75;

/// Lines of a calendar.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line whose value is ours, or of a kind in which nothing is escaped.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}:{value}"));
    }

    /// A line whose value is any text.
    pub(super) fn put_text(&mut self, name: &str, text: &str) {
        self.put(name, &escaped(text));
    }

    /// The same, but none for an empty text.
    pub(super) fn put_text_unless_empty(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.put_text(name, text);
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn fold(&mut self, line: &str) {
        // Whatever it is: a line that a value ended would be a property of somebody else's.
        let line: String = line.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
        let mut rest = line.as_str();
        let mut room = LONGEST;
        while rest.len() > room {
            let (kept, behind) = rest.split_at(rest.floor_char_boundary(room));
            self.0.push_str(kept);
            self.0.push_str("\r\n ");
            rest = behind;
            room = LONGEST - 1;
        }
        self.0.push_str(rest);
        self.0.push_str("\r\n");
    }
}

/// A text whose lines end with `\n`, as a value (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// One line of text as the value of a parameter, in quotes where it needs them. Quotes themselves cannot stand there.
pub(super) fn parameter(text: &str) -> String {
    let text: String = text.chars().map(|c| if c == '"' { '\'' } else { c }).collect();
    if text.contains([':', ';', ',']) { format!("\"{text}\"") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_unfolded_are_as_they_were() {
        for unit in ["x", "ä", "€", "🔔", "a\u{301}", " ", "\\n"] {
            for count in [0, 1, 20, 60, 66, 67, 68, 69, 74, 75, 76, 149, 150, 500] {
                let text = unit.repeat(count);
                let mut lines = Lines::default();
                lines.put("SUMMARY", &text);
                let written = lines.into_text();
                assert!(written.split("\r\n").all(|line| line.len() <= LONGEST), "{written}");
                assert_eq!(written.replace("\r\n ", ""), format!("SUMMARY:{text}\r\n"));
                // As long as they may be, but for what is left of a character.
                let lines: Vec<&str> = written.trim_end_matches("\r\n").split("\r\n").collect();
                assert!(lines.iter().rev().skip(1).all(|line| line.len() > LONGEST - 4), "{written}");
            }
        }
    }

    #[test]
    fn what_separates_is_escaped_and_nothing_ends_a_line() {
        assert_eq!(escaped("a\\n, b; c\nd: \"e\""), "a\\\\n\\, b\\; c\\nd: \"e\"");
        let mut lines = Lines::default();
        lines.put("X", "a\r\nY:b\u{85}\u{0}\tc");
        assert_eq!(lines.into_text(), "X:aY:b\tc\r\n");
        assert_eq!(parameter("Acme; \"Sales\""), "\"Acme; 'Sales'\"");
        assert_eq!(parameter("Europe/London"), "Europe/London");
    }
}
