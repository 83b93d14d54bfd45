//! Documents as answers: made beside the calls, a few at a time, with an end.

use std::sync::LazyLock;
use std::time::Duration;

use prost_reflect::ReflectMessage;
use sha2::{Digest, Sha256};
use tasuki_core::decision::canonical;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::text::Language;
use tasuki_documents::DocumentError;
use tasuki_proto::types::v1 as proto;
use tokio::sync::Semaphore;
use tonic::Status;

use crate::actors;
use crate::status::status;

/// So many pages are laid out at a time: each keeps a core busy and has its own copy of the page in memory.
const DESKS: usize = 2;
/// Nobody waits longer for a page; an A4 page takes some ten milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

static DESK: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(DESKS));

/// The forms in which a resource is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A page for the screen.
    Html,
    /// A page for paper.
    Pdf,
    /// The resource itself.
    Json,
}

impl Form {
    /// The form that was asked for.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for a form that the resource does not have.
    pub(crate) fn of(format: proto::DocumentFormat) -> Result<Self, Problem> {
        match format {
            proto::DocumentFormat::Unspecified | proto::DocumentFormat::Html => Ok(Self::Html),
            proto::DocumentFormat::Pdf => Ok(Self::Pdf),
            proto::DocumentFormat::Json => Ok(Self::Json),
            proto::DocumentFormat::Csv | proto::DocumentFormat::JpPint => Err(Problem::invalid(
                "format",
                "must be HTML, PDF or JSON: there is no other form of it",
            )),
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
        }
    }
}

/// Lays a page out on a thread of its own: the calls of others go on meanwhile.
///
/// # Errors
/// `TOO_MANY_CALLS` when every desk stays busy, `DEADLINE_EXCEEDED` when it takes too long.
pub(crate) async fn laid_out<B: Into<Vec<u8>> + Send + 'static>(
    page: impl FnOnce() -> Result<B, DocumentError> + Send + 'static,
) -> Result<Vec<u8>, Problem> {
    let desk = tokio::time::timeout(PATIENCE, DESK.acquire()).await.map_err(|_| {
        Problem::new(Reason::TooManyCalls, "too many documents are being made; try again later")
    })?;
    // Whoever no longer waits leaves the desk taken until the page is done: it cannot be torn up.
    let desk = desk.map_err(|error| Problem::internal(error.to_string()))?;
    let made = tokio::task::spawn_blocking(move || {
        let made = page();
        drop(desk);
        made
    });
    let made = tokio::time::timeout(PATIENCE, made).await.map_err(|_| {
        Problem::new(Reason::DeadlineExceeded, "the document took too long to make")
    })?;
    let page = made.map_err(|error| Problem::internal(error.to_string()))?;
    page.map(Into::into).map_err(|error| Problem::internal(error.to_string()))
}

/// A message in its canonical JSON form, with sorted keys.
///
/// # Errors
/// Only when it cannot be written, which is a bug.
pub(crate) fn json(message: &impl ReflectMessage) -> Result<Vec<u8>, Problem> {
    let json = serde_json::to_value(message.transcode_to_dynamic())
        .map_err(|error| Problem::internal(error.to_string()))?;
    Ok(canonical(&json).into_bytes())
}

/// The answer with the document.
pub(crate) fn document(
    (name, form, language): (&str, Form, Language),
    content: Result<Vec<u8>, Problem>,
) -> Result<proto::Document, Status> {
    let content = content.map_err(|problem| status(&problem))?;
    let code = match language {
        Language::Ja => "ja",
        Language::En => "en",
    };
    Ok(proto::Document {
        file_name: format!("{name}-{code}.{}", form.ending()),
        media_type: form.media_type().to_owned(),
        hash: format!("sha256:{}", hex::encode(Sha256::digest(&content))),
        content,
        language: actors::language(language).into(),
    })
}

/// A file that has no language of its own: tables for other people's programs.
pub(crate) fn file(name: String, media_type: &str, content: Vec<u8>) -> proto::Document {
    proto::Document {
        file_name: name,
        media_type: media_type.to_owned(),
        hash: format!("sha256:{}", hex::encode(Sha256::digest(&content))),
        content,
        language: proto::Language::Unspecified.into(),
    }
}
