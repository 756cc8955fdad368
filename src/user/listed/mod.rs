//! Lists of people as administrators write them: names, e-mail addresses or numbers, separated by commas or semicolons.

mod store;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::auth::Refusal;
use crate::http::body::nearest;
use crate::storage::{Error, Tx};

/// The longest list that settings take, in characters.
pub const LONGEST: usize = 4_000;

/// The most entries of a list that settings take. Whom it names is looked up whenever they may have to be told.
const MOST: usize = 100;

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
    let called = called_in(tx, entries(list)).await?;
    Ok(called.listed(list))
}

/// Who is meant by each of these lists, all of them looked up at once.
///
/// # Errors
/// What the database says.
pub async fn people_of_each_in(tx: &mut Tx, lists: BTreeSet<String>) -> Result<Vec<(String, Listed)>, Error> {
    let called = called_in(tx, lists.iter().flat_map(|list| entries(list))).await?;
    let of_each = lists.into_iter().map(|list| {
        let listed = called.listed(&list);
        (list, listed)
    });
    Ok(of_each.collect())
}

/// Looks up who is called like any of these entries, each of which is asked for once.
async fn called_in(tx: &mut Tx, entries: impl Iterator<Item = &str>) -> Result<Called, Error> {
    // PostgreSQL cannot be asked for what it cannot keep.
    let keys: BTreeSet<String> =
        entries.filter(|entry| !entry.contains('\0')).map(str::to_lowercase).collect();
    let numbers: Vec<i64> = keys.iter().filter_map(|key| key.parse().ok()).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let mut called = Called::default();
    for found in store::called(tx, &numbers, &keys).await? {
        called.numbers.insert(found.id);
        called.emails.insert(found.email_key, found.id);
        called.names.entry(found.name_key).or_default().push(found.id);
    }
    Ok(called)
}

/// People by what lists may call them.
#[derive(Default)]
struct Called {
    numbers: HashSet<i64>,
    /// By the address in lower case.
    emails: HashMap<String, i64>,
    /// By the name in lower case, in the order of their numbers.
    names: HashMap<String, Vec<i64>>,
}

impl Called {
    /// Those who are called this: the user with this number, or with this e-mail address, or all of this name.
    fn like(&self, entry: &str) -> Vec<i64> {
        let key = entry.to_lowercase();
        let by_number = entry.parse().ok().filter(|id| self.numbers.contains(id));
        let one = by_number.or_else(|| self.emails.get(&key).copied());
        one.map_or_else(|| self.names.get(&key).cloned().unwrap_or_default(), |id| vec![id])
    }

    fn listed(&self, list: &str) -> Listed {
        let (mut listed, mut seen, mut asked) = (Listed::default(), HashSet::new(), HashSet::new());
        for entry in entries(list).filter(|entry| asked.insert(*entry)) {
            let found = self.like(entry);
            if found.is_empty() {
                listed.unknown.push(entry.to_owned());
            }
            listed.known.extend(found.into_iter().filter(|id| seen.insert(*id)));
        }
        listed
    }
}

/// Judges a list that is to be saved as a setting.
///
/// # Errors
/// 400 for too many entries, and for an entry that nobody is called, or that several are; one sentence says who might
/// have been meant.
pub(super) async fn judge_in(tx: &mut Tx, field: &str, list: &str) -> Result<(), Refusal> {
    if entries(list).count() > MOST {
        return Err(Refusal::invalid(format!(
            "{field}: a list may have {MOST} entries at most; leave some out"
        )));
    }
    let called = called_in(tx, entries(list)).await?;
    for entry in entries(list) {
        match called.like(entry).len() {
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

/// Judges the number of a user that is to be saved as a setting.
///
/// # Errors
/// 400 where nobody has it.
pub(super) async fn judge_one_in(tx: &mut Tx, field: &str, id: i64) -> Result<(), Refusal> {
    if store::called(tx, &[id], &[]).await?.is_empty() {
        return Err(Refusal::invalid(format!("{field}: there is no user {id}; write the number of a user")));
    }
    Ok(())
}

async fn unknown_in(tx: &mut Tx, field: &str, entry: &str) -> Result<Refusal, Error> {
    let names = store::names(tx, entry, MOST_NAMES).await?;
    if let Some(name) = names.iter().find(|name| is_torn(name, entry)) {
        let separator = if name.contains(',') { "comma" } else { "semicolon" };
        return Ok(Refusal::invalid(format!(
            "{field}: a {separator} separates users here, so that {name} cannot be written by name; write the number or \
             the e-mail address of that user"
        )));
    }
    let meant = like(entry, &names).map_or_else(String::new, |name| format!("; did you mean {name}?"));
    let shown = shown(entry);
    Ok(Refusal::invalid(format!(
        "{field}: there is no user {shown}{meant}{} write names, e-mail addresses or numbers of users, separated by commas or semicolons",
        if meant.is_empty() { ";" } else { " Or" }
    )))
}

/// Whether an entry is what a list makes of the beginning of this name.
fn is_torn(name: &str, entry: &str) -> bool {
    let mut parts = entries(name);
    let is_beginning = parts.next().is_some_and(|part| part.to_lowercase() == entry.to_lowercase());
    is_beginning && parts.next().is_some()
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
