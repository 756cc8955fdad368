//! What values come to when they are compared: names without case, accents and punctuation, e-mail addresses and
//! telephone numbers however they are written, websites by their host.
//!
//! SQLite's LOWER knows ASCII only, so all of it is done here, and what is stored are the results.

use unicode_normalization::UnicodeNormalization;

/// Fewer digits than these are no telephone number that says whose it is.
const FEWEST_DIGITS: usize = 6;

/// More are no telephone number.
const MOST_DIGITS: usize = 20;

/// By how many of its last digits a long number is looked up.
const LAST_DIGITS: usize = 9;

/// Calling codes of two digits; 1 and 7 have one, all others three.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
    "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// Hosts under which many companies have their page: there the path tells whose it is.
const SHARED_HOSTS: [&str; 10] = [
    "facebook.com",
    "linkedin.com",
    "instagram.com",
    "twitter.com",
    "x.com",
    "youtube.com",
    "tiktok.com",
    "xing.com",
    "sites.google.com",
    "github.com",
];

/// A text without case, accents, spaces and punctuation; empty where nothing else is in it.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().flat_map(char::to_lowercase) {
        match spelled(c) {
            Some(letters) => folded.push_str(letters),
            None if c.is_alphanumeric() => folded.push(c),
            None => {}
        }
    }
    folded
}

/// Letters that are other letters with something to them, though Unicode does not take them apart.
fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ς' => "σ",
        _ => return None,
    })
}

/// The e-mail addresses in a text, as their mailboxes are told apart: nothing of what is none.
pub(super) fn emails(text: &str) -> Vec<String> {
    let mut emails: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',' || c == ';') {
        let email = email(word.trim_matches(['<', '>', '(', ')', '"', '\'']));
        emails.extend(email.filter(|email| !emails.contains(email)));
    }
    emails
}

fn email(word: &str) -> Option<String> {
    let word: String = word.nfkc().flat_map(char::to_lowercase).collect();
    let word = word.strip_prefix("mailto:").unwrap_or(&word);
    let word = word.split('?').next().unwrap_or(word);
    let (local, domain) = word.rsplit_once('@')?;
    let domain = host(domain)?;
    // What stands behind a plus is the person's own mark on it.
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    let (local, domain) = match domain.as_str() {
        "gmail.com" | "googlemail.com" => (local.replace('.', ""), "gmail.com".to_owned()),
        _ => (local.to_owned(), domain),
    };
    (!local.is_empty()).then(|| format!("{local}@{domain}"))
}

/// The name of a host in lower case, letters beyond ASCII as IDNA writes them.
fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    if text.is_empty() {
        return None;
    }
    url::Host::parse(text).ok().map(|host| host.to_string())
}

/// Whose website an address is: its host without `www`; under hosts that many share, with its path.
pub(super) fn website(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let url = match text.contains("://") {
        true => url::Url::parse(&text),
        false => url::Url::parse(&format!("http://{text}")),
    };
    let url = url.ok()?;
    let host = host(url.host_str()?)?;
    let host = host.strip_prefix("www.").unwrap_or(&host);
    if !host.contains('.') {
        return None;
    }
    let path = url.path().trim_matches('/');
    let is_shared =
        SHARED_HOSTS.iter().any(|shared| host == *shared || host.ends_with(&format!(".{shared}")));
    match (is_shared, path) {
        (false, _) => Some(host.to_owned()),
        (true, "") => None,
        (true, path) => {
            let shared = SHARED_HOSTS.iter().find(|shared| host.ends_with(**shared)).unwrap_or(&host);
            Some(format!("{shared}/{path}"))
        }
    }
}

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phone {
    /// Its calling code, where it is written with one.
    country: Option<String>,
    /// What follows, without the 0 that some countries put before it.
    digits: String,
}

impl Phone {
    /// The number in a text; `None` where there is none.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let text = text.trim().strip_prefix("tel:").unwrap_or(&text);
        let number =
            ["ext", "x", "#", ";"].iter().fold(text, |text, end| text.split(end).next().unwrap_or(text));
        let has_plus = number.trim_start_matches(|c: char| c == '(' || c.is_whitespace()).starts_with('+');
        let written: String = match has_plus || number.trim_start().starts_with("00") {
            true => number.replace("(0)", ""),
            false => number.to_owned(),
        };
        let all: String = written.chars().filter(char::is_ascii_digit).collect();
        let international = if has_plus { Some(all.as_str()) } else { all.strip_prefix("00") };
        let (country, digits) =
            match international.and_then(|digits| digits.split_at_checked(calling_code(digits))) {
                Some((country, digits)) => (Some(country.to_owned()), digits),
                None => (None, all.as_str()),
            };
        let digits = digits.trim_start_matches('0').to_owned();
        (FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len()).then_some(Self { country, digits })
    }

    /// By what it is looked up: whatever is the same number has the same.
    pub fn key(&self) -> &str {
        &self.digits[self.digits.len().saturating_sub(LAST_DIGITS)..]
    }

    /// Whether both are the same number, as far as they tell: one of them may be written without its area's or
    /// country's code.
    pub fn is_same(&self, other: &Self) -> bool {
        if self.country.is_some() && other.country.is_some() && self.country != other.country {
            return false;
        }
        let (short, long) = match self.digits.len() <= other.digits.len() {
            true => (&self.digits, &other.digits),
            false => (&other.digits, &self.digits),
        };
        short == long || (short.len() >= LAST_DIGITS && long.ends_with(short.as_str()))
    }
}

/// How many digits the calling code has with which a number begins.
fn calling_code(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if TWO_DIGITS.iter().any(|code| digits.starts_with(code)) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests;
