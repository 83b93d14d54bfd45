//! Events as CloudEvents, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use tasuki_store::outbox::Stored;
use tasuki_worker::relay::Sink;

/// A file that events are appended to.
#[derive(Debug)]
pub(crate) struct EventsFile {
    file: BufWriter<File>,
}

impl EventsFile {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write to `{}` (`relay.file`)", path.display()))?;
        Ok(Self { file: BufWriter::new(file) })
    }
}

impl Sink for EventsFile {
    fn take(&mut self, events: &[Stored]) -> std::io::Result<()> {
        for event in events {
            let line = json!({
                "specversion": "1.0",
                "id": event.id,
                "source": "tasuki",
                "type": format!("tasuki.{}.v1", event.topic),
                "subject": event.subject,
                "time": event.occurred_at,
                "tenantid": event.tenant,
                "datacontenttype": "application/json",
                "data": event.payload,
            });
            serde_json::to_writer(&mut self.file, &line)?;
            self.file.write_all(b"\n")?;
        }
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }
}
