//! Who calls in the demo.

use std::collections::BTreeMap;

use anyhow::Context as _;
use tonic::transport::Channel;

use super::callers::Caller;
use super::stage::Stage;

/// The providers, by the names that the rate cards use.
pub(crate) const PROVIDERS: [&str; 4] = ["utm", "cloud-waf", "edr", "diagnosis"];

/// One caller for each role.
#[derive(Debug, Clone)]
pub(crate) struct People {
    pub(crate) operator: Caller,
    /// Approves what the first one may not approve alone.
    pub(crate) second_operator: Caller,
    pub(crate) ogs: Caller,
    pub(crate) ntt_west: Caller,
    pub(crate) soc: Caller,
    pub(crate) help_desk: Caller,
    pub(crate) insurer: Caller,
    pub(crate) second_insurer: Caller,
    providers: BTreeMap<&'static str, Caller>,
}

impl People {
    /// Everybody with the token of the stage.
    pub(crate) fn of(stage: &Stage, channel: &Channel) -> anyhow::Result<Self> {
        Self::with(|name| Caller::new(channel, Some(stage.token(name)?)))
    }

    /// Everybody with the same token, for a server that the demo did not set up itself.
    pub(crate) fn all_with(channel: &Channel, token: Option<&str>) -> anyhow::Result<Self> {
        Self::with(|_| Caller::new(channel, token))
    }

    fn with(caller: impl Fn(&str) -> anyhow::Result<Caller>) -> anyhow::Result<Self> {
        Ok(Self {
            operator: caller("operator")?,
            second_operator: caller("second-operator")?,
            ogs: caller("ogs")?,
            ntt_west: caller("ntt-west")?,
            soc: caller("soc")?,
            help_desk: caller("help-desk")?,
            insurer: caller("insurer")?,
            second_insurer: caller("second-insurer")?,
            providers: PROVIDERS
                .into_iter()
                .map(|name| Ok((name, caller(name)?)))
                .collect::<anyhow::Result<_>>()?,
        })
    }

    /// The provider of that name.
    pub(crate) fn provider(&self, name: &str) -> anyhow::Result<&Caller> {
        self.providers.get(name).with_context(|| format!("the demo has no provider `{name}`"))
    }
}
