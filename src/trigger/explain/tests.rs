//! The one sentence that answers, in a table.

use super::*;

const AT: Instant = Instant(1_768_141_800_000_000);

fn eve() -> Figure {
    Figure {
        id: 5,
        name: "Eve Sales".to_owned(),
        email: "eve@example.com".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        language: "en".to_owned(),
        reports_to: None,
        on_support: false,
        is_active: true,
        is_customer: false,
    }
}

fn reason(at: Instant, notification_id: Option<i64>, sentence: &str) -> (Reason, Vec<Passage>) {
    let reason = Reason {
        at,
        notification_id,
        user_id: 5,
        module: Some("contacts".to_owned()),
        record_id: Some("7".to_owned()),
        trigger: "reassignment".to_owned(),
        cause: "Ada Admin changed the assigned user of Contact Jane Doe from nobody to Eve Sales".to_owned(),
        setting: None,
        chosen: "the new assigned user".to_owned(),
        sentence: sentence.to_owned(),
    };
    (reason, Vec::new())
}

fn passage(channel: &str, state: &str, explanation: &'static str) -> Passage {
    Passage {
        channel: channel.to_owned(),
        state: state.to_owned(),
        reason: None,
        explanation,
        sending: "automated".to_owned(),
    }
}

#[test]
fn who_was_told_is_told_when_where_and_why() {
    let begin = "Eve Sales was told on 11 January 2026, 15:30 (Europe/Berlin) in the notification centre";
    let cause = "because Ada Admin changed the assigned user of Contact Jane Doe from nobody to Eve Sales";
    let cases = [
        (vec![], format!("{begin}, {cause}.")),
        (vec![passage("email", "sent", "It was sent.")], format!("{begin} and by e-mail, {cause}.")),
        (
            vec![
                passage("email", "suppressed", "The user chose not to be told by this channel."),
                passage("teams", "sent", "It was sent."),
            ],
            format!(
                "{begin} and by Microsoft Teams, {cause}; not by e-mail: the user chose not to be told by this channel."
            ),
        ),
        (
            vec![passage("email", "pending", "It is on its way.")],
            format!("{begin}, {cause}; by e-mail not yet: it is on its way."),
        ),
    ];
    for (passages, expected) in cases {
        let (reason, _) = reason(AT, Some(1), "You were told.");
        assert_eq!(told(&(reason, passages), &eve()), expected);
    }
}

#[test]
fn who_was_not_told_reads_the_reason_with_its_date() {
    let finding = reason(
        AT,
        None,
        "Eve Sales was not told of Contact Jane Doe because Send Notification was unticked.",
    );
    assert_eq!(
        told(&finding, &eve()),
        "On 11 January 2026, 15:30 (Europe/Berlin): Eve Sales was not told of Contact Jane Doe because Send \
         Notification was unticked."
    );
}

#[test]
fn who_had_nothing_to_do_with_it_hears_that() {
    assert_eq!(
        unsaid("Contact Jane Doe", &eve(), Tie::Nothing),
        "Nothing about Contact Jane Doe was meant for Eve Sales, who is neither its assigned user nor was it before."
    );
    let kept = |tie| unsaid("Contact Jane Doe", &eve(), tie);
    assert!(kept(Tie::Assigned).ends_with("though Eve Sales is its assigned user."));
    assert!(kept(Tie::AssignedBefore).ends_with("though Eve Sales was its assigned user before."));
}

#[test]
fn the_newest_decision_answers_and_of_two_triggers_at_once_the_one_that_told() {
    let silent = |at| reason(at, None, "silent");
    let told = |at| reason(at, Some(1), "told");
    let of_another = |(mut reason, passages): (Reason, Vec<Passage>)| {
        reason.trigger = "lead_conversion".to_owned();
        (reason, passages)
    };
    let answer =
        |findings: &[(Reason, Vec<Passage>)]| decisive(findings).map(|(reason, _)| reason.sentence.clone());
    assert_eq!(answer(&[]), None);
    assert_eq!(answer(&[silent(AT), told(Instant(0))]).as_deref(), Some("silent"));
    assert_eq!(answer(&[silent(AT), of_another(told(AT))]).as_deref(), Some("told"));
    assert_eq!(answer(&[silent(AT), of_another(told(Instant(0)))]).as_deref(), Some("silent"));
    // The same trigger looked again within the same instant.
    assert_eq!(answer(&[silent(AT), told(AT)]).as_deref(), Some("silent"));
    assert_eq!(answer(&[told(AT), silent(Instant(0))]).as_deref(), Some("told"));
}

#[test]
fn an_unknown_zone_is_utc() {
    assert_eq!(when(AT, "Mars/Olympus"), "11 January 2026, 14:30 (UTC)");
}
