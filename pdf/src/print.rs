//! From a request to the bytes of a PDF, or to the compiler's first complaint.

use typst::diag::{SourceDiagnostic, SourceResult};
use typst::foundations::Smart;
use typst::{World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

use crate::request::{Answer, Failure, Mistake, Request};
use crate::world::Desk;

/// The longest complaint, in characters; a template can have the compiler repeat whatever it holds.
const LONGEST_COMPLAINT: usize = 400;

/// Prints a request: the same request gives the same bytes.
pub fn print(request: &Request) -> Answer {
    let desk = match Desk::new(request) {
        Ok(desk) => desk,
        Err(message) => return Answer::broken(message),
    };
    match pdf(&desk) {
        Ok(pdf) => Answer::Printed(pdf),
        Err(complaints) => Answer::Failed(Failure::Refused(mistake(&desk, complaints.first()))),
    }
}

fn pdf(desk: &Desk) -> SourceResult<Vec<u8>> {
    let document = typst::compile::<PagedDocument>(desk).output?;
    let options = PdfOptions {
        creator: Smart::Custom(Some("Belfry".into())),
        timestamp: desk.day().map(Timestamp::new_utc),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options)
}

/// Where the compiler's first complaint stands, and what it says.
fn mistake(desk: &Desk, complaint: Option<&SourceDiagnostic>) -> Mistake {
    let Some(complaint) = complaint else {
        return Mistake { message: "it cannot be printed".into(), ..Mistake::default() };
    };
    let id = complaint.span.id();
    let place = id.and_then(|id| {
        let range = desk.range(complaint.span)?;
        desk.source(id).ok()?.lines().byte_to_line_column(range.start)
    });
    let file = id.filter(|id| *id != desk.main()).map(|id| id.get().vpath().get_without_slash().to_owned());
    // Where in the compiler an "internal error" occurred, and that it be reported there, helps nobody who reads this.
    let (message, is_internal) = match complaint.message.strip_prefix("internal error: ") {
        Some(message) => (message.split(" (occurred at").next().unwrap_or(message), true),
        None => (complaint.message.as_str(), false),
    };
    Mistake {
        message: cut(message),
        file,
        line: place.map(|(line, _)| line + 1),
        column: place.map(|(_, column)| column + 1),
        hint: complaint.hints.first().filter(|_| !is_internal).map(|hint| cut(&hint.v)),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_COMPLAINT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::Limits;

    fn request(source: &str) -> Request {
        Request {
            source: source.into(),
            data: json!({"name": "Ada"}),
            files: [("a.typ".into(), "#let x = 1\n#oops".into())].into(),
            today: Some("2026-11-22".into()),
            limits: Limits { memory: 0, work_ms: 0 },
        }
    }

    fn refused(source: &str) -> Mistake {
        match print(&request(source)) {
            Answer::Failed(Failure::Refused(mistake)) => mistake,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_becomes_a_pdf_and_twice_the_same() {
        let source = "#json(\"data.json\").name, #datetime.today().display()";
        let printed = || match print(&request(source)) {
            Answer::Printed(pdf) => pdf,
            other => panic!("{other:?}"),
        };
        let once = printed();
        assert!(once.starts_with(b"%PDF-") && once == printed());
    }

    #[test]
    fn a_mistake_has_its_place() {
        let mistake = refused("Good day\n  #oops");
        assert_eq!((mistake.file, mistake.line, mistake.column), (None, Some(2), Some(4)));
        assert_eq!(mistake.message, "unknown variable: oops");
        let mistake = refused("#import \"a.typ\": x");
        assert_eq!((mistake.file.as_deref(), mistake.line), (Some("a.typ"), Some(2)));
        let mistake = refused("#import \"@preview/cetz:0.3.0\": *");
        assert!(mistake.message.contains("packages cannot be loaded here"), "{}", mistake.message);
        let mistake = refused("#set page(width: 1e300pt)\nx");
        assert_eq!((mistake.message.as_str(), mistake.hint), ("invalid page size", None));
        assert_eq!(refused(&format!("#panic(\"{}\")", "ä".repeat(1000))).message.chars().count(), 401);
    }
}
