//! A firm's trial from its order to the last day: set-up, trouble, and what the services detect.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tasuki_proto::incident::v1::{Rung, WorkKind, WorkOutcome};

use super::detections::{Detection, active_on};
use super::pilot::{Applicant, How, Text, Wanted};
use super::play::{Firm, Play};
use super::trouble::{Done, LINE_LOST, TERMINALS_OFFLINE};
use super::{provision, words};

/// What happens next at a firm.
#[derive(Debug, Default)]
struct Moment {
    customer_acts: bool,
    detections: Vec<Detection>,
    trouble: Option<How>,
}

/// Restarting the unit helped, for a while.
const RESTARTED: Done = Done {
    kind: WorkKind::RemoteSupport,
    minutes: 40,
    outcome: WorkOutcome::WorkedAround,
    ja: "電話で案内し、UTMを再起動して復旧しました",
    en: "Guided over the telephone; restarting the UTM brought the line back",
};

/// The unit was taken away.
const REMOVED: Done = Done {
    kind: WorkKind::OnSiteResponse,
    minutes: 120,
    outcome: WorkOutcome::RemovedEquipment,
    ja: "訪問しましたが上位ネットワークの保守会社の協力が得られず、UTMを取り外しました",
    en: "On site; the upstream vendor would not help, so the UTM was taken away",
};

/// The customer wanted it away at once.
const REFUSED: Done = Done {
    kind: WorkKind::OnSiteResponse,
    minutes: 60,
    outcome: WorkOutcome::RefusedByCustomer,
    ja: "すぐに取り外すようご要望があり、調査はお断りされました。UTMを取り外しました",
    en: "The customer wanted it away at once and refused a survey; the UTM was taken away",
};

impl Play {
    /// Plays a firm's trial. Its clock stands at the end of the last day afterwards.
    pub(crate) async fn trial(
        &self,
        firm: &mut Firm,
        applicant: &Applicant,
        detections: Vec<Detection>,
    ) -> anyhow::Result<()> {
        let end = self.trial_end()?;
        let agenda = self.agenda(firm, applicant, detections)?;
        for (at, moment) in agenda.range(..end) {
            self.advance(firm, *at).await?;
            if moment.customer_acts {
                self.customer_acts(firm, applicant).await?;
            }
            if let Some(how) = moment.trouble {
                self.trouble(firm, how).await?;
            }
            if !moment.detections.is_empty() {
                self.watch(firm, &moment.detections).await?;
            }
        }
        self.advance(firm, end).await
    }

    /// The last minute of the trial.
    pub(crate) fn trial_end(&self) -> anyhow::Result<Timestamp> {
        words::at(self.pilot.scenario.programme.trial_until, 23, 59)
    }

    fn agenda(
        &self,
        firm: &Firm,
        applicant: &Applicant,
        detections: Vec<Detection>,
    ) -> anyhow::Result<BTreeMap<Timestamp, Moment>> {
        let mut agenda: BTreeMap<Timestamp, Moment> = BTreeMap::new();
        for at in provision::looks(applicant, firm.now) {
            agenda.entry(at).or_default().customer_acts = true;
        }
        if let Some((at, how)) = self.troubled_at(applicant)? {
            agenda.entry(at).or_default().trouble = Some(how);
        }
        // What is detected on one day is reported in one go.
        let mut by_day: BTreeMap<_, Vec<Detection>> = BTreeMap::new();
        for detection in detections {
            by_day.entry(words::local(detection.at)?.date()).or_default().push(detection);
        }
        for detections in by_day.into_values() {
            let Some(at) = detections.last().map(|last| last.at) else { continue };
            agenda.entry(at).or_default().detections = detections;
        }
        Ok(agenda)
    }

    fn troubled_at(&self, applicant: &Applicant) -> anyhow::Result<Option<(Timestamp, How)>> {
        let Some(outcome) = applicant.outcome(Wanted::Utm) else { return Ok(None) };
        let active = match outcome.removed_after_days {
            Some(_) => active_on(&self.pilot, &applicant.id, Wanted::Utm)?,
            None => return Ok(None),
        };
        // Two days of work before the line is lost for the first time.
        let hours = if outcome.how_it_happens == How::InternetLostAfterInstall { 48 } else { 5 };
        let at = words::at(active, 10, 0)?.checked_add(SignedDuration::from_hours(hours))?;
        Ok(Some((at, outcome.how_it_happens)))
    }

    /// O§7.3.1: restarting helps, the same again, on-site visit, taken away.
    async fn trouble(&self, firm: &mut Firm, how: How) -> anyhow::Result<()> {
        let now = firm.now;
        let (symptom, last, at) = if how == How::InternetLostAfterInstall {
            let first = self.enquiry(firm, LINE_LOST, now).await?;
            self.climb(firm, &first, Rung::L2Remote, "needs remote support").await?;
            self.work(firm, &first, RESTARTED).await?;
            let solved = Text::new("再起動で復旧しました", "Restarting helped");
            self.resolve(firm, &first, false, &solved).await?;
            // The same again, five days later.
            (LINE_LOST, REMOVED, now.checked_add(SignedDuration::from_hours(5 * 24))?)
        } else {
            (TERMINALS_OFFLINE, REFUSED, now)
        };
        let again = self.enquiry(firm, symptom, at).await?;
        if again.rung() < Rung::L3OnSiteResponse {
            let why = "the same symptom is back, or the customer insists on a visit";
            self.climb(firm, &again, Rung::L3OnSiteResponse, why).await?;
        }
        self.work(firm, &again, last).await?;
        let solved = Text::new(
            "UTMを取り外し、元の接続に戻しました",
            "The UTM was taken away; the line is as before",
        );
        self.resolve(firm, &again, false, &solved).await
    }
}
