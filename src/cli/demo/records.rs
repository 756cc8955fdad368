//! The demo's CRM: a few records of every module, and an activity that begins soon.

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::audit::{Actor, By};
use crate::clock::Instant;
use crate::record::{Fields, Wish};

/// Whose act it is that the demo has these records.
const OPERATOR: &str = "Demo";

/// How many minutes after the start of the demo the next call begins: one more than people are reminded before it.
const SOON: u64 = 16;

/// Module, id, label, assigned user, fields as JSON.
const RECORDS: &[(&str, &str, &str, i64, &str)] = &[
    (
        "companies",
        "northwind",
        "Northwind Logistics",
        123,
        r#"{"email":"office@northwind.example","phone":"+31 10 555 0100","address":"Maasboulevard 12\n3011 Rotterdam","country":"Netherlands","credit_limit":50000,"balance":15350}"#,
    ),
    (
        "companies",
        "harbour",
        "Harbour Freight Ltd",
        5,
        r#"{"email":"accounts@harbour.example","credit_limit":20000,"balance":4310}"#,
    ),
    (
        "contacts",
        "mia-larsen",
        "Mia Larsen",
        123,
        r#"{"first_name":"Mia","last_name":"Larsen","email":"mia@northwind.example","company_id":"northwind"}"#,
    ),
    (
        "contacts",
        "joris-bakker",
        "Joris Bakker",
        123,
        r#"{"first_name":"Joris","last_name":"Bakker","email":"joris@northwind.example","company_id":"northwind"}"#,
    ),
    (
        "contacts",
        "amara-okafor",
        "Amara Okafor",
        5,
        r#"{"first_name":"Amara","last_name":"Okafor","email":"amara@northwind.example","company_id":"northwind"}"#,
    ),
    (
        "leads",
        "lin-wei",
        "Lin Wei",
        5,
        r#"{"first_name":"Lin","last_name":"Wei","company":"Pacific Timber","email":"lin@pacific.example","phone":"+61 8 5550 1234","status":"New"}"#,
    ),
    (
        "leads",
        "otto-brandt",
        "Otto Brandt",
        5,
        r#"{"first_name":"Otto","last_name":"Brandt","company":"Northwind Logistics","email":"otto@northwind.example","status":"New"}"#,
    ),
    (
        "opportunities",
        "antwerp-fibre",
        "Fibre for the Antwerp depot",
        123,
        r#"{"company_id":"northwind","amount":58000,"status":"Proposal sent"}"#,
    ),
    (
        "opportunities",
        "fleet-sims",
        "Fleet SIM cards, 120 lines",
        5,
        r#"{"company_id":"northwind","amount":26400,"status":"Negotiation"}"#,
    ),
    (
        "tickets",
        "42",
        "Router drops its uplink every night",
        2,
        r#"{"status":"Waiting for Customer","severity":"High","company_id":"northwind","contact_id":"mia-larsen","subscribers":[4],"support_email":"support@harbour.example"}"#,
    ),
    (
        "sales_orders",
        "so-311",
        "120 SIM cards for Northwind",
        123,
        r#"{"company_id":"northwind","contact_id":"mia-larsen","order_number":"SO-311","order_date":"2026-11-12","purchase_order":"NW-2026-118","currency":"EUR","subtotal":21818.18,"tax":4581.82,"total":26400,"status":"Created","lines":[{"code":"SIM-M2M","description":"SIM card, machine to machine, 10 GB","quantity":120,"unit_price":165,"tax_rate":21},{"code":"ACT","description":"Activation and delivery in two lots","quantity":1,"unit_price":2018.18,"tax_rate":21}]}"#,
    ),
    (
        "invoices",
        "inv-1187",
        "Invoice 2026-1187",
        3,
        r#"{"company_id":"northwind","total":15350,"status":"Paid"}"#,
    ),
    (
        "quotes",
        "q-77",
        "Warehouse Wi-Fi survey",
        123,
        r#"{"company_id":"northwind","total":12100,"status":"Sent"}"#,
    ),
    (
        "contracts",
        "gold-7",
        "Support Gold, Northwind",
        2,
        r#"{"company_id":"northwind","sla_response_hours":4}"#,
    ),
    ("projects", "antwerp", "Antwerp depot goes live", 123, r#"{"status":"In Progress"}"#),
    ("documents", "site-plan", "Site plan Antwerp.pdf", 123, r#"{"size":482133}"#),
    (
        "companies",
        "tidewater",
        "Tidewater Stores",
        5,
        r#"{"email":"post@tidewater.example","credit_limit":5000,"balance":4600}"#,
    ),
    (
        "personnel",
        "grace",
        "Grace Sales",
        4,
        r#"{"user_id":123,"supervisor_id":4,"birth_date":"1990-12-09"}"#,
    ),
];

/// Adds the records that the demo lacks; what was done with the others stays.
pub(super) async fn furnish(app: &App) -> anyhow::Result<()> {
    for (module, id, label, owner, fields) in RECORDS {
        if app.records.find(module, id).await?.is_none() {
            put(app, module, id, label, *owner, serde_json::from_str(fields)?).await?;
        }
    }
    Ok(())
}

/// Lets a call begin a quarter of an hour and a minute after this start, on the full minute, and a weekly meeting be
/// there: time is let run to their reminders.
pub(super) async fn schedule(app: &App, now: Instant) -> anyhow::Result<()> {
    let minute = 60;
    let full = (now.seconds() / minute + 1) * minute;
    let starts = Instant((full + i64::try_from(SOON)? * minute) * 1_000_000);
    let ends = Instant(starts.0 + 30 * minute * 1_000_000);
    let call = json!({
        "activity_type": "call", "status": "Not Started", "starts_at": starts.to_rfc3339(), "ends_at": ends.to_rfc3339(),
        "description": "About the uplink in Antwerp", "related_module": "contacts", "related_id": "mia-larsen",
    });
    put(app, "activities", "call-mia", "Call with Mia Larsen", 123, fields_of(call)).await?;
    let meeting = json!({
        "activity_type": "meeting", "status": "Not Started", "starts_at": "2026-01-05T09:00", "ends_at": "2026-01-05T09:45",
        "rrule": "FREQ=WEEKLY;BYDAY=MO", "reminder_minutes": 60,
    });
    put(app, "activities", "team-meeting", "Team meeting", 4, fields_of(meeting)).await
}

fn fields_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

async fn put(
    app: &App,
    module: &'static str,
    id: &'static str,
    label: &str,
    owner: i64,
    fields: Map<String, Value>,
) -> anyhow::Result<()> {
    let wish = Wish {
        label: Some(label.to_owned()),
        assigned_to: Some(Some(owner)),
        fields: Some(Fields::All(fields)),
        ..Wish::default()
    };
    let actor = Actor { user_id: None, name: OPERATOR.into(), by: By::Api };
    app.records.save((module, id), wish, actor, Some(false)).await?;
    Ok(())
}
