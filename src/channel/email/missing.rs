//! What could not be made of a template, and how the log and the reader are told: the e-mail goes nevertheless.

use crate::template::one_line;

/// What a compiler says may be long, in characters.
const LONGEST_CLAUSE: usize = 300;

/// Something that an e-mail should have and has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The words of its template: it has those that every notification has.
    Letter { why: String },
    /// A file.
    Print { file_name: String, why: String },
}

impl Missing {
    /// One sentence for whoever looks after the templates.
    pub(super) fn sentence(&self) -> String {
        match self {
            Missing::Letter { why } => format!(
                "This e-mail is not in the words of its template: {}; ask an administrator to look at the template.",
                clause(why)
            ),
            Missing::Print { file_name, why } => format!(
                "The PDF {} could not be made: {}; ask an administrator to look at the template.",
                clause(file_name),
                clause(why)
            ),
        }
    }

    /// The same in German. Causes are told in the language of the templates' errors, which is English.
    fn german(&self) -> String {
        match self {
            Missing::Letter { why } => format!(
                "Diese E-Mail hat nicht den Wortlaut ihrer Vorlage ({}); bitten Sie einen Administrator, sich die \
                 Vorlage anzusehen.",
                clause(why)
            ),
            Missing::Print { file_name, why } => format!(
                "Die PDF-Datei {} konnte nicht erstellt werden ({}); bitten Sie einen Administrator, sich die \
                 Vorlage anzusehen.",
                clause(file_name),
                clause(why)
            ),
        }
    }

    /// What a customer is told: that a file is missing, and nothing of our templates.
    fn outside(&self, is_german: bool) -> Option<String> {
        match self {
            Missing::Letter { .. } => None,
            Missing::Print { file_name, .. } if is_german => {
                Some(format!("Die Datei {} fehlt: Sie konnte nicht erstellt werden.", clause(file_name)))
            }
            Missing::Print { file_name, .. } => {
                Some(format!("The file {} is missing: it could not be made.", clause(file_name)))
            }
        }
    }
}

/// What the reader of an e-mail is told of all that it has not; `None` where that is nothing.
pub(super) fn note(missing: &[Missing], language: &str, is_outside: bool) -> Option<String> {
    let is_german = is_german(language);
    let sentences: Vec<String> = missing
        .iter()
        .filter_map(|one| match (is_outside, is_german) {
            (true, _) => one.outside(is_german),
            (false, true) => Some(one.german()),
            (false, false) => Some(one.sentence()),
        })
        .collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// What stands above a copy that is in the words of a template.
pub(super) fn copy_of(name: &str, language: &str) -> String {
    let name: String = one_line(name).chars().take(100).collect();
    match is_german(language) {
        true => format!("Kopie einer Benachrichtigung für {name}."),
        false => format!("Copy of a notification for {name}."),
    }
}

/// That an e-mail waits for a file.
pub(super) fn waits(file_name: &str, why: &str) -> String {
    format!("The e-mail waits for its PDF {}: {}.", clause(file_name), clause(why))
}

fn is_german(language: &str) -> bool {
    language.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case("de"))
}

/// A sentence made fit to stand within another one.
fn clause(sentence: &str) -> String {
    let line = one_line(sentence);
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(LONGEST_CLAUSE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_told_in_their_language_and_a_customer_nothing_of_templates() {
        let letter = Missing::Letter { why: "it was deleted.".to_owned() };
        let print = Missing::Print { file_name: "Order 7.pdf".to_owned(), why: "Line 3: no.".to_owned() };
        let both = [letter, print];
        assert_eq!(
            both[1].sentence(),
            "The PDF Order 7.pdf could not be made: Line 3: no; ask an administrator to look at the template."
        );
        let told = |language, is_outside| note(&both, language, is_outside).unwrap();
        assert_eq!(told("en-GB", false), format!("{} {}", both[0].sentence(), both[1].sentence()));
        assert!(
            told("de-AT", false)
                .contains("Die PDF-Datei Order 7.pdf konnte nicht erstellt werden (Line 3: no);")
        );
        assert_eq!(told("en", true), "The file Order 7.pdf is missing: it could not be made.");
        assert_eq!(told("de", true), "Die Datei Order 7.pdf fehlt: Sie konnte nicht erstellt werden.");
        assert_eq!((note(&both[..1], "en", true), note(&[], "en", false)), (None, None));
    }
}
