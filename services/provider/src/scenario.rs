//! What happens to which instance: read from a file, or the same for all.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tasuki_proto::provisioning::v1::ReasonCode;

/// How setting an instance up goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Goes live.
    #[default]
    Normal,
    /// Goes live; each answer takes longer.
    SlowProvider,
    /// Goes live; the first request is refused with `ABORTED`, nothing set up.
    FailsOnce,
    /// Goes live; every event is sent twice.
    DuplicateCallback,
    /// Goes live; the first request takes effect and is answered with `DEADLINE_EXCEEDED`.
    OutcomeUnknownOnce,
    /// Goes live; the customer takes until then.
    CustomerActsLate,
    /// Goes live; the operator changes DNS in the customer's place.
    OperatorChangesDns,
    /// UTM: at the visit there is one already.
    ExistingDeviceOnSite,
    /// UTM: the customer never agrees on a date.
    VisitNeverScheduled,
    /// UTM: the customer does not let anybody in.
    VisitRefused,
    /// UTM: goes live, then the line is lost and cannot be repaired.
    InternetLostAfterInstall,
    /// UTM: goes live, then terminals go offline and the customer wants it removed.
    TerminalsOfflineAfterInstall,
    /// The customer never does the step.
    CustomerNeverActs,
    /// WAF: the customer changes DNS, the site breaks, DNS is put back.
    CustomerRollsBack,
    /// A third party refuses the work.
    ThirdPartyRefuses,
    /// EDR: the installation fails and nobody knows why.
    InstallFails,
    /// Diagnosis: the site is not built in time.
    SiteNotReady,
}

/// A step that the customer never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// The change of DNS.
    DnsChange,
    /// The visit itself.
    DeviceInstall,
    /// The installation of agents.
    AgentInstall,
    /// The consent of whoever maintains the site.
    Consent,
    /// A date.
    Schedule,
    /// What has to be known, such as how to log in.
    Information,
}

/// What happens to one instance, as the file says it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    tenant_reference: String,
    component: String,
    #[serde(default)]
    behaviour: Behaviour,
    #[serde(default)]
    active_after_days: Option<u32>,
    #[serde(default)]
    removed_after_days: Option<u32>,
    #[serde(default)]
    installed: Option<u32>,
    #[serde(default)]
    reporting: Option<u32>,
    #[serde(default)]
    withholds: Option<Withheld>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    otherwise: Course,
    #[serde(default)]
    instances: Vec<Entry>,
}

/// How it goes, and when, by the tenant's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Course {
    /// How it goes.
    pub behaviour: Behaviour,
    /// Days from the request until it is live, or until it fails. Without: `--work-seconds`.
    pub active_after_days: Option<u32>,
    /// Days from live until it is lost, for the behaviours in which it is lost.
    pub removed_after_days: Option<u32>,
    /// Endpoints that get the agent. Without: as many as ordered.
    pub installed: Option<u32>,
    /// Endpoints among them that report. Without: all of them.
    pub reporting: Option<u32>,
    /// Which step a customer who never acts does not do. Without: that of the component.
    pub withholds: Option<Withheld>,
    /// What the provider finds, in the words of the contract without their prefix, such as `UPSTREAM_CONFLICT`.
    /// Without: as the behaviour says.
    pub reason: Option<String>,
}

/// Everything that a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scenario {
    otherwise: Course,
    instances: BTreeMap<(String, String), Course>,
}

impl Scenario {
    /// The same for all.
    pub fn all(course: Course) -> Self {
        Self { otherwise: course, instances: BTreeMap::new() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, has unknown words, or names an instance twice; the text says where.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the scenario `{}` cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| format!("in the scenario `{}`", path.display()))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// It has unknown words or names an instance twice.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let file: File = serde_saphyr::from_str(text)?;
        file.otherwise.check()?;
        let mut scenario = Self::all(file.otherwise);
        for entry in file.instances {
            let (who, component) = (entry.tenant_reference.clone(), entry.component.clone());
            let course = entry.course();
            course.check()?;
            if scenario.instances.insert((who.clone(), component.clone()), course).is_some() {
                anyhow::bail!("`{component}` of `{who}` stands there twice: keep one of them");
            }
        }
        Ok(scenario)
    }

    /// What happens to an instance.
    pub fn course(&self, tenant_reference: &str, component: &str) -> &Course {
        let key = (tenant_reference.to_owned(), component.to_owned());
        self.instances.get(&key).unwrap_or(&self.otherwise)
    }
}

impl Entry {
    fn course(self) -> Course {
        Course {
            behaviour: self.behaviour,
            active_after_days: self.active_after_days,
            removed_after_days: self.removed_after_days,
            installed: self.installed,
            reporting: self.reporting,
            withholds: self.withholds,
            reason: self.reason,
        }
    }
}

impl Course {
    fn check(&self) -> anyhow::Result<()> {
        if let Some(word) = &self.reason
            && self.reason_code().is_none()
        {
            anyhow::bail!(
                "`{word}` is not a reason of the contract: write it like `UPSTREAM_CONFLICT`"
            );
        }
        Ok(())
    }

    /// The reason that the file names.
    pub fn reason_code(&self) -> Option<ReasonCode> {
        let word = self.reason.as_ref()?;
        ReasonCode::from_str_name(&format!("REASON_CODE_{word}"))
            .filter(|code| *code != ReasonCode::Unspecified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_instance_has_its_own_course_and_others_have_the_common_one() {
        let scenario = Scenario::parse(
            "otherwise: { active_after_days: 2 }\n\
             instances:\n\
             - { tenant_reference: F003, component: utm, behaviour: visit_refused }\n",
        )
        .unwrap();
        assert_eq!(scenario.course("F003", "utm").behaviour, Behaviour::VisitRefused);
        assert_eq!(scenario.course("F003", "edr").active_after_days, Some(2));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_place() {
        for (text, part) in [
            ("instances: [{ tenant_reference: a, component: b, behaviour: x }]", "x"),
            ("instances: [{ tenant_reference: a, component: b, reason: NO_SUCH }]", "NO_SUCH"),
            ("otherwise: {}\ninstance: []", "instance"),
            (
                "instances: [{ tenant_reference: a, component: b }, { tenant_reference: a, component: b }]",
                "twice",
            ),
        ] {
            let error = format!("{:#}", Scenario::parse(text).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }
}
