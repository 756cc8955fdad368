//! How weeks and holidays are written, and what is said of those that cannot be read.

use super::*;

fn usual(week: Value) -> String {
    serde_json::to_string(&Week::parse(&week).unwrap()).unwrap()
}

fn refused(week: Value) -> String {
    Week::parse(&week).unwrap_err()
}

#[test]
fn a_week_comes_back_in_its_usual_form() {
    let monday = |monday: Value| {
        let week: Value = serde_json::from_str(&usual(json!({ "mon": monday }))).unwrap();
        week["mon"].to_string()
    };
    assert_eq!(monday(json!(["09:00", "17:00"])), r#"["09:00","17:00"]"#);
    assert_eq!(monday(json!([["9:00", "17:00"]])), r#"["09:00","17:00"]"#);
    assert_eq!(
        monday(json!([["13:00", "24:00"], ["0:00", "12:30"]])),
        r#"[["00:00","12:30"],["13:00","24:00"]]"#
    );
    assert_eq!(
        monday(json!([["09:00", "12:00"], ["12:00", "17:00"]])),
        r#"[["09:00","12:00"],["12:00","17:00"]]"#
    );
    assert_eq!(monday(json!([])), "[]");
    assert_eq!(monday(Value::Null), "[]");
    assert_eq!(
        usual(json!({})),
        r#"{"mon":[],"tue":[],"wed":[],"thu":[],"fri":[],"sat":[],"sun":[]}"#,
        "a day that is left out is closed"
    );
    let again: Week = serde_json::from_str(&usual(json!({"fri": ["9:00", "17:00"]}))).unwrap();
    assert_eq!(again, Week::parse(&json!({"fri": ["09:00", "17:00"]})).unwrap());
}

#[test]
fn what_is_wrong_with_a_week_is_said_with_its_day() {
    let monday = |monday: Value| refused(json!({ "mon": monday }));
    let shape = "opening_hours.mon must be a pair of times such as [\"09:00\", \"17:00\"], a list of such pairs, or [] \
                 for a closed day";
    for wrong in [
        json!("closed"),
        json!(["09:00"]),
        json!(["09:00", "12:00", "13:00"]),
        json!([["09:00"]]),
        json!([9, 17]),
        json!([["09:00", "12:00"], "13:00"]),
        json!({}),
        json!(false),
    ] {
        assert_eq!(monday(wrong.clone()), shape, "{wrong}");
    }
    for wrong in ["25:00", "24:01", "9", "0900", "09:60", "09:5", "+9:00", "", "noon", "009:00"] {
        assert_eq!(
            monday(json!([wrong, "17:00"])),
            format!("opening_hours.mon: \"{wrong}\" is no time from 00:00 to 24:00; write it such as 09:00")
        );
    }
    assert_eq!(
        monday(json!(["22:00", "6:00"])),
        "opening_hours.mon: 22:00 to 06:00 ends before it begins; split what lasts past midnight into 22:00 to 24:00 \
         and, on the next day, 00:00 to 06:00"
    );
    assert_eq!(
        monday(json!(["18:00", "00:00"])),
        "opening_hours.mon: 18:00 to 00:00 ends before it begins; write 24:00 for the midnight that ends the day"
    );
    assert_eq!(
        monday(json!(["09:00", "09:00"])),
        "opening_hours.mon: 09:00 to 09:00 is no time at all; write 00:00 to 24:00 for the whole day, [] for none"
    );
    assert_eq!(
        monday(json!([["11:00", "17:00"], ["09:00", "12:00"]])),
        "opening_hours.mon: 09:00 to 12:00 and 11:00 to 17:00 overlap; make one of them"
    );
    let many: Vec<Value> = (0..13).map(|hour| json!([format!("{hour}:00"), format!("{hour}:30")])).collect();
    assert_eq!(monday(json!(many)), "opening_hours.mon must be at most 12 pairs of times; join some");
    assert_eq!(
        refused(json!({"monday": []})),
        "opening_hours.monday is unknown; the days are mon, tue, wed, thu, fri, sat, sun"
    );
    assert_eq!(
        refused(json!(9)),
        "opening_hours must be an object such as {\"mon\": [\"09:00\", \"17:00\"]}"
    );
}

#[test]
fn holidays_are_dates_of_one_year_or_of_every() {
    let parsed = Holidays::parse([" 2026-12-25", "12-26", "2026-05-04", "01-01", "12-26"]).unwrap();
    assert_eq!(serde_json::to_value(&parsed).unwrap(), json!(["01-01", "12-26", "2026-05-04", "2026-12-25"]));
    assert!(Holidays::parse(["02-29", "2028-02-29"]).is_ok());
    for wrong in [
        "2026-02-29",
        "02-30",
        "13-01",
        "25-12-2026",
        "2026-1-1",
        "1-1",
        "--12-25",
        "25.12.2026",
        "",
        "2026-12-25T00:00",
        "+026-12-25",
    ] {
        assert_eq!(
            Holidays::parse([wrong]).unwrap_err(),
            format!(
                "holidays: \"{wrong}\" is no date; write 2026-12-25, or 12-25 for that day of every year"
            )
        );
    }
    let many: Vec<String> = (1000..2001).map(|year| format!("{year}-01-01")).collect();
    let told = Holidays::parse(many.iter().map(String::as_str)).unwrap_err();
    assert_eq!(told, "holidays must be at most 1000; leave out those that are past");
}
