//! The scenes of the demo, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use tasuki_proto::tenant::v1::ListPartnersRequest;
use tokio::sync::Mutex;

use super::callers::{ask, connect};
use super::gather::FunnelCounts;
use super::held::{Records, held};
use super::people::{PROVIDERS, People};
use super::pilot::{Pilot, Wanted};
use super::play::{Firm, Play};
use super::processes::Process;
use super::progress::Progress;
use super::report::{AlertRow, Bundle, Checks, Held, OfflineCall, PayingFirm, Report, reconcile};
use super::sell::Newcomer;
use super::setup::Scheme;
use super::stage::Stage;
use super::year::Year;
use super::{crowd, decisions, detections, provision, setup, words};

/// What the reports call security incidents during the trial: none.
const N_ON_SITE_FOR_ATTACKS: i64 = 0;

/// The months of the trial are closed by this hour of the day after.
const LAST_MONTH_CLOSED_HOUR: i8 = 6;

/// Kills the server once, when enough firms have ordered.
#[derive(Debug)]
struct PowerCut {
    server: Arc<Mutex<Process>>,
    after: Option<usize>,
    n_ordered: AtomicUsize,
}

impl PowerCut {
    async fn ordered(&self) -> anyhow::Result<()> {
        let n_ordered = self.n_ordered.fetch_add(1, Ordering::SeqCst) + 1;
        if self.after == Some(n_ordered) {
            self.server.lock().await.kill_and_restart().await?;
        }
        Ok(())
    }
}

/// Plays everything and gives the report.
pub(crate) async fn play(
    pilot: Pilot,
    stage: &Stage,
    kill_after: Option<usize>,
) -> anyhow::Result<Report> {
    let n_steps = 2 * pilot.applicants.len() + pilot.offline.utms.len() + 12;
    let progress = Progress::new(n_steps);
    progress.scene("starting the server");
    let server = Process::start("server", &stage.folder, stage.serve_arguments()).await?;
    let url = server.url();
    let people = People::of(stage, &connect(&url)?)?;
    let listed = ask!(people.operator.partners(), list_partners, ListPartnersRequest::default())?;
    ensure!(listed.partners.is_empty(), "the database is not empty: give the demo one of its own");

    progress.scene("partners and tenants");
    let partners = setup::partners(&people.operator, &pilot.scenario).await?;
    let insurer_id = setup::insurer_id();
    let master_contract_id =
        setup::master_contract(&people.operator, &partners, &pilot.scenario).await?;
    let mut play = Play {
        people,
        pilot,
        scheme: Scheme { partners, providers: BTreeMap::new(), insurer_id, master_contract_id },
    };
    let (okinawa, kumamoto) = enter(&play, &progress).await?;
    progress.scene("starting the providers");
    let mut providers = start_providers(&mut play, stage, &url, &okinawa).await?;

    let server = Arc::new(Mutex::new(server));
    let power = PowerCut { server: server.clone(), after: kill_after, n_ordered: 0.into() };
    let play = Arc::new(play);
    let mut checks = Checks::default();
    let trial = trial(&play, (okinawa, kumamoto), power, (&progress, &mut checks)).await?;
    // After the trial everything stands already: whoever goes on is live at once.
    for provider in &mut providers {
        forget_scenario(stage, provider).await?;
    }
    progress.scene("the paid year");
    let report = paid_year(&play, trial, checks, &progress).await?;
    progress.done();
    server.lock().await.stop().await?;
    for provider in &mut providers {
        provider.stop().await?;
    }
    Ok(report)
}

/// Makes every firm a tenant.
async fn enter(play: &Play, progress: &Progress) -> anyhow::Result<(Vec<Firm>, Vec<Firm>)> {
    let applicants = play.pilot.applicants.iter().map(Newcomer::applicant);
    let utms = play.pilot.offline.utms.iter().chain(&play.pilot.offline.boundary_cases);
    let enter = |seller: &super::callers::Caller, newcomer: anyhow::Result<Newcomer>| {
        let (seller, partners) = (seller.clone(), play.scheme.partners.clone());
        let progress = progress.clone();
        async move {
            let firm = newcomer?.enter(&seller, &partners).await?;
            progress.step();
            Ok(firm)
        }
    };
    let okinawa = crowd::each(applicants, |it| enter(&play.people.ogs, it)).await?;
    let kumamoto =
        crowd::each(utms.map(Newcomer::kumamoto), |it| enter(&play.people.ntt_west, it)).await?;
    Ok((okinawa, kumamoto))
}

/// Starts one process for each provider, told what is to happen to whom, and makes it known.
async fn start_providers(
    play: &mut Play,
    stage: &Stage,
    server: &str,
    okinawa: &[Firm],
) -> anyhow::Result<Vec<Process>> {
    let mut processes = Vec::new();
    for name in PROVIDERS {
        let file = stage.scenario_file(name);
        let firms = play.pilot.applicants.iter().zip(okinawa);
        let references = firms.map(|(applicant, firm)| (applicant, firm.reference()));
        std::fs::write(&file, provision::scenario(name, references))
            .with_context(|| format!("cannot write `{}`", file.display()))?;
        let arguments = stage.provider_arguments(name, server, &file)?;
        let process = Process::start(name, &stage.folder, arguments).await?;
        let operator = &play.people.operator;
        let known = setup::provider(operator, &play.scheme.partners, name, &process.url()).await?;
        play.scheme.providers.insert(name, known);
        processes.push(process);
    }
    Ok(processes)
}

/// From now on everything that is ordered goes live at once.
async fn forget_scenario(stage: &Stage, provider: &mut Process) -> anyhow::Result<()> {
    let file = stage.scenario_file(provider.name());
    std::fs::write(&file, "instances: []\n")
        .with_context(|| format!("cannot write `{}`", file.display()))?;
    provider.restart().await
}

/// What the trial left.
struct Trial {
    bundles: Vec<Bundle>,
    firms: BTreeMap<String, Firm>,
    kumamoto: Vec<Firm>,
    funnel: FunnelCounts,
    offline_calls: Vec<OfflineCall>,
    alerts: Vec<AlertRow>,
    held: BTreeMap<String, Held>,
}

/// The trial in both regions, and what the server holds about it.
async fn trial(
    play: &Arc<Play>,
    (okinawa, kumamoto): (Vec<Firm>, Vec<Firm>),
    power: PowerCut,
    (progress, checks): (&Progress, &mut Checks),
) -> anyhow::Result<Trial> {
    progress.scene("quotes and the trial in Okinawa");
    let bundles = play.bundles(checks).await?;
    let okinawa = trials(play, okinawa, Arc::new(power), progress).await?;
    let funnel = play.funnel(checks).await?;
    progress.scene("silent UTMs in Kumamoto");
    let (kumamoto, offline_calls) = silences(play, kumamoto, progress).await?;
    for call in &offline_calls {
        checks.same(format!("{}: mail and call", call.utm), &true, &call.as_expected);
    }
    let firms: BTreeMap<String, Firm> =
        okinawa.into_iter().map(|it| (it.key.clone(), it)).collect();
    let records = Records {
        pilot: &play.pilot,
        funnel: &funnel,
        summary: &play.summary(&play.people.ogs).await?,
        findings: &play.findings().await?,
        endpoints: endpoints(play, &firms).await?,
        n_offline_calls: n_calls(&offline_calls),
        n_on_site_for_attacks: N_ON_SITE_FOR_ATTACKS,
    };
    let held = held(&records, checks);
    let alerts = play.alerts().await?;
    Ok(Trial { bundles, firms, kumamoto, funnel, offline_calls, alerts, held })
}

/// The year of the firms that pay, and the whole report.
async fn paid_year(
    play: &Arc<Play>,
    trial: Trial,
    mut checks: Checks,
    progress: &Progress,
) -> anyhow::Result<Report> {
    let mut firms = trial.firms;
    let converted = play.pilot.scenario.converted.iter().map(|it| it.firm.clone());
    let mut payers: BTreeMap<String, Firm> =
        converted.filter_map(|key| Some((key.clone(), firms.remove(&key)?))).collect();
    for firm in payers.values() {
        play.acknowledge_terms(firm).await?;
    }
    let firms = leave(play, firms.into_values().collect()).await?;
    let kumamoto = leave(play, trial.kumamoto).await?;
    let mut year = play.year(&mut payers, &mut checks).await?;
    let mut paying = std::mem::take(&mut year.paying);
    for row in &mut paying {
        certify(play, &payers, row).await?;
    }
    progress.scene("books");
    let mut incidents = Vec::new();
    for firm in firms.iter().chain(payers.values()).chain(&kumamoto) {
        incidents.extend(play.incident_rows(firm).await?);
    }
    incidents.sort_by(|a, b| (&a.opened_at, &a.firm).cmp(&(&b.opened_at, &b.firm)));
    Ok(Report {
        bundles: trial.bundles,
        funnel: trial.funnel.funnel,
        alerts: trial.alerts,
        incidents,
        offline_calls: trial.offline_calls,
        paying,
        claims: claims(play, &year, &mut checks),
        invoices: play.invoices(&payers, &year).await?,
        settlements: play.settle(&payers).await?,
        bordereau: play.bordereau().await?,
        heavy_claim: play.heavy(&mut checks).await?,
        reconciliation: reconcile(&play.pilot.contradictions, &trial.held, &mut checks),
        mismatches: checks.mismatches(),
    })
}

/// Quotes, orders and trials of Okinawa, several firms at once.
async fn trials(
    play: &Arc<Play>,
    firms: Vec<Firm>,
    power: Arc<PowerCut>,
    progress: &Progress,
) -> anyhow::Result<Vec<Firm>> {
    let mut detections = detections::of_trial(&play.pilot)?;
    let all: Vec<_> = firms
        .into_iter()
        .enumerate()
        .map(|(place, firm)| (place, detections.remove(&firm.key).unwrap_or_default(), firm))
        .collect();
    crowd::each(all, |(place, detections, mut firm)| {
        let (play, power, progress) = (Arc::clone(play), Arc::clone(&power), progress.clone());
        async move {
            let applicant = play.pilot.applicants.get(place).context("no such firm")?;
            let newcomer = Newcomer::applicant(applicant)?;
            let quote = newcomer.quote(&play.people.ogs, &firm).await?;
            play.accept(&play.people.ogs, &mut firm, &quote).await?;
            power.ordered().await?;
            play.learn_instances(&mut firm).await?;
            play.trial(&mut firm, applicant, detections)
                .await
                .with_context(|| format!("in the trial of {}", firm.key))?;
            progress.step();
            Ok(firm)
        }
    })
    .await
}

/// Kumamoto's silent UTMs, the three of the report first.
async fn silences(
    play: &Arc<Play>,
    firms: Vec<Firm>,
    progress: &Progress,
) -> anyhow::Result<(Vec<Firm>, Vec<OfflineCall>)> {
    let offline = &play.pilot.offline;
    let cases: Vec<_> =
        offline.utms.iter().chain(&offline.boundary_cases).cloned().zip(firms).collect();
    let n_happened = offline.utms.len();
    let played = crowd::each(cases.into_iter().enumerate(), |(place, (utm, mut firm))| {
        let (play, progress) = (Arc::clone(play), progress.clone());
        async move {
            let seller = &play.people.ntt_west;
            let quote = Newcomer::kumamoto(&utm)?.quote(seller, &firm).await?;
            play.accept(seller, &mut firm, &quote).await?;
            play.learn_instances(&mut firm).await?;
            let call = play
                .silence(&mut firm, &utm, place < n_happened)
                .await
                .with_context(|| format!("in the story of {}", utm.id))?;
            progress.step();
            Ok((firm, call))
        }
    })
    .await?;
    Ok(played.into_iter().unzip())
}

fn n_calls(calls: &[OfflineCall]) -> i64 {
    let n = calls.iter().filter(|call| call.happened && !call.call_at.is_empty()).count();
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Endpoints of the EDR as orders hold them: installed, and reporting.
async fn endpoints(play: &Play, firms: &BTreeMap<String, Firm>) -> anyhow::Result<(i64, i64)> {
    let (mut installed, mut reporting) = (0, 0);
    for firm in firms.values().filter(|firm| firm.instances.contains_key(&Wanted::Edr)) {
        for order in play.orders(firm).await? {
            for counts in order.items.iter().filter_map(|item| item.endpoints.as_ref()) {
                installed += i64::from(counts.n_installed + counts.n_reporting);
                reporting += i64::from(counts.n_reporting);
            }
        }
    }
    Ok((installed, reporting))
}

/// Who does not go on lives until its trial has ended and its last month is closed.
async fn leave(play: &Arc<Play>, firms: Vec<Firm>) -> anyhow::Result<Vec<Firm>> {
    let paid_from = play.pilot.scenario.programme.paid_from;
    let after = words::at(paid_from, LAST_MONTH_CLOSED_HOUR, 0)?;
    crowd::each(firms, |mut firm| {
        let play = Arc::clone(play);
        async move {
            play.advance(&mut firm, after).await?;
            Ok(firm)
        }
    })
    .await
}

/// Shows the certificate that a paying firm has in the end.
async fn certify(
    play: &Play,
    payers: &BTreeMap<String, Firm>,
    row: &mut PayingFirm,
) -> anyhow::Result<()> {
    let firm = payers.get(&row.firm).context("an unknown firm pays")?;
    let certificate = play.certificate(firm).await?;
    row.certificate = super::gather::word(certificate.state().as_str_name(), "CERTIFICATE_STATE_");
    row.in_force_from = words::shown(words::instant(certificate.starts_at.as_ref()));
    Ok(())
}

fn claims(play: &Play, year: &Year, checks: &mut Checks) -> Vec<super::report::ClaimRow> {
    let mut rows = Vec::new();
    for what_if in &play.pilot.scenario.claims {
        match year.claims.get(&what_if.id) {
            Some(claim) => rows.push(decisions::row(what_if, claim, checks)),
            None => checks.same(format!("{}: claim", what_if.id), &"a claim", &"none"),
        }
    }
    rows
}
