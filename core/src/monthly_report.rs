//! The monthly report to the customer: what was stopped, what a person looked at, what to do next.
//!
//! It goes out by mail on the first of the next month, whatever the telephone's calendar says
//! (RPT-01). Plain words, the next actions in the order of priority (RPT-03).

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::alert::{AlertKind, SummaryRow};
use crate::incident::Incident;
use crate::severity::Severity;
use crate::text::Text;
use crate::time::{Month, Period, TimeError, Timestamp, Zone};

/// The hour at which reports go out on the first of a month: when people start to read mail.
const HOUR: i8 = 9;

/// What was detected of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// The kind.
    pub kind: AlertKind,
    /// What customers call it.
    pub label: Text,
    /// How often.
    pub n_detections: u64,
}

/// The facts of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthlyReport {
    /// The month.
    pub month: Month,
    /// The month in one sentence.
    pub headline: Text,
    /// What was detected, the most frequent first.
    pub detected: Vec<Detected>,
    /// Detections in all.
    pub n_detections: u64,
    /// Alerts that nobody has judged yet.
    pub n_awaiting: u64,
    /// Incidents that were opened in the month.
    pub n_opened: u64,
    /// Incidents that were solved in the month, whenever they were opened.
    pub n_solved: u64,
    /// What to do next, the most urgent first; never empty.
    pub next_actions: Vec<Text>,
}

/// When the report of a month goes out: on the first of the next month at nine, in the tenant's
/// zone. No calendar moves it.
///
/// # Errors
/// [`TimeError::OutOfRange`].
pub fn sent_at(month: Month, zone: &Zone) -> Result<Timestamp, TimeError> {
    let nine = Time::new(HOUR, 0, 0, 0).map_err(|_| TimeError::OutOfRange)?;
    let first = month.next()?.first_day();
    let instant = zone
        .time_zone()
        .to_timestamp(first.to_datetime(nine))
        .map_err(|_| TimeError::OutOfRange)?;
    Ok(Timestamp::new(instant))
}

impl MonthlyReport {
    /// The report of a month from the counts of its alerts and the tenant's incidents.
    ///
    /// Incidents of other months count as far as they were solved in this one or are still open.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn of(
        (month, zone): (Month, &Zone),
        alerts: &[SummaryRow],
        incidents: &[Incident],
    ) -> Result<Self, TimeError> {
        let period = month.in_zone(zone)?;
        let mut detected: Vec<Detected> = alerts
            .iter()
            .filter(|row| row.n_detections > 0)
            .map(|row| Detected {
                kind: row.kind,
                label: row.kind.label(),
                n_detections: row.n_detections,
            })
            .collect();
        detected.sort_by(|a, b| b.n_detections.cmp(&a.n_detections).then(a.kind.cmp(&b.kind)));
        let sum = |of: fn(&SummaryRow) -> u64| alerts.iter().map(of).fold(0, u64::saturating_add);
        let n_detections = sum(|row| row.n_detections);
        let n_opened = count(incidents.iter().filter(|it| period.contains(it.opened_at)));
        let n_solved = count(incidents.iter().filter(|it| solved_in(it, period)));
        Ok(Self {
            month,
            headline: headline(n_detections, n_opened),
            detected,
            n_detections,
            n_awaiting: sum(|row| row.n_awaiting),
            n_opened,
            n_solved,
            next_actions: next_actions(incidents),
        })
    }
}

fn headline(n_detections: u64, n_opened: u64) -> Text {
    match (n_detections, n_opened) {
        (0, 0) => Text::new("今月は何も検知されませんでした。", "Nothing was detected this month."),
        (_, 0) => Text::new(
            format!("{n_detections}件を検知しましたが、対応が必要なものはありませんでした。"),
            format!("There were {n_detections} detections, and none of them needs you to act."),
        ),
        (_, _) => Text::new(
            format!("{n_detections}件を検知し、{n_opened}件に担当者が対応しました。"),
            format!(
                "There were {n_detections} detections, and people dealt with {n_opened} cases."
            ),
        ),
    }
}

/// The next steps of unsolved incidents, the worst first, then the longest open.
fn next_actions(incidents: &[Incident]) -> Vec<Text> {
    let mut open: Vec<&Incident> = incidents.iter().filter(|it| it.state.is_unsolved()).collect();
    open.sort_by_key(|it| (std::cmp::Reverse::<Severity>(it.severity), it.opened_at, it.id));
    if open.is_empty() {
        return vec![Text::new(
            "していただくことはありません。",
            "There is nothing for you to do.",
        )];
    }
    open.into_iter()
        .map(|it| {
            Text::new(
                format!("{}\n{}", it.wording.title.ja, it.wording.next_step.ja),
                format!("{}\n{}", it.wording.title.en, it.wording.next_step.en),
            )
        })
        .collect()
}

fn solved_in(incident: &Incident, period: Period) -> bool {
    incident.state.resolution().is_some_and(|it| period.contains(it.resolved_at))
}

fn count<'a>(incidents: impl Iterator<Item = &'a Incident>) -> u64 {
    incidents.fold(0, |n, _| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{ALWAYS, KUMAMOTO_PHONE, named};
    use crate::service::Service;

    fn tokyo() -> Zone {
        Zone::named(Zone::TOKYO).unwrap()
    }

    fn row(kind: AlertKind, n_detections: u64) -> SummaryRow {
        SummaryRow {
            service: Service::Utm,
            kind,
            n_alerts: n_detections,
            n_detections,
            n_awaiting: 0,
            n_blocked_auto: n_detections,
            n_false_positive: 0,
            n_action_needed: 0,
            n_reviewed_by_soc: 0,
            n_notified: 0,
            n_incidents: 0,
            n_tenants: 1,
            levels: Vec::new(),
        }
    }

    #[test]
    fn the_report_of_december_goes_out_on_new_years_day() {
        let sent = sent_at("2020-12".parse().unwrap(), &tokyo()).unwrap();
        assert_eq!(sent, "2021-01-01T00:00:00Z".parse().unwrap());
        // The telephone is silent that day; mail is not.
        assert!(!named(KUMAMOTO_PHONE).unwrap().is_open(sent).unwrap());
        assert!(named(ALWAYS).unwrap().is_open(sent).unwrap());
    }

    #[test]
    fn the_most_frequent_comes_first_and_the_next_action_is_never_missing() {
        let month: Month = "2020-12".parse().unwrap();
        let rows = [row(AlertKind::Malware, 8), row(AlertKind::BadSiteBlock, 39)];
        let report = MonthlyReport::of((month, &tokyo()), &rows, &[]).unwrap();
        assert_eq!(report.detected[0].kind, AlertKind::BadSiteBlock);
        assert_eq!((report.n_detections, report.n_opened), (47, 0));
        assert_eq!(report.next_actions.len(), 1);
        assert!(report.headline.ja.starts_with("47件"));
    }

    #[test]
    fn a_month_without_detections_says_so() {
        let month: Month = "2020-12".parse().unwrap();
        let report = MonthlyReport::of((month, &tokyo()), &[], &[]).unwrap();
        assert_eq!(report.headline.en, "Nothing was detected this month.");
    }
}
