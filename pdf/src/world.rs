//! All that a template can see: itself, its data, the texts beside it, the fonts in the program and one day.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::request::Request;

/// What the template is called in the compiler's own words.
const MAIN: &str = "template.typ";

/// What a template reads its data from.
const DATA: &str = "data.json";

static FONTS: LazyLock<Vec<Font>> =
    LazyLock::new(|| typst_assets::fonts().flat_map(|file| Font::iter(Bytes::new(file))).collect());

/// All that a template can see.
pub struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    template: Source,
    files: HashMap<FileId, Bytes>,
    today: Option<Datetime>,
}

impl Desk {
    /// Lays out what a request brings.
    ///
    /// # Errors
    /// What is wrong with the request, for the log.
    pub fn new(request: &Request) -> Result<Self, String> {
        let mut files = HashMap::new();
        let data = serde_json::to_vec(&request.data).map_err(|error| error.to_string())?;
        files.insert(named(DATA)?, Bytes::new(data));
        for (name, text) in &request.files {
            files.insert(named(name)?, Bytes::from_string(text.clone()));
        }
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(FONTS.iter())),
            template: Source::new(named(MAIN)?, request.source.clone()),
            files,
            today: request.today.as_deref().map(day).transpose()?,
        })
    }

    /// The day that is today.
    pub fn day(&self) -> Option<Datetime> {
        self.today
    }

    fn bytes(&self, id: FileId) -> FileResult<&Bytes> {
        let path = id.get();
        if matches!(path.root(), VirtualRoot::Package(_)) {
            return Err(FileError::Other(Some("packages cannot be loaded here".into())));
        }
        let name = path.vpath().get_without_slash();
        self.files.get(&id).ok_or_else(|| FileError::NotFound(PathBuf::from(name)))
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            return Ok(self.template.clone());
        }
        let text = self.bytes(id)?.as_str().map_err(|_| FileError::InvalidUtf8)?;
        Ok(Source::new(id, text.to_owned()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.template.id() {
            return Ok(Bytes::from_string(self.template.text().to_owned()));
        }
        self.bytes(id).cloned()
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}

fn named(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|_| format!("no file can be called {name:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// Reads 2026-11-22.
fn day(text: &str) -> Result<Datetime, String> {
    let mut parts = text.splitn(3, '-');
    let mut next = || parts.next().unwrap_or_default();
    let (year, month, day) = (next().parse(), next().parse(), next().parse());
    match (year, month, day) {
        (Ok(year), Ok(month), Ok(day)) => Datetime::from_ymd(year, month, day),
        _ => None,
    }
    .ok_or_else(|| format!("{text:?} is no day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_or_refused() {
        assert_eq!(day("2026-11-22").ok(), Datetime::from_ymd(2026, 11, 22));
        for no_day in ["", "2026-11", "2026-13-01", "2026-02-30", "22.11.2026", "2026-11-22-1"] {
            assert!(day(no_day).is_err(), "{no_day}");
        }
    }

    #[test]
    fn every_font_of_the_program_is_there() {
        let families: Vec<&str> = FONTS.iter().map(|font| font.info().family.as_str()).collect();
        for family in ["Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"] {
            assert!(families.contains(&family), "{families:?}");
        }
    }
}
