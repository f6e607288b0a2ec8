//! The program `resolutionflow`.

/// The C library's allocator took an eighth of a write's time, and gave memory of large exports back late.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    resolutionflow::command::run()
}
