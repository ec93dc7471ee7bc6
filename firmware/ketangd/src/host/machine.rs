//! How much of the machine is free while nothing is recorded: what a lesson's encoders may take.

/// How many looks the average follows: longer than what opening everything takes, which says nothing of a lesson.
const FOLLOWED: f64 = 10.0;

/// Watches the machine's idle time; to be asked to look about once a second while no lesson runs.
#[derive(Debug, Default)]
pub(super) struct Machine {
    /// Idle and total time of all cores at the last look, in ticks.
    last: Option<(u64, u64)>,
    /// Share of all cores that is idle.
    idle: Option<f64>,
}

impl Machine {
    /// Looks at the kernel's counts (proc_stat(5)).
    pub(super) fn look(&mut self) {
        let Some((idle, total)) = std::fs::read_to_string("/proc/stat").ok().as_deref().and_then(counts) else {
            return;
        };
        if let Some((idle_before, total_before)) = self.last.replace((idle, total))
            && total > total_before
        {
            let share = idle.saturating_sub(idle_before) as f64 / (total - total_before) as f64;
            let before = self.idle.unwrap_or(1.0);
            self.idle = Some(before + (share - before) / FOLLOWED);
        }
    }

    /// Cores that are idle; all of them where the kernel does not tell.
    pub(super) fn free_cores(&self) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        cores * self.idle.unwrap_or(1.0)
    }
}

/// Idle and total ticks of the first line of `/proc/stat`.
fn counts(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    // user, nice, system, idle, iowait, …; work at low priority gives way to a lesson, so it counts as idle.
    let idle = ticks.get(1)? + ticks.get(3)? + ticks.get(4)?;
    Some((idle, ticks.iter().take(8).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_read_from_the_kernels_counts() {
        assert_eq!(counts("cpu  100 20 30 400 5 0 1 2 0 0\ncpu0 1 1 1 1\n"), Some((425, 558)));
        for garbage in ["", "cpu", "cpu a b", "intr 5"] {
            assert_eq!(counts(garbage), None, "{garbage}");
        }
    }
}
