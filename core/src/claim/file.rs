//! What lies in the file of a claim beside its state: documents, questions, reserves, recoveries, and
//! the clock by which a decision is due.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::benefit::Benefit;
use crate::claim::{Claim, ClaimState};
use crate::master_contract::{CoverTerms, CoveragePart};
use crate::money::{Money, MoneyError};
use crate::party::Role;
use crate::text::Text;
use crate::time::{CivilDate, Timestamp, Zone};

/// Days for a decision, the day on which the documents are complete counted in (保険法 第21条).
const DAYS_TO_DECIDE: i64 = 30;

/// A document, kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDocument {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// What kind it is, such as `work_report`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Where it is kept.
    pub uri: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub hash: String,
    /// The day it was received.
    pub received_on: CivilDate,
    /// Who added it.
    pub added_by: Actor,
    /// When it was added.
    pub added_at: Timestamp,
    /// Number of the information request that it answers.
    pub answers_request: Option<u32>,
}

/// Something that the customer was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationRequest {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// What is asked, in plain words.
    pub question: Text,
    /// Kinds of documents that are wanted.
    pub document_kinds: Vec<String>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Who asked.
    pub asked_by: Actor,
    /// Until when an answer is wanted.
    pub wanted_by: CivilDate,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

/// Why a decision takes longer than thirty days: what the law lists, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionReason {
    /// Police or another authority has to be asked.
    Authority,
    /// An expert has to look.
    Expert,
    /// Something has to be found out abroad.
    Abroad,
    /// A disaster keeps the insurer from working as usual.
    Disaster,
}

impl ExtensionReason {
    /// The reason in plain words.
    pub fn text(self) -> Text {
        match self {
            Self::Authority => Text::new(
                "警察などの公的機関への照会が必要なため",
                "the police or another authority has to be asked",
            ),
            Self::Expert => Text::new(
                "専門機関による調査（フォレンジックなど）が必要なため",
                "an expert has to look into it, for instance forensics",
            ),
            Self::Abroad => {
                Text::new("海外での調査が必要なため", "something has to be found out abroad")
            }
            Self::Disaster => Text::new(
                "災害により通常の業務ができないため",
                "a disaster keeps us from working as usual",
            ),
        }
    }
}

/// A longer time for the decision, for a listed reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockExtension {
    /// The reason.
    pub reason: ExtensionReason,
    /// So many more days.
    pub n_days: u32,
    /// When the customer was told.
    pub told_at: Timestamp,
}

/// A change of the insurer's reserve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveChange {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// The part; none for the claim as a whole.
    pub part: Option<CoveragePart>,
    /// The reserve before.
    pub before: Money,
    /// The reserve after.
    pub after: Money,
    /// Why.
    pub reason: String,
    /// When.
    pub changed_at: Timestamp,
    /// Who; the system for what follows from a change of state.
    pub changed_by: Actor,
}

/// Where money came back from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoverySource {
    /// From whoever caused the loss.
    Subrogation,
    /// From another insurance.
    OtherInsurance,
    /// Paid back.
    Repayment,
    /// From what was left.
    Salvage,
}

/// Money that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Its number within the claim, from 1.
    pub number: u32,
    /// Where it came from.
    pub source: RecoverySource,
    /// How much, above zero.
    pub amount: Money,
    /// The day it came.
    pub received_on: CivilDate,
    /// The bank's or the insurer's reference.
    pub reference: String,
    /// Whether it gave back limits that the claim had used.
    pub restores_limits: bool,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub recorded_by: Actor,
}

/// What lies in the file of a claim beside its state. Everything is only ever added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimFile {
    /// Documents, by reference.
    pub documents: Vec<ClaimDocument>,
    /// What was asked for.
    pub requests: Vec<InformationRequest>,
    /// Longer times for the decision.
    pub extensions: Vec<ClockExtension>,
    /// Every change of the reserve.
    pub reserve_changes: Vec<ReserveChange>,
    /// What was got back.
    pub recoveries: Vec<Recovery>,
    /// What was approved before the claim was reopened, in order.
    pub earlier: Vec<Benefit>,
    /// So many payments were made before the approval that holds.
    pub n_earlier_payments: usize,
}

/// The clock by which a decision is due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionClock {
    /// The day on which the documents were complete; none until then.
    pub complete_on: Option<CivilDate>,
    /// The last day in time, extensions counted in; none until the documents are complete.
    pub due_on: Option<CivilDate>,
    /// Days it is late by.
    pub n_days_late: i64,
}

/// The number that follows.
fn next(numbers: impl Iterator<Item = u32>) -> u32 {
    numbers.max().unwrap_or(0).saturating_add(1)
}

/// Who acts when a change of state has consequences.
fn the_system() -> Actor {
    Actor { subject: "system".to_owned(), role: Role::System, partner_id: None }
}

impl ClaimFile {
    /// Adds a document; its number is set here. A request that it answers, and a request of which every
    /// wanted kind is there, counts as answered.
    pub fn add_document(&mut self, document: ClaimDocument) -> ClaimDocument {
        let number = next(self.documents.iter().map(|known| known.number));
        let document = ClaimDocument { number, ..document };
        self.documents.push(document.clone());
        let there: BTreeSet<&str> = self.documents.iter().map(|it| it.kind.as_str()).collect();
        for request in self.requests.iter_mut().filter(|request| request.answered_at.is_none()) {
            let named = document.answers_request == Some(request.number);
            let wanted = &request.document_kinds;
            let all = wanted.iter().all(|kind| there.contains(kind.as_str()));
            if all && (named || !wanted.is_empty()) {
                request.answered_at = Some(document.added_at);
            }
        }
        document
    }

    /// Adds a request; its number is set here.
    pub fn ask(&mut self, request: InformationRequest) {
        let number = next(self.requests.iter().map(|known| known.number));
        self.requests.push(InformationRequest { number, ..request });
    }

    /// Whether everything that was asked for has come.
    pub fn is_all_answered(&self) -> bool {
        self.requests.iter().all(|request| request.answered_at.is_some())
    }

    /// Adds a recovery; its number is set here.
    pub fn recover(&mut self, recovery: Recovery) -> Recovery {
        let number = next(self.recoveries.iter().map(|known| known.number));
        let recovery = Recovery { number, ..recovery };
        self.recoveries.push(recovery.clone());
        recovery
    }

    /// What was got back.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn recovered(&self) -> Result<Money, MoneyError> {
        Money::total(self.recoveries.iter().map(|recovery| recovery.amount))
    }

    /// The reserve for a part, or for the claim as a whole.
    pub fn reserve_of(&self, part: Option<CoveragePart>) -> Money {
        let last = self.reserve_changes.iter().rev().find(|change| change.part == part);
        last.map_or(Money::ZERO_JPY, |change| change.after)
    }

    /// The reserve in all; none when there never was one.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn reserve(&self) -> Result<Option<Money>, MoneyError> {
        if self.reserve_changes.is_empty() {
            return Ok(None);
        }
        Money::total(self.reserved_parts().into_iter().map(|part| self.reserve_of(part))).map(Some)
    }

    /// Sets the reserve of a part, or of the claim as a whole; what is the same is no change.
    pub fn set_reserve(
        &mut self,
        (part, after): (Option<CoveragePart>, Money),
        reason: &str,
        (changed_at, changed_by): (Timestamp, Actor),
    ) {
        let before = self.reserve_of(part);
        if before == after {
            return;
        }
        let number = next(self.reserve_changes.iter().map(|known| known.number));
        let reason = reason.to_owned();
        self.reserve_changes.push(ReserveChange {
            number,
            part,
            before,
            after,
            reason,
            changed_at,
            changed_by,
        });
    }

    fn reserved_parts(&self) -> BTreeSet<Option<CoveragePart>> {
        self.reserve_changes.iter().map(|change| change.part).collect()
    }
}

impl Claim {
    /// Opens a reserve of what was approved, when nobody had set one.
    pub fn open_reserve(&mut self, approved: Money, now: Timestamp) {
        if self.file.reserve_changes.is_empty() {
            self.file.set_reserve((None, approved), "approved", (now, the_system()));
        }
    }

    /// Takes what was paid for a part off its reserve, and the rest off that of the claim as a whole;
    /// a reserve is never below nothing.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn use_reserve(
        &mut self,
        part: CoveragePart,
        paid: Money,
        now: Timestamp,
    ) -> Result<(), MoneyError> {
        let mut left = paid;
        for of in [Some(part), None] {
            let before = self.file.reserve_of(of);
            let used = before.at_most(left)?;
            left = left.minus(used)?;
            self.file.set_reserve((of, before.minus(used)?), "paid", (now, the_system()));
        }
        Ok(())
    }

    /// Releases whatever is still reserved: nothing more is expected.
    pub fn release_reserve(&mut self, why: &str, now: Timestamp) {
        for part in self.file.reserved_parts() {
            self.file.set_reserve((part, Money::ZERO_JPY), why, (now, the_system()));
        }
    }

    /// The kinds of documents that the contract asks for and that are not there, in order.
    pub fn missing_documents(&self, terms: &CoverTerms) -> Vec<String> {
        let there: BTreeSet<&str> = self.file.documents.iter().map(|it| it.kind.as_str()).collect();
        let wanted = self.wanted_documents(terms);
        wanted.into_iter().filter(|kind| !there.contains(kind.as_str())).collect()
    }

    fn wanted_documents(&self, terms: &CoverTerms) -> BTreeSet<String> {
        let parts = self.items.iter().filter_map(|item| terms.part(item.part));
        parts.flat_map(|part| part.required_documents.iter().cloned()).collect()
    }

    /// The clock by which a decision is due. It begins on the day on which the last document that the
    /// contract asks for was there, or on the day of the notice when it asks for none; before the loss
    /// is known in positions nobody can say what is missing. A question does not stop it: only a
    /// listed reason makes it longer.
    pub fn clock(&self, terms: &CoverTerms, zone: &Zone, now: Timestamp) -> DecisionClock {
        if matches!(self.state, ClaimState::Draft) || self.items.is_empty() {
            return DecisionClock::default();
        }
        let first_of = |kind: &String| {
            let of_kind = self.file.documents.iter().filter(|it| &it.kind == kind);
            of_kind.map(|it| it.received_on).min()
        };
        let days: Option<Vec<CivilDate>> =
            self.wanted_documents(terms).iter().map(first_of).collect();
        let Some(days) = days else { return DecisionClock::default() };
        let notified_on = self.notified_at.day_in(zone);
        let complete_on = days.into_iter().fold(notified_on, CivilDate::max);
        let more: i64 = self.file.extensions.iter().map(|it| i64::from(it.n_days)).sum();
        // The day itself is the first of the thirty.
        let span = jiff::Span::new().try_days(DAYS_TO_DECIDE - 1 + more);
        let due_on = span.and_then(|span| complete_on.checked_add(span)).ok();
        let late = due_on.map(|due_on| self.stopped_on(zone, now).duration_since(due_on));
        DecisionClock {
            complete_on: Some(complete_on),
            due_on,
            n_days_late: late.map_or(0, |late| (late.as_hours() / 24).max(0)),
        }
    }

    /// The day on which the clock stopped, or today.
    fn stopped_on(&self, zone: &Zone, now: Timestamp) -> CivilDate {
        let last_paid = || self.payments.last().map(|payment| payment.paid_on);
        match &self.state {
            ClaimState::Denied { denied_at, .. } => denied_at.day_in(zone),
            ClaimState::Withdrawn { withdrawn_at } => withdrawn_at.day_in(zone),
            ClaimState::Paid { paid_at, .. } => last_paid().unwrap_or_else(|| paid_at.day_in(zone)),
            ClaimState::Closed { closed_at } => {
                last_paid().unwrap_or_else(|| closed_at.day_in(zone))
            }
            ClaimState::Draft
            | ClaimState::Notified { .. }
            | ClaimState::UnderAssessment { .. }
            | ClaimState::InformationWanted { .. }
            | ClaimState::Decided { .. }
            | ClaimState::Proposed { .. }
            | ClaimState::Approved { .. }
            | ClaimState::UnderAppeal { .. } => now.day_in(zone),
        }
    }

    /// What was paid before the approval that holds.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn paid_earlier(&self) -> Result<Money, MoneyError> {
        let earlier = self.payments.iter().take(self.file.n_earlier_payments);
        Money::total(earlier.map(|payment| payment.amount))
    }

    /// What was paid for a position since the approval that holds.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub fn paid_since_approval(&self, item: u32) -> Result<Money, MoneyError> {
        let since = self.payments.iter().skip(self.file.n_earlier_payments);
        let shares = since.flat_map(|payment| &payment.shares);
        Money::total(shares.filter(|share| share.item == item).map(|share| share.amount))
    }

    /// Makes room for another approval: what was approved goes to the earlier ones, and what was paid
    /// counts as paid before.
    pub fn begin_again(&mut self) {
        self.file.earlier.extend(self.approved.take());
        self.file.n_earlier_payments = self.payments.len();
    }
}
