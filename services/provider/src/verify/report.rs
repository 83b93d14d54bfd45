//! What came of it, for people and for programs.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::json;

use super::Check;

/// What came of one promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept.
    Passed,
    /// It is broken, in this way.
    Failed(String),
    /// It is not given, for this reason.
    Skipped(String),
}

/// One promise and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The promise.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub milliseconds: u64,
}

/// Everything that came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Where it was asked.
    pub target: String,
    /// The provider's name for itself; empty when it does not say.
    pub provider: String,
    /// Promise by promise.
    pub rows: Vec<Row>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
    /// The XML that build servers read.
    Junit,
}

impl Report {
    /// The promises that are broken.
    pub fn broken(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Failed(_))).collect()
    }

    /// The report as text.
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::Human => self.human(),
            Format::Json => self.json(),
            Format::Junit => self.junit(),
        }
    }

    fn human(&self) -> String {
        let mut text = format!("{} `{}`\n\n", self.target, self.provider);
        for row in &self.rows {
            let (sign, why) = match &row.outcome {
                Outcome::Passed => ("ok     ", None),
                Outcome::Failed(why) => ("BROKEN ", Some(why)),
                Outcome::Skipped(why) => ("skipped", Some(why)),
            };
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{sign}  {:<17} {}", row.check.as_str(), row.check.promise());
            if let Some(why) = why {
                let _ = writeln!(text, "         {why}");
            }
        }
        let (n, broken) = (self.rows.len(), self.broken().len());
        let _ = writeln!(text, "\n{} of {n} promises are kept, {broken} are broken", self.n_kept());
        text
    }

    fn n_kept(&self) -> usize {
        self.rows.iter().filter(|row| row.outcome == Outcome::Passed).count()
    }

    fn json(&self) -> String {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                let (outcome, why) = match &row.outcome {
                    Outcome::Passed => ("passed", ""),
                    Outcome::Failed(why) => ("failed", why.as_str()),
                    Outcome::Skipped(why) => ("skipped", why.as_str()),
                };
                json!({
                    "check": row.check.as_str(),
                    "promise": row.check.promise(),
                    "outcome": outcome,
                    "why": why,
                    "milliseconds": row.milliseconds,
                })
            })
            .collect();
        let report = json!({
            "target": self.target,
            "provider": self.provider,
            "conforms": self.broken().is_empty(),
            "checks": rows,
        });
        format!("{report:#}\n")
    }

    fn junit(&self) -> String {
        let n_skipped =
            self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Skipped(_))).count();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite \
             name=\"tasuki.provider.v1\" tests=\"{}\" failures=\"{}\" skipped=\"{n_skipped}\">\n",
            self.rows.len(),
            self.broken().len()
        );
        for row in &self.rows {
            let seconds = format!("{}.{:03}", row.milliseconds / 1_000, row.milliseconds % 1_000);
            let name = format!("{}: {}", row.check.as_str(), row.check.promise());
            let _ = write!(
                text,
                "    <testcase classname=\"{}\" name=\"{}\" time=\"{seconds}\"",
                escaped(&self.provider),
                escaped(&name)
            );
            let inside = match &row.outcome {
                Outcome::Passed => None,
                Outcome::Failed(why) => Some(format!("<failure message=\"{}\"/>", escaped(why))),
                Outcome::Skipped(why) => Some(format!("<skipped message=\"{}\"/>", escaped(why))),
            };
            match inside {
                Some(inside) => {
                    let _ = writeln!(text, ">{inside}</testcase>");
                }
                None => text.push_str("/>\n"),
            }
        }
        text.push_str("  </testsuite>\n</testsuites>\n");
        text
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Other control characters may not stand in XML at all.
    text.replace('"', "&quot;").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let row = |check, outcome| Row { check, outcome, milliseconds: 1_234 };
        Report {
            target: "http://127.0.0.1:1".to_owned(),
            provider: "a<b".to_owned(),
            rows: vec![
                row(Check::Repeat, Outcome::Passed),
                row(Check::Absent, Outcome::Failed("`NotFound` & \"nothing\"".to_owned())),
                row(Check::List, Outcome::Skipped("it does not list".to_owned())),
            ],
        }
    }

    #[test]
    fn a_build_server_reads_well_formed_xml() {
        let text = report().text(Format::Junit);
        assert!(text.contains("tests=\"3\" failures=\"1\" skipped=\"1\""), "{text}");
        assert!(text.contains("classname=\"a&lt;b\""), "{text}");
        assert!(text.contains("&quot;nothing&quot;") && text.contains("&amp;"), "{text}");
        assert!(text.contains("time=\"1.234\""), "{text}");
    }

    #[test]
    fn a_program_reads_whether_it_conforms() {
        let read: serde_json::Value = serde_json::from_str(&report().text(Format::Json)).unwrap();
        assert_eq!(read["conforms"], false);
        assert_eq!(read["checks"][1]["outcome"], "failed");
    }

    #[test]
    fn people_read_what_is_broken_and_how_much_is_kept() {
        let text = report().text(Format::Human);
        assert!(text.contains("BROKEN") && text.contains("1 of 3 promises are kept"), "{text}");
    }
}
