//! The group Company Information: what it is by default, what is refused, and whose hours are whose.

use serde_json::json;

use super::*;
use crate::clock::Instant;

fn company(fields: Value) -> Result<Company, String> {
    let mut company: Company = serde_json::from_value(fields).map_err(|error| error.to_string())?;
    company.check(&()).map(|()| company)
}

#[test]
fn by_default_it_is_open_from_monday_to_friday_nine_to_five() {
    let fields = serde_json::to_value(Company::default()).unwrap();
    assert_eq!(fields["time_zone"], "UTC");
    assert_eq!(fields["opening_hours"]["fri"], json!(["09:00", "17:00"]));
    assert_eq!(fields["opening_hours"]["sat"], json!([]));
    assert_eq!((&fields["holidays"], &fields["group_hours"]), (&json!([]), &json!({})));
    assert_eq!(company(fields).unwrap(), Company::default());
}

#[test]
fn what_is_given_comes_into_its_usual_form() {
    let given = company(json!({
        "name": " Meadow & Sons ",
        "address": "1 Bridge Street \r\n  Room 2\r\nYork YO1 1AA\n\n",
        "time_zone": "europe/london",
        "holidays": ["2026-12-25", "01-01"],
        "group_hours": {" Support ": {"opening_hours": {"sat": [["9:00", "12:00"]]}}, "Sales": {}},
    }));
    let given = serde_json::to_value(given.unwrap()).unwrap();
    assert_eq!(given["name"], "Meadow & Sons");
    assert_eq!(given["address"], "1 Bridge Street\n  Room 2\nYork YO1 1AA");
    assert_eq!(given["time_zone"], "Europe/London");
    assert_eq!(given["holidays"], json!(["01-01", "2026-12-25"]));
    assert_eq!(given["group_hours"]["Support"]["opening_hours"]["sat"], json!(["09:00", "12:00"]));
    assert!(given["group_hours"].get("Sales").is_none(), "a group without hours of its own");
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let told = |fields: Value| company(fields).unwrap_err();
    assert_eq!(
        told(json!({"time_zone": "Europe/Londn"})),
        "time_zone is not known; did you mean \"Europe/London\"?"
    );
    assert_eq!(
        told(json!({"email": "us"})),
        "email must be an e-mail address such as ann@example.com, in ASCII"
    );
    assert_eq!(told(json!({"phone": "1\n2"})), "phone must be at most 200 characters long, in one line");
    assert_eq!(
        told(json!({"bank_details": "a\tb"})),
        "bank_details must be plain text; take out tabs and other control characters"
    );
    assert_eq!(
        told(json!({"group_hours": {"Support": {"opening_hours": {"sun": ["9:00", "8:00"]}}}})),
        "group_hours.Support.opening_hours.sun: 09:00 to 08:00 ends before it begins; split what lasts past midnight into \
         09:00 to 24:00 and, on the next day, 00:00 to 08:00"
    );
    assert_eq!(
        told(json!({"group_hours": {"Support": {"holidays": ["x"]}}})),
        "group_hours.Support.holidays: \"x\" is no date; write 2026-12-25, or 12-25 for that day of every year"
    );
    let twice = json!({"Support": {"holidays": []}, "support": {"holidays": []}});
    assert_eq!(
        told(json!({ "group_hours": twice })),
        "group_hours names the group \"support\" twice; leave one out"
    );
    assert_eq!(told(json!({"group_hours": {" ": {}}})), "group_hours: the name is required, for each group");
}

#[test]
fn a_group_has_the_companys_hours_but_for_its_own() {
    let company = company(json!({
        "time_zone": "Europe/London",
        "holidays": ["2026-01-13"],
        "group_hours": {
            "Support": {"opening_hours": {"tue": ["08:00", "20:00"]}},
            "Night": {"holidays": []},
        },
    }));
    let company = company.unwrap();
    let is_open = |group: Option<&str>, at: &str| company.hours(group).is_open(Instant::parse(at).unwrap());
    let (monday, tuesday, next_tuesday) =
        ("2026-01-12T10:00:00Z", "2026-01-13T10:00:00Z", "2026-01-20T19:00:00Z");
    let opens = |group: Option<&str>| [monday, tuesday, next_tuesday].map(|at| is_open(group, at));
    assert_eq!(opens(None), [true, false, false]);
    assert_eq!(opens(Some("Sales")), [true, false, false]);
    assert_eq!(opens(Some("support")), [false, false, true], "its hours, the company's holidays");
    assert_eq!(opens(Some("Night")), [true, true, false], "its holidays, the company's hours");
}

/// An SVG document with this in it.
fn drawing(inner: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox='0 0 9 9'>{inner}</svg>")
}

#[test]
fn a_logo_is_a_drawing_that_needs_nothing_else() {
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- Made by hand -->\n";
    for inner in [
        "",
        "<g><path d=\"M0 0h9v9z\" fill=\"#a0f\"/></g>",
        "<defs><linearGradient id=\"a\"><stop offset='1' /></linearGradient></defs><rect fill=\"url(#a)\"/>",
        "<style>.a { fill: url( '#a' ) }</style><text class=\"a\">Bell &amp; Sons &#169;</text>",
        "<style><![CDATA[ .a > .b { fill: red } ]]></style>",
        "<use xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"#a\"/><title>script</title>",
        "<image href=\"data:image/png;base64,iVBORw0KGgo=\"/>",
        "<metadata xmlns:i=\"urn:i\"><i:info i:path=\"C:\\logo.svg\"/></metadata>",
    ] {
        let logo = start.to_owned() + &drawing(inner);
        assert_eq!(company(json!({ "logo_svg": logo })).map(|company| company.logo_svg), Ok(logo));
    }
}

#[test]
fn a_logo_that_runs_or_loads_something_is_refused() {
    let told = |logo: &str| company(json!({ "logo_svg": logo })).unwrap_err();
    for (inner, what) in [
        ("<script>alert(1)</script>", "take out the element \"script\""),
        ("<s:script xmlns:s=\"http://www.w3.org/2000/svg\"/>", "take out the element \"s:script\""),
        ("<foreignObject></foreignObject>", "take out the element \"foreignObject\""),
        ("<g><animate attributeName=\"href\"/></g>", "take out the element \"animate\""),
        ("<path onload=\"alert(1)\"/>", "take out \"onload\""),
        ("<a href=\"javascript:alert(1)\"/>", "reference to \"javascript:alert(1)\""),
        ("<a href=\"java&#115;cript:alert(1)\"/>", "reference to \"javascript:alert(1)\""),
        ("<image xlink:href=\"https://example.com/a.png\"/>", "reference to \"https://example.com/a.png\""),
        ("<image href='/etc/logo.png'/>", "reference to \"/etc/logo.png\""),
        ("<image href='data:image/svg+xml;base64,AAAA'/>", "reference to"),
        ("<rect fill=\"url(https://example.com/#a)\"/>", "reference to \"https://example.com/#a\""),
        ("<rect style=\"fill: u&#x72;l( 'file:///a' )\"/>", "reference to \"file:///a\""),
        ("<style>@im<!-- -->port 'https://example.com/a.css'</style>", "take out \"@import\""),
        ("<style><![CDATA[a{fill:URL(//b)}]]></style>", "reference to \"//b\""),
        ("<style>a{fill:\\75rl(//b)}</style>", "take out \"\\\""),
        ("<g xml:base=\"https://example.com\"/>", "take out \"xml:base\""),
        ("<?xml-stylesheet href='a.css'?>", "take out \"<?xml-stylesheet\""),
    ] {
        let told = told(&drawing(inner));
        assert!(told.starts_with("logo_svg must ") && told.contains(what), "{inner}: {told}");
    }
    let doctype = format!("<!DOCTYPE svg [<!ENTITY a \"b\">]>{}", drawing(""));
    assert_eq!(told(&doctype), "logo_svg must be plain SVG: take out \"<!DOCTYPE\"");
    let large = drawing(&" ".repeat(64 * 1024));
    assert_eq!(told(&large), "logo_svg must be at most 64 KiB large; simplify the drawing");
}

#[test]
fn what_is_no_svg_document_is_no_logo() {
    let malformed = "logo_svg must be the text of an SVG file, from <svg xmlns=\"http://www.w3.org/2000/svg\"> to </svg>; \
                     save the drawing as plain SVG";
    let deep = drawing(&("<g>".repeat(120) + &"</g>".repeat(120)));
    let two = drawing("") + &drawing("");
    for text in [
        "logo.svg",
        "<svg/>",
        "<html xmlns=\"http://www.w3.org/2000/svg\"></html>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\">",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><g></svg></g>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><g a=b/></svg>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><g a='b'c='d'/></svg>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><g a='<'/></svg>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><g a/></svg>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg> and more",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><!-- </svg>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\">< /></svg>",
        "data:image/svg+xml;base64,AAAA",
        &deep,
        &two,
    ] {
        assert_eq!(company(json!({ "logo_svg": text })).unwrap_err(), malformed, "{text}");
    }
}
