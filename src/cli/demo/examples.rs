//! What has happened to the demo's people of late.

/// How a demo notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Unread,
    Read,
    Archived,
    /// Until this many hours from now.
    Snoozed(u32),
}

use Stands::{Archived, Read, Snoozed, Unread};

/// A notification of the demo.
pub(super) struct Example {
    pub user_id: i64,
    pub hours_ago: u32,
    pub stands: Stands,
    pub kind: &'static str,
    pub title: &'static str,
    pub message: &'static str,
    pub link: &'static str,
    pub metadata: &'static str,
}

const fn for_grace(
    (hours_ago, stands): (u32, Stands),
    (kind, link): (&'static str, &'static str),
    title: &'static str,
    message: &'static str,
    metadata: &'static str,
) -> Example {
    Example { user_id: 123, hours_ago, stands, kind, title, message, link, metadata }
}

/// Oldest first.
pub(super) const EXAMPLES: &[Example] = &[
    for_grace(
        (220, Archived),
        ("billing_invoice", "/invoices/2188"),
        "Invoice INV-2188 issued",
        "Harbour Freight Ltd was invoiced $4,310.00 for September. Payment is due in 14 days.",
        r#"{"invoice":"INV-2188","customer":"Harbour Freight Ltd","amount":4310.0,"currency":"USD","due_in_days":14}"#,
    ),
    for_grace(
        (196, Read),
        ("custom", "/services/160"),
        "Fibre line for Northwind is being set up",
        "The network team has taken the order. You will hear when the line is up.",
        r#"{"service_id":160,"provision_job_id":"prov-2026-00031","playbook":"fibre-business"}"#,
    ),
    for_grace(
        (195, Read),
        ("provision_complete", "/services/160"),
        "Fibre line for Northwind is up",
        "1 Gbit/s symmetric, handed over and tested.",
        r#"{"service_id":160,"provision_job_id":"prov-2026-00031","duration_seconds":512,"speed":"1 Gbit/s"}"#,
    ),
    for_grace(
        (172, Archived),
        ("ticket_updated", "/tickets/37"),
        "Ticket #37 resolved: no dial tone at Blue Heron Books",
        "Ben replaced the adapter. The customer has confirmed that it works.",
        r#"{"ticket_id":37,"resolved_by":"Ben Support","hours_open":5.5}"#,
    ),
    for_grace(
        (148, Read),
        ("service_expiring", "/services/88"),
        "Service expires in 30 days",
        "Acme's backup line runs out at the end of next month. Renewing now keeps the price.",
        r#"{"service_id":88,"days_remaining":30,"renewal_price":89.0}"#,
    ),
    for_grace(
        (124, Read),
        ("billing_payment", "/payments/8974"),
        "Payment received from Harbour Freight",
        "$4,310.00 for invoice INV-2188, by bank transfer.",
        r#"{"payment_id":8974,"invoice":"INV-2188","amount":4310.0,"payment_method":"bank_transfer"}"#,
    ),
    for_grace(
        (98, Read),
        ("ticket_assigned", "/tickets/41"),
        "Ticket #41 assigned to you",
        "Northwind asks for two more addresses on the new fibre line.",
        r#"{"ticket_id":41,"severity":"Low","customer":"Northwind Traders"}"#,
    ),
    for_grace(
        (75, Read),
        ("custom", "/accounts/acme"),
        "Credit limit of Acme raised to $25,000",
        "Cleo approved the request. Orders on hold are released.",
        r#"{"account":"Acme","credit_limit":{"before":15000,"after":25000},"approved_by":"Cleo Finance"}"#,
    ),
    for_grace(
        (52, Snoozed(19)),
        ("service_expiring", "/services/88"),
        "Service expires in 7 days",
        "Acme's backup line was not renewed yet. After that day it is switched off.",
        r#"{"service_id":88,"days_remaining":7,"auto_renew":false}"#,
    ),
    for_grace(
        (49, Read),
        ("billing_invoice", "/invoices/2207"),
        "Invoice INV-2207 is 10 days overdue",
        "Blue Heron Books owes $312.40. A reminder went out this morning.",
        r#"{"invoice":"INV-2207","customer":"Blue Heron Books","amount":312.4,"days_overdue":10,"reminders":["2026-11-06","2026-11-13"]}"#,
    ),
    for_grace(
        (29, Read),
        ("customer_reply", "/tickets/41"),
        "Northwind replied on ticket #41",
        "\u{201c}Two are enough for now. Could we have them before the audit on Friday?\u{201d}",
        r#"{"ticket_id":41,"from":"m.silva@northwind.example","attachments":0}"#,
    ),
    for_grace(
        (26, Unread),
        ("system_alert", "/monitoring/core-2"),
        "Core router 2: packet loss above 1 %",
        "Customers in the harbour district may notice slow connections. The network team is on it.",
        r#"{"severity":"warning","source":"prometheus","affected":{"customers":14,"districts":["Harbour","Old Town"]}}"#,
    ),
    for_grace(
        (9, Unread),
        ("provision_failed", "/services/171"),
        "Setting up VoIP for Juniper Dental failed",
        "The number could not be ported: the old provider has another name on the contract.\n\nAsk the customer for a copy of the last bill and start the job again.",
        r#"{"service_id":171,"provision_job_id":"prov-2026-00058","step":"port_number","error":"name mismatch","retry":true}"#,
    ),
    for_grace(
        (5, Read),
        ("ticket_assigned", "/tickets/42"),
        "Ticket #42 assigned to you",
        "The router at Acme drops its uplink every night.",
        r#"{"ticket_id":42,"severity":"High","customer":"Acme","sla_hours":8}"#,
    ),
    for_grace(
        (3, Unread),
        ("customer_reply", "/tickets/42"),
        "Acme replied on ticket #42",
        "\u{201c}It happened again at 02:10. I have saved the log of the router, see the attachment.\u{201d}",
        r#"{"ticket_id":42,"from":"it@acme.example","attachments":1}"#,
    ),
    for_grace(
        (1, Unread),
        ("billing_payment", "/payments/9001"),
        "Payment received from Acme",
        "Payment of $120.00 has been processed successfully.",
        r#"{"payment_id":9001,"amount":120.0,"payment_method":"card","last_four":"4242"}"#,
    ),
    for_grace(
        (0, Unread),
        ("provision_complete", "/services/167"),
        "Service activated for Acme",
        "The mobile service has been activated; the SIM is on its way.",
        r#"{"service_id":167,"provision_job_id":"prov-2026-00042","duration_seconds":45}"#,
    ),
    Example {
        user_id: 1,
        hours_ago: 2,
        stands: Unread,
        kind: "system_alert",
        title: "⚠️ Disk space warning",
        message: "The database server's disk is 85 % full.",
        link: "/monitoring/db-1",
        metadata: r#"{"severity":"warning","source":"prometheus_alertmanager","disk":"/var","percent":85}"#,
    },
    Example {
        user_id: 2,
        hours_ago: 6,
        stands: Unread,
        kind: "ticket_assigned",
        title: "New ticket #43: invoice shows the wrong address",
        message: "Blue Heron Books has moved and asks for a corrected invoice.",
        link: "/tickets/43",
        metadata: r#"{"ticket_id":43,"severity":"Low"}"#,
    },
    Example {
        user_id: 3,
        hours_ago: 20,
        stands: Unread,
        kind: "billing_invoice",
        title: "3 invoices are overdue",
        message: "Together they come to $1,944.10; the oldest is 31 days late.",
        link: "/invoices?overdue=1",
        metadata: r#"{"count":3,"total":1944.1,"oldest_days":31}"#,
    },
];
