//! Company Information: its group of settings, as an administrator fills it in.

use belfry::clock::Instant;
use belfry::user::company::Company;
use serde_json::{Value, json};

use crate::world::{KEY, Reply, World};

async fn ask(world: &World, method: &str, body: Option<Value>) -> Reply {
    let body = body.map(|body| body.to_string());
    world.ask(method, "/crm/settings/company", &[("X-API-KEY", KEY)], body).await
}

story! {
    async fn h3_an_administrator_says_when_the_company_and_its_groups_are_open(on: On) {
        let world = World::new(on).await;
        let group = ask(&world, "GET", None).await.expect(200);
        assert_eq!((&group["title"], &group["settings"]["time_zone"]), (&json!("Company Information"), &json!("UTC")));
        assert_eq!(group["settings"]["opening_hours"], json!({
            "mon": ["09:00", "17:00"], "tue": ["09:00", "17:00"], "wed": ["09:00", "17:00"], "thu": ["09:00", "17:00"],
            "fri": ["09:00", "17:00"], "sat": [], "sun": [],
        }));
        let fields = group["settings"].as_object().unwrap();
        for field in fields.keys() {
            let schema = &group["schema"]["properties"][field];
            let is_told = schema["title"].is_string() && schema["description"].is_string();
            assert!(is_told && schema["default"] == fields[field], "{field}: {schema}");
        }
        let changed = ask(&world, "PUT", Some(json!({
            "time_zone": "america/new_york",
            "opening_hours": {"mon": [["13:00", "24:00"], ["9:00", "12:00"]], "tue": [["9:00", "17:00"]], "wed": null},
            "holidays": ["2026-12-25", "01-01"],
            "group_hours": {"Support": {"opening_hours": {"mon": ["00:00", "24:00"]}}},
        }))).await.expect(200);
        let shown = &changed["settings"];
        assert_eq!(shown["time_zone"], "America/New_York");
        assert_eq!(shown["opening_hours"], json!({
            "mon": [["09:00", "12:00"], ["13:00", "24:00"]], "tue": ["09:00", "17:00"],
            "wed": [], "thu": [], "fri": [], "sat": [], "sun": [],
        }));
        assert_eq!(shown["holidays"], json!(["01-01", "2026-12-25"]));
        // What is shown may be written back as it is.
        assert_eq!(ask(&world, "PUT", Some(shown.clone())).await.expect(200), changed);
        let company = world.app.administration.of::<Company>();
        let lunch = Instant::parse("2026-01-12T12:30:00-05:00").unwrap();
        assert!(!company.hours(None).is_open(lunch) && company.hours(Some("support")).is_open(lunch));
    }
}

story! {
    async fn what_is_wrong_with_the_companys_hours_is_said_in_one_sentence(on: On) {
        let world = World::new(on).await;
        let before = ask(&world, "GET", None).await.expect(200);
        for (body, said) in [
            (json!({"opening_hours": "9-5"}), "opening_hours must be an object"),
            (json!({"opening_hours": {"monday": []}}), "opening_hours.monday is unknown; did you mean \"mon\"?"),
            (json!({"opening_hours": {"mon": "closed"}}), "opening_hours.mon must be a list or null"),
            (json!({"opening_hours": {"mon": [9, 17]}}), "opening_hours.mon[0] must be a string or a list"),
            (json!({"opening_hours": {"mon": [["09:00", 17]]}}), "opening_hours.mon[0][1] must be a string"),
            (
                json!({"opening_hours": {"mon": ["09:00"]}}),
                "opening_hours.mon must be a pair of times such as [\"09:00\", \"17:00\"], a list of such pairs, or [] for a closed day",
            ),
            (
                json!({"opening_hours": {"mon": ["09:00", "25:00"]}}),
                "opening_hours.mon: \"25:00\" is no time from 00:00 to 24:00; write it such as 09:00",
            ),
            (
                json!({"opening_hours": {"fri": ["22:00", "06:00"]}}),
                "opening_hours.fri: 22:00 to 06:00 ends before it begins; split what lasts past midnight into 22:00 to 24:00 and, on the next day, 00:00 to 06:00",
            ),
            (
                json!({"opening_hours": {"sat": [["09:00", "13:00"], ["12:00", "15:00"]]}}),
                "opening_hours.sat: 09:00 to 13:00 and 12:00 to 15:00 overlap; make one of them",
            ),
            (json!({"holidays": [20261225]}), "holidays[0] must be a string"),
            (
                json!({"holidays": ["25.12.2026"]}),
                "holidays: \"25.12.2026\" is no date; write 2026-12-25, or 12-25 for that day of every year",
            ),
            (json!({"time_zone": "Europe/Londn"}), "time_zone is not known; did you mean \"Europe/London\"?"),
            (json!({"group_hours": {"Support": ["09:00"]}}), "group_hours.Support must be an object"),
            (
                json!({"group_hours": {"Support": {"opening_hour": {}}}}),
                "group_hours.Support.opening_hour is unknown; did you mean \"opening_hours\"?",
            ),
            (
                json!({"group_hours": {"Support": {"zone": "UTC"}}}),
                "group_hours.Support.zone is unknown; use one of: holidays, opening_hours",
            ),
            (
                json!({"group_hours": {"Support": {"opening_hours": {"mon": 9}}}}),
                "group_hours.Support.opening_hours.mon must be a list or null",
            ),
            (
                json!({"group_hours": {"Support": {"opening_hours": {"mon": ["9", "10:00"]}}}}),
                "group_hours.Support.opening_hours.mon: \"9\" is no time from 00:00 to 24:00; write it such as 09:00",
            ),
            (
                json!({"logo_svg": "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"}),
                "logo_svg must be without scripts: take out \"onload\"",
            ),
        ] {
            let refused = ask(&world, "PUT", Some(body.clone())).await.expect(400);
            assert_eq!(refused["reason"], said, "{body}");
        }
        assert_eq!(ask(&world, "GET", None).await.expect(200), before);
    }
}
