//! What the fuzz targets share: the shipped packs.

use std::fs;
use std::path::{Path, PathBuf};

use tasuki_policies::PackSource;

/// The folder of the shipped packs.
pub fn packs_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs")
}

/// Every file of the shipped packs.
pub fn shipped() -> Vec<PackSource> {
    let root = packs_folder();
    let mut open = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).expect("the folder of packs");
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
                files.push(PackSource::new(below, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    files.sort_by(|one, two| one.path.cmp(&two.path));
    files
}
