//! Reads from the server what the report shows about selling and watching.

use anyhow::Context as _;
use tasuki_proto::alert::v1 as alert;
use tasuki_proto::incident::v1 as incident;
use tasuki_proto::provisioning::v1 as provisioning;
use tasuki_proto::quote::v1 as quote;
use tasuki_proto::types::v1::Service;

use super::callers::{Caller, ask};
use super::paid::{RATE_CARD, split};
use super::pilot::{Company, Text};
use super::play::{Firm, Play};
use super::report::{
    AlertRow, Bundle, Checks, Funnel, FunnelRow, IncidentRow, ReasonRow, Recommendation, Step,
    StepRow,
};
use super::{profile, words};

/// As many rows as a page may have.
const PAGE: i32 = 1_000;

/// The services of the funnel, with their codes in the report's table.
const FUNNEL: [(Service, &str); 4] = [
    (Service::Utm, "UTM"),
    (Service::CloudWaf, "CLOUD_WAF"),
    (Service::Edr, "EDR"),
    (Service::Diagnosis, "DIAGNOSIS"),
];

impl Play {
    /// What is recommended to the four companies of O-fig 2, and what it costs.
    pub(crate) async fn bundles(&self, checks: &mut Checks) -> anyhow::Result<Vec<Bundle>> {
        let mut bundles = Vec::new();
        for company in &self.pilot.fig2 {
            bundles.push(self.bundle(company, checks).await?);
        }
        Ok(bundles)
    }

    async fn bundle(&self, company: &Company, checks: &mut Checks) -> anyhow::Result<Bundle> {
        let request = quote::CreateQuoteRequest {
            partner_id: self.scheme.partners.get("ogs").cloned().unwrap_or_default(),
            profile: Some(profile::of_company(company)),
            rate_card: RATE_CARD.to_owned(),
            start_on: Some(words::date(self.pilot.scenario.programme.paid_from)),
            validate_only: true,
            ..quote::CreateQuoteRequest::default()
        };
        let answer = ask!(self.people.ogs.quotes(), create_quote, request)
            .with_context(|| format!("company {} cannot be quoted", company.id))?;
        let offered = answer.quote.context("the answer has no quote")?;
        let totals = offered.totals.clone().unwrap_or_default();
        let price_yen = split(&offered.lines);
        let first_year_yen = words::units(totals.first_year_net.as_ref());
        let id = &company.id;
        let has = |service: Service| offered.selections.iter().any(|it| it.service() == service);
        let wanted = &company.expected;
        let found =
            [has(Service::Utm), has(Service::CloudWaf), has(Service::Edr), has(Service::Diagnosis)];
        let expected = [wanted.utm, wanted.cloud_waf, wanted.edr, wanted.diagnosis];
        checks.same(format!("O-fig 2, company {id}: UTM, WAF, EDR, diagnosis"), &expected, &found);
        checks.same(format!("company {id}: prices"), &company.expected_price_yen, &price_yen);
        let expected = &company.expected_first_year_yen;
        checks.same(format!("company {id}: first year"), expected, &first_year_yen);
        Ok(Bundle {
            company: company.name.clone(),
            has: owned(company),
            recommended: offered
                .recommended
                .iter()
                .filter(|item| item.in_bundle)
                .map(|item| Recommendation {
                    plan: item.plan_code.clone(),
                    service: words::service_name(item.service()),
                    reason: words::text(item.reason.as_ref()),
                })
                .collect(),
            price_yen,
            first_year_yen,
            first_year_gross_yen: words::units(totals.first_year_gross.as_ref()),
            monthly_equivalent_yen: totals.first_year_monthly_equivalent,
        })
    }

    /// What became of the applications, against the report.
    pub(crate) async fn funnel(&self, checks: &mut Checks) -> anyhow::Result<FunnelCounts> {
        let partner_id = self.scheme.partners.get("ogs").cloned().unwrap_or_default();
        let ask_for = |by_component| provisioning::GetFunnelRequest {
            partner_id: partner_id.clone(),
            by_component,
            ..provisioning::GetFunnelRequest::default()
        };
        let operator = &self.people.operator;
        let by_service = ask!(operator.orders(), get_funnel, ask_for(false))?;
        let by_component = ask!(operator.orders(), get_funnel, ask_for(true))?;
        let mut rows = Vec::new();
        for (service, code) in FUNNEL {
            let row = by_service.rows.iter().find(|row| row.service() == service);
            let row = row.cloned().unwrap_or_default();
            let figures = self.pilot.funnel.iter().find(|it| it.service == code);
            if let Some(figures) = figures {
                let expected = (figures.applied, figures.provided);
                let found = (row.n_tenants_applied, row.n_tenants_active);
                checks.same(format!("funnel of {code}: applied, provided"), &expected, &found);
            }
            rows.push(FunnelRow {
                service: words::service_name(service),
                applied: row.n_tenants_applied,
                refused: row.n_refused,
                never_installed: row.n_never_installed,
                removed: row.n_removed,
                in_progress: row.n_in_progress,
                provided: row.n_tenants_active,
                report_applied: figures.map(|it| it.applied),
                report_provided: figures.map(|it| it.provided),
                reasons: row.reasons.iter().map(reason).collect(),
            });
        }
        let funnel = Funnel {
            rows,
            firms_applied: by_service.n_tenants_applied,
            firms_provided: by_service.n_tenants_active,
        };
        Ok(FunnelCounts { funnel, by_service: by_service.rows, by_component: by_component.rows })
    }

    /// Alerts of the trial, by service and kind. Findings of diagnoses go into the diagnosis report and
    /// not to the SOC; they are counted apart.
    pub(crate) async fn alerts(&self) -> anyhow::Result<Vec<AlertRow>> {
        let mut rows = Vec::new();
        for (caller, ja, en) in self.regions() {
            for row in self.summary(caller).await? {
                if row.kind() == alert::AlertKind::DiagnosisFinding {
                    continue;
                }
                rows.push(AlertRow {
                    region: Text::new(ja, en),
                    service: words::service_name(row.service()),
                    kind: word(row.kind().as_str_name(), "ALERT_KIND_"),
                    n_alerts: row.n_alerts,
                    n_detections: row.n_detections,
                    n_blocked_auto: row.n_blocked_auto,
                    n_false_positive: row.n_false_positive,
                    n_action_needed: row.n_action_needed,
                    n_awaiting: row.n_awaiting,
                    n_reviewed_by_soc: row.n_reviewed_by_soc,
                    n_notified: row.n_notified,
                });
            }
        }
        Ok(rows)
    }

    /// Counts of a partner's firms during the trial.
    pub(crate) async fn summary(
        &self,
        caller: &Caller,
    ) -> anyhow::Result<Vec<alert::AlertSummaryRow>> {
        let programme = &self.pilot.scenario.programme;
        let from = words::at(programme.trial_from, 0, 0)?;
        let until = words::at(programme.trial_until.tomorrow()?, 0, 0)?;
        let request = alert::GetAlertSummaryRequest {
            detected: Some(words::period(from, until)),
            ..alert::GetAlertSummaryRequest::default()
        };
        Ok(ask!(caller.alerts(), get_alert_summary, request)?.rows)
    }

    fn regions(&self) -> [(&Caller, &'static str, &'static str); 2] {
        [(&self.people.ogs, "沖縄", "Okinawa"), (&self.people.ntt_west, "熊本", "Kumamoto")]
    }

    /// All findings of diagnoses.
    pub(crate) async fn findings(&self) -> anyhow::Result<Vec<alert::Alert>> {
        let mut findings = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = alert::ListAlertsRequest {
                kind: alert::AlertKind::DiagnosisFinding.into(),
                page_size: PAGE,
                page_token,
                ..alert::ListAlertsRequest::default()
            };
            let answer = ask!(self.people.ogs.alerts(), list_alerts, request)?;
            findings.extend(answer.alerts);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(findings);
            }
        }
    }

    /// Every incident of a firm, as the report shows it.
    pub(crate) async fn incident_rows(&self, firm: &Firm) -> anyhow::Result<Vec<IncidentRow>> {
        let end = self.trial_end()?;
        let mut rows: Vec<_> = self.incidents(firm).await?;
        rows.sort_by_key(|it| words::instant(it.opened_at.as_ref()));
        Ok(rows
            .iter()
            .map(|it| {
                let opened_at = words::instant(it.opened_at.as_ref());
                IncidentRow {
                    firm: firm.key.clone(),
                    opened_at: words::shown(opened_at),
                    title: words::text(it.title.as_ref()),
                    severity: word(it.severity().as_str_name(), "SEVERITY_"),
                    what_if: opened_at.is_some_and(|at| at > end),
                    steps: steps(it),
                    phase: word(it.phase().as_str_name(), "PHASE_"),
                }
            })
            .collect())
    }
}

/// The funnel as reported, and the server's counts behind it.
#[derive(Debug)]
pub(crate) struct FunnelCounts {
    pub(crate) funnel: Funnel,
    pub(crate) by_service: Vec<provisioning::FunnelRow>,
    pub(crate) by_component: Vec<provisioning::FunnelRow>,
}

fn reason(count: &provisioning::ReasonCount) -> ReasonRow {
    ReasonRow {
        code: count.reason().as_str_name().trim_start_matches("REASON_CODE_").to_owned(),
        text: words::text(count.text.as_ref()),
        n_items: count.n_items,
    }
}

fn owned(company: &Company) -> Vec<Text> {
    let all = [
        (company.has_av, "ウイルス対策", "antivirus"),
        (company.has_website, "Webサイト", "web site"),
        (company.has_utm, "UTM", "UTM"),
    ];
    all.into_iter().filter(|(has, ..)| *has).map(|(_, ja, en)| Text::new(ja, en)).collect()
}

/// A word of the contracts as people read it.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}

/// What was done about an incident, in order of time.
fn steps(it: &incident::Incident) -> Vec<StepRow> {
    let rung = |rung: incident::Rung| word(rung.as_str_name(), "RUNG_");
    let cause =
        |climb: &incident::Escalation| word(climb.cause().as_str_name(), "ESCALATION_CAUSE_");
    // The first rung is given by the escalation policy the moment that the incident is opened.
    let (first, climbs) = match it.escalations.split_first() {
        Some((first, climbs)) if first.from() == incident::Rung::Unspecified => {
            (Some(first), climbs)
        }
        Some(_) | None => (None, it.escalations.as_slice()),
    };
    let opened = Step::Opened {
        rung: rung(first.map_or(it.rung(), incident::Escalation::to)),
        cause: first.map(cause).unwrap_or_default(),
    };
    let mut steps = vec![(it.opened_at.as_ref(), opened)];
    if let Some(taken) = &it.acknowledgement {
        let step = Step::Acknowledged { rung: rung(taken.rung()) };
        steps.push((taken.acknowledged_at.as_ref(), step));
    }
    steps.extend(climbs.iter().map(|climb| {
        let (from, to, cause) = (rung(climb.from()), rung(climb.to()), cause(climb));
        (climb.escalated_at.as_ref(), Step::Climbed { from, to, cause })
    }));
    steps.extend(it.work.iter().map(|work| {
        let kind = word(work.kind().as_str_name(), "WORK_KIND_");
        let outcome = word(work.outcome().as_str_name(), "WORK_OUTCOME_");
        (work.recorded_at.as_ref(), Step::Worked { kind, minutes: work.n_minutes, outcome })
    }));
    if let Some(resolution) = &it.resolution {
        let step = Step::Resolved { security_incident: resolution.security_incident };
        steps.push((resolution.resolved_at.as_ref(), step));
    }
    // Steps of one instant stay in the order above.
    steps.sort_by_key(|(at, _)| words::instant(*at));
    let row = |(at, step)| StepRow { at: words::shown(words::instant(at)), step };
    steps.into_iter().map(row).collect()
}
