//! The program; all of it is in the library, under `cli`.

fn main() -> std::process::ExitCode {
    rectify::cli::main()
}
