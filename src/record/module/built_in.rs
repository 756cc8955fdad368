//! The built-in modules and the standard fields of each.

use super::{Field, Kind};

/// A module that every node has.
pub(super) struct BuiltIn {
    pub name: &'static str,
    pub title: &'static str,
    pub singular: &'static str,
    pub fields: &'static [Field],
}

/// The module of this name.
pub(super) fn find(name: &str) -> Option<&'static BuiltIn> {
    MODULES.iter().find(|module| module.name == name)
}

const fn field(name: &'static str, title: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, title, kind, options: &[], about }
}

const fn text(name: &'static str, title: &'static str, about: &'static str) -> Field {
    field(name, title, Kind::Text, about)
}

const fn choice(
    name: &'static str,
    title: &'static str,
    options: &'static [&'static str],
    about: &'static str,
) -> Field {
    Field { name, title, kind: Kind::Picklist, options, about }
}

const EMAIL: Field = text("email", "E-mail", "E-mail address");
const PHONE: Field = text("phone", "Phone", "Telephone number");
const MOBILE: Field = text("mobile", "Mobile", "Mobile telephone number");
const WEBSITE: Field = text("website", "Website", "Address of their website");
const FIRST_NAME: Field = text("first_name", "First Name", "Given name");
const LAST_NAME: Field = text("last_name", "Last Name", "Family name");
const JOB_TITLE: Field = text("job_title", "Job Title", "What they do in their company");
const ADDRESS: Field = text("address", "Address", "Street, town and postcode");
const COUNTRY: Field = text("country", "Country", "Country of the address");
const CURRENCY: Field = text("currency", "Currency", "Three letters, such as GBP: what the amounts are in");
const SUBJECT: Field = text("subject", "Subject", "What it is about, in a line");
const DESCRIPTION: Field = text("description", "Description", "Anything else worth knowing");
const COMPANY_ID: Field =
    field("company_id", "Company", Kind::Reference, "The company it belongs to: id of a record of companies");
const CONTACT_ID: Field =
    field("contact_id", "Contact", Kind::Reference, "The person to speak to: id of a record of contacts");
const OPPORTUNITY_ID: Field = field(
    "opportunity_id",
    "Opportunity",
    Kind::Reference,
    "What it came from: id of a record of opportunities",
);
const CONTRACT_ID: Field = field(
    "contract_id",
    "Contract",
    Kind::Reference,
    "The contract that its response times come from: id of a record of contracts",
);
const TOTAL: Field = field("total", "Total", Kind::Number, "The amount with tax");
const LINES: Field =
    field("lines", "Lines", Kind::List, "What is sold: a list of lines, as the CRM has them");

const LEAD_SOURCES: &[&str] =
    &["Website", "Referral", "Telephone", "E-mail", "Event", "Advertisement", "Other"];

/// Every built-in module, in the order in which they are listed.
pub(super) static MODULES: &[BuiltIn] = &[
    BuiltIn { name: "leads", title: "Leads", singular: "Lead", fields: LEADS },
    BuiltIn { name: "contacts", title: "Contacts", singular: "Contact", fields: CONTACTS },
    BuiltIn { name: "companies", title: "Companies", singular: "Company", fields: COMPANIES },
    BuiltIn { name: "opportunities", title: "Opportunities", singular: "Opportunity", fields: OPPORTUNITIES },
    BuiltIn { name: "activities", title: "Activities", singular: "Activity", fields: ACTIVITIES },
    BuiltIn { name: "tickets", title: "Tickets", singular: "Ticket", fields: TICKETS },
    BuiltIn { name: "sales_orders", title: "Sales Orders", singular: "Sales Order", fields: SALES_ORDERS },
    BuiltIn { name: "invoices", title: "Invoices", singular: "Invoice", fields: INVOICES },
    BuiltIn { name: "quotes", title: "Quotes", singular: "Quote", fields: QUOTES },
    BuiltIn { name: "contracts", title: "Contracts", singular: "Contract", fields: CONTRACTS },
    BuiltIn { name: "projects", title: "Projects", singular: "Project", fields: PROJECTS },
    BuiltIn { name: "documents", title: "Documents", singular: "Document", fields: DOCUMENTS },
    BuiltIn { name: "personnel", title: "Personnel", singular: "Personnel", fields: PERSONNEL },
];

static LEADS: &[Field] = &[
    text("company", "Company", "Name of the company that might buy"),
    FIRST_NAME,
    LAST_NAME,
    JOB_TITLE,
    EMAIL,
    PHONE,
    MOBILE,
    WEBSITE,
    choice(
        "status",
        "Status",
        &["New", "Contacted", "Qualified", "Unqualified", "Converted"],
        "How far it has come; Converted once it was made into a company, a contact and an opportunity",
    ),
    choice("source", "Lead Source", LEAD_SOURCES, "How they came to hear of us"),
    choice("rating", "Rating", &["Hot", "Warm", "Cold"], "How likely they are to buy"),
    field("amount", "Expected Amount", Kind::Number, "What it might bring in"),
    CURRENCY,
    ADDRESS,
    COUNTRY,
    DESCRIPTION,
    field(
        "company_id",
        "Company Made",
        Kind::Reference,
        "The company that it was converted into or linked to",
    ),
    field("contact_id", "Contact Made", Kind::Reference, "The contact that it was converted into"),
    field(
        "opportunity_id",
        "Opportunity Made",
        Kind::Reference,
        "The opportunity that it was converted into",
    ),
];

static CONTACTS: &[Field] = &[
    FIRST_NAME,
    LAST_NAME,
    JOB_TITLE,
    COMPANY_ID,
    EMAIL,
    PHONE,
    MOBILE,
    choice("status", "Status", &["Active", "Inactive"], "Whether they are still to be spoken to"),
    choice("source", "Lead Source", LEAD_SOURCES, "How they came to hear of us"),
    field("birth_date", "Birth Date", Kind::Date, "Day of birth"),
    field("do_not_call", "Do Not Call", Kind::Boolean, "Whether they asked not to be telephoned"),
    field("portal_user", "Portal User", Kind::Boolean, "Whether they may sign in to the customers' portal"),
    ADDRESS,
    COUNTRY,
    DESCRIPTION,
];

static COMPANIES: &[Field] = &[
    WEBSITE,
    EMAIL,
    PHONE,
    choice("type", "Type", &["Customer", "Prospect", "Partner", "Supplier", "Other"], "What they are to us"),
    text("industry", "Industry", "What they do"),
    choice("status", "Status", &["Active", "On Stop", "Inactive"], "Whether we do business with them"),
    field("employees", "Employees", Kind::Integer, "How many people work there"),
    field("annual_revenue", "Annual Revenue", Kind::Number, "What they turn over in a year"),
    field("credit_limit", "Credit Limit", Kind::Number, "How much they may owe us"),
    field("balance", "Balance", Kind::Number, "How much they owe us now"),
    CURRENCY,
    text("vat_number", "VAT Number", "Number of their registration for VAT"),
    ADDRESS,
    COUNTRY,
    DESCRIPTION,
];

static OPPORTUNITIES: &[Field] = &[
    COMPANY_ID,
    CONTACT_ID,
    field("amount", "Amount", Kind::Number, "What it would bring in"),
    CURRENCY,
    choice(
        "stage",
        "Sales Stage",
        &["Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"],
        "How far it has come",
    ),
    choice("status", "Status", &["Open", "Won", "Lost"], "Whether it is decided"),
    field("probability", "Probability", Kind::Number, "How likely it is, in per cent"),
    field("close_date", "Expected Close Date", Kind::Date, "The day on which it is expected to be decided"),
    choice("source", "Lead Source", LEAD_SOURCES, "How they came to hear of us"),
    text("next_step", "Next Step", "What is to be done next"),
    DESCRIPTION,
];

static ACTIVITIES: &[Field] = &[
    choice(
        "activity_type",
        "Activity Type",
        &["call", "meeting", "task"],
        "What kind of activity it is; calls, meetings and tasks have reminders",
    ),
    SUBJECT,
    field(
        "starts_at",
        "Start",
        Kind::DateTime,
        "When it begins; without an offset it is the wall time of the assigned user",
    ),
    field(
        "ends_at",
        "End",
        Kind::DateTime,
        "When it ends; without an offset it is the wall time of the assigned user",
    ),
    choice(
        "status",
        "Status",
        &["Not Started", "In Progress", "Completed", "Cancelled"],
        "How far it has come; nobody is reminded of what is Completed or Cancelled",
    ),
    field(
        "reminder_on",
        "Reminder",
        Kind::Boolean,
        "Whether its assigned user is reminded; where nothing is said, as Reminder Settings say",
    ),
    field(
        "reminder_minutes",
        "Remind Before",
        Kind::Integer,
        "How many minutes before the start the reminder comes; it switches the reminder on",
    ),
    text("rrule", "Repeats", "How it recurs: an RRULE of iCalendar, such as FREQ=WEEKLY;BYDAY=MO"),
    choice("priority", "Priority", &["Low", "Normal", "High"], "How much it matters"),
    text("location", "Location", "Where it takes place"),
    text(
        "category",
        "Category",
        "What it belongs to; Reassign Request logs that somebody was asked to reassign a record",
    ),
    text("related_module", "Related Module", "Name of the module of the record that it is about"),
    text("related_id", "Related Record", "Id of the record that it is about"),
    COMPANY_ID,
    CONTACT_ID,
    DESCRIPTION,
];

static TICKETS: &[Field] = &[
    choice(
        "status",
        "Status",
        &["Open", "In Progress", "Waiting for Customer", "Resolved", "Closed"],
        "How far it has come",
    ),
    Field {
        name: "severity",
        title: "Severity",
        kind: Kind::Level,
        options: &["Critical", "High", "Normal", "Low"],
        about: "How grave it is; contracts give each severity its response time",
    },
    choice("priority", "Priority", &["Low", "Normal", "High", "Urgent"], "How soon it is to be looked at"),
    text("category", "Category", "What it belongs to"),
    CONTRACT_ID,
    COMPANY_ID,
    CONTACT_ID,
    text("support_email", "Support E-mail", "The address that the customer wrote to"),
    field(
        "subscribers",
        "Subscribers",
        Kind::List,
        "Users who hear of what happens to it: a list of their numbers",
    ),
    field(
        "last_action_date",
        "Last Action Date",
        Kind::DateTime,
        "When somebody last did something about it",
    ),
    DESCRIPTION,
];

static SALES_ORDERS: &[Field] = &[
    SUBJECT,
    COMPANY_ID,
    CONTACT_ID,
    OPPORTUNITY_ID,
    choice(
        "status",
        "Status",
        &["Created", "Approved", "eSigned", "Shipped", "Delivered", "Invoiced", "Cancelled"],
        "How far it has come; Sales Order Settings say of which values people are told",
    ),
    TOTAL,
    field("subtotal", "Subtotal", Kind::Number, "The amount without tax"),
    field("tax", "Tax", Kind::Number, "The tax in the total"),
    CURRENCY,
    LINES,
    text("order_number", "Order Number", "The number that the customer sees"),
    text("purchase_order", "Purchase Order", "The customer's own number for it"),
    field("order_date", "Order Date", Kind::Date, "The day on which it was ordered"),
    field("due_date", "Due Date", Kind::Date, "The day by which it is to be delivered"),
    DESCRIPTION,
];

static INVOICES: &[Field] = &[
    SUBJECT,
    COMPANY_ID,
    CONTACT_ID,
    field("sales_order_id", "Sales Order", Kind::Reference, "What it is for: id of a record of sales_orders"),
    choice(
        "status",
        "Status",
        &["Draft", "Sent", "Part Paid", "Paid", "Overdue", "Void"],
        "How far it has come",
    ),
    TOTAL,
    field("subtotal", "Subtotal", Kind::Number, "The amount without tax"),
    field("tax", "Tax", Kind::Number, "The tax in the total"),
    field("amount_paid", "Amount Paid", Kind::Number, "What was paid of it so far"),
    CURRENCY,
    LINES,
    text("invoice_number", "Invoice Number", "The number that the customer sees"),
    field("invoice_date", "Invoice Date", Kind::Date, "The day that it bears"),
    field("due_date", "Due Date", Kind::Date, "The day by which it is to be paid"),
    DESCRIPTION,
];

static QUOTES: &[Field] = &[
    SUBJECT,
    COMPANY_ID,
    CONTACT_ID,
    OPPORTUNITY_ID,
    choice("status", "Status", &["Draft", "Sent", "Accepted", "Rejected", "Expired"], "How far it has come"),
    TOTAL,
    field("subtotal", "Subtotal", Kind::Number, "The amount without tax"),
    field("tax", "Tax", Kind::Number, "The tax in the total"),
    CURRENCY,
    LINES,
    text("quote_number", "Quote Number", "The number that the customer sees"),
    field("valid_until", "Valid Until", Kind::Date, "The last day on which it may be accepted"),
    DESCRIPTION,
];

static CONTRACTS: &[Field] = &[
    COMPANY_ID,
    CONTACT_ID,
    text("contract_number", "Contract Number", "The number that the customer sees"),
    choice("status", "Status", &["Draft", "Active", "Expired", "Cancelled"], "Whether it is in force"),
    field("start_date", "Start Date", Kind::Date, "The day on which it begins"),
    field("end_date", "End Date", Kind::Date, "The day on which it ends"),
    field("renewal_date", "Renewal Date", Kind::Date, "The day on which it is to be renewed"),
    field("value", "Value", Kind::Number, "What it brings in"),
    CURRENCY,
    field(
        "sla_response_hours",
        "Response Hours",
        Kind::Number,
        "Within how many opening hours tickets are answered",
    ),
    field(
        "sla_severity_hours",
        "Response Hours by Severity",
        Kind::Numbers,
        "The same for tickets of one severity: hours by severity",
    ),
    DESCRIPTION,
];

static PROJECTS: &[Field] = &[
    COMPANY_ID,
    CONTACT_ID,
    choice(
        "status",
        "Status",
        &["Not Started", "In Progress", "On Hold", "Completed", "Cancelled"],
        "How far it has come",
    ),
    field("start_date", "Start Date", Kind::Date, "The day on which it begins"),
    field("end_date", "End Date", Kind::Date, "The day by which it is to be done"),
    field("progress", "Progress", Kind::Number, "How much of it is done, in per cent"),
    field("budget", "Budget", Kind::Number, "What it may cost"),
    CURRENCY,
    DESCRIPTION,
];

static DOCUMENTS: &[Field] = &[
    text("file_name", "File Name", "Name of the file"),
    field("size", "Size", Kind::Integer, "Size of the file, in bytes"),
    text("media_type", "Media Type", "Kind of the file, such as application/pdf"),
    text("folder", "Folder", "Where it is kept"),
    choice("status", "Status", &["Draft", "Final", "Archived"], "Whether it is finished"),
    text("document_version", "Version", "The version that it bears"),
    COMPANY_ID,
    CONTACT_ID,
    field("show_on_portal", "Show on Portal", Kind::Boolean, "Whether customers see it in their portal"),
    DESCRIPTION,
];

static PERSONNEL: &[Field] = &[
    field("user_id", "User", Kind::User, "The user that this person is"),
    field("supervisor_id", "Supervisor", Kind::User, "The user who leads this person"),
    FIRST_NAME,
    LAST_NAME,
    JOB_TITLE,
    text("department", "Department", "Where they work"),
    EMAIL,
    PHONE,
    choice("status", "Status", &["Active", "On Leave", "Left"], "Whether they work here"),
    field("birth_date", "Birth Date", Kind::Date, "Day of birth"),
    field("start_date", "Start Date", Kind::Date, "First day of work"),
    field("appraisal_date", "Appraisal Date", Kind::Date, "Day of the next appraisal"),
    field("probation_end", "End of Probation", Kind::Date, "Last day of the time of probation"),
    field("contract_end", "End of Contract", Kind::Date, "Last day of the contract"),
    field("leaving_date", "Leaving Date", Kind::Date, "Last day of work"),
    DESCRIPTION,
];
