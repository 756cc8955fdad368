//! What people read about overridden credit limits.

use super::Case;
use crate::trigger::View;

/// Who did it: a person by their name, a program by what its key is called.
fn who(case: &Case<'_>, view: &View<'_>) -> String {
    case.actor.user_id.map_or_else(|| case.actor.name.to_string(), |id| view.name(id))
}

/// `ACME Ltd`; `a company` where nobody says which.
fn company<'c>(case: &'c Case<'_>) -> &'c str {
    case.company.as_deref().unwrap_or("a company")
}

/// The same where a sentence begins: a name stays as it is.
fn opening(case: &Case<'_>) -> String {
    let company = company(case);
    match (company, company.strip_prefix("company ")) {
        ("a company", _) => "A company".to_owned(),
        (_, Some(id)) => format!("Company {id}"),
        (name, None) => name.to_owned(),
    }
}

pub(super) fn title(case: &Case<'_>, view: &View<'_>) -> String {
    format!("{} overrode the credit limit of {}", who(case, view), company(case))
}

pub(super) fn message(case: &Case<'_>, view: &View<'_>) -> String {
    let who = who(case, view);
    let saved = match &case.document {
        Some(document) => format!("{who} saved {document}"),
        None => format!("{who} saved a document"),
    };
    let amount = |wanted: &str| {
        let found = case.amounts.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, amount)| amount.as_str())
    };
    let total = amount("total").map_or_else(String::new, |total| format!(" with a total of {total}"));
    let over = match amount("over_by") {
        Some(over_by) => format!(" {} is {over_by} over its credit limit with it.", opening(case)),
        None => String::new(),
    };
    format!("{saved}{total}.{over}")
}

/// All of it in one sentence.
pub(super) fn sentence(case: &Case<'_>, is_own_act: bool, user_id: i64, view: &View<'_>) -> String {
    let (who, company) = (who(case, view), company(case));
    if is_own_act {
        return format!(
            "{} was not told that the credit limit of {company} was overridden because nobody is told of what they did \
             themselves.",
            view.name(user_id)
        );
    }
    format!(
        "You were told because {who} overrode the credit limit of {company}, and you are one of the Credit Rating \
         Administrators in Credit Check Settings."
    )
}

pub(super) fn outlook(is_listed: bool, person: &str) -> String {
    let (not, are) = if is_listed { ("", "one") } else { ("not ", "none") };
    format!(
        "{person} is {not}told when somebody else overrides the credit limit of its company: they are {are} of the Credit \
         Rating Administrators in Credit Check Settings."
    )
}
