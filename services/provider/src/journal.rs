//! What the provider must not forget: one line of JSON for each change, written before it is
//! answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// An instance as it is from now on.
    Instance(Box<Record>),
    /// An event that has to be sent.
    Event(QueuedEvent),
    /// An event that was taken in, or given up.
    Settled(String),
    /// A fault that happens once has happened.
    Fault(String),
}

/// An event on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueuedEvent {
    /// Its id.
    pub(crate) event_id: String,
    /// The message, encoded, in hexadecimal digits.
    pub(crate) message: String,
    /// Whether it is sent twice.
    pub(crate) twice: bool,
}

/// Everything that was written.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) instances: BTreeMap<String, Record>,
    pub(crate) events: BTreeMap<String, QueuedEvent>,
    pub(crate) faults: BTreeSet<String>,
}

/// The file, or nothing for a provider that may forget.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Option<File>,
}

impl Journal {
    /// Reads what is there and goes on behind it.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<(Self, Memory)> {
        let Some(path) = path else { return Ok((Self { file: None }, Memory::default())) };
        let memory = read(path)?;
        compact(path, &memory)?;
        let file =
            OpenOptions::new().append(true).create(true).open(path).with_context(|| {
                format!("the state file `{}` cannot be written", path.display())
            })?;
        Ok((Self { file: Some(file) }, memory))
    }

    /// Writes lines, all or none of which are read again.
    pub(crate) fn write(&mut self, lines: &[Line]) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut text = Vec::new();
        // One line holds them all, so that a torn write is dropped as a whole.
        serde_json::to_writer(&mut text, lines)?;
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_data()?;
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<Memory> {
    let mut memory = Memory::default();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(memory),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("the state file `{}` cannot be read", path.display()));
        }
    };
    let mut torn = None;
    // Bytes and not text: a torn line may end within a character.
    for (number, line) in BufReader::new(file).split(b'\n').enumerate() {
        if let Some(number) = torn {
            anyhow::bail!("line {number} of the state file `{}` is damaged", path.display());
        }
        match serde_json::from_slice::<Vec<Line>>(&line?) {
            Ok(lines) => {
                for line in lines {
                    memory.take(line);
                }
            }
            // Only the last line may be torn: the process was killed while it wrote.
            Err(_torn) => torn = Some(number + 1),
        }
    }
    Ok(memory)
}

fn compact(path: &Path, memory: &Memory) -> anyhow::Result<()> {
    let beside: PathBuf = path.with_extension("new");
    let mut journal =
        Journal {
            file: Some(File::create(&beside).with_context(|| {
                format!("the state file `{}` cannot be written", beside.display())
            })?),
        };
    let instances =
        memory.instances.values().map(|record| Line::Instance(Box::new(record.clone())));
    let events = memory.events.values().cloned().map(Line::Event);
    let faults = memory.faults.iter().cloned().map(Line::Fault);
    let lines: Vec<Line> = instances.chain(events).chain(faults).collect();
    if !lines.is_empty() {
        journal.write(&lines)?;
    }
    std::fs::rename(&beside, path)?;
    Ok(())
}

impl Memory {
    /// Does what a line says.
    pub(crate) fn take(&mut self, line: Line) {
        match line {
            Line::Instance(record) => {
                self.instances.insert(record.instance_id.clone(), *record);
            }
            Line::Event(event) => {
                self.events.insert(event.event_id.clone(), event);
            }
            Line::Settled(event_id) => {
                self.events.remove(&event_id);
            }
            Line::Fault(key) => {
                self.faults.insert(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_dropped_and_the_rest_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        let (mut journal, _) = Journal::open(Some(&path)).unwrap();
        journal.write(&[Line::Fault("a".into()), Line::Fault("b".into())]).unwrap();
        drop(journal);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"[{\"fault\":\"\xe6\x8e").unwrap();
        let (_, memory) = Journal::open(Some(&path)).unwrap();
        assert_eq!(memory.faults.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn damage_in_the_middle_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.jsonl");
        std::fs::write(&path, "[{\"fault\":\"a\"}]\nx\n[{\"fault\":\"b\"}]\n").unwrap();
        let error = Journal::open(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
