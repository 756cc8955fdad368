//! Who writes: what stands at the head and at the foot of each page.

use serde::Serialize;
use serde_json::Value;

use super::read::{address, filled, short};
use super::words::Speech;
use crate::template::lines::many_lines;

/// The longest drawing, in bytes.
const LONGEST_DRAWING: usize = 1024 * 1024;

/// Who writes: the company's own name and addresses. Whatever is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// The company's name.
    pub name: String,
    /// Its address, a line each or with commas.
    pub address: String,
    /// Telephone number.
    pub phone: String,
    /// E-mail address.
    pub email: String,
    /// Address of its website.
    pub website: String,
    /// Where and under which number it is registered.
    pub registration_number: String,
    /// Number of its registration for VAT.
    pub vat_number: String,
    /// Bank, account and the like, a line each.
    pub bank_details: String,
    /// Terms, below every document that has none of its own.
    pub terms: String,
    /// Its logo as SVG; see [`super::Press::check_drawing`].
    pub logo_svg: String,
    /// What amounts are in that have no currency of their own: three letters.
    pub currency: String,
}

/// The letterhead as the template shows it.
#[derive(Serialize)]
pub(super) struct Head {
    name: String,
    logo_svg: String,
    address: Vec<String>,
    reach: Vec<String>,
    /// One line above the addressee, seen in the window of an envelope.
    sender: String,
    /// Columns of lines.
    foot: Vec<Vec<String>>,
}

impl Head {
    pub(super) fn of(head: &Letterhead, speech: Speech) -> Self {
        let words = speech.words;
        let name = short(&head.name);
        let address = address(&Value::from(head.address.as_str()));
        let told = |title: &str, text: &str| match short(text) {
            text if text.is_empty() => text,
            text => format!("{title} {text}"),
        };
        // Street and town; the country would not fit.
        let sender: Vec<&str> = [&name]
            .into_iter()
            .chain(address.iter().take(2))
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        let bank = many_lines(&head.bank_details);
        let foot = [
            vec![name.clone(), address.join(", ")],
            vec![
                told(&words.registered, &head.registration_number),
                told(&words.vat_number, &head.vat_number),
            ],
            bank.lines().map(short).take(4).collect(),
        ];
        let foot = foot.into_iter().map(filled).filter(|column| !column.is_empty());
        Self {
            sender: sender.join(" · "),
            logo_svg: drawing(&head.logo_svg),
            reach: filled(vec![short(&head.phone), short(&head.email), short(&head.website)]),
            foot: foot.collect(),
            address,
            name,
        }
    }
}

/// What looks like an SVG drawing; nothing else, for the printer refuses the whole document otherwise.
fn drawing(text: &str) -> String {
    let text = text.trim().trim_start_matches('\u{feff}');
    let is_drawing = (text.starts_with("<svg") || text.starts_with("<?xml")) && text.ends_with("</svg>");
    if is_drawing && text.len() <= LONGEST_DRAWING { text.to_owned() } else { String::new() }
}
