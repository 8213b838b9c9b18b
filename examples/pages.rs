//! Writes the generated pages of `docs/` and the schemas.

fn main() -> std::io::Result<()> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in rectify::cli::pages::all() {
        std::fs::write(root.join(path), text)?;
    }
    Ok(())
}
