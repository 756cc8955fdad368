//! From a source and its variables to a letter.
//!
//! The template is run first, on values whose letters cannot be markup. What comes out is taken apart, judged, put
//! into its frame and written down anew; so the renderer of MJML only ever sees what we wrote.

use std::io;
use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use mrml::prelude::parser::ParserOptions;
use mrml::prelude::render::RenderOptions;
use serde_json::Value as Json;

use super::speech::Speech;
use super::{Frame, Unrendered, data, filters, letter, markup, plain, sandbox, spread};
use crate::template::lines::{cut, one_line};
use crate::template::{HTML_BYTES, Rendered};

/// The names say how values are escaped.
const LETTER: &str = "letter.html";
const SUBJECT: &str = "subject.txt";

/// What a template may write, in bytes, with the marks of lines: the letter itself may be [`HTML_BYTES`] long.
const WRITTEN: usize = 256 * 1024;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 300;

/// How exactly a letter is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// Whoever wrote it can mend it.
    Saved,
    /// It is on its way: what is bad in one place is left out.
    Sent,
}

/// Makes a letter.
///
/// # Errors
/// Why there is none.
pub(super) fn letter(
    subject: &str,
    source: &str,
    variables: &Json,
    frame: &Frame<'_>,
    care: Care,
) -> Result<Rendered, Unrendered> {
    let about_subject = |error: Unrendered| Unrendered::whole(format!("Subject: {}", error.reason));
    sandbox::judge(subject, care).map_err(about_subject)?;
    let marked = sandbox::judged(source, care)?;
    let speech = Arc::new(Speech::of(frame.language, frame.time_zone));
    let environment = environment(&speech);
    let values = data::of(variables, speech.language);
    let line = run(&environment, SUBJECT, subject, values.clone()).map_err(about_subject)?;
    let subject = match cut(&one_line(&line), LONGEST_SUBJECT) {
        empty if empty.is_empty() => speech.words.untitled.clone(),
        subject => subject,
    };
    let nodes = markup::parse(&run(&environment, LETTER, &marked, values)?)?;
    let sheets = letter::sheets(nodes, care)?;
    let mut text = plain::text(&sheets.body);
    text.push_str(&letter::plain_foot(&speech, frame));
    let whole = letter::whole(sheets, &subject, &speech, frame);
    spread::judge(&whole)?;
    let html = html(whole)?;
    Ok(Rendered { subject, html, text })
}

/// A place where templates run: with nothing in it but what is ours.
fn environment<'s>(speech: &Arc<Speech>) -> Environment<'s> {
    let mut environment = Environment::empty();
    environment.set_syntax(sandbox::syntax());
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(sandbox::FUEL));
    environment.set_recursion_limit(sandbox::RECURSION);
    environment.set_auto_escape_callback(|name| match name {
        LETTER => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    let words = speech.words;
    environment.set_formatter(move |out, state, value| match value.kind() {
        ValueKind::Bool => {
            out.write_str(if value.is_true() { &words.yes } else { &words.no }).map_err(Error::from)
        }
        _ => write_value(out, state, value),
    });
    environment.add_function("range", range);
    filters::add(&mut environment, speech);
    add_tests(&mut environment);
    environment
}

fn add_tests(environment: &mut Environment<'_>) {
    environment.add_test("defined", |value: &Value| !value.is_undefined());
    environment.add_test("undefined", |value: &Value| value.is_undefined());
    environment.add_test("none", |value: &Value| value.is_none());
    environment.add_test("number", |value: &Value| value.kind() == ValueKind::Number);
    environment.add_test("string", |value: &Value| value.kind() == ValueKind::String);
    environment.add_test("even", |value: &Value| value.as_i64().is_some_and(|number| number % 2 == 0));
    environment.add_test("odd", |value: &Value| value.as_i64().is_some_and(|number| number % 2 != 0));
}

/// Whole numbers from 0, or from the first to before the second.
fn range(first: i64, second: Option<i64>) -> Result<Vec<i64>, Error> {
    let (from, to) = second.map_or((0, first), |second| (first, second));
    match to.saturating_sub(from) > sandbox::RANGE {
        true => Err(filters::wrong("range makes at most 1,000 numbers; take fewer")),
        false => Ok((from..to).collect()),
    }
}

fn write_value(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(()),
        ValueKind::Number => write!(out, "{value}").map_err(Error::from),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            let is_markup = value.is_safe() || !matches!(state.auto_escape(), AutoEscape::Html);
            let written =
                if is_markup { out.write_str(text) } else { out.write_str(&filters::escaped(text)) };
            written.map_err(Error::from)
        }
        _ => Err(filters::wrong("a list cannot be shown as it is; write {% for %} or |join(', ')")),
    }
}

fn run(environment: &Environment<'_>, name: &str, source: &str, values: Value) -> Result<String, Unrendered> {
    let template =
        environment.template_from_named_str(name, source).map_err(|error| sandbox::not_understood(&error))?;
    let mut written = Bounded::default();
    let run = template.render_captured_to(values, &mut written).map(drop);
    if written.is_full {
        return Err(Unrendered::whole("the letter becomes too long; show less in its loops"));
    }
    run.map_err(|error| failed(&error))?;
    Ok(String::from_utf8(written.bytes).expect("a template writes text"))
}

fn failed(error: &Error) -> Unrendered {
    let reason = match error.kind() {
        ErrorKind::OutOfFuel => "the template does too much; make its loops shorter".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), ToOwned::to_owned),
    };
    Unrendered { line: error.line(), reason }
}

/// Takes what a template writes, up to a bound.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for &mut Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > WRITTEN {
            self.is_full = true;
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn html(letter: markup::Element) -> Result<String, Unrendered> {
    let mut mjml = String::new();
    markup::write(&[letter.into()], &mut mjml);
    let unreadable =
        |error: &dyn std::fmt::Display| Unrendered::whole(format!("the letter cannot be laid out: {error}"));
    let parsed =
        mrml::parse_with_options(&mjml, &ParserOptions::default()).map_err(|error| unreadable(&error))?;
    // The default fonts would be fetched from Google by whoever reads the mail.
    let options =
        RenderOptions { disable_comments: true, social_icon_origin: None, fonts: Default::default() };
    let html = parsed.element.render(&options).map_err(|error| unreadable(&error))?;
    match html.len() > HTML_BYTES {
        true => Err(Unrendered::whole(
            "the letter becomes longer than 102 KiB, where mail programs cut it; show less",
        )),
        false => Ok(html),
    }
}
