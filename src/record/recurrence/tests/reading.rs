//! What a rule may say, and what is said of one that cannot be read.

use super::super::parse::MOST_COUNTED;
use super::*;

fn refused(rule: &str) -> String {
    Rule::parse(rule).expect_err(rule)
}

#[test]
fn a_rule_is_read_in_whatever_case_and_order() {
    let rule = Rule::parse("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU").unwrap();
    for same in [
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU",
        "  rrule:freq=weekly;wkst=su;byday=we,mo;interval=2 ",
        "BYDAY=WE,MO,WE;INTERVAL=02;WKST=SU;FREQ=WEEKLY",
    ] {
        assert_eq!(Rule::parse(same).as_ref(), Ok(&rule), "{same}");
    }
    assert_ne!(Rule::parse("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE").unwrap(), rule);
}

#[test]
fn what_cannot_be_read_is_named_with_what_to_write() {
    let shape =
        "a rule must be parts with = and ; between them, such as FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231";
    let frequency = "FREQ must be MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY, such as \
                     FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231";
    for (rule, sentence) in [
        ("", shape),
        ("daily", shape),
        ("FREQ=DAILY;", shape),
        ("INTERVAL=2", frequency),
        ("FREQ=FORTNIGHTLY", frequency),
        ("FREQ=SECONDLY", "FREQ=SECONDLY is too often; write FREQ=MINUTELY or longer"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is given twice; write it once, with commas between its values"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "COUNT and UNTIL exclude each other; write one of them"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be a whole number from 1 to 100000, not \"0\""),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL must be a whole number from 1 to 100000, not \"1.5\""),
        (
            "FREQ=DAILY;COUNT=0",
            "COUNT must be a whole number from 1 to 10000, not \"0\"; use UNTIL for what goes on for longer",
        ),
        (
            "FREQ=DAILY;UNTIL=2026-12-31",
            "UNTIL must be a date such as 20261231, or a time such as 20261231T170000 or 20261231T160000Z, not \
             \"2026-12-31\"",
        ),
        (
            "FREQ=DAILY;BYSECOND=1",
            "BYSECOND is not known; leave it out: every occurrence has the seconds of the start",
        ),
        ("FREQ=YEARLY;BYYEARDAY=1", "BYYEARDAY is not known; write BYMONTH and BYMONTHDAY instead"),
        ("FREQ=YEARLY;BYWEEKNO=1", "BYWEEKNO is not known; write BYMONTH and BYDAY instead"),
        (
            "FREQ=DAILY;SKIP=OMIT",
            "\"SKIP\" is not known; the parts of a rule are FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH, \
             BYSETPOS, BYHOUR, BYMINUTE, WKST",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "BYMONTHDAY must be whole numbers from -31 to 31 without 0, with commas between them, not \"0\"",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,,2",
            "BYMONTHDAY must be whole numbers from -31 to 31 without 0, with commas between them, not \"\"",
        ),
        (
            "FREQ=YEARLY;BYMONTH=13",
            "BYMONTH must be whole numbers from 1 to 12, with commas between them, not \"13\"",
        ),
        (
            "FREQ=DAILY;BYHOUR=24",
            "BYHOUR must be whole numbers from 0 to 23, with commas between them, not \"24\"",
        ),
        (
            "FREQ=DAILY;BYMINUTE=-1",
            "BYMINUTE must be whole numbers from 0 to 59, with commas between them, not \"-1\"",
        ),
        ("FREQ=WEEKLY;WKST=MON", "WKST must be one of MO, TU, WE, TH, FR, SA, SU, not \"MON\""),
        (
            "FREQ=WEEKLY;BYDAY=1MO",
            "BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY only; leave the number out",
        ),
        (
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "BYMONTHDAY does not go with FREQ=WEEKLY; write FREQ=MONTHLY, or BYDAY instead",
        ),
        (
            "FREQ=MONTHLY;BYDAY=6MO",
            "BYDAY must be some of MO, TU, WE, TH, FR, SA, SU, with a number from -5 to 5 before it for one of a month \
             or a year, such as -1FR, not \"6MO\"",
        ),
    ] {
        assert_eq!(refused(rule), sentence, "{rule}");
    }
}

#[test]
fn what_is_no_rule_at_all_is_refused_in_one_line() {
    for rule in
        ["FREQ=DAILY;BYDAY=é", "FREQ=DAILY;BYDAY=", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=DAILY;UNTIL=20260230"]
    {
        let sentence = refused(rule);
        assert!(!sentence.contains('\n') && sentence.len() < 250, "{sentence}");
    }
    assert_eq!(
        refused(&"X=1;".repeat(200)),
        "a rule must have at most 500 characters, such as FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231"
    );
    assert!(refused("FREQ=DAILY\nDTSTART=20260101").starts_with("FREQ must be"));
}

#[test]
fn what_goes_on_for_too_long_to_be_counted_is_refused() {
    assert!(Rule::parse(&format!("FREQ=MINUTELY;COUNT={MOST_COUNTED}")).is_ok());
    for count in ["10001", "1000000000", "99999999999999999999"] {
        let sentence = refused(&format!("FREQ=DAILY;COUNT={count}"));
        assert_eq!(
            sentence,
            format!(
                "COUNT must be a whole number from 1 to 10000, not \"{count}\"; use UNTIL for what goes on for longer"
            )
        );
    }
}
