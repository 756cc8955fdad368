//! Who supports customers: the members of the group Support, and which of them are on support now.

mod http;
mod store;

use super::group::Group;
use crate::auth::{Refusal, Status};
use crate::storage::{Error, Tx};

pub(super) use http::routes;

/// What the group is called, whatever the case.
pub const GROUP: &str = "Support";

/// A member of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    id: i64,
    name: String,
    on_support: bool,
    status: Status,
}

/// The group as it is now: its number and its name.
type Named = (i64, String);

/// The group and its members, by name; nobody where there is no such group.
async fn panel_in(tx: &mut Tx) -> Result<(Option<Named>, Vec<Member>), Error> {
    let Some((id, name)) = store::group(tx, &GROUP.to_lowercase()).await? else {
        return Ok((None, Vec::new()));
    };
    let members = store::members(tx, id).await?;
    Ok((Some((id, name)), members))
}

/// Who hears of tickets near and past their response time now, and what to do about it.
fn hint(has_group: bool, members: &[Member]) -> String {
    let active = members.iter().filter(|member| member.status == Status::Active);
    let ticked: Vec<&str> =
        active.clone().filter(|member| member.on_support).map(|member| member.name.as_str()).collect();
    match (ticked.as_slice(), active.count()) {
        _ if !has_group => format!(
            "There is no group {GROUP}: alerts about tickets go to the assigned user, and to the administrators where \
             nobody is assigned; make a group of this name and put those into it who support customers."
        ),
        (_, 0) => format!(
            "Nobody who may sign in is in the group {GROUP}: alerts about tickets go to the assigned user, and to the \
             administrators where nobody is assigned; put those into it who support customers."
        ),
        ([], _) => {
            "Nobody is on support: alerts about tickets go to all members; tick whoever is.".to_owned()
        }
        ([one], _) => format!("Alerts about tickets go to {one}."),
        (several, _) => format!("Alerts about tickets go to the {} who are on support.", several.len()),
    }
}

/// Refuses to call the group another name: alerts would lose their way.
///
/// # Errors
/// 409, with what to do.
pub(super) fn keeps_name(group: &Group, name: &str) -> Result<(), Refusal> {
    match is_it(group) && name.to_lowercase() != GROUP.to_lowercase() {
        true => Err(Refusal::conflict(format!(
            "The group {GROUP} keeps its name, since alerts about tickets go to its members; make another group instead"
        ))),
        false => Ok(()),
    }
}

/// Refuses to delete the group while it has members: alerts would lose their way.
///
/// # Errors
/// 409, with what to do.
pub(super) fn may_go(group: &Group) -> Result<(), Refusal> {
    match is_it(group) && !group.members.is_empty() {
        true => Err(Refusal::conflict(format!(
            "Alerts about tickets go to the members of the group {GROUP}; take all of them out of it before you delete it"
        ))),
        false => Ok(()),
    }
}

fn is_it(group: &Group) -> bool {
    group.name.to_lowercase() == GROUP.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, on_support: bool, status: Status) -> Member {
        Member { id: 1, name: name.to_owned(), on_support, status }
    }

    #[test]
    fn the_hint_says_who_hears_of_tickets() {
        let (ann, ben) = (member("Ann", true, Status::Active), member("Ben", false, Status::Active));
        let (locked, cleo) = (member("Lou", true, Status::Locked), member("Cleo", true, Status::Active));
        for (has_group, members, said) in [
            (false, vec![], "There is no group Support: "),
            (true, vec![], "Nobody who may sign in is in the group Support: "),
            (true, vec![locked.clone()], "Nobody who may sign in is in the group Support: "),
            (true, vec![ben.clone(), locked], "Nobody is on support: "),
            (true, vec![ann.clone(), ben], "Alerts about tickets go to Ann."),
            (true, vec![ann, cleo], "Alerts about tickets go to the 2 who are on support."),
        ] {
            let hint = hint(has_group, &members);
            assert!(hint.starts_with(said), "{members:?}: {hint}");
        }
    }
}
