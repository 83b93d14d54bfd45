//! Policy packs and the decisions made with them: drafts, activation, proofs, comparisons.

mod activate;
mod adopt;
mod compare;
mod decisions;
mod draft;
mod evaluate;
mod files;
mod packs;
mod replay_book;
mod replicas;

pub use activate::{Activation, Rollback, activate_version, roll_back};
pub use adopt::{adopt_packs, refresh_packs};
pub use compare::{CompareBase, CompareQuestion, CompareStep, ComparisonRun, compare_versions};
pub use decisions::{DecisionList, Replay, get_decision, list_decisions, replay_decision};
pub use draft::{NewDraft, create_draft, withdraw_draft};
pub use evaluate::{Evaluated, PackQuestion, evaluate_pack};
pub use files::run_all_cases;
pub use packs::{
    PackView, VersionStanding, VersionView, WhichPack, check_packs, get_pack, list_packs,
    test_packs,
};
pub use replay_book::{BookProblem, BookRun, BookStep, BookSummary, replay_book};
pub use replicas::{Replicas, list_replicas, report_replica, retire_replica};

pub use tasuki_policies::compare::{BookEntry, Compared, Side, Tally};
pub use tasuki_policies::facts::{FactSchema, FactType, RootSchema, schemas};
pub use tasuki_policies::{
    CaseReport, ConditionSeen, Diagnostic, ENVIRONMENT, Pack, PackSource, RuleView,
    function_reference, json_schema,
};
