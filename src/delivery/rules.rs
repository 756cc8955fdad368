//! The channel rules: what a user's choices make of a notification. Pure.
//!
//! | sending   | e-mail                                                        | webhook                            |
//! |-----------|---------------------------------------------------------------|------------------------------------|
//! | automated | choice is email or both; or webhook, and no URL that works     | choice is webhook or both, and URL |
//! | manual    | always                                                        | if there is a URL, whatever choice |
//! | reminder  | always                                                        | if there is a URL, whatever choice |
//! | API send  | where its type's setting or its sender asks for it            | likewise                           |

use super::{Reason, Sending, Ways};
use crate::user::choice::ReceiveBy;

/// What is known of a user when it is decided.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The user's choice.
    pub choice: ReceiveBy,
    /// Whether the user has an e-mail address.
    pub has_email: bool,
    /// Whether there is a URL, of the user's own or the company's.
    pub has_url: bool,
    /// Whether that URL is switched off for nothing but failures.
    pub url_off: bool,
    /// What the user's matrix takes away for this type.
    pub narrowed: Ways,
    /// Whether the user muted the record.
    pub muted: bool,
    /// Whether this server can send e-mail.
    pub can_mail: bool,
}

/// What is decided for one family of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out.
    Send,
    /// It was wanted or could have been, and does not go out.
    Suppress(Reason),
    /// Nobody asked for it: nothing is written down.
    Nothing,
}

/// What is decided for both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// E-mail.
    pub email: Verdict,
    /// Whatever stands behind the URL.
    pub webhook: Verdict,
}

/// Decides. `asked` is what the type's setting and the sender ask for; it counts for API sends only.
pub fn decide(sending: Sending, asked: Ways, standing: &Standing) -> Decision {
    let wanted = wanted(sending, asked, standing.choice);
    let webhook = judge(wanted.webhook, sending, standing.narrowed.webhook, standing.muted, || {
        if !standing.has_url { Some(Reason::NoUrl) } else { standing.url_off.then_some(Reason::EndpointOff) }
    });
    // Somebody who wants to hear by webhook alone and has none that works hears by e-mail.
    let instead = sending == Sending::Automated
        && standing.choice == ReceiveBy::Webhook
        && matches!(webhook, Verdict::Suppress(Reason::NoUrl | Reason::EndpointOff));
    let email = judge(wanted.email || instead, sending, standing.narrowed.email, standing.muted, || {
        if !standing.has_email {
            Some(Reason::NoEmail)
        } else {
            (!standing.can_mail).then_some(Reason::NotConfigured)
        }
    });
    // Without a URL there is nothing that a choice against webhooks could have kept back.
    let idle = !standing.has_url && webhook == Verdict::Suppress(Reason::Choice);
    Decision { email, webhook: if idle { Verdict::Nothing } else { webhook } }
}

fn wanted(sending: Sending, asked: Ways, choice: ReceiveBy) -> Ways {
    match sending {
        Sending::Automated => Ways {
            email: matches!(choice, ReceiveBy::Email | ReceiveBy::Both),
            webhook: matches!(choice, ReceiveBy::Webhook | ReceiveBy::Both),
        },
        Sending::Manual | Sending::Reminder => Ways { email: true, webhook: true },
        Sending::Api => asked,
    }
}

fn judge(
    wanted: bool,
    sending: Sending,
    narrowed: bool,
    muted: bool,
    hindrance: impl FnOnce() -> Option<Reason>,
) -> Verdict {
    if !wanted {
        return match sending {
            Sending::Api => Verdict::Nothing,
            _ => Verdict::Suppress(Reason::Choice),
        };
    }
    if narrowed && sending != Sending::Manual {
        return Verdict::Suppress(Reason::Narrowed);
    }
    if muted && can_wait(sending) {
        return Verdict::Suppress(Reason::Muted);
    }
    hindrance().map_or(Verdict::Send, Verdict::Suppress)
}

/// Whether quiet hours hold it and muting a record silences it: not what somebody sent by hand, and no reminder.
pub fn can_wait(sending: Sending) -> bool {
    matches!(sending, Sending::Automated | Sending::Api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Reason::{Choice, EndpointOff, Muted, Narrowed, NoEmail, NoUrl, NotConfigured};
    use ReceiveBy::{Both, Email, None as Nowhere, Webhook};
    use Sending::{Api, Automated, Manual, Reminder};
    use Verdict::{Nothing, Send, Suppress};

    const NEITHER: Ways = Ways { email: false, webhook: false };
    const BOTH: Ways = Ways { email: true, webhook: true };

    fn standing(choice: ReceiveBy, has_url: bool, has_email: bool) -> Standing {
        Standing {
            choice,
            has_email,
            has_url,
            url_off: false,
            narrowed: NEITHER,
            muted: false,
            can_mail: true,
        }
    }

    /// Sending, choice, URL, e-mail address; what becomes of the e-mail and of the webhook. Every combination.
    const TABLE: &[(Sending, ReceiveBy, bool, bool, Verdict, Verdict)] = &[
        (Automated, Email, true, true, Send, Suppress(Choice)),
        (Automated, Email, false, true, Send, Nothing),
        (Automated, Email, true, false, Suppress(NoEmail), Suppress(Choice)),
        (Automated, Email, false, false, Suppress(NoEmail), Nothing),
        (Automated, Webhook, true, true, Suppress(Choice), Send),
        (Automated, Webhook, false, true, Send, Suppress(NoUrl)),
        (Automated, Webhook, true, false, Suppress(Choice), Send),
        (Automated, Webhook, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Automated, Both, true, true, Send, Send),
        (Automated, Both, false, true, Send, Suppress(NoUrl)),
        (Automated, Both, true, false, Suppress(NoEmail), Send),
        (Automated, Both, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Automated, Nowhere, true, true, Suppress(Choice), Suppress(Choice)),
        (Automated, Nowhere, false, true, Suppress(Choice), Nothing),
        (Automated, Nowhere, true, false, Suppress(Choice), Suppress(Choice)),
        (Automated, Nowhere, false, false, Suppress(Choice), Nothing),
        (Manual, Email, true, true, Send, Send),
        (Manual, Email, false, true, Send, Suppress(NoUrl)),
        (Manual, Email, true, false, Suppress(NoEmail), Send),
        (Manual, Email, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Manual, Webhook, true, true, Send, Send),
        (Manual, Webhook, false, true, Send, Suppress(NoUrl)),
        (Manual, Webhook, true, false, Suppress(NoEmail), Send),
        (Manual, Webhook, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Manual, Both, true, true, Send, Send),
        (Manual, Both, false, true, Send, Suppress(NoUrl)),
        (Manual, Both, true, false, Suppress(NoEmail), Send),
        (Manual, Both, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Manual, Nowhere, true, true, Send, Send),
        (Manual, Nowhere, false, true, Send, Suppress(NoUrl)),
        (Manual, Nowhere, true, false, Suppress(NoEmail), Send),
        (Manual, Nowhere, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Reminder, Email, true, true, Send, Send),
        (Reminder, Email, false, true, Send, Suppress(NoUrl)),
        (Reminder, Email, true, false, Suppress(NoEmail), Send),
        (Reminder, Email, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Reminder, Webhook, true, true, Send, Send),
        (Reminder, Webhook, false, true, Send, Suppress(NoUrl)),
        (Reminder, Webhook, true, false, Suppress(NoEmail), Send),
        (Reminder, Webhook, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Reminder, Both, true, true, Send, Send),
        (Reminder, Both, false, true, Send, Suppress(NoUrl)),
        (Reminder, Both, true, false, Suppress(NoEmail), Send),
        (Reminder, Both, false, false, Suppress(NoEmail), Suppress(NoUrl)),
        (Reminder, Nowhere, true, true, Send, Send),
        (Reminder, Nowhere, false, true, Send, Suppress(NoUrl)),
        (Reminder, Nowhere, true, false, Suppress(NoEmail), Send),
        (Reminder, Nowhere, false, false, Suppress(NoEmail), Suppress(NoUrl)),
    ];

    #[test]
    fn every_combination_of_sending_choice_url_and_address() {
        for &(sending, choice, url, address, email, webhook) in TABLE {
            // What an API sender asks for is nothing to the other kinds.
            for asked in [NEITHER, BOTH] {
                let decided = decide(sending, asked, &standing(choice, url, address));
                assert_eq!(decided, Decision { email, webhook }, "{sending:?} {choice:?} {url} {address}");
            }
        }
        assert_eq!(TABLE.len(), 3 * 4 * 2 * 2);
    }

    #[test]
    fn an_api_send_goes_where_it_was_asked_to_whatever_the_choice() {
        for choice in [Email, Webhook, Both, Nowhere] {
            for (url, address) in [(true, true), (true, false), (false, true), (false, false)] {
                let standing = standing(choice, url, address);
                let none = decide(Api, NEITHER, &standing);
                assert_eq!(none, Decision { email: Nothing, webhook: Nothing });
                let email = if address { Send } else { Suppress(NoEmail) };
                let webhook = if url { Send } else { Suppress(NoUrl) };
                assert_eq!(decide(Api, BOTH, &standing), Decision { email, webhook }, "{choice:?}");
                let mail = decide(Api, Ways { email: true, webhook: false }, &standing);
                assert_eq!(mail, Decision { email, webhook: Nothing });
            }
        }
    }

    #[test]
    fn the_matrix_narrows_all_but_what_is_sent_by_hand_and_a_mute_what_can_wait() {
        for (sending, narrowed, muted) in
            [(Automated, true, true), (Api, true, true), (Reminder, true, false), (Manual, false, false)]
        {
            let plain = standing(Both, true, true);
            let decided = decide(sending, BOTH, &Standing { narrowed: BOTH, ..plain });
            let verdict = if narrowed { Suppress(Narrowed) } else { Send };
            assert_eq!(decided, Decision { email: verdict, webhook: verdict }, "{sending:?}");
            let decided = decide(sending, BOTH, &Standing { muted: true, ..plain });
            let verdict = if muted { Suppress(Muted) } else { Send };
            assert_eq!(decided, Decision { email: verdict, webhook: verdict }, "{sending:?}");
        }
    }

    #[test]
    fn a_url_that_is_switched_off_is_as_none_and_a_narrowed_one_is_not() {
        let off = Standing { url_off: true, ..standing(Webhook, true, true) };
        let decided = decide(Automated, NEITHER, &off);
        assert_eq!(decided, Decision { email: Send, webhook: Suppress(EndpointOff) });
        let narrowed =
            Standing { narrowed: Ways { email: false, webhook: true }, ..standing(Webhook, true, true) };
        let decided = decide(Automated, NEITHER, &narrowed);
        assert_eq!(decided, Decision { email: Suppress(Choice), webhook: Suppress(Narrowed) });
    }

    #[test]
    fn without_a_mail_server_that_is_the_reason() {
        let silent = Standing { can_mail: false, ..standing(Both, true, true) };
        assert_eq!(decide(Manual, NEITHER, &silent).email, Suppress(NotConfigured));
        let unwanted = Standing { can_mail: false, ..standing(Nowhere, true, true) };
        assert_eq!(decide(Automated, NEITHER, &unwanted).email, Suppress(Choice));
    }
}
