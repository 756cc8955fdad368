//! Lists of people as administrators write them: names, e-mail addresses or numbers, separated by commas or semicolons.

mod store;

use std::collections::BTreeSet;

use crate::auth::Refusal;
use crate::http::body::nearest;
use crate::storage::{Error, Tx};

/// How many names a wrong one is compared with.
const MOST_NAMES: i64 = 20_000;

/// Who is meant by a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Their numbers, each once, in the order of the list.
    pub known: Vec<i64>,
    /// What nobody is called.
    pub unknown: Vec<String>,
}

/// The entries of a list, without the spaces around them.
pub fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ';', '\n']).map(str::trim).filter(|entry| !entry.is_empty())
}

/// Who is meant by a list. A name that several people have means all of them.
///
/// # Errors
/// What the database says.
pub async fn people_in(tx: &mut Tx, list: &str) -> Result<Listed, Error> {
    let (mut listed, mut seen) = (Listed::default(), BTreeSet::new());
    for entry in entries(list) {
        let found = store::called(tx, entry).await?;
        if found.is_empty() {
            listed.unknown.push(entry.to_owned());
        }
        listed.known.extend(found.into_iter().filter(|id| seen.insert(*id)));
    }
    Ok(listed)
}

/// Judges a list that is to be saved as a setting.
///
/// # Errors
/// 400 for an entry that nobody is called, or that several are; one sentence says who might have been meant.
pub(super) async fn judge_in(tx: &mut Tx, field: &str, list: &str) -> Result<(), Refusal> {
    for entry in entries(list) {
        match store::called(tx, entry).await?.len() {
            1 => {}
            0 => return Err(unknown_in(tx, field, entry).await?),
            _ => {
                let shown = shown(entry);
                return Err(Refusal::invalid(format!(
                    "{field}: several users are called {shown}; write the e-mail address or the number of the one you mean"
                )));
            }
        }
    }
    Ok(())
}

async fn unknown_in(tx: &mut Tx, field: &str, entry: &str) -> Result<Refusal, Error> {
    let names = store::names(tx, entry, MOST_NAMES).await?;
    let meant = like(entry, &names).map_or_else(String::new, |name| format!("; did you mean {name}?"));
    let shown = shown(entry);
    Ok(Refusal::invalid(format!(
        "{field}: there is no user {shown}{meant}{} write names, e-mail addresses or numbers of users, separated by commas or semicolons",
        if meant.is_empty() { ";" } else { " Or" }
    )))
}

/// The name that is most like an entry, whatever the case.
fn like<'n>(entry: &str, names: &'n [String]) -> Option<&'n str> {
    let keys: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let near = nearest(entry, keys.iter().map(String::as_str))?;
    let index = keys.iter().position(|key| key == near)?;
    Some(&names[index])
}

fn shown(entry: &str) -> String {
    entry.chars().take(64).collect()
}
