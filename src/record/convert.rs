//! The conversion of a lead into a company, a contact and an opportunity (A9).
//!
//! A lead becomes a contact, the company that it names (an existing one of that name where that is wanted), and an
//! opportunity where that is wanted. The lead stays, with the status Converted and the ids of what was made of it: a
//! list of leads shows it, unless it is asked for those of another status.

use serde_json::{Map, Value};

use super::save::{Fields, LONGEST_LABEL, Wish};
use super::{Change, Course, Credit, Record, Records, store};
use crate::audit::Actor;
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::storage::Tx;

const LEADS: &str = "leads";
const COMPANIES: &str = "companies";
const CONTACTS: &str = "contacts";
const OPPORTUNITIES: &str = "opportunities";

/// The status of a lead that was converted.
const CONVERTED: &str = "Converted";

/// How a lead is to be converted.
#[derive(Clone, Debug)]
pub(super) struct Conversion {
    /// To whom all of it is assigned; to whom the lead is where nothing is said.
    pub assigned_to: Option<i64>,
    /// Whether an opportunity is made.
    pub opportunity: bool,
    /// Whether a company of that name is taken where there is one.
    pub link_company: bool,
}

/// What became of a lead.
#[derive(Clone, Debug)]
pub(super) struct Converted {
    pub lead: Record,
    /// The company, made or found; none where the lead names none.
    pub company: Option<Record>,
    pub contact: Record,
    pub opportunity: Option<Record>,
}

/// The records that are made of a lead, each for its owner.
struct Making<'a> {
    records: &'a Records,
    owner: Option<i64>,
    now: Instant,
    made: Vec<Record>,
}

impl Making<'_> {
    async fn make(
        &mut self,
        tx: &mut Tx,
        module: &str,
        label: &str,
        fields: Map<String, Value>,
    ) -> Result<Record, Refusal> {
        let wish = Wish {
            label: Some(one_line(label)),
            assigned_to: Some(self.owner),
            fields: Some(Fields::All(fields)),
            ..Wish::default()
        };
        let record = self.records.make_in(tx, module, None, wish, self.now).await?;
        self.made.push(record.clone());
        Ok(record)
    }
}

impl Records {
    /// Converts a lead, writes the history of it, and tells whoever is to hear.
    ///
    /// # Errors
    /// 404 for a lead or a user that is not there, 409 for a lead that was converted, or what the database says.
    pub(super) async fn convert_in(
        &self,
        tx: &mut Tx,
        id: &str,
        conversion: &Conversion,
        actor: &Actor,
        now: Instant,
    ) -> Result<Converted, Refusal> {
        let before = self.locked_in(tx, LEADS, id).await?;
        if is_converted(&before) {
            return Err(Refusal::conflict(format!(
                "Lead {id} was converted already; open its contact, or make another lead"
            )));
        }
        let owner = conversion.assigned_to.or(before.assigned_to);
        let mut making = Making { records: self, owner, now, made: Vec::new() };
        let company = self.company_in(tx, &mut making, &before, conversion.link_company).await?;
        let fields = self.contact_fields(&before, company.as_ref())?;
        let contact = making.make(tx, CONTACTS, &person(&before), fields).await?;
        let opportunity = match conversion.opportunity {
            true => {
                let fields = self.opportunity_fields(&before, company.as_ref(), &contact)?;
                let label = company.as_ref().map_or(&contact.label, |company| &company.label).clone();
                Some(making.make(tx, OPPORTUNITIES, &label, fields).await?)
            }
            false => None,
        };
        let ids = [
            ("company_id", company.as_ref()),
            ("contact_id", Some(&contact)),
            ("opportunity_id", opportunity.as_ref()),
        ];
        let ids =
            ids.into_iter().filter_map(|(name, record)| Some((name.to_owned(), Value::from(&*record?.id))));
        let status = [("status".to_owned(), Value::from(CONVERTED))];
        let wish = Wish {
            assigned_to: Some(owner),
            fields: Some(Fields::Some(ids.chain(status).collect())),
            ..Wish::default()
        };
        let lead = self.change_in(tx, &before, wish, now).await?;
        let changes = changes(before, lead.clone(), making.made, actor);
        self.announce_in(tx, &changes, now).await?;
        Ok(Converted { lead, company, contact, opportunity })
    }

    /// The company that a lead names: the one there is where that is wanted, a new one otherwise.
    async fn company_in(
        &self,
        tx: &mut Tx,
        making: &mut Making<'_>,
        lead: &Record,
        may_link: bool,
    ) -> Result<Option<Record>, Refusal> {
        let Some(name) = text(lead, "company").map(one_line) else { return Ok(None) };
        if may_link && let Some(known) = store::find_by_label(tx, COMPANIES, &name).await? {
            return Ok(Some(known));
        }
        let fields = self.taken_over(lead, COMPANIES, &["phone", "website", "address", "country"])?;
        making.make(tx, COMPANIES, &name, fields).await.map(Some)
    }

    fn contact_fields(&self, lead: &Record, company: Option<&Record>) -> Result<Map<String, Value>, Refusal> {
        let names = [
            "first_name",
            "last_name",
            "job_title",
            "email",
            "phone",
            "mobile",
            "address",
            "country",
            "source",
            "description",
        ];
        let mut fields = self.taken_over(lead, CONTACTS, &names)?;
        refer(&mut fields, "company_id", company);
        Ok(fields)
    }

    fn opportunity_fields(
        &self,
        lead: &Record,
        company: Option<&Record>,
        contact: &Record,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut fields = self.taken_over(lead, OPPORTUNITIES, &["amount", "currency", "source"])?;
        refer(&mut fields, "company_id", company);
        refer(&mut fields, "contact_id", Some(contact));
        fields.insert("stage".to_owned(), "Prospecting".into());
        fields.insert("status".to_owned(), "Open".into());
        Ok(fields)
    }

    /// The fields of a lead that a module knows by the same name and takes as they are: what a lead may hold since its
    /// fields were not described yet is left behind.
    fn taken_over(&self, lead: &Record, module: &str, names: &[&str]) -> Result<Map<String, Value>, Refusal> {
        let module = self.inner.modules.find(module)?;
        let known =
            names.iter().filter_map(|name| Some(((*name).to_owned(), lead.fields.get(*name)?.clone())));
        let fits = |(name, value): &(String, Value)| {
            let one = Map::from_iter([(name.clone(), value.clone())]);
            module.judge(&one, &Map::new()).is_ok()
        };
        Ok(known.filter(fits).collect())
    }
}

/// What was changed and made, in the words of whoever watches.
fn changes(before: Record, after: Record, made: Vec<Record>, actor: &Actor) -> Vec<Change> {
    let change = |before, after, course| Change {
        before,
        after: Some(after),
        actor: actor.clone(),
        send_notification: None,
        course,
        credit: Credit::Kept,
    };
    let companions: Vec<Change> =
        made.iter().map(|record| change(None, record.clone(), Course::Companion)).collect();
    let lead = change(Some(before), after, Course::Converted(made));
    std::iter::once(lead).chain(companions).collect()
}

fn is_converted(lead: &Record) -> bool {
    text(lead, "status").is_some_and(|status| status.eq_ignore_ascii_case(CONVERTED))
}

/// What a lead says in a field, if it says something.
fn text<'a>(lead: &'a Record, field: &str) -> Option<&'a str> {
    let text = lead.fields.get(field).and_then(Value::as_str).map(str::trim);
    text.filter(|text| !text.is_empty())
}

/// The name of the person that a lead is about; what the lead is called where it names nobody.
fn person(lead: &Record) -> String {
    let names: Vec<&str> = ["first_name", "last_name"].iter().filter_map(|name| text(lead, name)).collect();
    if names.is_empty() { lead.label.clone() } else { names.join(" ") }
}

fn refer(fields: &mut Map<String, Value>, name: &str, record: Option<&Record>) {
    if let Some(id) = record.map(|record| record.id.clone()) {
        fields.insert(name.to_owned(), Value::from(&*id));
    }
}

/// A text as a label: in one line, and not too long for one.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_LABEL).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn lead(fields: Value) -> Record {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        Record {
            number: 1,
            module: Arc::from(LEADS),
            id: Arc::from("7"),
            label: "Jane of Acme".to_owned(),
            link: None,
            assigned_to: None,
            previous_assigned_to: None,
            reassigned_at: None,
            fields,
            version: 1,
            created_at: Instant(0),
            updated_at: Instant(0),
        }
    }

    #[test]
    fn a_contact_is_called_as_the_person_or_else_as_the_lead() {
        for (fields, name) in [
            (json!({"first_name": "Jane", "last_name": "Doe"}), "Jane Doe"),
            (json!({"first_name": " ", "last_name": " Doe "}), "Doe"),
            (json!({"first_name": "Jane"}), "Jane"),
            (json!({"first_name": 5}), "Jane of Acme"),
            (json!({}), "Jane of Acme"),
        ] {
            assert_eq!(person(&lead(fields.clone())), name, "{fields}");
        }
    }

    #[test]
    fn a_lead_is_converted_once_its_status_says_so() {
        for (status, is) in [
            (json!("Converted"), true),
            (json!(" converted"), true),
            (json!("New"), false),
            (json!(1), false),
        ] {
            assert_eq!(is_converted(&lead(json!({"status": status}))), is, "{status}");
        }
        assert!(!is_converted(&lead(json!({}))));
    }

    #[test]
    fn a_label_is_one_line_of_255_characters() {
        assert_eq!(one_line(" Acme\n  Holdings\u{7} Ltd "), "Acme Holdings Ltd");
        assert_eq!(one_line(&"é".repeat(300)).chars().count(), 255);
    }
}
