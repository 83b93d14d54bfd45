//! Computers that a service cannot protect: the light EDR is for Windows only (EDR-01). They are named
//! in plain words. What is recommended has no licences for them; whoever asks for more licences than
//! there are computers with Windows is told by the eligibility pack.

use tasuki_core::catalog::{CompanyProfile, SelectedItem};
use tasuki_core::quote::{Priced, Unavailable};
use tasuki_core::text::Text;
use tasuki_pricing::rate_card::RateCard;

/// What a plan requires that runs on Windows only.
const WINDOWS_ONLY: &str = "os.windows";

/// The reason, wherever machines are left without protection.
const CODE: &str = "UNSUPPORTED_OS";

/// The machines that the bundle does not protect, in plain words.
pub(super) fn machines(
    card: &RateCard,
    profile: &CompanyProfile,
    priced: &Priced,
) -> Option<Unavailable> {
    let windows_only = |item: &&SelectedItem| {
        let plan = item.plan.as_deref().and_then(|code| card.plan(code));
        plan.is_some_and(|plan| plan.requires.iter().any(|of| of == WINDOWS_ONLY))
    };
    let item = priced.selection.iter().find(windows_only)?;
    let windows = profile.endpoints.and_then(|counts| counts.windows)?;
    item.endpoints.filter(|licences| *licences <= windows)?;
    let others = others(profile);
    if others.is_empty() {
        return None;
    }
    let ja: Vec<_> = others.iter().map(|(name, n)| format!("{}{n}台", name.ja)).collect();
    let en = others.iter().map(|(name, n)| format!("{n} {}", name.en)).collect::<Vec<_>>();
    let plan = item.plan.as_deref().and_then(|code| card.plan(code));
    let name = plan.map_or_else(|| item.service.label(), |plan| plan.name.clone());
    Some(Unavailable {
        service: item.service,
        code: CODE.to_owned(),
        reason: Text::new(
            format!(
                "{}は守れません。{}はWindows専用のため、台数にも料金にも含めていません。\
                 ウイルス対策ソフトを入れ、OSを最新に保ってください",
                ja.join("、"),
                name.ja
            ),
            format!(
                "{} cannot be protected: {} is for Windows only, so they are neither counted nor charged. \
                 Use antivirus software on them and keep their systems up to date",
                en.join(" and "),
                name.en
            ),
        ),
        decision_id: None,
    })
}

/// Machines without Windows, as far as they are known.
fn others(profile: &CompanyProfile) -> Vec<(Text, u32)> {
    let counts = profile.endpoints.unwrap_or_default();
    let known = [
        (Text::new("Mac ", "Mac(s)"), counts.mac),
        (Text::new("Linux ", "Linux machine(s)"), counts.linux),
        (Text::new("スマートフォン・タブレット ", "phone(s) and tablet(s)"), counts.mobile),
    ];
    known.into_iter().filter_map(|(name, n)| Some((name, n.filter(|n| *n > 0)?))).collect()
}
