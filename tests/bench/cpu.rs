//! CPU time and memory of other processes, as the kernel counts them.

use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::unistd::{Pid, SysconfVar, sysconf};

/// CPU time that a running process has used, user and system together.
pub(crate) fn of(pid: Pid) -> Duration {
    time_of(&std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs"))
}

/// The same of those of its threads whose names begin so.
pub(crate) fn of_threads(pid: Pid, name: &str) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    // A thread that ended meanwhile has nothing to tell.
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    stats
        .filter(|stat| stat.split_once('(').is_some_and(|(_, rest)| rest.starts_with(name)))
        .map(|stat| time_of(&stat))
        .sum()
}

/// User and system time, from a `stat` of the kernel.
fn time_of(stat: &str) -> Duration {
    // The name, which may hold spaces, stands in brackets; utime and stime are fields 14 and 15 (proc(5)).
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
    let a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().expect("the kernel has a tick") as u64;
    Duration::from_millis(ticks * 1000 / a_second)
}

/// Memory that a running process has in use, in bytes.
pub(crate) fn memory_of(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the kernel tells it");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number") * 1024
}

/// Runs commands to their ends, all at once, and gives the CPU time that they used.
pub(crate) fn of_commands(commands: Vec<Command>) -> Duration {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
        let time = usage.user_time() + usage.system_time();
        Duration::from_micros(time.num_microseconds() as u64)
    };
    let before = used();
    let start = |mut command: Command| command.stdout(Stdio::null()).spawn().expect("the program can be started");
    let running: Vec<_> = commands.into_iter().map(start).collect();
    for mut process in running {
        assert!(process.wait().expect("it can be waited for").success(), "what it said stands above");
    }
    used().saturating_sub(before)
}
