//! Shutting a process in: no files, no network, no other process, bounded memory. All of it or nothing.

use crate::limits::{WORKER_CPU, WORKER_MEMORY};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, apply_filter,
};
use std::{collections::BTreeMap, error::Error, os::fd::RawFd};

/// The stack that deep documents may take, in bytes.
const STACK: u64 = 64 << 20;

/// Shuts this process in for ever. Without `required` only the limits are set.
pub(super) fn enter(required: bool) -> Result<(), Box<dyn Error>> {
    limits()?;
    if required {
        close_inherited()?;
        landlock()?;
        seccomp()?;
    }
    Ok(())
}

fn limits() -> Result<(), Box<dyn Error>> {
    for (resource, most) in [
        (Resource::Stack, STACK),
        (Resource::As, WORKER_MEMORY),
        (Resource::Cpu, WORKER_CPU.as_secs()),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, 16),
    ] {
        let most = Some(lowered(most, getrlimit(resource).maximum));
        setrlimit(resource, Rlimit { current: most, maximum: most })?;
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// A limit can only be lowered: what was inherited may be tighter than ours already.
fn lowered(wanted: u64, inherited: Option<u64>) -> u64 {
    inherited.map_or(wanted, |inherited| inherited.min(wanted))
}

/// Descriptors other than the two pipes and the null device are none of a worker's business.
fn close_inherited() -> Result<(), Box<dyn Error>> {
    // The parent opens everything close-on-exec; what some library of its environment did not is closed here.
    let folder = rustix::fs::open(
        "/proc/self/fd",
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    let mut open: Vec<RawFd> = Vec::new();
    for entry in rustix::fs::Dir::read_from(&folder)? {
        if let Ok(number) = entry?.file_name().to_string_lossy().parse::<RawFd>() {
            open.push(number);
        }
    }
    drop(folder);
    for number in open.into_iter().filter(|number| *number > 2) {
        close(number);
    }
    Ok(())
}

#[allow(unsafe_code, reason = "closing by number has no owner to take it from")]
fn close(number: RawFd) {
    // SAFETY: this process has one thread and owns no descriptor but the three standard ones.
    unsafe { libc::close(number) };
}

/// Every right over files and TCP, and over processes and sockets outside, is taken away.
fn landlock() -> Result<(), Box<dyn Error>> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V4))?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("the kernel does not enforce Landlock".into()),
        _ => Ok(()),
    }
}

/// System calls that reading bytes, thinking about them and answering need. Everything else is refused with
/// EPERM, what could start or watch a process ends it.
fn seccomp() -> Result<(), Box<dyn Error>> {
    let allowed = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_readv,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
    ];
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = allowed.into_iter().map(|call| (call, Vec::new())).collect();
    // Memory is never both written and executed.
    let not_executable = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![not_executable.clone()])?]);
    }
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    apply_filter(&program)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_never_raised() {
        assert_eq!((lowered(16, None), lowered(16, Some(8)), lowered(16, Some(64))), (16, 8, 16));
    }
}
