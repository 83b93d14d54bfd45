//! Typst as a printer: a fixed template and data in, a PDF out.
//!
//! The template is ours and never changes at run time. Everything that comes from a quote, an invoice
//! or a decision goes in as the JSON file `sheet.json`: typst reads it as values, and a value that is
//! shown is text, whatever it looks like. There is no other file, no package, no network and no clock.

use std::sync::LazyLock;

use serde::Serialize;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::ecow::EcoVec;
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

use crate::DocumentError;

/// Noto Sans JP in two weights, cut down to what Japanese text uses; see `fonts/README.md`.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../fonts/NotoSansJP-Regular.ttf"),
    include_bytes!("../fonts/NotoSansJP-Bold.ttf"),
];

/// What was laid out is kept for so many printings, so that the next page is quick and memory stays bounded.
const PRINTINGS_KEPT: usize = 4;

/// Everything that is the same for every page.
struct Shop {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let fonts: Vec<Font> =
        FONTS.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect();
    Shop {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
    }
});

/// What is printed.
pub(crate) struct Job<'a, D> {
    /// The template.
    pub(crate) template: &'static str,
    /// What it shows.
    pub(crate) data: &'a D,
    /// Sizes of text to try, in tenths of a point, the best first. The first with which the document is one page is
    /// taken, else the last.
    pub(crate) sizes: &'a [u16],
    /// What makes the document the same document.
    pub(crate) identity: String,
    /// When it was made, as written into the file.
    pub(crate) made_at: jiff::Timestamp,
}

#[derive(Serialize)]
struct Sheet<'a, D> {
    tenths: u16,
    it: &'a D,
}

/// Prints it.
pub(crate) fn print<D: Serialize>(job: &Job<'_, D>) -> Result<Vec<u8>, DocumentError> {
    let mut printed = None;
    for tenths in job.sizes {
        let document = lay_out(job.template, &Sheet { tenths: *tenths, it: job.data })?;
        let fits = document.pages().len() == 1;
        printed = Some(document);
        if fits {
            break;
        }
    }
    let document = printed.ok_or_else(|| DocumentError::Template("no size of text".to_owned()))?;
    let options = PdfOptions {
        ident: Smart::Custom(job.identity.clone()),
        creator: Smart::Custom(Some("Tasuki".to_owned())),
        timestamp: timestamp(job.made_at),
        ..PdfOptions::default()
    };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| explained(&errors));
    typst::comemo::evict(PRINTINGS_KEPT);
    pdf
}

fn lay_out<D: Serialize>(
    template: &'static str,
    sheet: &Sheet<'_, D>,
) -> Result<PagedDocument, DocumentError> {
    let data =
        serde_json::to_vec(sheet).map_err(|error| DocumentError::Template(error.to_string()))?;
    let desk = Desk {
        main: Source::new(id("template.typ")?, template.to_owned()),
        data: (id("sheet.json")?, Bytes::new(data)),
    };
    typst::compile::<PagedDocument>(&desk).output.map_err(|errors| explained(&errors))
}

fn id(name: &str) -> Result<FileId, DocumentError> {
    let path = VirtualPath::new(name)
        .map_err(|_| DocumentError::Template(format!("`{name}` is no path")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn explained(errors: &EcoVec<SourceDiagnostic>) -> DocumentError {
    let texts: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    DocumentError::Template(texts.join("; "))
}

/// The instant as PDF writes it, in UTC.
fn timestamp(at: jiff::Timestamp) -> Option<Timestamp> {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let part = |part: i8| u8::try_from(part).ok();
    let datetime = Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )?;
    Some(Timestamp::new_utc(datetime))
}

/// The two files that typst may read.
struct Desk {
    main: Source,
    data: (FileId, Bytes),
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &SHOP.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &SHOP.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let (data_id, data) = &self.data;
        if id == *data_id { Ok(data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        SHOP.fonts.get(index).cloned()
    }

    /// None: a document shows the days of what it is made from, never the day on which it is printed.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
