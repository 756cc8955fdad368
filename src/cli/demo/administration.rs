//! What the demo's administrator set: every kind of notification is switched on, and finds somebody to tell.

mod http;

use serde_json::{Value, json};

use crate::app::App;
use http::Node;

/// Sets everything that the demo needs, by the routes that every administrator's program has.
pub(super) async fn set(app: &App) -> anyhow::Result<()> {
    let node = Node::of(app);
    node.ask("POST", "/crm/group", json!({"name": "Support", "members": [2, 5]})).await?;
    node.ask("PUT", "/crm/user/2", json!({"on_support": true})).await?;
    let (letter, document) =
        (template(&node, "sales_order_status").await?, template(&node, "sales_order_pdf").await?);
    for (group, settings) in groups(&letter, &document) {
        node.ask("PUT", &format!("/crm/settings/{group}"), settings).await?;
    }
    Ok(())
}

/// The groups of settings, and what is other in them than by default.
fn groups(letter: &Value, document: &Value) -> [(&'static str, Value); 9] {
    let week = json!({"mon": ["09:00", "17:00"], "tue": ["09:00", "17:00"], "wed": ["09:00", "17:00"],
        "thu": ["09:00", "17:00"], "fri": ["09:00", "17:00"], "sat": [], "sun": []});
    [
        (
            "company",
            json!({"name": "Harbour CRM Ltd", "address": "1 Quayside\nBristol BS1 4QA", "phone": "+44 117 496 0123",
                "email": "hello@harbour.example", "website": "www.harbour.example",
                "registration": "Registered in England, no. 01234567", "vat_number": "GB 123 4567 89",
                "bank_details": "Harbour CRM Ltd · Sort code 00-00-00 · Account 12345678",
                "time_zone": "Europe/London", "opening_hours": week}),
        ),
        ("notifications", json!({"lockout_users": "Ada Admin; Max Manager"})),
        ("leads", json!({"conversion_notification": true})),
        (
            "sales_orders",
            json!({"status_notification": true, "trigger_values": "eSigned, Delivered", "users": "Ben Support",
                "email_template_id": letter, "pdf_template_id": document}),
        ),
        (
            "credit_check",
            json!({"enabled": true, "default_limit": 10000, "administrators": "Cleo Finance",
                "override_users": "Max Manager"}),
        ),
        (
            "duplicates",
            json!({"modules": {"contacts": true, "companies": true, "leads": true}, "send_notification": true,
                "users": "123; 5"}),
        ),
        (
            "portal",
            json!({"document_user_id": 123, "document_text": "A customer uploaded it: please file it.",
                "order_signed": true, "details_changed": true}),
        ),
        (
            "helpdesk",
            json!({"severity_hours": {"Critical": 2}, "ticket_opened": true, "comment_added": true}),
        ),
        (
            "personnel",
            json!({"rules": [{"field": "appraisal_date", "days_before": 14, "recipients": "person, manager",
                "enabled": true}]}),
        ),
    ]
}

/// The number of a shipped template.
async fn template(node: &Node, key: &str) -> anyhow::Result<Value> {
    let all = node.ask("GET", "/crm/template", Value::Null).await?;
    let found = all["templates"].as_array().and_then(|all| all.iter().find(|one| one["key"] == key));
    found.map(|found| found["id"].clone()).ok_or_else(|| anyhow::anyhow!("there is no template {key}"))
}
