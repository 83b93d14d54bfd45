//! A book of a thousand generated contracts with their losses, reckoned by the engine and by a second
//! implementation that is slow and obvious: it pays one yen after the other as long as every limit
//! has room, and shares by comparing fractions. Both agree on every yen.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::benefit::{BookedLoss, LossItem, OccurrenceKey, Standing, Takers, reckon};
use crate::id::{CertificateId, ClaimId, IncidentId, MasterContractId, SiteId, TenantId};
use crate::master_contract::tests::{limit, part, terms as contract_terms};
use crate::master_contract::{CoverTerms, CoveragePart, Limit, LimitBasis, LimitScope, Stacking};
use crate::money::Money;
use crate::rate::Rate;
use crate::time::{Period, Timestamp};

const CASES: u64 = 1_000;
const PARTS: [CoveragePart; 5] = [
    CoveragePart::OnSiteResponse,
    CoveragePart::VirusRemoval,
    CoveragePart::Forensics,
    CoveragePart::BusinessInterruption,
    CoveragePart::ThirdPartyLiability,
];

/// The same numbers on every machine and every day.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn yen(&mut self, most: u64) -> i64 {
        i64::try_from(self.below(most)).unwrap()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

fn generated_terms(dice: &mut Dice) -> CoverTerms {
    let mut terms = contract_terms();
    terms.parts = PARTS
        .into_iter()
        .filter_map(|name| {
            let mut part = part(name, 1 + dice.yen(100), dice.yen(8));
            if name == CoveragePart::BusinessInterruption && dice.chance(70) {
                part.waiting_seconds = dice.yen(10) * 3_600;
            }
            if dice.chance(25) {
                part.n_per_period = Some(1 + u32::from(dice.chance(50)));
            }
            dice.chance(85).then_some(part)
        })
        .collect();
    if terms.parts.is_empty() {
        terms.parts.push(part(PARTS[0], 100, 0));
    }
    let insured: Vec<CoveragePart> = terms.parts.iter().map(|part| part.part).collect();
    let first: Vec<CoveragePart> = insured.iter().copied().take(2).collect();
    let mut limits = Vec::new();
    for name in &insured {
        if dice.chance(50) {
            limits.push(limit(LimitScope::Item, &[*name], dice.yen(60)));
        }
    }
    for (scope, parts, most) in [
        (LimitScope::Section, first, 90),
        (LimitScope::AllCosts, vec![], 120),
        (LimitScope::Occurrence, vec![], 140),
        (LimitScope::Certificate, vec![], 200),
        (LimitScope::Programme, vec![], 400),
    ] {
        // Costs would cross a section that mixes costs and liability.
        let mixed = parts.contains(&CoveragePart::ThirdPartyLiability);
        if dice.chance(60) && !mixed {
            limits.push(limit(scope, &parts, dice.yen(most)));
        }
    }
    for limit in &mut limits {
        if limit.basis == LimitBasis::PerPeriod && dice.chance(25) {
            limit.reinstatement_rates = vec![Rate::ZERO; 1 + usize::from(dice.chance(50))];
        }
    }
    terms.limits = limits;
    let stackings = [Stacking::PerTenant, Stacking::PerSite, Stacking::PerCertificate];
    terms.stacking = stackings[usize::try_from(dice.below(3)).unwrap()];
    terms
}

struct Generated {
    id: ClaimId,
    number: String,
    loss_at: Timestamp,
    takers: Takers,
    items: Vec<LossItem>,
}

fn second(n: i64) -> Timestamp {
    Timestamp::from_microseconds(1_612_105_200_000_000 + n * 1_000_000).unwrap()
}

fn generated_losses(dice: &mut Dice) -> Vec<Generated> {
    let n = 1 + dice.below(6);
    let losses = (0..n).map(|n| {
        let tenant = u128::from(dice.below(2));
        let id = ClaimId::from(Uuid::from_u128(u128::from(n) + 500));
        let occurrence = if dice.chance(40) {
            OccurrenceKey::Incident(IncidentId::from(Uuid::from_u128(tenant + 20)))
        } else {
            OccurrenceKey::Claim(id)
        };
        let takers = Takers {
            contract: MasterContractId::from(Uuid::from_u128(9)),
            tenant: TenantId::from(Uuid::from_u128(tenant + 1)),
            certificate: Some(CertificateId::from(Uuid::from_u128(
                tenant * 10 + u128::from(dice.below(2)) + 100,
            ))),
            site: dice.chance(80).then(|| {
                let code = if dice.chance(50) { "head-office" } else { "shop" };
                SiteId::of(TenantId::from(Uuid::from_u128(tenant + 1)), code)
            }),
            occurrence: Some(occurrence),
        };
        let loss_at = second(dice.yen(4) * 1_000);
        let items = (1..=1 + dice.below(4)).map(|number| {
            let part = PARTS[usize::try_from(dice.below(5)).unwrap()];
            let mut item =
                LossItem::new(u32::try_from(number).unwrap(), part, Money::jpy(dice.yen(70)));
            if dice.chance(10) {
                item.standing = Standing::NotCovered;
            }
            if dice.chance(80) {
                let end = second(dice.yen(4_000) + dice.yen(90_000) + 10_000);
                item.interruption = Period::new(second(dice.yen(4_000)), end).ok();
            }
            item
        });
        let items = items.collect();
        Generated { id, number: format!("CLM-{n:06}"), loss_at, takers, items }
    });
    losses.collect()
}

/// A set of parts, as bits in the order of the contract.
type Bits = u32;

struct Reference<'a> {
    terms: &'a CoverTerms,
    limits: Vec<(Bits, &'a Limit)>,
    used: HashMap<(String, String), i64>,
}

impl<'a> Reference<'a> {
    fn new(terms: &'a CoverTerms) -> Self {
        let mut limits: Vec<(Bits, &Limit)> =
            terms.limits.iter().map(|limit| (Self::counted(terms, limit), limit)).collect();
        limits.sort_by_key(|(bits, limit)| (bits.count_ones(), limit.scope, limit.code.clone()));
        Self { terms, limits, used: HashMap::new() }
    }

    fn counted(terms: &CoverTerms, limit: &Limit) -> Bits {
        let mut bits = 0;
        for (at, part) in terms.parts.iter().enumerate() {
            let cost = part.part != CoveragePart::ThirdPartyLiability;
            let meant = if limit.parts.is_empty() {
                limit.scope != LimitScope::AllCosts || cost
            } else {
                limit.parts.contains(&part.part)
            };
            if meant {
                bits |= 1 << at;
            }
        }
        bits
    }

    fn subject(&self, limit: &Limit, takers: &Takers) -> String {
        let occurrence = format!("{} {:?}", takers.tenant, takers.occurrence);
        match limit.scope {
            LimitScope::Programme => "everybody".to_owned(),
            LimitScope::Item | LimitScope::AllCosts | LimitScope::Occurrence => occurrence,
            LimitScope::Section | LimitScope::Certificate => self.of_period(takers),
        }
    }

    /// Who counts together in a period.
    fn of_period(&self, takers: &Takers) -> String {
        match self.terms.stacking {
            Stacking::PerCertificate => format!("{:?}", takers.certificate),
            Stacking::PerTenant => takers.tenant.to_string(),
            Stacking::PerSite => match takers.site {
                Some(site) => format!("{site:?}"),
                None => takers.tenant.to_string(),
            },
        }
    }

    fn left(&self, limit: &Limit, takers: &Takers) -> i64 {
        let times = 1 + i64::try_from(limit.reinstatement_rates.len()).unwrap();
        let key = (limit.code.clone(), self.subject(limit, takers));
        (limit.amount.amount() * times - self.used.get(&key).copied().unwrap_or(0)).max(0)
    }

    /// The most whole yen that the parts of a set may get, by paying one yen after the other.
    fn most(&self, set: Bits, wanted: &[i64], takers: &Takers) -> i64 {
        let limits: Vec<(Bits, i64)> = self
            .limits
            .iter()
            .filter(|(bits, _)| bits & !set == 0)
            .map(|(bits, limit)| (*bits, self.left(limit, takers)))
            .collect();
        let mut given = vec![0; wanted.len()];
        let mut total = 0;
        for (at, want) in wanted.iter().enumerate() {
            let bit = 1 << at;
            while set & bit != 0 && given[at] < *want {
                let has_room = |(bits, left): &(Bits, i64)| {
                    let in_set = |other: &usize| bits & (1 << other) != 0;
                    let taken: i64 = (0..wanted.len()).filter(in_set).map(|it| given[it]).sum();
                    bits & bit == 0 || taken < *left
                };
                if !limits.iter().all(has_room) {
                    break;
                }
                given[at] += 1;
                total += 1;
            }
        }
        total
    }

    /// What each position of a loss gets.
    fn pay(&mut self, loss: &Generated) -> Vec<i64> {
        let shares: Vec<Option<i64>> = loss.items.iter().map(|item| self.share(item)).collect();
        let mut wanted = Vec::new();
        for part in &self.terms.parts {
            let of_part = loss.items.iter().zip(&shares).filter(|(item, _)| item.part == part.part);
            let sum: i64 = of_part.filter_map(|(_, share)| *share).sum();
            let code = format!("deductible.{}", part.part.as_str());
            let whose = format!("{} {:?}", loss.takers.tenant, loss.takers.occurrence);
            let borne = self.used.entry((code, whose)).or_default();
            let off = sum.min(part.deductible.amount() - *borne);
            *borne += off;
            let key = (format!("number.{}", part.part.as_str()), self.of_period(&loss.takers));
            let given = self.used.get(&key).copied().unwrap_or(0);
            let used_up = part.n_per_period.is_some_and(|n| given >= i64::from(n));
            wanted.push(if used_up { 0 } else { sum - off });
        }
        let by_part = self.by_part(&wanted, &loss.takers);
        let mut paid = vec![0; loss.items.len()];
        for (at, part) in self.terms.parts.iter().enumerate() {
            let mine: Vec<usize> = (0..loss.items.len())
                .filter(|it| loss.items[*it].part == part.part && shares[*it].is_some())
                .collect();
            let weights: Vec<i64> = mine.iter().map(|it| shares[*it].unwrap()).collect();
            for (it, yen) in mine.into_iter().zip(shared(by_part[at], &weights)) {
                paid[it] = yen;
            }
        }
        for (part, yen) in self.terms.parts.iter().zip(&by_part) {
            let key = (format!("number.{}", part.part.as_str()), self.of_period(&loss.takers));
            if part.n_per_period.is_some() && *yen > 0 {
                *self.used.entry(key).or_default() += 1;
            }
        }
        for (bits, limit) in &self.limits {
            let sum: i64 =
                (0..by_part.len()).filter(|at| bits & (1 << at) != 0).map(|at| by_part[at]).sum();
            let key = (limit.code.clone(), self.subject(limit, &loss.takers));
            *self.used.entry(key).or_default() += sum;
        }
        paid
    }

    fn share(&self, item: &LossItem) -> Option<i64> {
        let part = self.terms.parts.iter().find(|part| part.part == item.part)?;
        if item.standing == Standing::NotCovered {
            return None;
        }
        let mut counted = i128::from(item.loss.amount());
        if part.waiting_seconds > 0 {
            let length = item.interruption.map_or((0, 1), |span| {
                let whole = span.end().as_microseconds() - span.start().as_microseconds();
                ((whole - part.waiting_seconds * 1_000_000).max(0), whole.max(1))
            });
            counted = counted * i128::from(length.0) / i128::from(length.1);
        }
        let percent = (1..=100).find(|percent| part.coinsurance == Rate::percent(*percent));
        Some(i64::try_from(counted * i128::from(percent.unwrap()) / 100).unwrap())
    }

    /// What each part gets: the whole is the most there can be; it goes down from each set to the sets
    /// that lie in it, in proportion to the most that each could get.
    fn by_part(&self, wanted: &[i64], takers: &Takers) -> Vec<i64> {
        // A part of which nothing is claimed stands in the tree too, with the weight nothing.
        let mut nodes: Vec<(Bits, Vec<usize>)> =
            (0..wanted.len()).map(|at| (1 << at, Vec::new())).collect();
        let mut tops: Vec<usize> = (0..wanted.len()).collect();
        for (bits, _) in &self.limits {
            let inside = |top: &usize| nodes[*top].0 & !bits == 0;
            let (inner, outer): (Vec<usize>, Vec<usize>) = tops.iter().partition(|it| inside(it));
            tops = outer;
            nodes.push((*bits, inner));
            tops.push(nodes.len() - 1);
        }
        let mut by_part = vec![0; wanted.len()];
        for top in tops {
            let amount = self.most_of(&nodes, top, (wanted, takers));
            self.hand_down(&nodes, (top, amount), (wanted, takers), &mut by_part);
        }
        by_part
    }

    fn most_of(
        &self,
        nodes: &[(Bits, Vec<usize>)],
        node: usize,
        (wanted, takers): (&[i64], &Takers),
    ) -> i64 {
        let (bits, inner) = &nodes[node];
        if inner.is_empty() && node < wanted.len() {
            return wanted[node];
        }
        // A limit counts itself, those cut before it count too, those cut later do not yet.
        let mut so_far = Self { used: self.used.clone(), ..Reference::new(self.terms) };
        so_far.limits.truncate(node - wanted.len() + 1);
        so_far.most(*bits, wanted, takers)
    }

    fn hand_down(
        &self,
        nodes: &[(Bits, Vec<usize>)],
        (node, amount): (usize, i64),
        around: (&[i64], &Takers),
        by_part: &mut [i64],
    ) {
        let (_, inner) = &nodes[node];
        if inner.is_empty() {
            if node < around.0.len() {
                by_part[node] = amount;
            }
            return;
        }
        let weights: Vec<i64> =
            inner.iter().map(|child| self.most_of(nodes, *child, around)).collect();
        for (child, share) in inner.iter().zip(shared(amount, &weights)) {
            self.hand_down(nodes, (*child, share), around, by_part);
        }
    }
}

/// Largest remainder, by comparing fractions: of equal ones the earlier wins.
fn shared(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    if sum == 0 || total == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i64> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut rests: Vec<(i64, usize)> =
        weights.iter().enumerate().map(|(at, weight)| (total * weight % sum, at)).collect();
    rests.sort_by_key(|(rest, at)| (-rest, *at));
    let missing = usize::try_from(total - shares.iter().sum::<i64>()).unwrap();
    for (_, at) in rests.into_iter().take(missing) {
        shares[at] += 1;
    }
    shares
}

#[test]
fn a_thousand_generated_books_agree_with_the_slow_reference_on_every_yen() {
    let mut dice = Dice(0x07a5_0015);
    let (mut n_losses, mut n_cut) = (0, 0);
    for case in 0..CASES {
        let terms = generated_terms(&mut dice);
        let losses = generated_losses(&mut dice);
        let book: Vec<BookedLoss<'_>> = losses
            .iter()
            .map(|loss| BookedLoss {
                claim_id: loss.id,
                loss_at: loss.loss_at,
                number: &loss.number,
                takers: loss.takers,
                terms: &terms,
                items: loss.items.clone(),
                most: None,
            })
            .collect();
        let (benefits, taken) = reckon(&book).unwrap();

        let mut reference = Reference::new(&terms);
        let mut in_order: Vec<&Generated> = losses.iter().collect();
        in_order.sort_by_key(|loss| (loss.loss_at, loss.number.clone()));
        for loss in in_order {
            let slow = reference.pay(loss);
            let fast: Vec<i64> =
                benefits[&loss.id].items.iter().map(|item| item.payable.amount()).collect();
            assert_eq!(fast, slow, "case {case}, {}: {terms:#?} {:#?}", loss.number, loss.items);
            n_losses += 1;
            n_cut += u64::from(benefits[&loss.id].total < benefits[&loss.id].loss);
        }
        let by_code = |used: &mut dyn Iterator<Item = (String, i64)>| {
            let mut sums: BTreeMap<String, i64> = BTreeMap::new();
            for (code, yen) in used.filter(|(_, yen)| *yen > 0) {
                *sums.entry(code).or_default() += yen;
            }
            sums
        };
        let fast = by_code(&mut taken.iter().map(|(key, it)| (key.0.clone(), it.used.amount())));
        let slow = by_code(&mut reference.used.iter().map(|(key, yen)| (key.0.clone(), *yen)));
        assert_eq!(fast, slow, "case {case}");
    }
    assert!(n_losses > 3_000 && n_cut > 1_500, "{n_losses} losses, {n_cut} of them cut");
}
