//! Lines of a YAML file, sorted into the entries of a mapping or list by how far they are indented.

/// A line, without what stands at its end.
#[derive(Debug, Clone)]
pub(super) struct Line {
    text: String,
    blanks: usize,
}

/// An entry of a mapping or an item of a list: the comments above it, its first line and the lines
/// below it.
#[derive(Debug)]
pub(super) struct Entry<'l> {
    comments: &'l [Line],
    lines: &'l [Line],
}

impl Line {
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim_end().to_owned();
        let blanks = text.len() - text.trim_start_matches(' ').len();
        Self { text, blanks }
    }

    pub(super) const fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    fn is_comment(&self) -> bool {
        self.content().starts_with('#')
    }

    fn content(&self) -> &str {
        self.text.get(self.blanks..).unwrap_or_default()
    }

    /// The line, starting at another column.
    pub(super) fn at(&self, blanks: usize) -> String {
        if self.is_blank() { String::new() } else { " ".repeat(blanks) + self.content() }
    }

    fn is_item(&self) -> bool {
        self.content() == "-" || self.content().starts_with("- ")
    }
}

/// The entries that start furthest to the left, and what stands below the last one.
pub(super) fn entries(lines: &[Line]) -> (Vec<Entry<'_>>, &[Line]) {
    let counts = |line: &&Line| !line.is_blank() && !line.is_comment();
    let Some(first) = lines.iter().find(counts) else { return (Vec::new(), lines) };
    let (column, of_list) = (first.blanks, first.is_item());
    let starts = |line: &Line| {
        // The items of a list may stand below their key without being indented.
        !line.is_blank()
            && !line.is_comment()
            && line.blanks <= column
            && (of_list || !line.is_item())
    };
    let mut entries = Vec::new();
    let mut rest = lines;
    while let Some(at) = rest.iter().position(starts) {
        let (comments, from) = rest.split_at(at);
        let after = from.iter().skip(1).position(starts).map_or(from.len(), |next| next + 1);
        let (own, _) = from.split_at(after);
        // Comments and empty lines at its end belong to what comes next, unless they are indented
        // like its body.
        let kept = own
            .iter()
            .rposition(|line| counts(&line) || (line.is_comment() && line.blanks > column));
        let kept = kept.map_or(1, |last| last + 1);
        let (own, _) = from.split_at(kept);
        entries.push(Entry { comments, lines: own });
        rest = from.get(kept..).unwrap_or_default();
    }
    (entries, rest)
}

impl<'l> Entry<'l> {
    pub(super) const fn comments(&self) -> &'l [Line] {
        self.comments
    }

    fn first(&self) -> Option<&'l Line> {
        self.lines.first()
    }

    /// The lines below the first.
    pub(super) fn body(&self) -> &'l [Line] {
        self.lines.get(1..).unwrap_or_default()
    }

    /// The key of an entry of a mapping, without quotes.
    pub(super) fn key(&self) -> Option<&'l str> {
        let (key, _) = self.first()?.content().split_once(':')?;
        Some(key.trim().trim_matches(['"', '\'']))
    }

    /// Whether nothing but a comment stands after its key.
    fn is_only_key(&self) -> bool {
        let after = self.first().and_then(|line| line.content().split_once(':'));
        after.is_some_and(|(_, value)| {
            let value = value.trim_start();
            value.is_empty() || value.starts_with('#')
        })
    }

    fn body_starts_item(&self) -> Option<bool> {
        let first = self.body().iter().find(|line| !line.is_blank() && !line.is_comment())?;
        Some(first.is_item())
    }

    pub(super) fn is_block_mapping(&self) -> bool {
        self.is_only_key() && self.body_starts_item() == Some(false)
    }

    pub(super) fn is_block_list(&self) -> bool {
        self.is_only_key() && self.body_starts_item() == Some(true)
    }

    /// Its first line at another column.
    pub(super) fn head(&self, blanks: usize) -> String {
        self.first().map(|line| line.at(blanks)).unwrap_or_default()
    }

    /// Whether it is an item of a list that is a mapping with a key a line.
    pub(super) fn is_block_item(&self) -> bool {
        let inside = self.first().and_then(|line| line.content().strip_prefix("- "));
        inside.is_some_and(|inside| {
            let inside = inside.trim_start();
            let key = inside.split_once(':').map_or("", |(key, _)| key);
            key.starts_with(|it: char| it.is_ascii_lowercase())
                && key.chars().all(|it| it.is_ascii_lowercase() || it == '_')
        })
    }

    /// The lines of an item without its dash.
    pub(super) fn item(&self) -> Vec<Line> {
        let mut lines = self.lines.to_vec();
        if let Some(first) = lines.first_mut() {
            let inside = first.content().strip_prefix('-').unwrap_or_default();
            *first = Line::new(&format!("{} {inside}", " ".repeat(first.blanks)));
        }
        lines
    }

    /// Whether a text follows on the lines below, each as it stands.
    fn is_block_text(&self) -> bool {
        let value = self.first().and_then(|line| line.content().rsplit_once(['|', '>']));
        value.is_some_and(|(_, after)| after.is_empty() || after == "-" || after == "+")
    }

    /// All its lines: the first one at one column, the text below at another.
    pub(super) fn shifted(&self, (blanks, below): (usize, usize), out: &mut Vec<String>) {
        out.push(self.head(blanks));
        let filled = self.body().iter().filter(|line| !line.is_blank());
        let (from, to) = if self.is_block_text() {
            (filled.map(|line| line.blanks).min().unwrap_or_default(), below)
        } else {
            (self.first().map_or(0, |line| line.blanks), blanks)
        };
        for line in self.body() {
            out.push(line.at((line.blanks + to).saturating_sub(from)));
        }
    }
}
