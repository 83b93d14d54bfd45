//! Pages of lists.

/// Rows of a page when the caller does not say.
pub const DEFAULT_PAGE: u64 = 50;

/// Rows of a page at most: what fits into one message with room to spare.
pub const LARGEST_PAGE: u64 = 1_000;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page starts; none on the last.
    pub next: Option<String>,
}

/// What a caller asks of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// At most this many rows; 0 for the default.
    pub size: u64,
    /// Where the page before ended; none for the first.
    pub after: Option<String>,
}

impl PageRequest {
    /// The number of rows to give.
    pub fn size(&self) -> u64 {
        if self.size == 0 { DEFAULT_PAGE } else { self.size.min(LARGEST_PAGE) }
    }

    /// The number of rows to read: one more, to see whether another page follows.
    pub fn to_read(&self) -> u64 {
        self.size().saturating_add(1)
    }

    /// Cuts what was read to the page; `cursor` names the place after a row.
    pub fn page<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Page<T> {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(cursor) } else { None };
        Page { rows, next }
    }
}
