//! A process to which the system refuses the barrier that the lanes of aimdb-core go by.

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

/// Refuses `membarrier` from now on, to all threads of the process. Called before the first record.
///
/// # Errors
///
/// A sentence that says why it cannot.
pub fn refuse_the_barrier() -> Result<(), String> {
    let always = [(libc::SYS_membarrier, Vec::new())].into_iter().collect();
    let refusal = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let install = || -> Result<(), Box<dyn std::error::Error>> {
        let filter = SeccompFilter::new(always, SeccompAction::Allow, refusal, std::env::consts::ARCH.try_into()?)?;
        apply_filter_all_threads(&BpfProgram::try_from(filter)?)?;
        Ok(())
    };
    install().map_err(|error| format!("no filter could be installed: {error}"))
}
