//! Events as CloudEvents, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tasuki_core::event::CloudEvent;
use tasuki_store::outbox::Stored;
use tasuki_worker::relay::Sink;

/// How much is read at once to find the end of the last line, in bytes.
const BLOCK: u64 = 4_096;

/// A file that events are appended to.
#[derive(Debug)]
pub(crate) struct EventsFile {
    file: File,
    source: String,
}

impl EventsFile {
    /// A file, and the name of the installation that stands in its events.
    pub(crate) fn open(path: &Path, source: &str) -> anyhow::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write to `{}` (`relay.file`)", path.display()))?;
        Ok(Self { file, source: source.to_owned() })
    }

    /// Cuts off a line that was not written to its end, because whoever wrote it was killed: its event was not marked
    /// as handed on and comes again.
    fn mend(&mut self) -> std::io::Result<()> {
        let file = &mut self.file;
        let mut end = file.metadata()?.len();
        let mut block = Vec::new();
        while end > 0 {
            let from = end.saturating_sub(BLOCK);
            file.seek(SeekFrom::Start(from))?;
            block.clear();
            file.take(end - from).read_to_end(&mut block)?;
            if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
                end = from + u64::try_from(at).unwrap_or_default() + 1;
                break;
            }
            end = from;
        }
        file.set_len(end)
    }

    fn write(&mut self, events: &[Stored]) -> std::io::Result<()> {
        // Whoever wrote last may have been killed: that is cheap to see.
        self.mend()?;
        self.append(events)
    }

    fn append(&mut self, events: &[Stored]) -> std::io::Result<()> {
        let mut text = Vec::new();
        for event in events {
            let line = CloudEvent::new(&self.source, &event.happened()).to_json();
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        self.file.write_all(&text)?;
        self.file.sync_data()
    }
}

impl Sink for EventsFile {
    fn take(&mut self, events: &[Stored]) -> std::io::Result<()> {
        // A relay that was frozen may still be within its turn when another's has begun.
        self.file.try_lock().map_err(std::io::Error::other)?;
        let taken = self.write(events);
        self.file.unlock()?;
        taken
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tasuki_core::id::EventId;
    use uuid::Uuid;

    use super::*;

    fn event(n: u128) -> Stored {
        Stored {
            seq: 1,
            id: EventId::from(Uuid::from_u128(n)),
            tenant: None,
            topic: "order.placed".to_owned(),
            subject: "x".repeat(5_000),
            payload: json!({}),
            occurred_at: "2021-04-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_line_that_was_torn_by_a_kill_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        EventsFile::open(&path, "tasuki").unwrap().take(&[event(1), event(2)]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let torn = &whole[..whole.len() - 7];
        std::fs::write(&path, torn).unwrap();
        EventsFile::open(&path, "tasuki").unwrap().take(&[event(2)]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);

        std::fs::write(&path, &whole[..100]).unwrap();
        EventsFile::open(&path, "tasuki").unwrap().take(&[event(1), event(2)]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}
