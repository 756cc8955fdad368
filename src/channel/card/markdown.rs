//! Text of people and programs, so written that readers of Markdown show it and nothing more.
//!
//! A text block of a card is Markdown: left as it is, a title could hold a link that lies about where it leads.
//! Every line becomes a paragraph of its own, since single line ends are lost; that also keeps lines from making a
//! heading or a table of each other.

/// The text with its line ends kept.
pub(super) fn paragraphs(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let is_end = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    for line in text.split(is_end).map(str::trim_end).filter(|line| !line.chars().all(is_blank)) {
        if !escaped.is_empty() {
            escaped.push_str("\n\n");
        }
        escape(line, &mut escaped);
    }
    escaped
}

/// The text on one line.
pub(super) fn line(text: &str) -> String {
    let mut escaped = String::new();
    escape(&crate::channel::words::one_line(text), &mut escaped);
    escaped
}

/// A link to an address of ours, with the text on one line.
pub(super) fn link(text: &str, url: &str) -> String {
    let mut address = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            // What could end the address, or be taken for an escape.
            '(' | ')' | '<' | '>' | '\\' | '`' | '*' | '"' | '\'' | '[' | ']' | '|' | ';' => {
                address.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c if c.is_whitespace() || c.is_control() => {}
            c => address.push(c),
        }
    }
    format!("[{}]({address})", line(text))
}

fn escape(line: &str, into: &mut String) {
    let begin = line.find(|c| !is_blank(c)).unwrap_or(line.len());
    // Four spaces would make it code. Readers see the same width.
    into.extend(line[..begin].chars().map(|c| if c.is_control() || c == ' ' { '\u{a0}' } else { c }));
    let line = &line[begin..];
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mut before = '\0';
    for (index, c) in line.char_indices() {
        let rest = &line[index + c.len_utf8()..];
        let marks = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '|' => true,
            // #1042 and -5 are no marks: those stand before a space, or another of their kind.
            '#' | '-' | '+' => index == 0 && !rest.starts_with(char::is_alphanumeric),
            '.' | ')' => index == digits && digits > 0 && !rest.starts_with(char::is_alphanumeric),
            '&' => is_entity(rest),
            // Cards know {{DATE(…)}} and {{TIME(…)}}; templates know ${…}.
            '{' => before == '{' || before == '$' || rest.starts_with('{'),
            _ => false,
        };
        if marks {
            into.push('\\');
        }
        into.push(if c.is_control() { ' ' } else { c });
        before = c;
    }
}

/// Whether what follows an ampersand makes it a character by its name or number.
fn is_entity(rest: &str) -> bool {
    let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(rest.len());
    name > 0 && rest[name..].starts_with(';')
}

/// What some readers skip at the beginning of a line, before they look for a mark.
fn is_blank(c: char) -> bool {
    let is_invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    c.is_whitespace() || c.is_control() || is_invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and how it must be written. The peers (`web/peers/cards.test.ts`) read them back as Markdown.
    #[test]
    fn marks_are_only_characters() {
        let table: &[(&str, &str)] = &[
            ("[x](http://evil)", r"\[x\](http://evil)"),
            ("![x](http://evil/a.png)", r"!\[x\](http://evil/a.png)"),
            ("[x][1]", r"\[x\]\[1\]"),
            ("[1]: http://evil", r"\[1\]: http://evil"),
            ("<http://evil>", r"\<http://evil\>"),
            ("<at>Ana</at>", r"\<at\>Ana\</at\>"),
            ("<b>bold</b>", r"\<b\>bold\</b\>"),
            ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
            ("**bold**", r"\*\*bold\*\*"),
            ("*slanted*", r"\*slanted\*"),
            ("__bold__", r"\_\_bold\_\_"),
            ("_slanted_", r"\_slanted\_"),
            ("plan_name", r"plan\_name"),
            ("~~gone~~", r"\~\~gone\~\~"),
            ("`code`", r"\`code\`"),
            ("```code```", r"\`\`\`code\`\`\`"),
            ("~~~", r"\~\~\~"),
            ("# Title", r"\# Title"),
            ("###### Title", r"\###### Title"),
            ("a # b", "a # b"),
            ("- item", r"\- item"),
            ("+ item", r"\+ item"),
            ("* item", r"\* item"),
            ("-", r"\-"),
            ("---", r"\---"),
            ("***", r"\*\*\*"),
            ("a - b", "a - b"),
            ("SO-1042", "SO-1042"),
            ("1. first", r"1\. first"),
            ("1) first", r"1\) first"),
            ("007. first", r"007\. first"),
            ("2026. Was it", r"2026\. Was it"),
            ("1.", r"1\."),
            ("1.5 hours", "1.5 hours"),
            ("-5 %", "-5 %"),
            ("+49 30 1", "+49 30 1"),
            ("#1042", "#1042"),
            ("at 1. of", "at 1. of"),
            (". dot", ". dot"),
            ("> quote", r"\> quote"),
            ("a > b", r"a \> b"),
            ("| a | b |", r"\| a \| b \|"),
            ("a\\*b", r"a\\\*b"),
            ("C:\\new\\x", r"C:\\new\\x"),
            ("&lt;at&gt;", r"\&lt;at\&gt;"),
            ("&#42;x&#x2a;", r"\&#42;x\&#x2a;"),
            ("AT&T; R&D", r"AT\&T; R&D"),
            ("{{DATE(2026-01-01T00:00:00Z, SHORT)}}", r"\{\{DATE(2026-01-01T00:00:00Z, SHORT)}}"),
            ("${name} {ok}", r"$\{name} {ok}"),
            ("    code", "\u{a0}\u{a0}\u{a0}\u{a0}code"),
            ("  - item", "\u{a0}\u{a0}\\- item"),
            ("\u{200b}- item", "\u{200b}\\- item"),
            ("\u{feff}# T", "\u{feff}\\# T"),
            ("\u{3000}1. x", "\u{3000}1\\. x"),
            ("\t- item", "\u{a0}\\- item"),
            ("a\u{0}b\u{7}c\u{1b}[0m", r"a b c \[0m"),
        ];
        for (text, written) in table {
            assert_eq!(paragraphs(text), *written, "{text:?}");
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(paragraphs("a\nb\r\nc\rd\u{2028}e"), "a\n\nb\n\nc\n\nd\n\ne");
        assert_eq!(paragraphs("\n\na  \n\n\n \n- b\n"), "a\n\n\\- b");
        assert_eq!(paragraphs("Title\n=====\na\n---"), "Title\n\n=====\n\na\n\n\\---");
        assert_eq!(line("a\n- b\r\n# c"), "a - b # c");
        assert_eq!(line("\n- b"), r"\- b");
    }

    #[test]
    fn links_of_ours_cannot_be_broken_open() {
        assert_eq!(
            link("A](http://evil)", "https://crm/a?b=(c)"),
            r"[A\](http://evil)](https://crm/a?b=%28c%29)"
        );
        assert_eq!(link("A", "https://crm/\"> <a`\n"), "[A](https://crm/%22%3E%3Ca%60)");
    }
}
