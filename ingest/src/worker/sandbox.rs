//! Shutting a process in: no files, no network, no other process, bounded memory. All of it or nothing.

use crate::limits::{TOOL_CPU, WORKER_CPU, WORKER_MEMORY};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd, RestrictionStatus, Ruleset,
    RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, apply_filter,
};
use std::{collections::BTreeMap, error::Error, os::fd::RawFd, path::Path, time::Duration};

/// The stack that deep documents may take, in bytes.
const STACK: u64 = 64 << 20;

/// Where programs and the libraries that they need lie, and what tells their loader where.
const LIBRARIES: [&str; 4] = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache"];

/// Where the loader lies, which is executed too.
const LOADERS: [&str; 2] = ["/lib", "/lib64"];

/// Shuts this process in for ever. Without `required` only the limits are set.
pub(super) fn enter(required: bool) -> Result<(), Box<dyn Error>> {
    limits(WORKER_CPU, 16)?;
    if required {
        close_inherited()?;
        landlock()?;
        seccomp()?;
    }
    Ok(())
}

/// Shuts this process in for ever, with as much as one outside program needs to run in it: it reads that program, a
/// folder of its data and the libraries of the system, and writes to its two pipes. All of it or nothing.
pub(super) fn enter_for_tool(program: &Path, data: Option<&Path>) -> Result<(), Box<dyn Error>> {
    limits(TOOL_CPU, 64)?;
    close_inherited()?;
    landlock_for_tool(program, data)?;
    seccomp_for_tool()
}

fn limits(cpu: Duration, files: u64) -> Result<(), Box<dyn Error>> {
    for (resource, most) in [
        (Resource::Stack, STACK),
        (Resource::As, WORKER_MEMORY),
        (Resource::Cpu, cpu.as_secs()),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, files),
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
    enforced(nothing()?.restrict_self()?)
}

/// The same, but for reading and executing what a tool is made of.
fn landlock_for_tool(program: &Path, data: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let folder = AccessFs::ReadFile | AccessFs::ReadDir;
    let mut ruleset = nothing()?;
    for place in LIBRARIES.map(Path::new).into_iter().chain(data) {
        let Ok(open) = PathFd::new(place) else { continue };
        let rights = if place.is_dir() { folder } else { AccessFs::ReadFile.into() };
        ruleset = ruleset.add_rule(PathBeneath::new(open, rights))?;
    }
    for place in LOADERS {
        let Ok(open) = PathFd::new(place) else { continue };
        ruleset = ruleset.add_rule(PathBeneath::new(open, folder | AccessFs::Execute))?;
    }
    ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(program)?, AccessFs::ReadFile | AccessFs::Execute))?;
    enforced(ruleset.restrict_self()?)
}

/// A set of rules that allows nothing.
fn nothing() -> Result<RulesetCreated, Box<dyn Error>> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V4))?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .set_compatibility(CompatLevel::BestEffort)
        .scope(Scope::from_all(ABI::V6))?
        .create()?;
    Ok(ruleset.set_compatibility(CompatLevel::HardRequirement))
}

fn enforced(status: RestrictionStatus) -> Result<(), Box<dyn Error>> {
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("the kernel does not enforce Landlock".into()),
        _ => Ok(()),
    }
}

/// System calls that reading bytes, thinking about them and answering need.
const THINKING: [i64; 25] = [
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

/// What a program needs besides to begin: its libraries and data are opened, looked at and mapped. Landlock says which.
const BEGINNING: [i64; 27] = [
    libc::SYS_execve,
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_fadvise64,
    libc::SYS_fcntl,
    libc::SYS_ppoll,
    libc::SYS_dup,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_clock_getres,
];

/// The same under the names that only older machines have.
#[cfg(target_arch = "x86_64")]
const BEGINNING_OF_OLD: &[i64] = &[
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_getrlimit,
    libc::SYS_time,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const BEGINNING_OF_OLD: &[i64] = &[];

/// A worker thinks. Everything else is refused with EPERM.
fn seccomp() -> Result<(), Box<dyn Error>> {
    let mut rules: Rules = THINKING.into_iter().map(|call| (call, Vec::new())).collect();
    // Memory is never executed that was not from the beginning.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![lacks(2, libc::PROT_EXEC)?])?]);
    }
    filter(rules, libc::EPERM)
}

/// A tool begins and thinks. Every other call seems not to exist: no process, no thread, no socket, no signal to others,
/// no tracing, no mount, no key ring.
fn seccomp_for_tool() -> Result<(), Box<dyn Error>> {
    let calls = THINKING.iter().chain(&BEGINNING).chain(BEGINNING_OF_OLD);
    let mut rules: Rules = calls.map(|call| (*call, Vec::new())).collect();
    // Memory is never both written and executed.
    let either = [lacks(2, libc::PROT_EXEC)?, lacks(2, libc::PROT_WRITE)?];
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, either.iter().map(|lacks| SeccompRule::new(vec![lacks.clone()])).collect::<Result<_, _>>()?);
    }
    // Its own limits are asked for and not set.
    let asks = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![asks])?]);
    filter(rules, libc::ENOSYS)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// That a flag is not in an argument.
fn lacks(argument: u8, flag: libc::c_int) -> Result<SeccompCondition, Box<dyn Error>> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(flag as u64), 0)?)
}

fn filter(rules: Rules, refusal: libc::c_int) -> Result<(), Box<dyn Error>> {
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(refusal as u32),
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
