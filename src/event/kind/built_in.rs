//! Every type of event: one entry each.

use super::Holds::{Line, Lines, Link, Name, Number, Reference, Size, Text, User, Users, Whole};
use super::Tellers::{Company, Programs};
use super::{Holds, Kind, Member};
use crate::http::body::LARGEST_ID;

const fn may(name: &'static str, holds: Holds, about: &'static str) -> Member {
    Member { name, holds, required: false, about }
}

const fn must(name: &'static str, holds: Holds, about: &'static str) -> Member {
    Member { name, holds, required: true, about }
}

const LABEL: Member = may("label", Line, "What people call the record, where it is not kept here");
const LINK: Member = may("link", Link, "Where a click leads: an http(s) URL or a path; else to the record");
const WORDS: Member = may("text", Text, "What was written");
const CONTACT: Member = may("contact", Line, "Name of the customer, where the contact is not kept here");
const CONTACT_ID: Member = may("contact_id", Reference, "The customer: id of a record of contacts");

const TICKETS: &[&str] = &["tickets"];

/// Every type that may be told of, in the order in which they are listed.
pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "ticket.mentioned",
        title: "Somebody was mentioned in a ticket",
        about: "Those who are mentioned are told (ticket_mention). For CRMs that keep their own comments.",
        told_by: Company,
        modules: TICKETS,
        needs_record: true,
        data: &[must("mentions", Users, "Who is mentioned"), WORDS, LABEL, LINK],
        one_of: &[],
        example: r#"{"mentions": [5], "text": "@grace have a look"}"#,
    },
    Kind {
        name: "ticket.updated",
        title: "A ticket was updated",
        about: "Its subscribers are told (ticket_updated). Changes of the record itself need no event: of every field but \
                last_action_date and subscribers they are told without.",
        told_by: Company,
        modules: TICKETS,
        needs_record: true,
        data: &[may("summary", Text, "What is new, in a sentence"), LABEL, LINK],
        one_of: &[],
        example: r#"{"summary": "The spare part has arrived."}"#,
    },
    Kind {
        name: "ticket.customer_replied",
        title: "A customer replied to a ticket",
        about: "Its assigned user and its subscribers are told (customer_reply). For CRMs that keep their own comments.",
        told_by: Company,
        modules: TICKETS,
        needs_record: true,
        data: &[WORDS, may("author", Line, "Name of the customer"), LABEL, LINK],
        one_of: &[],
        example: r#"{"text": "It works again, thank you!", "author": "Jane Doe"}"#,
    },
    Kind {
        name: "credit_limit.overridden",
        title: "Somebody overrode a credit limit",
        about: "Those are told whom Credit Check Settings name, but for whoever did it (credit_override).",
        told_by: Programs,
        modules: &["sales_orders", "invoices"],
        needs_record: false,
        data: &[
            may("company_id", Reference, "The company: id of a record of companies"),
            may("company", Line, "Name of the company"),
            may("document", Line, "What people call the sales order or invoice"),
            may("total", Number, "Its amount with tax"),
            may("credit_limit", Number, "How much the company may owe"),
            may("balance", Number, "How much it owes without this"),
            may("currency", Line, "Three letters, such as GBP"),
            LINK,
        ],
        one_of: &[],
        example: r#"{"company_id": "7", "company": "Acme Ltd", "document": "SO-1001", "total": 1200.5, "credit_limit": 1000, "balance": 300}"#,
    },
    Kind {
        name: "user.locked_out",
        title: "Somebody locked themselves out of the CRM",
        about: "Those are told whom Notification Settings name for lock-outs (user_locked_out).",
        told_by: Programs,
        modules: &[],
        needs_record: false,
        data: &[
            may("user_id", User, "The user, where they are one here"),
            may(
                "email",
                Line,
                "What they tried to sign in as; says who it is, where a user here has this address",
            ),
            may("name", Line, "What they are called"),
            may("attempts", Whole(1, LARGEST_ID), "How many wrong passwords there were in a row"),
            may("address", Line, "From where"),
        ],
        one_of: &["user_id", "email"],
        example: r#"{"email": "ben@example.com", "attempts": 5}"#,
    },
    Kind {
        name: "portal.document_uploaded",
        title: "A customer uploaded a document",
        about: "It is kept as a record of documents, linked to the contact and their company, and assigned to the user of \
                Portal Settings, who is told (portal_activity). An empty file is refused.",
        told_by: Programs,
        modules: &["documents"],
        needs_record: true,
        data: &[
            must("name", Line, "Name of the document"),
            may("size", Size, "Its size in bytes; an empty file is no document"),
            CONTACT_ID,
            may("company_id", Reference, "Their company, where it is not the contact's own"),
            LINK,
            CONTACT,
        ],
        one_of: &[],
        example: r#"{"name": "Plan.pdf", "size": 48213, "contact_id": "12", "link": "/documents/88"}"#,
    },
    Kind {
        name: "portal.ticket_opened",
        title: "A customer opened a ticket in the portal",
        about: "Those are told whom Portal Settings name, or the ticket's assigned user, or the group Support (portal_activity).",
        told_by: Programs,
        modules: TICKETS,
        needs_record: true,
        data: &[CONTACT_ID, CONTACT, WORDS, LABEL, LINK],
        one_of: &[],
        example: r#"{"contact_id": "12", "text": "The printer is on fire."}"#,
    },
    Kind {
        name: "portal.ticket_commented",
        title: "A customer commented on a ticket in the portal",
        about: "Those are told whom Portal Settings name, or the ticket's assigned user, or the group Support (portal_activity). Where the \
                subscribers are to hear of it as well, send ticket.customer_replied in its place.",
        told_by: Programs,
        modules: TICKETS,
        needs_record: true,
        data: &[CONTACT_ID, CONTACT, WORDS, LABEL, LINK],
        one_of: &[],
        example: r#"{"contact_id": "12", "text": "Is there any news?"}"#,
    },
    Kind {
        name: "portal.details_changed",
        title: "A customer changed their details in the portal",
        about: "Those are told whom Portal Settings name, or the record's assigned user, or the group Support (portal_activity).",
        told_by: Programs,
        modules: &["contacts", "companies"],
        needs_record: true,
        data: &[
            may("changed", Lines, "What they changed: names of fields"),
            CONTACT_ID,
            CONTACT,
            LABEL,
            LINK,
        ],
        one_of: &[],
        example: r#"{"changed": ["Phone", "Address"]}"#,
    },
    Kind {
        name: "portal.order_signed",
        title: "A customer signed a sales order in the portal",
        about: "Those are told whom Portal Settings name, or the order's assigned user, or the group Support (portal_activity). The CRM sets the \
                order's status itself, which Sales Order Settings may tell of besides.",
        told_by: Programs,
        modules: &["sales_orders"],
        needs_record: true,
        data: &[CONTACT_ID, CONTACT, LABEL, LINK],
        one_of: &[],
        example: r#"{"contact_id": "12"}"#,
    },
    Kind {
        name: "portal.project_commented",
        title: "A customer commented on a project in the portal",
        about: "Those are told whom Portal Settings name, or the project's assigned user, or the group Support (portal_activity).",
        told_by: Programs,
        modules: &["projects"],
        needs_record: true,
        data: &[CONTACT_ID, CONTACT, WORDS, LABEL, LINK],
        one_of: &[],
        example: r#"{"contact_id": "12", "text": "The second stage looks good."}"#,
    },
    Kind {
        name: "provisioning.finished",
        title: "A provisioning job ended",
        about: "Status 0: whoever started it is told that it is complete (provision_complete). Status 2: they are told that it \
                failed, by e-mail as well whatever they chose, and so are those whom Provisioning Settings name \
                (provision_failed); nobody known: the administrators. Status 1 (it runs) and 3 (a failure that is ignored) tell \
                nobody.",
        told_by: Programs,
        modules: &[],
        needs_record: false,
        data: &[
            must("status", Whole(0, 3), "0 success, 1 running, 2 failed, 3 failed and ignored"),
            may("job", Name, "The name or number of the job"),
            may("playbook", Line, "The playbook that it ran"),
            may("user_id", User, "Who started it; actor_id says the same"),
            may("error", Text, "What went wrong"),
            LABEL,
            LINK,
        ],
        one_of: &[],
        example: r#"{"status": 2, "job": "1042", "playbook": "fibre_activation", "error": "ONT not reachable"}"#,
    },
];
