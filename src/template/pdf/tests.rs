//! What a document says, in tables: sums held against the record, addresses, facts, both languages.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{DocumentInput, Kind, Letterhead, Mistake, Party, Person, Unprinted, data, gross, listed};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => panic!("{value} is no object"),
    }
}

/// The data of a document of these fields, in a language.
fn document(kind: Kind, fields: Value, language: &str) -> Value {
    let fields = object(fields);
    let company = object(json!({
        "address": "Große Straße 7, 20095 Hamburg",
        "country": "Germany",
        "currency": "EUR",
        "vat_number": "DE 123",
    }));
    let contact = object(json!({"first_name": "Jana", "last_name": "Łukasz"}));
    data(&DocumentInput {
        kind,
        id: "so-311",
        label: "120 SIM cards for Northwind",
        fields: &fields,
        company: Some(Party { label: "Northwind GmbH", fields: &company }),
        contact: Some(Party { label: "Jana", fields: &contact }),
        owner: Some(Person { name: "Sam Sales", email: "sam@belltower.example" }),
        letterhead: &Letterhead {
            name: "Belltower Ltd".into(),
            address: "12 Church Street\nYork YO1 7AB".into(),
            vat_number: "GB 1".into(),
            bank_details: "IBAN GB33".into(),
            ..Letterhead::default()
        },
        language,
        today: Date::constant(2026, 11, 22),
        time_zone: "Europe/London",
    })
}

fn order(fields: Value) -> Value {
    document(Kind::SalesOrder, fields, "en")
}

/// The rows below the lines, as "name amount".
fn sums(document: &Value) -> Vec<String> {
    let rows = document["sums"].as_array().unwrap();
    rows.iter()
        .map(|row| format!("{} {}", row["name"].as_str().unwrap(), row["amount"].as_str().unwrap()))
        .collect()
}

fn texts(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

fn facts(document: &Value) -> Vec<(&str, &str)> {
    let facts = document["facts"].as_array().unwrap();
    facts.iter().map(|fact| (fact["name"].as_str().unwrap(), fact["value"].as_str().unwrap())).collect()
}

#[test]
fn lines_are_read_under_the_names_that_crms_give_them() {
    for line in [
        json!({"description": "SIM card", "quantity": 120, "unit_price": 12.5, "discount_percent": 10, "tax_rate": 20}),
        json!({"name": "SIM card", "qty": "120", "price": "12,50", "discount": "10 %", "vat": "20%"}),
        json!({"product": {"name": "SIM card"}, "Qty": 120, "Unit Price": "£12.50", "discountPercent": 10, "taxPercent": 20}),
        json!({"description": "SIM card", "quantity": 120, "unit_price": 12.5, "discount": 10, "vat": 20, "amount": 1350}),
    ] {
        let document = order(json!({ "lines": [line] }));
        let line = &document["lines"][0];
        let shown = ["description", "quantity", "unit_price", "discount", "tax", "amount"]
            .map(|key| line[key].as_str());
        let expected = ["SIM card", "120", "12.50", "10%", "20%", "1,350.00"].map(Some);
        assert_eq!(shown, expected, "{document}");
        assert_eq!(sums(&document), ["Subtotal 1,350.00", "VAT 20% 270.00", "Total €1,620.00"]);
    }
}

#[test]
fn a_letter_is_told_the_numbers_that_are_printed() {
    let letter = |fields: Value| {
        let fields = object(fields);
        listed(&DocumentInput {
            kind: Kind::SalesOrder,
            id: "1",
            label: "Order",
            fields: &fields,
            company: None,
            contact: None,
            owner: None,
            letterhead: &Letterhead { currency: "GBP".into(), ..Letterhead::default() },
            language: "en",
            today: Date::constant(2026, 11, 22),
            time_zone: "UTC",
        })
    };
    let priced = letter(json!({"currency": "EUR", "lines": [
        {"name": "SIM\ncard", "qty": "1,000", "unit": "pcs", "unit_price": 0.125, "discount_percent": 10, "tax_rate": 20}]}));
    let line = json!({"description": "SIM card", "code": "", "quantity": 1000.0, "unit": "pcs", "unit_price": 0.125, "amount": 112.5});
    let sum = |name: &str, amount: f64| json!({"name": name, "amount": amount, "strong": name == "Total"});
    let sums = [sum("Subtotal", 112.5), sum("VAT 20%", 22.5), sum("Total", 135.0)];
    assert_eq!(priced, json!({"currency": "EUR", "total": 135.0, "lines": [line], "sums": sums}));
    let alone = json!({"currency": "GBP", "total": 7.5, "lines": [], "sums": [sum("Total", 7.5)]});
    assert_eq!(letter(json!({"total": 7.5})), alone);
    let unprinted = letter(json!({"subtotal": 100, "tax": 20}));
    assert_eq!(
        unprinted["sums"],
        json!([sum("Subtotal", 100.0), {"name": "VAT", "amount": 20.0, "strong": false}, sum("Total", 120.0)])
    );
    assert_eq!(letter(json!({"lines": [{"code": "X"}]}))["total"], Value::Null);
    assert_eq!(
        letter(json!({"lines": vec![json!({"code": "X"}); 101]}))["lines"].as_array().unwrap().len(),
        100
    );
}

#[test]
fn columns_that_nobody_fills_are_left_out() {
    let of = |lines: Value| {
        let document = order(json!({ "lines": lines }));
        document["columns"].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of(json!([{"description": "Setup", "amount": 100}])), "amount description");
    assert_eq!(of(json!(["Setup", {"name": "SIM", "qty": 2}])), "amount description position quantity");
    assert_eq!(
        of(json!([{"name": "SIM", "qty": "on demand", "price": 2, "vat": 20}])),
        "amount description quantity tax unit_price"
    );
    assert_eq!(order(json!({"lines": "none"}))["lines"], json!([]));
}

#[test]
fn a_record_s_own_sums_win_over_what_its_lines_come_to() {
    let lines = json!([
        {"name": "Card", "qty": 3, "price": 19.99, "vat": 20},
        {"name": "Book", "qty": 1, "price": 40.03, "vat": 5},
    ]);
    let with = |more: Value| {
        let mut fields = object(more);
        fields.insert("lines".into(), lines.clone());
        sums(&order(Value::Object(fields)))
    };
    let in_full = ["Subtotal 100.00", "VAT 5% of 40.03 2.00", "VAT 20% of 59.97 11.99", "Total €113.99"];
    assert_eq!(with(json!({})), in_full);
    assert_eq!(with(json!({"total": 113.99})), in_full);
    assert_eq!(with(json!({"subtotal": "100.00", "tax": 13.99, "total": 113.99})), in_full);
    assert_eq!(with(json!({"total": 120})), ["Total €120.00"], "no tax is invented");
    assert_eq!(
        with(json!({"subtotal": 99, "tax": 1, "total": 100})),
        ["Subtotal 99.00", "VAT 1.00", "Total €100.00"]
    );
    assert_eq!(
        with(json!({"discount": 10, "total": 102.59})),
        [
            "Subtotal 100.00",
            "Discount −10.00",
            "VAT 5% of 36.03 1.80",
            "VAT 20% of 53.97 10.79",
            "Total €102.59"
        ]
    );
    let twice = json!({"discount": "10%", "lines": [{"name": "Card", "qty": 2, "price": 100}]});
    assert_eq!(sums(&order(twice)), ["Subtotal 200.00", "Discount −20.00", "Total €180.00"]);
    assert_eq!(with(json!({"shipping": 5}))[1..2], ["Delivery 5.00"]);
}

#[test]
fn tax_that_was_rounded_line_by_line_is_recognised() {
    let line = json!({"name": "Card", "qty": 1, "price": 0.33, "vat": 20});
    let fields = |total: f64| json!({"lines": [line, line, line], "total": total});
    assert_eq!(sums(&order(fields(1.19))), ["Subtotal 0.99", "VAT 20% 0.20", "Total €1.19"]);
    assert_eq!(sums(&order(fields(1.20))), ["Subtotal 0.99", "VAT 20% 0.21", "Total €1.20"]);
    assert_eq!(sums(&order(fields(1.21))), ["Total €1.21"]);
}

#[test]
fn lines_without_amounts_or_no_lines_at_all_leave_the_record_s_numbers() {
    assert_eq!(sums(&order(json!({"lines": ["Setup"], "total": 50}))), ["Total €50.00"]);
    assert_eq!(sums(&order(json!({"total": 50, "currency": "GBP"}))), ["Total £50.00"]);
    let on_demand = json!({"lines": [{"name": "Setup", "qty": "on demand", "price": 50}]});
    assert_eq!(sums(&order(on_demand)), Vec::<String>::new(), "nobody knows what it comes to");
    assert_eq!(sums(&order(json!({}))), Vec::<String>::new());
    assert_eq!(sums(&order(json!({"lines": [{"name": "Setup", "price": 50}]}))), ["Total €50.00"]);
    let zero = json!({"lines": [{"name": "Setup", "price": 50, "vat": 0}]});
    assert_eq!(sums(&order(zero)), ["Subtotal 50.00", "VAT 0% 0.00", "Total €50.00"]);
}

#[test]
fn currencies_keep_their_own_decimals() {
    let of = |currency: &str| {
        let lines = json!([{"name": "Card", "qty": 3, "price": 1.2345, "vat": 10}]);
        sums(&order(json!({"currency": currency, "lines": lines})))
    };
    assert_eq!(of("JPY"), ["Subtotal 4", "VAT 10% 0", "Total JPY\u{a0}4"]);
    assert_eq!(of("KWD"), ["Subtotal 3.704", "VAT 10% 0.370", "Total KWD\u{a0}4.074"]);
    assert_eq!(of("GBP"), ["Subtotal 3.70", "VAT 10% 0.37", "Total £4.07"]);
}

#[test]
fn an_invoice_says_what_is_left_to_pay_and_by_when() {
    let fields =
        json!({"invoice_number": "2026-7", "total": 100, "amount_paid": 30, "due_date": "2026-12-01"});
    let invoice = document(Kind::Invoice, fields.clone(), "en");
    assert_eq!(invoice["title"], "Invoice 2026-7");
    assert_eq!(sums(&invoice), ["Total €100.00", "Paid −30.00", "Amount due €70.00"]);
    assert_eq!(invoice["passages"][0]["text"], "Please pay €70.00 by 1 December 2026, quoting 2026-7.");
    let german = document(Kind::Invoice, fields, "de-DE");
    assert_eq!(german["title"], "Rechnung 2026-7");
    let asked = "Bitte zahlen Sie 70,00\u{a0}€ bis zum 1. Dezember 2026 und nennen Sie dabei 2026-7.";
    assert_eq!(german["passages"][0]["text"], asked);
    let paid = document(Kind::Invoice, json!({"total": 5, "amount_paid": 5, "due_date": "2026-12-01"}), "en");
    assert_eq!(paid["passages"], json!([]));
}

#[test]
fn a_quote_is_to_be_signed_until_it_is() {
    let open = document(Kind::Quote, json!({"valid_until": "2026-12-24"}), "en");
    assert_eq!(texts(&open["acceptance"]), ["Place, date", "Signature"]);
    assert!(facts(&open).contains(&("Valid until", "24 December 2026")));
    let signed = json!({"signed_by": "Jana Łukasz", "signed_at": "2026-11-21T15:04:05Z"});
    let signed = document(Kind::Quote, signed, "de");
    assert_eq!(signed["acceptance"], Value::Null);
    assert_eq!(
        texts(&signed["signature"]["lines"]),
        ["Jana Łukasz", "21. November 2026, 15:04 (Europe/London)"]
    );
    assert_eq!(order(json!({}))["acceptance"], Value::Null);
}

#[test]
fn who_is_written_to_and_what_about() {
    let document = order(json!({
        "order_number": "SO-1042", "order_date": "2026-11-20", "purchase_order": "PO 7", "due_date": "soon",
    }));
    assert_eq!(document["title"], "Sales order SO-1042");
    assert_eq!(document["subject"], "120 SIM cards for Northwind");
    let expected = ["Northwind GmbH", "Jana Łukasz", "Große Straße 7", "20095 Hamburg", "Germany"];
    assert_eq!(texts(&document["addressee"]), expected);
    let expected = [
        ("Order number", "SO-1042"),
        ("Date", "20 November 2026"),
        ("Delivery by", "soon"),
        ("Your order", "PO 7"),
        ("Your VAT number", "DE 123"),
        ("Your contact", "Sam Sales"),
        ("", "sam@belltower.example"),
    ];
    assert_eq!(facts(&document), expected);
    assert_eq!(document["letterhead"]["sender"], "Belltower Ltd · 12 Church Street · York YO1 7AB");
    let foot = json!([["Belltower Ltd", "12 Church Street, York YO1 7AB"], ["VAT no. GB 1"], ["IBAN GB33"]]);
    assert_eq!(document["letterhead"]["foot"], foot);
    assert_eq!(order(json!({}))["title"], "Sales order so-311", "the id serves where there is no number");
    let other =
        order(json!({"billing_address": {"street": "Quay 1", "city": "Oslo"}, "billing_country": "Norway"}));
    assert_eq!(texts(&other["addressee"])[2..], ["Quay 1", "Oslo", "Norway"]);
}

#[test]
fn the_least_a_record_can_hold_is_a_document() {
    let nothing = Map::new();
    let least = data(&DocumentInput {
        kind: Kind::SalesOrder,
        id: "",
        label: "",
        fields: &nothing,
        company: None,
        contact: None,
        owner: None,
        letterhead: &Letterhead::default(),
        language: "",
        today: Date::constant(2026, 11, 22),
        time_zone: "",
    });
    assert_eq!(least["title"], "Sales order");
    assert_eq!(facts(&least), [("Date", "22 November 2026")]);
    assert_eq!(least["addressee"], json!([]));
}

#[test]
fn only_what_looks_like_a_drawing_is_taken_for_a_logo() {
    let logo = |text: &str| {
        let letterhead = Letterhead { logo_svg: text.into(), ..Letterhead::default() };
        let fields = Map::new();
        let input = DocumentInput {
            kind: Kind::Quote,
            id: "",
            label: "",
            fields: &fields,
            company: None,
            contact: None,
            owner: None,
            letterhead: &letterhead,
            language: "en",
            today: Date::constant(2026, 1, 1),
            time_zone: "UTC",
        };
        data(&input)["letterhead"]["logo_svg"] != ""
    };
    assert!(logo("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n"));
    assert!(!logo("https://belltower.example/logo.svg"));
    assert!(!logo("<svg>"));
}

#[test]
fn each_reason_is_one_sentence_that_says_what_to_do() {
    let mistake = |line, file: Option<&str>, hint: Option<&str>| {
        let file = file.map(str::to_owned);
        let mistake = Mistake {
            message: "unknown variable: x".into(),
            file,
            line,
            column: Some(2),
            hint: hint.map(str::to_owned),
        };
        Unprinted::Refused(mistake).to_string()
    };
    assert_eq!(
        mistake(Some(3), None, None),
        "The PDF template must be mended in line 3: unknown variable: x."
    );
    let hinted =
        "The PDF template must be mended in line 1 of logo.svg: unknown variable: x (did you mean `y`?).";
    assert_eq!(mistake(Some(1), Some("logo.svg"), Some("did you mean `y`?")), hinted);
    let slow = Unprinted::Slow(std::time::Duration::from_millis(800)).to_string();
    assert!(slow.starts_with("The PDF template was stopped after 0.8 seconds of work:"), "{slow}");
    assert!(Unprinted::Hungry(512 << 20).to_string().contains("more than 512 MiB of memory"));
    assert!(Unprinted::Busy.may_pass() && !Unprinted::Large(1).may_pass());
}

#[test]
fn what_a_document_comes_to_is_its_printed_total_or_what_its_lines_come_to() {
    let line = |price: f64| json!({"quantity": 3, "price": price, "vat": 20});
    let millionths = |amount: f64| Some(format!("{:.0}", amount * 1e6).parse::<i128>().unwrap());
    for (what, fields, expected) in [
        ("its own total", json!({"total": 5, "lines": [line(10.0)]}), millionths(5.0)),
        ("as it is written", json!({"Grand Total": "EUR 1.234,50"}), millionths(1234.5)),
        ("the lines with tax", json!({"lines": [line(10.0)]}), millionths(36.0)),
        ("less a discount", json!({"discount": "50 %", "lines": [line(10.0)]}), millionths(18.0)),
        ("the tax of the record", json!({"tax": 7, "lines": [{"price": 30}]}), millionths(37.0)),
        (
            "lines that have an amount",
            json!({"lines": [line(10.0), {"price": "on demand"}]}),
            millionths(36.0),
        ),
        ("not what the record says", json!({"subtotal": 1, "lines": [line(10.0)]}), millionths(36.0)),
        ("no lines", json!({"subtotal": 30, "discount_percent": 10, "tax": 5}), millionths(32.0)),
        ("rounded by its currency", json!({"currency": "JPY", "lines": [{"price": 10.4}]}), millionths(10.0)),
        ("nothing", json!({"lines": []}), None),
        ("nothing that is an amount", json!({"lines": ["SIM cards"], "total": "soon"}), None),
    ] {
        assert_eq!(gross(&object(fields), None), expected, "{what}");
    }
    let company = object(json!({"currency": "KWD"}));
    let fields = object(json!({"lines": [{"price": 1.2345}]}));
    assert_eq!((gross(&fields, None), gross(&fields, Some(&company))), (millionths(1.23), millionths(1.235)));
}
