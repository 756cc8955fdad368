//! Looks for what records are likely the same as: candidates by the index, then value by value.
//!
//! Only reads. Whatever the index says, two records are a pair only where a rule says so of what they hold now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::rules::{Key, Reason, Rule, is_contains, parts, threes};
use super::{DuplicateSettings, Pair, store};
use crate::record::Record;
use crate::record::store as records;
use crate::storage::{Error, Tx};

/// From so many records on it does not matter any more how frequent three letters are.
const FREQUENT: i64 = 300;

/// By how many threes of letters records are looked up that contain a value.
const THREES: usize = 4;

/// How many records at most are read in one look, over all that are compared.
const MOST_READ: usize = 4_000;

/// How far a look goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// As a record is saved: the newest of those that share a value.
    Save,
    /// As a module is indexed: a value that many share says nothing, or else all would be paired with all.
    Index,
}

impl Depth {
    /// How many candidates a value may have.
    fn most(self) -> usize {
        match self {
            Depth::Save => 200,
            Depth::Index => 20,
        }
    }

    /// How many pairs a record may have that are found at once.
    fn pairs(self) -> usize {
        match self {
            Depth::Save => 50,
            Depth::Index => 20,
        }
    }

    /// The candidates of a value that these share, the newest first.
    fn of(self, mut sharing: Vec<i64>) -> Vec<i64> {
        match self {
            Depth::Index if sharing.len() > self.most() => Vec::new(),
            _ => {
                sharing.truncate(self.most());
                sharing
            }
        }
    }
}

/// Another record that is likely the same.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub other: Record,
    /// Why, seen from the record that was compared.
    pub reasons: Vec<Reason>,
    /// What is known of the two.
    pub pair: Option<Pair>,
}

impl Match {
    /// Whether somebody said that they are two different things, for all that is known now.
    pub fn is_dismissed(&self) -> bool {
        self.pair.as_ref().is_some_and(|pair| pair.dismissed_at.is_some()) && !self.lifts()
    }

    /// Whether a dismissal counts no more: another rule matches than those that did.
    pub fn lifts(&self) -> bool {
        let Some(pair) = self.pair.as_ref().filter(|pair| pair.dismissed_at.is_some()) else { return false };
        let is_known = |reason: &Reason| pair.reasons.iter().any(|known| known.is_of_rule_of(reason));
        !self.reasons.iter().all(is_known)
    }
}

/// A record that was compared, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    pub number: i64,
    /// `None`: it is gone.
    pub record: Option<Record>,
    /// What of it stands in the index.
    pub had: Vec<Key>,
    /// What is to stand there.
    pub keys: Vec<Key>,
    /// What it is likely the same as: what most rules say it of first, then the newest.
    pub matches: Vec<Match>,
    /// Whether there are more than are kept.
    pub has_more: bool,
    /// Pairs that are none any more.
    pub gone: Vec<i64>,
}

/// Compares records, each once, with all others: what comes later among them also with what comes before.
pub(super) async fn look_in(
    tx: &mut Tx,
    numbers: &[i64],
    settings: &DuplicateSettings,
    depth: Depth,
) -> Result<Vec<Looked>, Error> {
    let mut found = by_number(records::numbered(tx, numbers).await?);
    let mut entries = store::entries(tx, numbers).await?;
    let mut looked: Vec<Looked> = numbers
        .iter()
        .map(|number| {
            let record = found.remove(number);
            Looked {
                number: *number,
                had: entries.remove(number).unwrap_or_default(),
                keys: record.as_ref().map_or_else(Vec::new, |record| keys_of(record, settings)),
                record,
                matches: Vec::new(),
                has_more: false,
                gone: Vec::new(),
            }
        })
        .collect();
    let mut candidates = candidates_in(tx, &looked, depth).await?;
    for (later, earlier) in beside(&looked) {
        candidates[later].insert(looked[earlier].number);
    }
    let mut pairs = pairs_in(tx, numbers).await?;
    let mut wanted: BTreeSet<i64> = pairs.values().flat_map(BTreeMap::keys).copied().collect();
    wanted.extend(candidates.iter().flatten().rev().take(MOST_READ));
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let others = by_number(records::numbered(tx, &wanted).await?);
    for (one, candidates) in looked.iter_mut().zip(candidates) {
        let known = pairs.remove(&one.number).unwrap_or_default();
        judge(one, candidates, known, &others, settings, depth);
    }
    Ok(looked)
}

fn by_number(records: Vec<Record>) -> HashMap<i64, Record> {
    records.into_iter().map(|record| (record.number, record)).collect()
}

fn keys_of(record: &Record, settings: &DuplicateSettings) -> Vec<Key> {
    let keys: BTreeSet<Key> = settings.rules_of(&record.module).flat_map(|rule| rule.keys(record)).collect();
    keys.into_iter().collect()
}

/// The pairs in which these records are, by their numbers and that of the other one.
async fn pairs_in(tx: &mut Tx, numbers: &[i64]) -> Result<HashMap<i64, BTreeMap<i64, Pair>>, Error> {
    let mut of: HashMap<i64, BTreeMap<i64, Pair>> = HashMap::new();
    for pair in store::pairs_of(tx, numbers).await? {
        for (one, other) in [(pair.number, pair.other_number), (pair.other_number, pair.number)] {
            of.entry(one).or_default().insert(other, pair.clone());
        }
    }
    Ok(of)
}

/// For each record the numbers of those that the index says may be the same.
async fn candidates_in(tx: &mut Tx, looked: &[Looked], depth: Depth) -> Result<Vec<BTreeSet<i64>>, Error> {
    let most = i64::try_from(depth.most()).expect("it is small") + 2;
    let mut candidates = vec![BTreeSet::new(); looked.len()];
    let mut wanted: Vec<(usize, Key)> = Vec::new();
    for (place, one) in looked.iter().enumerate() {
        for (rule, key) in &one.keys {
            match is_contains(rule) {
                true => {
                    wanted.extend(parts(key).into_iter().map(|part| (place, (rule.clone(), part.to_owned()))))
                }
                false => wanted.push((place, (rule.clone(), key.clone()))),
            }
            if is_contains(rule) {
                let having = having_in(tx, rule, key, most).await?;
                candidates[place].extend(depth.of(without(having, one.number)));
            }
        }
    }
    let (places, keys): (Vec<usize>, Vec<Key>) = wanted.into_iter().unzip();
    for (place, sharing) in places.into_iter().zip(store::sharing(tx, &keys, most).await?) {
        candidates[place].extend(depth.of(without(sharing, looked[place].number)));
    }
    Ok(candidates)
}

fn without(mut numbers: Vec<i64>, own: i64) -> Vec<i64> {
    numbers.retain(|number| *number != own);
    numbers
}

/// Records whose value may contain this one: by the rarest of its letters.
async fn having_in(tx: &mut Tx, rule: &str, key: &str, most: i64) -> Result<Vec<i64>, Error> {
    let threes: Vec<i64> = threes(key).into_iter().collect();
    let frequencies = store::frequencies(tx, rule, &threes, FREQUENT).await?;
    let mut rarest: Vec<(i64, i64)> = frequencies.into_iter().zip(threes).collect();
    rarest.sort_unstable();
    let rarest: Vec<i64> = rarest.into_iter().take(THREES).map(|(_, three)| three).collect();
    store::having(tx, rule, &rarest, most).await
}

/// Which of the records that are compared together may be the same: none of them need be in the index yet.
fn beside(looked: &[Looked]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
    let mut beside = Vec::new();
    for (later, one) in looked.iter().enumerate() {
        for (rule, key) in &one.keys {
            let before = places.entry(rule).or_default();
            let is_like = |other: &str| {
                other == key || (is_contains(rule) && (other.contains(key.as_str()) || key.contains(other)))
            };
            beside.extend(
                before.iter().filter(|(_, other)| is_like(other)).map(|(earlier, _)| (later, *earlier)),
            );
            before.push((later, key));
        }
    }
    beside
}

/// Says which candidates and which known pairs are pairs now.
fn judge(
    one: &mut Looked,
    candidates: BTreeSet<i64>,
    mut known: BTreeMap<i64, Pair>,
    others: &HashMap<i64, Record>,
    settings: &DuplicateSettings,
    depth: Depth,
) {
    let Some(record) = &one.record else {
        one.gone = known.into_values().map(|pair| pair.id).collect();
        return;
    };
    let rules: Vec<&Rule> = settings.rules_of(&record.module).collect();
    let all: BTreeSet<i64> = known.keys().copied().chain(candidates).collect();
    let mut new = Vec::new();
    for number in all.into_iter().rev() {
        let pair = known.remove(&number);
        let other = others.get(&number);
        let reasons: Vec<Reason> = other
            .map(|other| rules.iter().filter_map(|rule| rule.compare(record, other)).collect())
            .unwrap_or_default();
        match (other, pair) {
            (Some(other), pair) if !reasons.is_empty() => {
                let is_new = pair.is_none();
                let found = Match { other: other.clone(), reasons, pair };
                if is_new { new.push(found) } else { one.matches.push(found) }
            }
            (_, Some(pair)) => one.gone.push(pair.id),
            (_, None) => {}
        }
    }
    new.sort_by_key(|found| std::cmp::Reverse(found.reasons.len()));
    one.has_more = new.len() > depth.pairs();
    new.truncate(depth.pairs());
    one.matches.extend(new);
    one.matches.sort_by_key(|found| std::cmp::Reverse((found.reasons.len(), found.other.number)));
}

/// The letters by which a key of the kind Contains stands in the index; none for others.
pub(super) fn letters((rule, key): &Key) -> BTreeSet<i64> {
    if is_contains(rule) { threes(key) } else { BTreeSet::new() }
}
