//! Why something did not go out, or goes out no more.

/// Why a delivery is suppressed or final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The user's choice leaves this channel out.
    Choice,
    /// The user wants nothing of this type by this channel.
    Narrowed,
    /// The user muted the record.
    Muted,
    /// There is no URL.
    NoUrl,
    /// There is no e-mail address.
    NoEmail,
    /// This server has no mail server.
    NotConfigured,
    /// The URL was switched off after nothing but failures.
    EndpointOff,
    /// The user's URL leads to another channel by now.
    Moved,
    /// It was read before it went out.
    Read,
    /// It was archived before it went out.
    Archived,
    /// It was deleted before it went out.
    Deleted,
    /// The user is gone.
    UserGone,
    /// Another message carried it along.
    Folded,
    /// The target refused it.
    Refused,
    /// Every try of the schedule failed.
    Exhausted,
    /// The address gets too many letters, is our own, or is one that nobody reads.
    Loop,
}

impl Reason {
    const ALL: [Reason; 16] = [
        Reason::Choice,
        Reason::Narrowed,
        Reason::Muted,
        Reason::NoUrl,
        Reason::NoEmail,
        Reason::NotConfigured,
        Reason::EndpointOff,
        Reason::Moved,
        Reason::Read,
        Reason::Archived,
        Reason::Deleted,
        Reason::UserGone,
        Reason::Folded,
        Reason::Refused,
        Reason::Exhausted,
        Reason::Loop,
    ];

    /// As it is stored and shown.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Choice => "choice",
            Reason::Narrowed => "narrowed",
            Reason::Muted => "muted",
            Reason::NoUrl => "no_url",
            Reason::NoEmail => "no_email",
            Reason::NotConfigured => "not_configured",
            Reason::EndpointOff => "endpoint_off",
            Reason::Moved => "moved",
            Reason::Read => "read",
            Reason::Archived => "archived",
            Reason::Deleted => "deleted",
            Reason::UserGone => "user_gone",
            Reason::Folded => "folded",
            Reason::Refused => "refused",
            Reason::Exhausted => "exhausted",
            Reason::Loop => "loop",
        }
    }

    /// In a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Reason::Choice => "The user chose not to be told by this channel.",
            Reason::Narrowed => "The user wants nothing of this type by this channel.",
            Reason::Muted => "The user muted the record that it is about.",
            Reason::NoUrl => "No webhook URL is stored for the user.",
            Reason::NoEmail => "There is no e-mail address that mail can be sent to.",
            Reason::NotConfigured => "No mail server is configured: set smtp in crm_config.yaml, then retry.",
            Reason::EndpointOff => {
                "The user's webhook is switched off after nothing but failures; saving its URL switches it on."
            }
            Reason::Moved => "The user's webhook URL leads elsewhere by now; it went there.",
            Reason::Read => "The user had read it in the notification centre already.",
            Reason::Archived => "The user had archived it in the notification centre already.",
            Reason::Deleted => "The user had deleted it in the notification centre already.",
            Reason::UserGone => "The user is gone.",
            Reason::Folded => "Another message carried it along.",
            Reason::Refused => "The target refused it for good.",
            Reason::Exhausted => "Nothing arrived at the target for about a day.",
            Reason::Loop => {
                "This address got too many letters within a day, is our own, or is one that nobody reads: a program may be answering us."
            }
        }
    }

    /// The reason of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_back_and_explained() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            assert!(reason.explanation().ends_with('.'));
        }
        assert_eq!(Reason::from_code("weather"), None);
    }
}
