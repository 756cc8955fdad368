//! From a record to the data of its document: everything that the template shows, in the reader's language.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::decimal::Decimal;
use super::goods::{Line, Shown, columns, read};
use super::letterhead::{Head, Letterhead};
use super::read::{address, field, filled, line, short, text};
use super::sums::{self, Sum, sums};
use super::words::{Currency, Names, Speech, fill, read_day};
use crate::template::lines::{cut, many_lines, one_line};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was ordered, confirmed.
    SalesOrder,
    /// What is to be paid.
    Invoice,
    /// What is offered, to be accepted by a signature.
    Quote,
}

/// What a document is made of: plain values, as they are in the CRM. Nothing in it is trusted.
#[derive(Clone, Copy, Debug)]
pub struct DocumentInput<'a> {
    /// What it is.
    pub kind: Kind,
    /// The id of the record; its number, where no field says another.
    pub id: &'a str,
    /// What people call the record.
    pub label: &'a str,
    /// The fields of the record.
    pub fields: &'a Map<String, Value>,
    /// Who is written to.
    pub company: Option<Party<'a>>,
    /// The person there.
    pub contact: Option<Party<'a>>,
    /// Who looks after it here.
    pub owner: Option<Person<'a>>,
    /// Who writes.
    pub letterhead: &'a Letterhead,
    /// Language tag of the reader: German for `de`, English for the rest.
    pub language: &'a str,
    /// The day it is printed, in the company's zone; its date, where no field says another.
    pub today: Date,
    /// Name of the zone in which times are told; UTC if nobody knows it.
    pub time_zone: &'a str,
}

/// A record of a company or a contact.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// What people call it.
    pub label: &'a str,
    /// Its fields.
    pub fields: &'a Map<String, Value>,
}

/// A user.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// As people write it.
    pub name: &'a str,
    /// Left out where it is empty.
    pub email: &'a str,
}

/// What `data.json` holds for the shipped templates, and for others that are made of them.
///
/// Numbers, days and words are ready to be shown. `record`, `company`, `contact` and `owner` hold what was handed in.
pub fn data(input: &DocumentInput<'_>) -> Value {
    let document = Document::of(input);
    serde_json::to_value(document).expect("texts and lists of texts can be written as JSON")
}

#[derive(Serialize)]
struct Document<'a> {
    language: &'static str,
    /// In the properties of the file.
    document_title: String,
    author: String,
    title: String,
    subject: String,
    letterhead: Head,
    addressee: Vec<String>,
    facts: Vec<Fact>,
    columns: Map<String, Value>,
    lines: Vec<Shown>,
    sums: Vec<Sum>,
    passages: Vec<Passage>,
    signature: Option<Signature>,
    acceptance: Option<[&'static str; 2]>,
    words: Page,
    record: &'a Map<String, Value>,
    company: Option<&'a Map<String, Value>>,
    contact: Option<&'a Map<String, Value>>,
    owner: Option<Owner<'a>>,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Passage {
    title: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Signature {
    title: &'static str,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct Page {
    page: &'static str,
}

#[derive(Serialize)]
struct Owner<'a> {
    name: &'a str,
    email: &'a str,
}

impl<'a> Document<'a> {
    fn of(input: &DocumentInput<'a>) -> Self {
        let speech = Speech::of(input.language);
        let names = names(input.kind, speech);
        let number = number(input);
        let title = format!("{} {number}", names.title).trim().to_owned();
        let currency = currency(input);
        let lines = read(input.fields, &currency);
        let (sums, left) = sums(input.fields, &lines, speech, &currency);
        let shown = lines.into_iter().enumerate();
        let lines: Vec<Shown> = shown.map(|(at, line)| Shown::of(at, line, speech, &currency)).collect();
        let signature = signature(input, speech);
        let is_to_be_signed = input.kind == Kind::Quote && signature.is_none();
        let words = speech.words;
        Self {
            language: speech.language,
            document_title: title.clone(),
            author: short(&input.letterhead.name),
            subject: subject(input, &number),
            title,
            letterhead: Head::of(input.letterhead, speech),
            addressee: addressee(input),
            facts: facts(input, &number, speech),
            columns: columns(&lines, speech),
            lines,
            sums,
            passages: passages(input, &number, left.zip(Some(&currency)), speech),
            signature,
            acceptance: is_to_be_signed.then_some([&*words.place_and_date, &*words.signature]),
            words: Page { page: &words.page },
            record: input.fields,
            company: input.company.map(|company| company.fields),
            contact: input.contact.map(|contact| contact.fields),
            owner: input.owner.map(|owner| Owner { name: owner.name, email: owner.email }),
        }
    }
}

fn names(kind: Kind, speech: Speech) -> &'static Names {
    match kind {
        Kind::SalesOrder => &speech.words.sales_order,
        Kind::Invoice => &speech.words.invoice,
        Kind::Quote => &speech.words.quote,
    }
}

/// The number that the customer knows it by.
fn number(input: &DocumentInput<'_>) -> String {
    let own = match input.kind {
        Kind::SalesOrder => "ordernumber",
        Kind::Invoice => "invoicenumber",
        Kind::Quote => "quotenumber",
    };
    match line(input.fields, &[own, "number", "documentnumber", "reference"]) {
        number if number.is_empty() => short(input.id),
        number => short(&number),
    }
}

/// What it is about, unless the title says it already.
fn subject(input: &DocumentInput<'_>, number: &str) -> String {
    let said = line(input.fields, &["subject"]);
    let subject = if said.is_empty() { one_line(input.label) } else { said };
    if subject == number || subject.ends_with(&format!(" {number}")) {
        String::new()
    } else {
        short(&subject)
    }
}

/// What the document of these fields comes to, in millionths of its currency: the total that is printed, or what its
/// lines come to where it would be printed without one. Nothing where there is neither.
pub fn gross(fields: &Map<String, Value>, company: Option<&Map<String, Value>>) -> Option<i128> {
    let currency = currency_of(fields, company, "");
    sums::gross(fields, &read(fields, &currency), &currency).map(Decimal::millionths)
}

/// The most lines that a letter is told of.
const LISTED: usize = 100;

/// What a document lists and comes to, for letters about it: the lines, the rows below them, the total and the currency
/// that are printed, as numbers that whoever reads sees in their own way.
pub fn listed(input: &DocumentInput<'_>) -> Value {
    let (speech, currency) = (Speech::of(input.language), currency(input));
    let lines = read(input.fields, &currency);
    let total = sums::gross(input.fields, &lines, &currency);
    let (mut rows, _) = sums(input.fields, &lines, speech, &currency);
    // A letter says what it comes to even where no total is printed.
    if let Some(total) = total.filter(|_| !rows.iter().any(|row| row.strong)) {
        rows.push(Sum::total(total, speech, &currency));
    }
    let lines: Vec<Value> = lines.iter().take(LISTED).map(Line::listed).collect();
    let sums: Vec<Value> = rows.iter().map(Sum::listed).collect();
    json!({ "lines": lines, "sums": sums, "total": total.map(Decimal::to_f64), "currency": currency.name() })
}

fn currency(input: &DocumentInput<'_>) -> Currency {
    currency_of(input.fields, input.company.map(|company| company.fields), &input.letterhead.currency)
}

/// The document's own, that of whom it is for, or else the usual one.
fn currency_of(fields: &Map<String, Value>, company: Option<&Map<String, Value>>, usual: &str) -> Currency {
    let of = |fields| line(fields, &["currency", "currencycode"]);
    let candidates = [of(fields), company.map(of).unwrap_or_default(), usual.to_owned()];
    Currency::of(candidates.iter().find(|name| !name.is_empty()).map_or("", |name| cut_currency(name)))
}

fn cut_currency(name: &str) -> &str {
    name.char_indices().nth(8).map_or(name, |(end, _)| &name[..end])
}

fn addressee(input: &DocumentInput<'_>) -> Vec<String> {
    let company = input.company.map(|company| one_line(company.label)).unwrap_or_default();
    let person = input.contact.map(|contact| {
        let fields = contact.fields;
        let name = format!("{} {}", line(fields, &["firstname"]), line(fields, &["lastname"]));
        if name.trim().is_empty() { one_line(contact.label) } else { name.trim().to_owned() }
    });
    let places = [Some(input.fields), input.company.map(|it| it.fields), input.contact.map(|it| it.fields)];
    let names = ["billingaddress", "invoiceaddress", "address"];
    let mut lines = filled(vec![company, person.unwrap_or_default()]);
    let home = places.into_iter().flatten().find_map(|fields| {
        let lines = field(fields, &names).map(address).filter(|lines| !lines.is_empty())?;
        Some((lines, line(fields, &["billingcountry", "country"])))
    });
    if let Some((address, country)) = home {
        lines.extend(address);
        if lines.last() != Some(&country) {
            lines.push(country);
        }
    }
    filled(lines).iter().map(|line| short(line)).collect()
}

fn facts(input: &DocumentInput<'_>, number: &str, speech: Speech) -> Vec<Fact> {
    let words = speech.words;
    let names = names(input.kind, speech);
    let day = |names: &[&str]| match line(input.fields, names) {
        day if day.is_empty() => day,
        day => short(&speech.day_of(&day, input.time_zone)),
    };
    let date = day(&["orderdate", "invoicedate", "quotedate", "date"]);
    let vat = input.company.map(|company| line(company.fields, &["vatnumber", "vatid"])).unwrap_or_default();
    let owner = input.owner.map(|owner| (short(owner.name), short(owner.email))).unwrap_or_default();
    let facts = [
        (&*names.number, number.to_owned()),
        (&words.date, if date.is_empty() { speech.day(input.today) } else { date }),
        (&names.due, day(due_names(input.kind))),
        (
            &words.purchase_order,
            short(&line(input.fields, &["purchaseorder", "customerreference", "ponumber"])),
        ),
        (&words.their_vat_number, short(&vat)),
        (if owner.0.is_empty() { "" } else { &words.owner }, owner.0),
        ("", owner.1),
    ];
    let given = facts.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| Fact { name, value }).collect()
}

fn due_names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Quote => &["validuntil", "duedate"],
        Kind::SalesOrder => &["duedate", "deliverydate"],
        Kind::Invoice => &["duedate"],
    }
}

fn passages(
    input: &DocumentInput<'_>,
    number: &str,
    left: Option<(Decimal, &Currency)>,
    speech: Speech,
) -> Vec<Passage> {
    let words = speech.words;
    let delivery =
        field(input.fields, &["shippingaddress", "deliveryaddress"]).map(address).unwrap_or_default();
    let notes = text(input.fields, &["description", "notes"]);
    let terms = text(input.fields, &["terms", "termsandconditions"]);
    let terms = if terms.is_empty() { many_lines(&input.letterhead.terms) } else { terms };
    let passages = [
        (&words.deliver_to, delivery.join("\n")),
        (&words.notes, notes),
        (&words.payment, payment(input, number, left, speech).unwrap_or_default()),
        (&words.terms, cut(&terms, 8_000)),
    ];
    let given = passages.into_iter().filter(|(_, text)| !text.is_empty());
    given.map(|(title, text)| Passage { title, text }).collect()
}

/// What an invoice asks for that has a day and something left to pay.
fn payment(
    input: &DocumentInput<'_>,
    number: &str,
    left: Option<(Decimal, &Currency)>,
    speech: Speech,
) -> Option<String> {
    let (left, currency) = left.filter(|(left, _)| *left > Decimal::ZERO)?;
    let due = read_day(&line(input.fields, due_names(input.kind)), input.time_zone)?;
    let amount = speech.money(left, currency);
    let parts = [("amount", &*amount), ("day", &*speech.day(due)), ("number", number)];
    (input.kind == Kind::Invoice).then(|| fill(&speech.words.please_pay, &parts))
}

/// Who signed it and when, as the record says.
fn signature(input: &DocumentInput<'_>, speech: Speech) -> Option<Signature> {
    let name = line(input.fields, &["signedby", "esignedby", "signername", "signatory", "signedname"]);
    let at = line(input.fields, &["signedat", "esignedat", "signedon", "signeddate", "signaturedate"]);
    if name.is_empty() && at.is_empty() {
        return None;
    }
    let at = if at.is_empty() { at } else { speech.time_of(&at, input.time_zone) };
    let lines = filled(vec![short(&name), short(&at)]);
    Some(Signature { title: &speech.words.signed, lines })
}
