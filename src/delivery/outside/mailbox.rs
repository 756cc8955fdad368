//! Mailboxes that get no letters: those that are ours, and those that nobody reads.

/// Before the `@` of addresses that programs write from and nobody reads.
const UNREAD: [&str; 8] =
    ["mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply", "bounce", "bounces"];

/// Whether two addresses lead to one mailbox, whatever their case and the tags behind a `+`.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    one.is_some() && one == other
}

/// Whether it is the address of a program.
pub(super) fn is_unread(address: &str) -> bool {
    parts(address).is_some_and(|(local, _)| UNREAD.contains(&&*local))
}

/// What is before the `@`, without its tag, and what is behind it. Nothing where there is no `@`.
fn parts(address: &str) -> Option<(String, String)> {
    let address = address.trim().to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let untagged = local.split_once('+').map_or(local, |(local, _)| local);
    Some((untagged.to_owned(), domain.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_capitals_lead_to_the_same_mailbox() {
        for (one, other, same) in [
            ("help@example.com", " HELP@Example.com ", true),
            ("help+42@example.com", "help@example.com", true),
            ("help+42@example.com", "help+43@example.com", true),
            ("help@example.com", "help@example.org", false),
            ("help@example.com", "helper@example.com", false),
            ("help", "help", false),
            ("", "", false),
        ] {
            assert_eq!(are_same(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn programs_are_known_by_what_stands_before_the_at() {
        for (address, unread) in [
            ("MAILER-DAEMON@mx.example.com", true),
            ("no-reply@example.com", true),
            ("NoReply+7@example.com", true),
            ("bounces+jane=example.org@lists.example.com", true),
            ("nora@noreply.example.com", false),
            ("jane@example.com", false),
            ("postmaster", false),
        ] {
            assert_eq!(is_unread(address), unread, "{address}");
        }
    }
}
