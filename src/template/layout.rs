//! The layouts, made ready once: MJML becomes HTML that every mail client understands, and both parts are compiled.

use std::fmt::Write;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value};
use mrml::prelude::parser::ParserOptions;
use mrml::prelude::render::RenderOptions;

use super::page::Page;

const HTML: &str = "mail.html";
const TEXT: &str = "mail.txt";

/// More steps than the largest page takes: our own layouts end, and this holds it.
const FUEL: u64 = 1_000_000;

static LAYOUTS: LazyLock<Environment<'static>> = LazyLock::new(layouts);

/// The HTML part.
pub(super) fn html(page: &Page) -> String {
    render(HTML, page)
}

/// The text part.
pub(super) fn text(page: &Page) -> String {
    render(TEXT, page)
}

fn render(name: &str, page: &Page) -> String {
    let layout = LAYOUTS.get_template(name).expect("both layouts are part of the program");
    layout.render(Serde(page)).expect("a layout names only what a page has")
}

fn layouts() -> Environment<'static> {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    let syntax = syntax.build().expect("only the white space is not as usual");
    let mut layouts = Environment::new();
    layouts.set_undefined_behavior(UndefinedBehavior::Strict);
    layouts.set_fuel(Some(FUEL));
    layouts.set_syntax(syntax);
    layouts.set_formatter(write_value);
    layouts.add_template_owned(HTML, compiled()).expect("the layout is part of the program");
    layouts.add_template(TEXT, include_str!("mail.txt")).expect("the layout is part of the program");
    layouts
}

/// The HTML of the MJML layout, with its places for values still in it.
fn compiled() -> String {
    let parsed = mrml::parse_with_options(include_str!("mail.mjml"), &ParserOptions::default())
        .expect("the layout is part of the program");
    // The default fonts would be fetched from Google by whoever reads the mail.
    let options =
        RenderOptions { disable_comments: true, social_icon_origin: None, fonts: Default::default() };
    parsed.element.render(&options).expect("the layout is part of the program")
}

/// Writes a value: in HTML nothing of it is markup. Slashes stay as they are, since scanners that rewrite links look
/// for `https://`.
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.kind() != ValueKind::String || !matches!(state.auto_escape(), AutoEscape::Html) {
        return minijinja::escape_formatter(out, state, value);
    }
    for c in value.as_str().unwrap_or_default().chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' => out.write_str("&quot;")?,
            '\'' => out.write_str("&#39;")?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}
