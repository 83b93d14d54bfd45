//! One service of a subscription: what was taken when, and when it stood still.

use serde::{Deserialize, Serialize};

use crate::catalog::selection::SelectedItem;
use crate::days::DayPeriod;
use crate::id::ItemId;
use crate::time::CivilDate;

/// One service of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribedItem {
    /// Its id; also that of the service in its provisioning order.
    pub item_id: ItemId,
    /// What was chosen first, complete with plan and quantities.
    pub selected: SelectedItem,
    /// The first day on which it is in use; none while it is being set up.
    pub starts_on: Option<CivilDate>,
    /// The first day on which it is no longer in use, or was given up before it ever was.
    pub ends_on: Option<CivilDate>,
    /// What was chosen later, by day; none on the first day or before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<ItemTerms>,
    /// When it stood still by itself, in order of time, without overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// The day on which it was added; none if it was there from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_on: Option<CivilDate>,
}

/// What is taken of a service from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTerms {
    /// The first day of it.
    pub from: CivilDate,
    /// What is taken, complete with plan and quantities.
    pub selected: SelectedItem,
}

/// Why something stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseKind {
    /// It was stopped for a while.
    #[default]
    Suspended,
    /// It had ended, and came back.
    Ended,
}

/// Days on which a subscription or one of its services stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The first day.
    pub from: CivilDate,
    /// The first day after it; none while it lasts.
    pub until: Option<CivilDate>,
    /// Why, as given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What it is.
    #[serde(default)]
    pub kind: PauseKind,
}

impl Pause {
    /// A suspension that lasts.
    pub const fn from_day(from: CivilDate, reason: String) -> Self {
        Self { from, until: None, reason, kind: PauseKind::Suspended }
    }

    /// Whether a day lies in it.
    pub fn contains(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Ends the last pause if it lasts; one without a day never was.
pub(super) fn close_last(pauses: &mut Vec<Pause>, on: CivilDate) {
    let Some(last) = pauses.last_mut().filter(|pause| pause.until.is_none()) else { return };
    let until = on.max(last.from);
    last.until = Some(until);
    if last.from == until {
        pauses.pop();
    }
}

impl SubscribedItem {
    /// A service that is being set up.
    pub const fn awaited(item_id: ItemId, selected: SelectedItem) -> Self {
        Self {
            item_id,
            selected,
            starts_on: None,
            ends_on: None,
            terms: Vec::new(),
            pauses: Vec::new(),
            added_on: None,
        }
    }

    /// Whether it is still being set up, for the first time or again.
    pub fn is_awaited(&self) -> bool {
        self.ends_on.is_none() && (self.starts_on.is_none() || self.comes_back().is_some())
    }

    /// Whether it belongs to the bundle: in use, stopped for a while, or being set up.
    pub const fn is_taken(&self) -> bool {
        self.ends_on.is_none()
    }

    /// The days within a span on which it is in use.
    pub fn used_within(&self, span: DayPeriod) -> Option<DayPeriod> {
        let used = span.from_day(self.starts_on?)?;
        match self.ends_on {
            Some(end) => used.before_day(end),
            None => Some(used),
        }
    }

    /// What is taken on a day: the last choice up to that day.
    pub fn selected_on(&self, day: CivilDate) -> &SelectedItem {
        let later = self.terms.iter().rev().find(|terms| terms.from <= day);
        later.map_or(&self.selected, |terms| &terms.selected)
    }

    /// What was chosen last.
    pub fn latest(&self) -> &SelectedItem {
        self.terms.last().map_or(&self.selected, |terms| &terms.selected)
    }

    /// Whether it stands still on a day, by itself.
    pub fn is_paused_on(&self, day: CivilDate) -> bool {
        self.pauses.iter().any(|pause| pause.contains(day))
    }

    /// The pause that ends when it is set up again.
    fn comes_back(&self) -> Option<&Pause> {
        self.pauses.last().filter(|last| last.kind == PauseKind::Ended && last.until.is_none())
    }

    pub(super) fn start(&mut self, on: CivilDate) {
        if !self.is_awaited() {
            return;
        }
        if self.starts_on.is_some() {
            close_last(&mut self.pauses, on);
        } else {
            self.starts_on = Some(on);
        }
    }

    pub(super) fn end(&mut self, on: CivilDate) {
        if self.ends_on.is_some() {
            return;
        }
        let again = self.comes_back().map(|pause| pause.from);
        if let Some(before) = again {
            self.pauses.pop();
            self.ends_on = Some(before);
        } else {
            self.ends_on = Some(self.starts_on.map_or(on, |start| start.max(on)));
        }
    }

    /// Ends it with its subscription: what was to end later ends now.
    pub(super) fn cancel(&mut self, on: CivilDate) {
        if self.ends_on.is_none() {
            self.end(on);
            return;
        }
        let end = self.starts_on.map_or(on, |start| start.max(on));
        self.ends_on = self.ends_on.map(|before| before.min(end));
    }

    /// Takes something else from a day on. A second choice on a day replaces the first.
    pub(super) fn take(&mut self, selected: SelectedItem, on: CivilDate) {
        if self.starts_on.is_none_or(|start| on <= start) {
            self.selected = selected;
            return;
        }
        self.terms.retain(|terms| terms.from < on);
        if *self.latest() != selected {
            self.terms.push(ItemTerms { from: on, selected });
        }
    }

    /// Stands still from a day on, unless it does already.
    pub(super) fn suspend(&mut self, on: CivilDate, reason: &str) -> bool {
        let runs = self.starts_on.is_some() && self.is_taken() && !self.is_awaited();
        let stopped = self.pauses.last().is_some_and(|pause| pause.until.is_none());
        if !runs || stopped {
            return false;
        }
        self.pauses.push(Pause::from_day(on, reason.to_owned()));
        true
    }

    /// Goes on from a day on, if it was stopped.
    pub(super) fn resume(&mut self, on: CivilDate) -> bool {
        let last = self.pauses.last().filter(|last| last.kind == PauseKind::Suspended);
        let stopped = last.is_some_and(|pause| pause.until.is_none() && pause.from <= on);
        if stopped {
            close_last(&mut self.pauses, on);
        }
        stopped
    }

    /// Comes back after it had ended, under another id: it is set up anew, and charged as before.
    pub(super) fn reinstate(&mut self, item_id: ItemId) {
        let Some(from) = self.ends_on.take() else { return };
        self.item_id = item_id;
        if self.starts_on.is_some() {
            // Stopped to the end: from then on it was not there.
            close_last(&mut self.pauses, from);
            let kind = PauseKind::Ended;
            self.pauses.push(Pause { from, until: None, reason: String::new(), kind });
        }
    }

    /// The item as it was on a day.
    pub(super) fn seen_on(mut self, day: CivilDate) -> Option<Self> {
        if self.added_on.is_some_and(|added| day < added) {
            return None;
        }
        self.starts_on = self.starts_on.filter(|start| *start <= day);
        self.ends_on = self.ends_on.filter(|end| *end <= day);
        self.terms.retain(|terms| terms.from <= day);
        self.pauses = pauses_seen_on(self.pauses, day);
        Some(self)
    }
}

/// Pauses as they were on a day.
pub(super) fn pauses_seen_on(pauses: Vec<Pause>, day: CivilDate) -> Vec<Pause> {
    let begun = pauses.into_iter().filter(|pause| pause.from <= day);
    begun.map(|pause| Pause { until: pause.until.filter(|until| *until <= day), ..pause }).collect()
}
