//! System V and POSIX objects that outlive their processes: `/proc/sysvipc/{shm,msg,sem}`, `sysvipc(7)`; message queues of
//! `mq_overview(7)` where `/dev/mqueue` is mounted. No list of processes shows them. Of this IPC namespace; on the slow beat.

use super::context::Context;
use super::metric::record;
use super::{Collector, SampleError, parse};
use std::ops::ControlFlow;

record! {
    /// How many there are, and their memory.
    pub struct Ipc in "ipc" {
        /// System V shared memory segments.
        shm_segments "shm_segments" u64 Gauge Count;
        /// Their size, used or not.
        shm_bytes "shm_bytes" u64 Gauge Memory;
        /// What of them is in memory, inside Shmem.
        shm_rss "shm_rss" u64 Gauge Memory;
        /// What of them is in swap.
        shm_swap "shm_swap" u64 Gauge Memory;
        /// System V message queues.
        msg_queues "msg_queues" u64 Gauge Count;
        /// Messages in them.
        msg_messages "msg_messages" u64 Gauge Count;
        /// Bytes of these messages, kernel slab that no process owns.
        msg_bytes "msg_bytes" u64 Gauge Memory;
        /// System V semaphore sets.
        sem_sets "sem_sets" u64 Gauge Count;
        /// Semaphores in them, 64 bytes each, kernel slab that no process owns.
        semaphores "semaphores" u64 Gauge Count;
        /// POSIX message queues.
        mqueues "mqueues" u64 Gauge Count;
        /// Bytes of the messages in them.
        mqueue_bytes "mqueue_bytes" u64 Gauge Memory;
        /// Files in `/dev/shm`: POSIX shared memory and semaphores.
        posix_shm "posix_shm" u64 Gauge Count;
    }
}

/// The most POSIX message queues whose messages are added up.
const MOST_QUEUES: usize = 256;

impl Collector for Ipc {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if !context.slow {
            return Ok(None);
        }
        let mut ipc = Self::default();
        if let Some([segments, size, resident, swapped]) = totals(context, "shm", [3, 14, 15])? {
            (ipc.shm_segments, ipc.shm_bytes) = (Some(segments), Some(size));
            (ipc.shm_rss, ipc.shm_swap) = (Some(resident), Some(swapped));
        }
        if let Some([queues, bytes, messages, _]) = totals(context, "msg", [3, 4, NONE])? {
            (ipc.msg_queues, ipc.msg_messages, ipc.msg_bytes) = (Some(queues), Some(messages), Some(bytes));
        }
        if let Some([sets, semaphores, ..]) = totals(context, "sem", [3, NONE, NONE])? {
            (ipc.sem_sets, ipc.semaphores) = (Some(sets), Some(semaphores));
        }
        ipc.posix(context);
        Ok((ipc != Self::default()).then_some(ipc))
    }
}

/// No column.
const NONE: usize = usize::MAX;

/// The count of a table's rows, and the sums of three of its columns. There may be 32,000 rows.
fn totals(
    context: &mut Context<'_>,
    table: &str,
    columns: [usize; 3],
) -> Result<Option<[u64; 4]>, SampleError> {
    let mut totals = [0_u64; 4];
    let found = context.each_line(&format!("proc/sysvipc/{table}"), |line| {
        // The head is no row; a key may be negative.
        let mut fields = parse::fields(line).enumerate().skip(1);
        if fields.next().and_then(|(_, id)| parse::number(id)).is_none() {
            return;
        }
        totals[0] += 1;
        for (column, field) in fields {
            if let Some(place) = columns.iter().position(|wanted| *wanted == column) {
                totals[place + 1] = totals[place + 1].saturating_add(parse::number(field).unwrap_or(0));
            }
        }
    })?;
    Ok(found.then_some(totals))
}

impl Ipc {
    /// Both are file systems; `/dev/mqueue` is often not mounted.
    fn posix(&mut self, context: &mut Context<'_>) {
        let mut shared = 0;
        let there = context.each_name("dev/shm", |_, _| {
            shared += 1;
            ControlFlow::Continue(())
        });
        self.posix_shm = there.then_some(shared);
        let mut queues = Vec::new();
        let mut count = 0;
        let there = context.each_name("dev/mqueue", |name, _| {
            count += 1;
            if let (true, Ok(name)) = (queues.len() < MOST_QUEUES, std::str::from_utf8(name)) {
                queues.push(name.to_owned());
            }
            ControlFlow::Continue(())
        });
        if !there {
            return;
        }
        // `QSIZE:129 NOTIFY:0 SIGNO:0 NOTIFY_PID:0`
        let sizes = queues.iter().filter_map(|name| {
            let queue = context.read_at_once(&format!("dev/mqueue/{name}")).ok()??;
            parse::fields(queue).find_map(|field| field.strip_prefix(b"QSIZE:")).and_then(parse::number)
        });
        let bytes: Vec<u64> = sizes.collect();
        self.mqueues = Some(count);
        // Queues of others may not be readable: a part of the sum would be wrong.
        self.mqueue_bytes = (bytes.len() as u64 == count).then(|| bytes.iter().sum());
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Root, State};
    use super::*;

    fn collected(files: &[(&str, &str)]) -> Option<Ipc> {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(folder.path().join("proc")).unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        let (root, options, state) = (Root::recorded(folder.path()), Options::default(), State::default());
        Ipc::collect(&mut Context::open(&root, &options, &state, 0).unwrap()).unwrap()
    }

    #[test]
    fn rows_and_sums_of_the_kernels_tables() {
        let shm = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n\
             -1     196608  1600               4194304  2051  2051      1     0     0     0     0          1          2          3               4190208                  4096\n\
              0     196609  1600                  8192  2051  2051      1     0     0     0     0          1          2          3                     0                     0\n";
        let msg = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n\
              0          1   600       16000          2   100     0     0     0     0     0          1          0          1\n";
        let sem = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n\
              0          1   600      16300     0     0     0     0          0          1\n";
        let ipc = collected(&[
            ("proc/sysvipc/shm", shm),
            ("proc/sysvipc/msg", msg),
            ("proc/sysvipc/sem", sem),
            ("dev/mqueue/jobs", "QSIZE:129        NOTIFY:0     SIGNO:0     NOTIFY_PID:0\n"),
            ("dev/mqueue/empty", "QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0\n"),
            ("dev/shm/sem.a", ""),
        ])
        .unwrap();
        assert_eq!((ipc.shm_segments, ipc.shm_bytes), (Some(2), Some(4_202_496)));
        assert_eq!((ipc.shm_rss, ipc.shm_swap), (Some(4_190_208), Some(4096)));
        assert_eq!((ipc.msg_queues, ipc.msg_messages, ipc.msg_bytes), (Some(1), Some(2), Some(16_000)));
        assert_eq!((ipc.sem_sets, ipc.semaphores), (Some(1), Some(16_300)));
        assert_eq!((ipc.mqueues, ipc.mqueue_bytes, ipc.posix_shm), (Some(2), Some(129), Some(1)));
    }

    #[test]
    fn a_kernel_without_any_has_none() {
        assert_eq!(collected(&[]), None);
        // Before 2.6.32 there were no columns of memory in use.
        let old = collected(&[("proc/sysvipc/msg", "key msqid perms cbytes qnum\n")]).unwrap();
        assert_eq!((old.msg_queues, old.msg_bytes, old.sem_sets), (Some(0), Some(0), None));
    }
}
