//! The crates of this workspace and what they use, as `cargo metadata` tells it.

use std::io;
use std::process::Command;

use serde::Deserialize;

use crate::repository::root;

/// A crate of ours.
#[derive(Debug, Clone, Deserialize)]
pub struct Crate {
    /// Its package name, such as `tasuki-core`.
    pub name: String,
    /// Where its manifest is.
    pub manifest_path: String,
    /// What it uses directly.
    #[serde(rename = "dependencies")]
    pub uses: Vec<Use>,
}

/// One dependency.
#[derive(Debug, Clone, Deserialize)]
pub struct Use {
    /// The package that is used.
    pub name: String,
    kind: Option<UsedFor>,
    path: Option<String>,
}

/// What a dependency is used for, beside the crate itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UsedFor {
    Dev,
    Build,
}

impl Use {
    /// Whether only tests use it.
    pub fn for_tests(&self) -> bool {
        self.kind == Some(UsedFor::Dev)
    }

    /// Whether it stands in this repository.
    pub const fn ours(&self) -> bool {
        self.path.is_some()
    }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
}

/// Every crate of the workspace.
///
/// # Errors
/// When cargo fails or its answer cannot be read.
pub fn crates() -> io::Result<Vec<Crate>> {
    let told = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"])
        .output()?;
    if !told.status.success() {
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        return Err(io::Error::other(format!("cargo metadata failed: {said}")));
    }
    let metadata: Metadata = serde_json::from_slice(&told.stdout)?;
    Ok(metadata.packages)
}
