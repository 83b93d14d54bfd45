//! Who may decide what about a claim alone, and what a denial may rest on.

use crate::actor::Actor;
use crate::claim::state::{ClaimCommand, ClaimEvent, ClaimOutcome, ClaimState, Consent, Ruling};
use crate::claim::{Assessment, BeyondAuthority, Claim, PersonDecision};
use crate::decision::{Decision, Finding, Outcome};
use crate::master_contract::{Acknowledgement, Clause, CoverTerms, Wording};
use crate::problem::Refused;
use crate::reason::Reason;
use crate::time::Timestamp;

impl Assessment {
    /// Whether a person's word differs from what the policies and the limits say. Where they could
    /// not tell, a person who approves or denies contradicts nobody.
    pub fn is_overridden_by(&self, ruling: &Ruling) -> bool {
        match ruling {
            Ruling::Approve { payable } => {
                self.outcome == ClaimOutcome::NotEligible || *payable != self.benefit.total
            }
            Ruling::Deny { .. } => match self.outcome {
                ClaimOutcome::Eligible => !self.benefit.total.is_zero(),
                ClaimOutcome::NotEligible | ClaimOutcome::Referred => false,
            },
            Ruling::Refer => false,
        }
    }

    /// Whether one person may say so alone: not above the amount of the contract, and not against
    /// the assessment.
    pub fn consent_for(&self, ruling: &Ruling, terms: &CoverTerms) -> Consent {
        let within = match ruling {
            Ruling::Approve { payable } => {
                terms.single_approval_up_to.is_some_and(|most| *payable <= most)
            }
            Ruling::Deny { .. } | Ruling::Refer => true,
        };
        if within && !self.is_overridden_by(ruling) {
            Consent::OnePerson
        } else {
            Consent::TwoPersons
        }
    }
}

/// What a person says about a claim, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonWord {
    /// What is decided.
    pub ruling: Ruling,
    /// By whom.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

impl Claim {
    /// The claim after a person's word, which holds or waits for a second person. An approval above the
    /// person's authority is referred to who has it; where nothing can be referred any more it is refused.
    ///
    /// # Errors
    /// As [`ClaimState::step`]; `AUTHORITY_EXCEEDED`.
    pub fn decide(
        &self,
        word: &PersonWord,
        terms: &CoverTerms,
        now: Timestamp,
    ) -> Result<(Self, ClaimEvent), Refused> {
        let PersonWord { by, reason, .. } = word;
        let beyond = beyond(word, terms);
        if beyond.is_some() && !matches!(&self.state, ClaimState::Decided { .. }) {
            // A second person's word, or one on an appeal: who has the authority says it instead.
            return Err(Refused {
                reason: Reason::AuthorityExceeded,
                subject: "claim",
                state: self.state.phase().as_str(),
                command: "approve",
            });
        }
        let ruling = if beyond.is_some() { &Ruling::Refer } else { &word.ruling };
        let assessment = self.assessment();
        let consent =
            assessment.map_or(Consent::TwoPersons, |held| held.consent_for(ruling, terms));
        let decide = ClaimCommand::Decide { ruling: ruling.clone(), by: by.clone(), consent };
        let (mut next, event) = self.step(&decide, by, reason, now)?;

        let confirms =
            matches!(&self.state, ClaimState::Proposed { ruling: open, .. } if open == ruling);
        let complete = !matches!(&next.state, ClaimState::Proposed { .. });
        match next.decisions.last_mut().filter(|_| confirms) {
            Some(open) => {
                open.confirmed_by = Some(by.clone());
                open.confirmed_at = Some(now);
                open.complete = complete;
            }
            None => next.decisions.push(PersonDecision {
                ruling: ruling.clone(),
                reason: reason.clone(),
                assessment_number: assessment.map_or(0, |held| held.number),
                overrides_assessment: assessment.is_some_and(|held| held.is_overridden_by(ruling)),
                decided_by: by.clone(),
                decided_at: now,
                confirmed_by: None,
                confirmed_at: None,
                complete,
                beyond,
            }),
        }
        Ok((next, event))
    }
}

fn beyond(word: &PersonWord, terms: &CoverTerms) -> Option<BeyondAuthority> {
    match word.ruling {
        Ruling::Approve { payable } if !terms.may_approve(word.by.role, payable) => {
            let referred_to = terms.may_approve_roles(payable).collect();
            Some(BeyondAuthority { payable, referred_to })
        }
        Ruling::Approve { .. } | Ruling::Deny { .. } | Ruling::Refer => None,
    }
}

/// What was acknowledged of a wording before a loss.
#[derive(Debug, Clone, Copy)]
pub struct Acknowledged<'a> {
    /// The wording.
    pub wording: &'a Wording,
    /// What was shown and accepted.
    pub acknowledgements: &'a [Acknowledgement],
    /// The loss.
    pub loss_at: Timestamp,
}

impl Acknowledged<'_> {
    /// Whether a denial may rest on a clause: it need not be acknowledged, or was before the loss.
    pub fn allows(&self, clause: &Clause) -> bool {
        let missing = self.wording.unacknowledged(self.acknowledgements, self.loss_at);
        !missing.iter().any(|missing| missing.code == clause.code)
    }

    /// Whether a denial may rest on a finding. A finding that cites no clause of the wording rests
    /// on the contract as a whole.
    pub fn allows_finding(&self, finding: &Finding) -> bool {
        finding
            .clause
            .as_deref()
            .and_then(|citation| self.wording.cited(citation))
            .is_none_or(|clause| self.allows(clause))
    }

    /// What a decision counts for: a "no" that rests only on clauses that nobody was shown is for a
    /// person to judge.
    pub fn weight(&self, decision: &Decision) -> Outcome {
        let outcome = decision.outcome();
        let against = decision
            .explanation
            .findings
            .iter()
            .filter(|finding| finding.outcome == Outcome::NotSatisfied);
        let mut against = against.peekable();
        let rests_on_nothing_shown =
            against.peek().is_some() && !against.any(|finding| self.allows_finding(finding));
        if outcome == Outcome::NotSatisfied && rests_on_nothing_shown {
            Outcome::Undetermined
        } else {
            outcome
        }
    }

    /// The codes of the clauses that the findings against a claim cite and that a denial may rest
    /// on, in the wording's order.
    pub fn clauses_against(&self, decisions: &[Decision]) -> Vec<String> {
        let cited: Vec<&str> = decisions
            .iter()
            .flat_map(|decision| &decision.explanation.findings)
            .filter(|finding| finding.outcome == Outcome::NotSatisfied)
            .filter_map(|finding| finding.clause.as_deref())
            .filter_map(|citation| self.wording.cited(citation))
            .map(|clause| clause.code.as_str())
            .collect();
        self.wording
            .clauses
            .iter()
            .filter(|clause| cited.contains(&clause.code.as_str()) && self.allows(clause))
            .map(|clause| clause.code.clone())
            .collect()
    }
}
