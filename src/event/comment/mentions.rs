//! Who is mentioned in a text: `@grace`, `@grace@example.com`, `@Grace Sales`, `@"Grace Sales"`.

use std::collections::BTreeSet;

use crate::storage::{Error, Tx};
use crate::user::mention::{self, Meant};

/// How many mentions of a text count.
const MOST: usize = 20;

/// How many words a name may have that stands without quotes.
const WORDS: usize = 3;

/// The longest name, in characters.
const LONGEST: usize = 100;

/// What may be meant by one @.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mention {
    /// Names, the longest first.
    names: Vec<String>,
    /// What stands before the @ of an e-mail address, the longest first.
    mailboxes: Vec<String>,
    /// A whole e-mail address.
    email: Option<String>,
}

/// Those who are mentioned in a text. What is nobody's name is left alone; a name that several people have means all of
/// them.
///
/// # Errors
/// What the database says.
pub(super) async fn people_in(tx: &mut Tx, text: &str) -> Result<BTreeSet<i64>, Error> {
    let mentions = mentions(text);
    let names: BTreeSet<String> = mentions.iter().flat_map(|mention| mention.names.clone()).collect();
    let boxes: BTreeSet<String> = mentions.iter().flat_map(|mention| mention.mailboxes.clone()).collect();
    let (names, boxes): (Vec<_>, Vec<_>) = (names.into_iter().collect(), boxes.into_iter().collect());
    let known = mention::meant_in(tx, &names, &boxes).await?;
    Ok(mentions.iter().flat_map(|mention| mention.meant(&known)).collect())
}

impl Mention {
    /// Who is meant: the longest name that anybody has, or else a mailbox.
    fn meant(&self, known: &[Meant]) -> Vec<i64> {
        let who = |is_it: &dyn Fn(&Meant) -> bool| -> Vec<i64> {
            known.iter().filter(|meant| is_it(meant)).map(|meant| meant.id).collect()
        };
        if let Some(email) = &self.email {
            return who(&|meant| meant.email == *email);
        }
        let called = self.names.iter().map(|name| who(&|meant| meant.name == *name));
        let boxed = self.mailboxes.iter().map(|mailbox| {
            who(&|meant| meant.email.split_once('@').is_some_and(|(before, _)| before == mailbox))
        });
        called.chain(boxed).find(|ids| !ids.is_empty()).unwrap_or_default()
    }
}

/// Whether a text mentions somebody or tries to: `@Support` is for colleagues, though nobody is called so.
pub(super) fn is_tried(text: &str) -> bool {
    let begins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '“' | '„');
    marked(text).any(|rest| rest.starts_with(begins))
}

/// The mentions of a text, in its order.
fn mentions(text: &str) -> Vec<Mention> {
    marked(&text.to_lowercase()).filter_map(mention).take(MOST).collect()
}

/// What follows each @ of a text but those within e-mail addresses, which mention nobody.
fn marked(text: &str) -> impl Iterator<Item = &str> {
    let marks = text.match_indices('@').map(|(index, _)| text.split_at(index));
    marks.filter(|(before, _)| !before.ends_with(char::is_alphanumeric)).map(|(_, rest)| &rest[1..])
}

/// What a text that follows an @ begins with.
fn mention(rest: &str) -> Option<Mention> {
    for (open, close) in [('"', '"'), ('“', '”'), ('„', '“')] {
        if let Some(quoted) = rest.strip_prefix(open) {
            let name = quoted.split_once(close).map(|(name, _)| name.trim())?;
            let is_name = !name.is_empty() && name.chars().count() <= LONGEST && !name.contains('\n');
            return is_name.then(|| Mention { names: vec![name.to_owned()], ..Mention::default() });
        }
    }
    let first = word(rest)?;
    let after = &rest[first.len()..];
    if let Some(domain) = after.strip_prefix('@').and_then(word) {
        let domain = trimmed(domain);
        let email = format!("{first}@{}", owner(domain).unwrap_or(domain));
        return Some(Mention { names: Vec::new(), mailboxes: vec![first.to_owned()], email: Some(email) });
    }
    let mut names = vec![first.to_owned()];
    let mut end = first.len();
    // A name ends with its sentence and its line.
    while names.len() < WORDS && trimmed(&rest[..end]).len() == end {
        let Some(next) = rest[end..].strip_prefix(' ').and_then(word) else { break };
        end += 1 + next.len();
        names.push(rest[..end].to_owned());
    }
    let mut names: Vec<String> = names.iter().rev().flat_map(|name| called(trimmed(name))).collect();
    names.retain(|name| !name.is_empty() && name.chars().count() <= LONGEST);
    let mailboxes: Vec<String> = called(trimmed(first)).collect();
    (!mailboxes[0].is_empty()).then_some(Mention { names, mailboxes, email: None })
}

/// What somebody may be called who is mentioned as this: `ben's`, or else `ben`.
fn called(name: &str) -> impl Iterator<Item = String> {
    std::iter::once(name).chain(owner(name)).map(str::to_owned)
}

/// Whose something is: `ben` of `ben's`.
fn owner(name: &str) -> Option<&str> {
    let owner = name.strip_suffix("'s").or_else(|| name.strip_suffix("’s"));
    owner.filter(|owner| !owner.is_empty())
}

/// The letters of a name at the beginning, of at most so many characters.
fn word(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '\'' | '’');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    (end > 0 && text[..end].chars().count() <= LONGEST).then(|| &text[..end])
}

/// Without what ends a sentence.
fn trimmed(name: &str) -> &str {
    name.trim_end_matches(['.', '\'', '’', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grace Sales, Ben (in one word), Jean-Luc O'Neill, and two who are called Alex Kim.
    fn known() -> Vec<Meant> {
        let meant =
            |id, name: &str, email: &str| Meant { id, name: name.to_owned(), email: email.to_owned() };
        vec![
            meant(1, "grace sales", "grace@example.com"),
            meant(2, "ben", "b.support@example.com"),
            meant(3, "jean-luc o'neill", "jl@example.com"),
            meant(4, "alex kim", "alex@example.com"),
            meant(5, "alex kim", "alex.kim@example.com"),
            meant(6, "grace", "grace@example.org"),
        ]
    }

    fn who(text: &str) -> Vec<i64> {
        let ids: BTreeSet<i64> = mentions(text).iter().flat_map(|mention| mention.meant(&known())).collect();
        ids.into_iter().collect()
    }

    #[test]
    fn who_is_mentioned() {
        for (text, ids) in [
            ("@Grace Sales, have a look", vec![1]),
            ("ask @\"Grace Sales\" or @ben", vec![1, 2]),
            ("ask @“Grace Sales” or @BEN.", vec![1, 2]),
            ("@grace please", vec![6]),
            ("@grace@example.com please", vec![1]),
            ("@grace@example.org.", vec![6]),
            ("@grace@elsewhere.example", vec![]),
            ("(@b.support)", vec![2]),
            ("@b.support.", vec![2]),
            ("@Jean-Luc O'Neill: yes", vec![3]),
            ("@alex kim", vec![4, 5]),
            ("@alex.kim", vec![5]),
            ("@alex", vec![4]),
            ("write to grace@example.com", vec![]),
            ("@nobody at all", vec![]),
            ("@", vec![]),
            ("@ ben", vec![]),
            ("@\"ben", vec![]),
            ("@\"\" @.", vec![]),
            ("@@ben", vec![2]),
            ("@grace. Sales are up", vec![6]),
            ("@grace\nSales", vec![6]),
            ("ÄÖ@ben ß@ben", vec![]),
            ("@ben's car", vec![2]),
            ("it is @Ben’s", vec![2]),
            ("@BEN'S.", vec![2]),
            ("@grace sales's desk", vec![1]),
            ("@Grace Sales’s desk", vec![1]),
            ("@b.support's", vec![2]),
            ("@grace@example.com's", vec![1]),
            ("@jean-luc o'neill's", vec![3]),
            ("@bens car", vec![]),
        ] {
            assert_eq!(who(text), ids, "{text}");
        }
    }

    #[test]
    fn who_tries_to_mention_somebody_speaks_to_colleagues() {
        for text in [
            "@Support look",
            "he is rude (@bne)",
            "@\"Support: look",
            "@grace@elsewhere.example",
            "a\n@_b",
            "@@x",
        ] {
            assert!(is_tried(text), "{text}");
        }
        for text in ["write to grace@example.com", "at 5 @ the office", "@", "@.", "@, and", "ß@ben", ""] {
            assert!(!is_tried(text), "{text}");
        }
    }

    #[test]
    fn no_text_costs_more_than_its_first_mentions() {
        assert_eq!(mentions(&"@ben ".repeat(10_000)).len(), MOST);
        assert!(mentions(&format!("@{}", "a".repeat(10_000))).is_empty());
        assert!(mentions(&"@".repeat(10_000)).is_empty());
    }
}
