//! The `rectify` program; the library's `cli` module implements it.

fn main() -> std::process::ExitCode {
    rectify::cli::main()
}
