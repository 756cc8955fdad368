//! How what several triggers find of the same changes goes together: one person hears of one thing once.
//!
//! No trigger knows of another one. What a telling takes the place of, or is carried by, it says by its type.

use std::sync::Arc;

use super::{Finding, Telling};
use crate::delivery::Mail;

/// How a telling goes together with others to the same person about the same records, in one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    /// It stands by itself.
    #[default]
    Alone,
    /// It takes the place of those of this type.
    InsteadOf(&'static str),
    /// Where there is one of this type, that carries its files, and it is not told itself.
    Within(&'static str),
}

/// What is told in the end.
pub(super) fn settled(findings: Vec<Finding>) -> Vec<Finding> {
    let mut settled = replaced(findings);
    let mut index = 0;
    while index < settled.len() {
        match carrier(&settled, index) {
            Some(carrier) => {
                let carried = settled.remove(index);
                let carrier = if carrier > index { carrier - 1 } else { carrier };
                carry(&mut settled[carrier], carried);
            }
            None => index += 1,
        }
    }
    settled
}

fn telling(finding: &Finding) -> Option<&Telling> {
    match finding {
        Finding::Tell(telling) => Some(telling),
        Finding::Silent { .. } => None,
    }
}

/// Whether one telling is to the same person as the other, and about nothing that the other is not about.
fn is_part_of(one: &Telling, other: &Telling) -> bool {
    let is_there = |record: &(Arc<str>, Arc<str>)| other.why.records.contains(record);
    one.user_id == other.user_id && one.why.records.iter().all(is_there)
}

/// Without those whose place another one takes.
fn replaced(mut findings: Vec<Finding>) -> Vec<Finding> {
    let tellings = findings.iter().filter_map(telling);
    let better: Vec<(&'static str, Telling)> = tellings
        .filter_map(|telling| match telling.beside {
            Beside::InsteadOf(kind) => Some((kind, telling.clone())),
            Beside::Alone | Beside::Within(_) => None,
        })
        .collect();
    findings.retain(|finding| {
        let Some(telling) = telling(finding) else { return true };
        !better.iter().any(|(kind, better)| telling.kind == *kind && is_part_of(telling, better))
    });
    findings
}

/// Which one carries this, if it is to be carried and there is one.
fn carrier(findings: &[Finding], index: usize) -> Option<usize> {
    let carried = telling(&findings[index])?;
    let Beside::Within(kind) = carried.beside else { return None };
    findings.iter().position(|finding| {
        telling(finding).is_some_and(|other| other.kind == kind && is_part_of(carried, other))
    })
}

fn carry(carrier: &mut Finding, carried: Finding) {
    if let (Finding::Tell(carrier), Finding::Tell(carried)) = (carrier, carried) {
        let carried = carried.mail.unwrap_or_default();
        let mail = carrier.mail.get_or_insert_with(Mail::default);
        mail.attachments.extend(carried.attachments);
        mail.prints.extend(carried.prints);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::channel::Attachment;
    use crate::delivery::Sending;
    use crate::notification::why::Why;

    /// To somebody, of a type, about these contacts, with so many files.
    fn told(user_id: i64, kind: &'static str, ids: &[&str], beside: Beside, files: usize) -> Finding {
        let file = |number| Attachment {
            name: format!("{number}.ics"),
            content_type: "text/calendar".to_owned(),
            content: String::new(),
        };
        let why = Why {
            trigger: "test",
            records: ids.iter().map(|id| (Arc::from("contacts"), Arc::from(*id))).collect(),
            cause: String::new(),
            setting: None,
            chosen: String::new(),
            sentence: String::new(),
        };
        let mail = Some(Mail { attachments: (0..files).map(file).collect(), ..Mail::default() });
        Finding::Tell(Box::new(Telling {
            user_id,
            kind,
            title: String::new(),
            message: None,
            link: None,
            metadata: Map::new(),
            sending: Sending::Automated,
            related_user_id: None,
            mail: mail.filter(|_| files > 0),
            beside,
            why,
        }))
    }

    /// Whom it is told to, of what type, with how many files.
    fn outcome(findings: Vec<Finding>) -> Vec<(i64, &'static str, usize)> {
        let of = |telling: &Telling| {
            let files = telling.mail.as_ref().map_or(0, |mail| mail.attachments.len());
            (telling.user_id, telling.kind, files)
        };
        settled(findings).iter().filter_map(telling).map(of).collect()
    }

    #[test]
    fn what_takes_the_place_of_another_does_so_for_the_same_person_and_record_alone() {
        let better = || told(1, "converted", &["a", "b"], Beside::InsteadOf("assigned"), 0);
        let assigned = |user_id, ids: &[&str]| told(user_id, "assigned", ids, Beside::Alone, 0);
        assert_eq!(outcome(vec![assigned(1, &["a"]), better()]), [(1, "converted", 0)]);
        assert_eq!(outcome(vec![better(), assigned(1, &["b"])]), [(1, "converted", 0)]);
        for other in
            [assigned(2, &["a"]), assigned(1, &["a", "c"]), told(1, "away", &["a"], Beside::Alone, 0)]
        {
            assert_eq!(outcome(vec![other, better()]).len(), 2);
        }
    }

    #[test]
    fn what_is_carried_hands_its_files_over_and_is_told_itself_where_nothing_carries_it() {
        let carried = || told(1, "reminder", &["a"], Beside::Within("away"), 2);
        let away = |user_id, ids: &[&str], files| told(user_id, "away", ids, Beside::Alone, files);
        assert_eq!(outcome(vec![carried(), away(1, &["a", "b"], 0)]), [(1, "away", 2)]);
        assert_eq!(outcome(vec![away(1, &["a"], 1), carried()]), [(1, "away", 3)]);
        assert_eq!(outcome(vec![away(2, &["a"], 0), carried()]), [(2, "away", 0), (1, "reminder", 2)]);
        assert_eq!(outcome(vec![away(1, &["b"], 0), carried()]), [(1, "away", 0), (1, "reminder", 2)]);
        assert_eq!(outcome(vec![carried()]), [(1, "reminder", 2)]);
    }
}
