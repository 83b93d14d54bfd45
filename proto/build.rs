//! Compiles every contract to Rust without a system `protoc`.
//!
//! One descriptor set feeds code generation, reflection and request checks, so the three cannot disagree.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    for folder in ["tasuki", "google", "buf"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let mut files = Vec::new();
    collect(Path::new("tasuki"), &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;

    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    // The pool keeps the custom options (`buf.validate`), which the plain descriptor types would drop.
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;

    let mut config = prost_build::Config::new();
    config.enable_type_names();
    for message in compiler.descriptor_pool().all_messages() {
        let name = message.full_name();
        if name.starts_with("google.protobuf.") || name.starts_with("buf.") {
            continue;
        }
        config.type_attribute(name, "#[derive(::prost_reflect::ReflectMessage)]");
        config.type_attribute(
            name,
            format!(
                "#[prost_reflect(message_name = \"{name}\", descriptor_pool = \"crate::DESCRIPTOR_POOL\")]"
            ),
        );
    }

    // Checks read the rules from the descriptors; nobody needs them as Rust types.
    let mut described = compiler.file_descriptor_set();
    described.file.retain(|file| !file.package().starts_with("buf."));
    tonic_prost_build::configure()
        .include_file("modules.rs")
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(described, config)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
