//! A thousand companies: every offer complete, within its budget or saying why not, and the same again.
#![expect(clippy::unwrap_used, reason = "test")]

use tasuki_app::library::Library;
use tasuki_app::quoting::{Composed, Enquiry, OfferedCover, compose, gaps};
use tasuki_core::catalog::{
    Budget, CompanyProfile, DnsControl, EndpointCounts, ProfileMembership, ProfileSite, Quantity,
    SelectedItem, TaxMode, WafState,
};
use tasuki_core::decision::canonical;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{BudgetVerdict, LineKind};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_core::time::{Timestamp, Zone};

const COMPANIES: u64 = 1_000;
const SEED: u64 = 20_210_126;

/// Numbers that look like chance and are the same each time (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..n`.
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap();
        all.get(at).cloned().unwrap()
    }

    /// Something that may not be known.
    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(4) > 0).then(|| value(self))
    }

    fn count(&mut self, most: u64) -> u32 {
        u32::try_from(self.below(most + 1)).unwrap()
    }
}

fn company(chance: &mut Chance) -> CompanyProfile {
    let industries = ["D", "E", "G", "I", "K", "M", "P"].map(str::to_owned);
    let traffics: [Quantity; 7] =
        ["0", "8", "10", "10.001", "20.001", "50", "50.001"].map(|gb| gb.parse().unwrap());
    let budgets = [5_000, 9_999, 12_000, 20_000, 22_183, 30_000, 60_000];
    let associations = ["naha-chamber-of-commerce", "rotary"];
    CompanyProfile {
        industry: chance.maybe(|chance| chance.one_of(&industries)),
        employees: chance.maybe(|chance| chance.count(300)),
        endpoints: chance.maybe(|chance| EndpointCounts {
            windows: chance.maybe(|chance| chance.count(40)),
            mac: chance.maybe(|chance| chance.count(9)),
            linux: chance.maybe(|chance| chance.count(2)),
            mobile: chance.maybe(|chance| chance.count(20)),
        }),
        has_utm: chance.maybe(|chance| chance.below(3) == 0),
        has_antivirus: chance.maybe(|chance| chance.below(4) > 0),
        has_website: chance.maybe(|chance| chance.below(4) > 0),
        waf: chance.maybe(|chance| {
            chance.one_of(&[WafState::None, WafState::None, WafState::Active, WafState::Off])
        }),
        dns_control: chance.maybe(|chance| {
            chance.one_of(&[DnsControl::Itself, DnsControl::ThirdPartyRefuses, DnsControl::Unknown])
        }),
        monthly_traffic_gb: chance.maybe(|chance| chance.one_of(&traffics)),
        sites: vec![ProfileSite {
            code: "head-office".to_owned(),
            name: String::new(),
            prefecture: Some("47".to_owned()),
            remote_island: chance.maybe(|chance| chance.below(10) == 0),
        }],
        budget: chance.maybe(|chance| Budget {
            monthly: Money::jpy(chance.one_of(&budgets)),
            tax_mode: chance.one_of(&[TaxMode::Inclusive, TaxMode::Exclusive]),
        }),
        memberships: chance
            .maybe(|chance| ProfileMembership {
                association: chance.one_of(&associations).to_owned(),
                evidence: "会員証".to_owned(),
                valid_from: None,
                valid_to: None,
            })
            .into_iter()
            .collect(),
        ..CompanyProfile::default()
    }
}

fn asked(chance: &mut Chance) -> Vec<SelectedItem> {
    if chance.below(4) > 0 {
        return Vec::new();
    }
    let all = [
        SelectedItem::of(Service::Utm),
        SelectedItem::of(Service::Edr).with_endpoints(5),
        SelectedItem::of(Service::CloudWaf).with_traffic_gb("8".parse().unwrap()),
        SelectedItem::of(Service::Diagnosis).with_plan("diagnosis.platform"),
    ];
    let kept: Vec<_> = all.into_iter().filter(|_| chance.below(2) == 0).collect();
    if kept.is_empty() { vec![SelectedItem::of(Service::Utm)] } else { kept }
}

fn said(text: &Text) -> bool {
    !text.ja.trim().is_empty() && !text.en.trim().is_empty()
}

/// What an offer must always be.
fn look_at(n: u64, library: &Library, profile: &CompanyProfile, composed: &Composed) {
    let offer = &composed.offer;
    let priced = &offer.priced;
    let cards = library.cards.cards();
    let card = cards.named(&priced.rate_card.to_string(), priced.start_on).unwrap();
    assert_eq!(gaps(card, priced), vec![], "company {n}");
    for line in &priced.lines {
        assert!(said(&line.label), "company {n}: {line:?}");
        assert_eq!(line.kind == LineKind::Contingent, line.trigger.as_ref().is_some_and(said));
        assert!(line.kind != LineKind::Charged || line.amount.is_some(), "company {n}: {line:?}");
    }
    assert!(offer.recommended.iter().all(|of| said(&of.reason)), "company {n}");
    assert!(offer.unavailable.iter().all(|of| said(&of.reason)), "company {n}");
    assert_eq!(priced.budget.is_some(), profile.budget.is_some());
    if let Some(check) = &priced.budget {
        assert!(said(&check.message), "company {n}");
        let can_be_less = offer.alternatives.iter().any(|of| of.code == "lower");
        let asked = offer.recommended.iter().all(|of| !of.in_bundle || of.plan.is_some());
        assert!(
            check.verdict == BudgetVerdict::Within
                || priced.selection.len() == 1
                || can_be_less
                || !asked,
            "company {n} could have less: {check:?}"
        );
    }
    let windows = profile.endpoints.and_then(|counts| counts.windows);
    let edr = priced.selection.iter().find(|item| item.service == Service::Edr);
    if let (Some(windows), Some(licences)) = (windows, edr.and_then(|item| item.endpoints)) {
        let others = profile.endpoints.unwrap_or_default();
        let others = [others.mac, others.linux, others.mobile].into_iter().flatten().sum::<u32>();
        let told = |code| offer.unavailable.iter().any(|of| of.code == code);
        assert_eq!(told("UNSUPPORTED_OS"), others > 0 && licences <= windows, "company {n}");
    }
    for other in &offer.alternatives {
        let (first, here) = (other.totals.first_year.gross, priced.totals.first_year.gross);
        match other.code.as_str() {
            "lower" => assert!(first < here, "company {n}: {other:?}"),
            code => assert_eq!((code, first >= here), ("higher", true), "company {n}: {other:?}"),
        }
        assert!(said(&other.label) && said(&other.difference), "company {n}");
    }
}

/// Why there is no offer, said so that somebody can do something about it.
fn look_at_refusal(n: u64, problem: &Problem) {
    let reasons = [Reason::SelectionInvalid, Reason::NeedsPersonalQuote];
    assert!(reasons.contains(&problem.reason()), "company {n}: {problem}");
    assert!(!problem.message().is_empty(), "company {n}");
}

#[test]
fn a_thousand_companies_get_complete_offers_that_can_be_made_again() {
    let library = Library::load(None, None).unwrap();
    let cards = library.cards.cards();
    let zone = Zone::named(Zone::TOKYO).unwrap();
    let (mut offered, mut within, mut trimmed, mut both) = (0, 0, 0, 0);
    for n in 0..COMPANIES {
        let mut chance = Chance(SEED.wrapping_add(n));
        let (profile, asked) = (company(&mut chance), asked(&mut chance));
        let days = ["2021-04-01T01:00:00Z", "2021-08-01T01:00:00Z", "2024-06-30T15:00:00Z"];
        let now: Timestamp = chance.one_of(&days).parse().unwrap();
        let card = chance.one_of(&["okinawa", "okinawa", "kumamoto"]);
        let campaign = chance.maybe(|_| "otasuketai-2021");
        let day = now.day_in(&zone);
        let make = || {
            compose(Enquiry {
                library: &library,
                card: cards.named(card, day).unwrap(),
                profile: &profile,
                asked: &asked,
                days: (day, None),
                campaign,
                cover: OfferedCover::None,
                chosen_covers: Vec::new(),
                now: (now, &zone),
            })
        };
        match (make(), make()) {
            (Ok(composed), Ok(again)) => {
                let bytes = |of: &Composed| canonical(&serde_json::to_value(&of.offer).unwrap());
                assert_eq!(bytes(&composed), bytes(&again), "company {n}");
                look_at(n, &library, &profile, &composed);
                let offer = &composed.offer;
                offered += 1;
                let verdict = offer.priced.budget.as_ref().map(|check| check.verdict);
                within += i32::from(verdict == Some(BudgetVerdict::Within));
                trimmed += i32::from(offer.alternatives.iter().any(|of| of.code == "higher"));
                both += i32::from(offer.alternatives.len() == 2);
            }
            (Err(problem), Err(again)) => {
                assert_eq!(problem.to_string(), again.to_string(), "company {n}");
                look_at_refusal(n, &problem);
            }
            (one, other) => panic!("company {n}: {one:?} and then {other:?}"),
        }
    }
    // The thousand are of every kind, or the test shows little.
    assert!(offered > 600, "{offered} offers");
    assert!(within > 100 && trimmed > 50 && both > 20, "{within} {trimmed} {both}");
}
