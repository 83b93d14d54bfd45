//! What suits a company: the recommendation and eligibility packs of a rate card, asked without a
//! store, so that a salesperson's computer can ask as well as the server.

use serde_json::Value;
use tasuki_core::catalog::{CompanyProfile, SelectedItem};
use tasuki_core::decision::{Outcome, PackKind};
use tasuki_core::problem::Problem;
use tasuki_core::quote::{Recommended, Unavailable};
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_policies::Evaluation;
use tasuki_policies::facts::{CompanyFacts, FactSet};
use tasuki_pricing::rate_card::{Plan, RateCard};

use super::facts::{about, company_facts};
use super::judged::Judged;
use crate::library::Library;

/// What suits a company.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// What to price, in order of priority.
    pub selection: Vec<SelectedItem>,
    /// Why, and what is advised for later.
    pub recommended: Vec<Recommended>,
    /// What was asked for or would help and cannot be offered, and why.
    pub unavailable: Vec<Unavailable>,
    /// Everything that was asked of policies.
    pub judged: Vec<Judged>,
}

/// One service that the recommendation pack spoke about.
struct Opinion {
    service: Service,
    suits: bool,
    priority: u32,
    code: String,
    reason: Text,
}

/// What policies are asked about a company, and what they gave so far.
struct Enquiry<'a> {
    library: &'a Library,
    card: &'a RateCard,
    profile: &'a CompanyProfile,
    now: Timestamp,
    judged: Vec<Judged>,
}

/// Advises a company: with a selection it says what speaks for and against it, without one it makes
/// a selection.
///
/// # Errors
/// `SELECTION_INVALID` when nothing was chosen and nothing can be recommended.
pub fn advise(
    library: &Library,
    card: &RateCard,
    profile: &CompanyProfile,
    asked: &[SelectedItem],
    now: Timestamp,
) -> Result<Advice, Problem> {
    let mut enquiry = Enquiry { library, card, profile, now, judged: Vec::new() };
    let opinions = enquiry.opinions();
    let advice = if asked.is_empty() {
        let wished = |service| profile.wishes.contains(&service);
        let made = made_from(card, profile, &opinions, &wished);
        enquiry.without_refused(made)
    } else {
        enquiry.as_asked(asked, &opinions)
    };
    if advice.selection.is_empty() {
        let text = "nothing was chosen and nothing can be recommended; name the services";
        let problem = Problem::new(Reason::SelectionInvalid, text);
        return Err(advice.unavailable.iter().fold(problem, |problem, of| {
            problem.violating("selections", format!("{}: {}", of.code, of.reason.en))
        }));
    }
    Ok(Advice { judged: enquiry.judged, ..advice })
}

impl Enquiry<'_> {
    /// What the recommendation pack says about each service; nothing without a pack.
    fn opinions(&mut self) -> Vec<Opinion> {
        let facts = company_facts(self.profile);
        let Some(evaluation) = self.ask(PackKind::Recommendation, facts) else {
            return Vec::new();
        };
        let opinions = evaluation.matched.into_iter().filter_map(|rule| {
            let word = |name: &str| rule.outputs.get(name);
            let service = word("service").and_then(Value::as_str)?.parse().ok()?;
            let suits = word("recommended").and_then(Value::as_bool)?;
            let priority = word("priority").and_then(Value::as_u64).unwrap_or_default();
            let priority = u32::try_from(priority).unwrap_or(u32::MAX);
            Some(Opinion { service, suits, priority, code: rule.code, reason: rule.message })
        });
        opinions.collect()
    }

    /// What was asked for stays, with what speaks against it; what would help too is advised for later.
    fn as_asked(&mut self, asked: &[SelectedItem], opinions: &[Opinion]) -> Advice {
        let mut recommended = Vec::new();
        let mut unavailable = Vec::new();
        for opinion in opinions {
            let item = asked.iter().find(|item| item.service == opinion.service);
            match (item, opinion.suits) {
                (Some(item), true) => {
                    recommended.push(recommendation(opinion, plan_of(self.card, item), true, true));
                }
                (None, true) => recommended.push(recommendation(opinion, None, false, false)),
                (Some(_), false) => unavailable.push(refusal(opinion)),
                (None, false) => {}
            }
        }
        for item in asked {
            let refused = self.not_eligible(item);
            unavailable.extend(refused);
        }
        Advice {
            selection: asked.to_vec(),
            recommended: in_order(recommended),
            unavailable: each_once(unavailable),
            judged: Vec::new(),
        }
    }

    /// The selection without what a company may not have.
    fn without_refused(&mut self, made: Advice) -> Advice {
        let mut advice = Advice { selection: Vec::new(), ..made };
        for item in made.selection {
            let refused = self.not_eligible(&item);
            if refused.is_empty() {
                advice.selection.push(item);
                continue;
            }
            for of in advice.recommended.iter_mut().filter(|of| of.service == item.service) {
                of.in_bundle = false;
                of.plan = None;
            }
            advice.unavailable.extend(refused);
        }
        advice.recommended = in_order(advice.recommended);
        advice.unavailable = each_once(advice.unavailable);
        advice
    }

    /// Why a company may not have a service; nothing when it may, or when it cannot be told.
    fn not_eligible(&mut self, item: &SelectedItem) -> Vec<Unavailable> {
        let of_web = find_plan(self.card, item).is_some_and(|plan| plan.tier == "web");
        let facts = about(self.profile, item, of_web);
        let Some(evaluation) = self.ask(PackKind::Eligibility, facts) else {
            return Vec::new();
        };
        if evaluation.outcome != Outcome::NotSatisfied {
            return Vec::new();
        }
        let failed = evaluation.findings.iter().filter(|of| of.outcome == Outcome::NotSatisfied);
        failed
            .map(|finding| Unavailable {
                service: item.service,
                code: finding.code.clone(),
                reason: with_next_step(&finding.message, finding.next_step.as_ref()),
                decision_id: None,
            })
            .collect()
    }

    /// What the scheme's pack of a kind gives for facts; nothing without a pack.
    fn ask(&mut self, kind: PackKind, facts: CompanyFacts) -> Option<Evaluation> {
        let packs = self.library.packs.packs();
        let pack = packs.in_force(kind, self.card.packs.as_ref()?, self.now)?;
        let facts = FactSet::at(self.now).with_company(facts);
        let (evaluation, judged) = Judged::by(&pack, facts);
        self.judged.push(judged);
        Some(evaluation)
    }
}

/// A selection made from what the pack recommends, with what the company wished for.
fn made_from(
    card: &RateCard,
    profile: &CompanyProfile,
    opinions: &[Opinion],
    wished: &dyn Fn(Service) -> bool,
) -> Advice {
    let mut advice = Advice {
        selection: Vec::new(),
        recommended: Vec::new(),
        unavailable: Vec::new(),
        judged: Vec::new(),
    };
    let mut suited: Vec<&Opinion> = opinions.iter().filter(|of| of.suits).collect();
    suited.sort_by_key(|of| of.priority);
    for opinion in suited {
        let item = sized(card, profile, opinion.service);
        let plan = item.as_ref().and_then(|item| plan_of(card, item));
        let in_bundle = item.is_some();
        advice.recommended.push(recommendation(opinion, plan, wished(opinion.service), in_bundle));
        advice.selection.extend(item);
    }
    let refused = opinions.iter().filter(|of| !of.suits && wished(of.service)).map(refusal);
    advice.unavailable.extend(refused);
    advice
}

/// How much of a service the company needs; nothing when too little is known to price it.
pub(super) fn sized(
    card: &RateCard,
    profile: &CompanyProfile,
    service: Service,
) -> Option<SelectedItem> {
    card.default_plan(service)?;
    let item = SelectedItem::of(service);
    match service {
        Service::Edr => {
            let windows = profile.endpoints.and_then(|endpoints| endpoints.windows);
            windows.filter(|n| *n > 0).map(|n| item.with_endpoints(n))
        }
        Service::CloudWaf => Some(match profile.monthly_traffic_gb {
            Some(traffic) => item.with_traffic_gb(traffic),
            None => item,
        }),
        Service::Diagnosis => {
            let tier = if profile.has_website == Some(true) { "web" } else { "platform" };
            let mut plans = card.plans.iter();
            let plan = plans.find(|plan| plan.service == service && plan.tier == tier);
            Some(match plan {
                Some(plan) => item.with_plan(plan.plan.clone()),
                None => item,
            })
        }
        Service::Utm
        | Service::Training
        | Service::HelpDesk
        | Service::OnSiteResponse
        | Service::DataRecovery => Some(item),
    }
}

fn find_plan<'a>(card: &'a RateCard, item: &SelectedItem) -> Option<&'a Plan> {
    match (&item.plan, &item.tier) {
        (Some(code), _) => card.plan(code),
        (None, Some(tier)) => {
            card.plans.iter().find(|plan| plan.service == item.service && plan.tier == *tier)
        }
        (None, None) => card.default_plan(item.service),
    }
}

fn plan_of(card: &RateCard, item: &SelectedItem) -> Option<String> {
    find_plan(card, item).map(|plan| plan.plan.clone())
}

fn recommendation(
    opinion: &Opinion,
    plan: Option<String>,
    wished: bool,
    in_bundle: bool,
) -> Recommended {
    Recommended {
        priority: opinion.priority,
        service: opinion.service,
        plan: plan.filter(|_| in_bundle),
        reason: opinion.reason.clone(),
        code: opinion.code.clone(),
        wished,
        in_bundle,
    }
}

fn refusal(opinion: &Opinion) -> Unavailable {
    Unavailable {
        service: opinion.service,
        code: opinion.code.clone(),
        reason: opinion.reason.clone(),
        decision_id: None,
    }
}

fn with_next_step(message: &Text, next_step: Option<&Text>) -> Text {
    match next_step {
        Some(next) => Text::new(
            format!("{}。{}", message.ja, next.ja),
            format!("{}; {}", message.en, next.en),
        ),
        None => message.clone(),
    }
}

fn in_order(mut recommended: Vec<Recommended>) -> Vec<Recommended> {
    recommended.sort_by_key(|of| of.priority);
    recommended
}

/// Two items of one service may be refused for the same reason.
fn each_once(unavailable: Vec<Unavailable>) -> Vec<Unavailable> {
    let mut kept: Vec<Unavailable> = Vec::new();
    for of in unavailable {
        if !kept.contains(&of) {
            kept.push(of);
        }
    }
    kept
}
