//! `tasuki policy schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasuki_policies::json_schema;

/// Which schema.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Of which files.
    #[arg(value_enum, default_value_t)]
    of: Of,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Of {
    /// Of `pack.yaml`.
    #[default]
    Pack,
    /// Of the files below `cases/`.
    Cases,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let [(_, pack), (_, cases)] = json_schema().files();
    super::print(match options.of {
        Of::Pack => &pack,
        Of::Cases => &cases,
    });
    ExitCode::SUCCESS
}
