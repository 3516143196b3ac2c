//! The parts of an invented host's sample, each as its collector would fill it.

use super::machine::{Beat, Machine};
use super::memory::kib;
use super::{GIB, MIB};
use cronograph::sample::cgroup::{Cgroup, Cgroups};
use cronograph::sample::diskstats::{Disk, Diskstats};
use cronograph::sample::filesystem::{Filesystem, Filesystems};
use cronograph::sample::host::Host;
use cronograph::sample::hwmon::{Hwmon, Sensor};
use cronograph::sample::loadavg::Loadavg;
use cronograph::sample::mdstat::{Mdstat, RaidArray};
use cronograph::sample::netdev::{Netdev, NetworkInterface};
use cronograph::sample::own_cost::OwnCost;
use cronograph::sample::pressure::Pressure;
use cronograph::sample::processes::{Process, Processes};
use cronograph::sample::sessions::Sessions;
use cronograph::sample::slabinfo::{SlabCache, Slabinfo};
use cronograph::sample::sockstat::Sockstat;
use cronograph::sample::stat::{CoreTimes, Stat};
use cronograph::sample::vfs::Vfs;
use cronograph::sample::vmstat::Vmstat;
use std::collections::BTreeMap;

/// Services: name of the process, its user, its group, its share of anonymous memory.
const SERVICES: [(&str, &str, &str, f64); 5] = [
    ("mariadbd", "mysql", "system.slice/mariadb.service", 0.38),
    ("php-fpm8.2", "www-data", "system.slice/php8.2-fpm.service", 0.24),
    ("nginx", "www-data", "system.slice/nginx.service", 0.08),
    ("systemd-journal", "root", "system.slice/systemd-journald.service", 0.06),
    ("sshd", "root", "system.slice/ssh.service", 0.03),
];

fn count(value: f64) -> Option<u64> {
    Some(value.max(0.0).round() as u64)
}

/// Seconds as the kernel gives them, in hundredths.
fn ticks(seconds: f64) -> Option<f64> {
    Some((seconds * 100.0).round() / 100.0)
}

impl Machine<'_> {
    /// Facts.
    pub(crate) fn host(&self) -> Host {
        let server = self.synth.is_server();
        Host {
            uncounted_balloon: false,
            name: self.synth.host.clone(),
            os: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
            kernel: Some("6.1.0-28-amd64".to_owned()),
            architecture: Some("x86_64".to_owned()),
            cpu_model: Some(
                if server { "AMD EPYC 7313P 16-Core Processor" } else { "QEMU Virtual CPU" }.to_owned(),
            ),
            cores: Some(self.synth.cores() as u32),
            mhz: Some(if server { 2994.4 } else { 2399.9 }),
            boot_time: Some(self.boot_time),
            boot_id: Some(self.boot_id()),
            virtualization: (!server).then(|| "kvm".to_owned()),
            container: None,
            interface: Some("eth0".to_owned()),
            addresses: vec!["192.0.2.17".to_owned(), "2001:db8::17".to_owned()],
            cronograph: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// `/proc/stat`
    pub(crate) fn stat(&mut self) -> Stat {
        let cores = &self.totals.cores;
        let sum = |mode: usize| ticks(cores.iter().map(|core| core[mode]).sum());
        let rounded = |core: &[f64; 8]| CoreTimes(core.map(|seconds| (seconds * 100.0).round() / 100.0));
        Stat {
            cores: cores.iter().map(rounded).collect(),
            user: sum(0),
            nice: sum(1),
            system: sum(2),
            idle: sum(3),
            iowait: sum(4),
            irq: sum(5),
            softirq: sum(6),
            steal: sum(7),
            guest: Some(0.0),
            context_switches: count(self.totals.switches),
            forks: count(self.totals.forks),
            running: count(1.0 + self.load[0].floor()),
            blocked: count(self.backup),
        }
    }

    /// `/proc/loadavg`
    pub(crate) fn loadavg(&mut self) -> Loadavg {
        let [load1, load5, load15] = self.load.map(ticks);
        Loadavg { load1, load5, load15, tasks: count(self.tasks()) }
    }

    /// `/proc/pressure`
    pub(crate) fn pressure(&mut self) -> Pressure {
        let [cpu, io, memory] = self.totals.pressure;
        Pressure {
            cpu_some: ticks(cpu),
            io_some: ticks(io),
            io_full: ticks(io * 0.7),
            memory_some: ticks(memory),
            memory_full: ticks(memory * 0.6),
        }
    }

    /// `/proc/vmstat`
    pub(crate) fn vmstat(&mut self) -> Vmstat {
        let disk = self.totals.disk;
        Vmstat {
            pgpgin: kib(disk[0]),
            pgpgout: kib(disk[1]),
            pswpin: kib(self.memory.swapped_in),
            pswpout: kib(self.memory.swapped_out),
            pgfault: count(self.totals.faults),
            pgmajfault: count(self.totals.faults * 0.0004),
            pgscan_kswapd: kib(disk[0] * 0.2),
            pgscan_direct: Some(0),
            pgsteal_kswapd: kib(disk[0] * 0.18),
            pgsteal_direct: Some(0),
            oom_kill: Some(self.memory.killed),
            balloon: None,
        }
    }

    /// `/proc/slabinfo`: what leaks is in kmalloc-1k.
    pub(crate) fn slabinfo(&mut self) -> Slabinfo {
        let (fixed, given_back) = (self.memory.unreclaimable - self.memory.leaked, self.memory.reclaimable);
        let sizes = [
            ("kmalloc-1k", fixed * 0.09 + self.memory.leaked * 0.99, 1024.0),
            ("dentry", given_back * 0.35, 192.0),
            ("ext4_inode_cache", given_back * 0.3, 1192.0),
            ("inode_cache", given_back * 0.1, 640.0),
            ("kernfs_node_cache", fixed * 0.16, 128.0),
            ("task_struct", fixed * 0.1, 7744.0),
            ("kmalloc-2k", fixed * 0.08, 2048.0),
            ("kmalloc-512", fixed * 0.06, 512.0),
        ];
        let caches = sizes.map(|(name, bytes, object)| {
            let objects = count(bytes * 0.95 / object);
            (name.to_owned(), SlabCache { bytes: kib(bytes), objects, ..SlabCache::default() })
        });
        Slabinfo {
            total: kib(fixed + given_back + self.memory.leaked),
            large_kmalloc: Some(96 * 1024),
            net_namespaces: Some(1),
            caches: BTreeMap::from(caches),
        }
    }

    /// `/proc/diskstats`: a server writes to both disks of its RAID.
    pub(crate) fn diskstats(&mut self) -> Diskstats {
        let [read, written, busy] = self.totals.disk;
        let names: &[&str] = if self.synth.is_server() { &["nvme0n1", "nvme1n1"] } else { &["vda"] };
        let one = |read: f64| Disk {
            reads: count(read / 16_384.0),
            writes: count(written / 8_192.0),
            read_bytes: kib(read),
            written_bytes: kib(written),
            read_time: ticks(busy * 0.7),
            write_time: ticks(busy * 0.5),
            busy: ticks(busy),
        };
        let share = 1.0 / names.len() as f64;
        Diskstats(names.iter().map(|name| ((*name).to_owned(), one(read * share))).collect())
    }

    /// File systems: the root grows by 1 % of its size in 30 days.
    pub(crate) fn filesystems(&mut self) -> Filesystems {
        let days = (self.totals.forks / 400_000.0).min(3_000.0);
        let one = |device: &str, gib: f64, used: f64| {
            let (total, used) = (gib * GIB, (gib * GIB * (used + 0.0003 * days)).min(gib * GIB * 0.94));
            let inodes = total / 16_384.0;
            Filesystem {
                device: device.to_owned(),
                kind: "ext4".to_owned(),
                read_only: false,
                fstab_writable: false,
                total: kib(total),
                used: kib(used),
                available: kib(total * 0.95 - used),
                inodes: count(inodes),
                inodes_used: count(inodes * 0.11),
            }
        };
        let mounts = if self.synth.is_server() {
            vec![("/", one("/dev/md0", 437.0, 0.31)), ("/boot", one("/dev/nvme0n1p1", 0.9, 0.22))]
        } else {
            vec![("/", one("/dev/vda1", 9.8, 0.43))]
        };
        Filesystems(mounts.into_iter().map(|(path, mount)| (path.to_owned(), mount)).collect())
    }

    /// `/proc/net/dev`
    pub(crate) fn netdev(&mut self) -> Netdev {
        let [received, sent] = self.totals.network;
        let one = |share: f64| NetworkInterface {
            rx_bytes: count(received * share),
            rx_packets: count(received * share / 720.0),
            rx_errors: Some(0),
            rx_drops: count(received * share / 9e8),
            tx_bytes: count(sent * share),
            tx_packets: count(sent * share / 910.0),
            tx_errors: Some(0),
            tx_drops: Some(0),
            physical: None,
        };
        let mut interfaces = BTreeMap::from([("eth0".to_owned(), one(1.0))]);
        if self.synth.is_server() {
            interfaces.insert("docker0".to_owned(), one(0.3));
        }
        Netdev(interfaces)
    }

    /// Sockets.
    pub(crate) fn sockstat(&mut self) -> Sockstat {
        let open = 12.0 + 90.0 * self.activity * (self.synth.cores() as f64).sqrt();
        Sockstat {
            used: count(150.0 + open),
            tcp: count(open + 9.0),
            tcp_orphan: Some(0),
            tcp_memory: kib(open * 9_000.0),
            udp: Some(6),
            udp_memory: Some(8_192),
            established: count(open),
            listen: Some(9),
            syn: count(0.3 * self.activity),
            closing: count(self.activity),
            close_wait: count(self.activity * 2.0),
            time_wait: count(open * 0.8),
            retransmitted: count(self.totals.retransmitted),
            conntrack: count(open * 1.7),
            conntrack_max: Some(if self.synth.is_server() { 262_144 } else { 7_680 }),
        }
    }

    /// Processes: the largest by memory, which use CPU, too.
    pub(crate) fn processes(&mut self, beat: &Beat) -> Processes {
        let tasks = self.tasks();
        let anonymous = (self.memory.anonymous - self.memory.daemons).max(0.0);
        let dear = beat.slow && !self.synth.unprivileged;
        let one = |index: usize, (name, user, _, share): (&str, &str, &str, f64)| {
            let rss = anonymous * share + 3.0 * MIB;
            Process {
                name: name.to_owned(),
                pid: 512 + 37 * index as u32,
                user: user.to_owned(),
                rss: kib(rss).unwrap_or(0),
                cpu: ticks([0.12, 0.09, 0.03, 0.004, 0.002][index] * self.activity * beat.elapsed),
                pss: if dear { kib(rss * 0.83) } else { None },
                swap: if dear { kib(self.memory.swap_used * share) } else { None },
                command: None,
                started: dear.then_some(4.2),
            }
        };
        let mut top: Vec<Process> =
            SERVICES.into_iter().enumerate().map(|(index, service)| one(index, service)).collect();
        for (index, daemon) in self.synth.daemons.iter().enumerate() {
            let Some((since, bytes)) = daemon.at(beat.at) else { continue };
            let started = (since - self.boot_time).max(0) as f64;
            top.push(Process {
                name: daemon.name.to_owned(),
                pid: 2_000 + 100 * index as u32 + (since.rem_euclid(97)) as u32,
                user: "app".to_owned(),
                rss: kib(bytes).unwrap_or(0),
                started: dear.then_some(started),
                ..Process::default()
            });
        }
        Processes {
            interval: Some(beat.elapsed),
            top,
            total: count(tasks * 0.72),
            threads: count(tasks),
            running: count(1.0 + self.load[0].floor()),
            sleeping: count(tasks * 0.72 - 1.0),
            disk_sleep: count(self.backup),
            stopped: Some(0),
            zombies: Some(0),
            pid_max: Some(if self.synth.is_server() { 4_194_304 } else { 32_768 }),
            threads_max: count(self.synth.ram / 131_072.0),
            init_rss: Some(12_582_912),
            bus_rss: Some(4_718_592),
            rss: kib(anonymous * 1.3),
        }
    }

    /// `/proc/sys/fs`
    pub(crate) fn vfs(&mut self) -> Vfs {
        let dentries = self.memory.reclaimable * 0.35 / 192.0;
        Vfs {
            file_handles: count(self.tasks() * 11.0),
            file_handles_max: Some(9_223_372_036_854_775_807),
            dentries: count(dentries),
            dentries_unused: count(dentries * 0.8),
            dentries_negative: count(dentries * 0.1),
            inodes: count(dentries * 0.7),
            inodes_free: count(dentries * 0.05),
            mounts: None,
        }
    }

    /// Somebody is logged in during office hours.
    pub(crate) fn sessions(&mut self) -> Sessions {
        let here = self.activity > 0.7;
        let users = if here { vec!["alice".to_owned()] } else { Vec::new() };
        Sessions { users, count: Some(u64::from(here)) }
    }

    /// Sensors of a server.
    pub(crate) fn hwmon(&mut self) -> Hwmon {
        let celsius = 38.0 + 22.0 * self.activity + 0.5 * self.random.noise();
        let warm = Sensor { celsius: ticks(celsius), critical_celsius: Some(95.0), rpm: None };
        let fan = Sensor { rpm: count(1_400.0 + 900.0 * self.activity), ..Sensor::default() };
        let drive =
            Sensor { celsius: ticks(34.0 + 6.0 * self.backup), critical_celsius: Some(84.8), rpm: None };
        let sensors = [("k10temp Tctl", warm), ("nct6775 fan1", fan), ("nvme Composite", drive)];
        Hwmon(sensors.map(|(name, sensor)| (name.to_owned(), sensor)).into())
    }

    /// The RAID of a server, healthy.
    pub(crate) fn mdstat(&mut self) -> Mdstat {
        let array = RaidArray {
            state: "active".to_owned(),
            level: "raid1".to_owned(),
            action: None,
            members: Some(2),
            working: Some(2),
            failed: Some(0),
            progress: None,
        };
        Mdstat(BTreeMap::from([("md0".to_owned(), array)]))
    }

    /// Groups of services and containers; what leaks is charged to cron.
    pub(crate) fn cgroups(&mut self, beat: &Beat) -> Cgroups {
        let memory = self.memory.clone();
        let services = (memory.anonymous - memory.daemons).max(0.0);
        let one = |anonymous: f64, leaked: f64, cpu: f64| {
            let slab = 0.3 * MIB + leaked;
            Cgroup {
                memory: kib(anonymous * 1.4 + slab),
                cpu: ticks(cpu),
                anon: if beat.slow { kib(anonymous) } else { None },
                file: if beat.slow { kib(anonymous * 0.3) } else { None },
                kernel: if beat.slow { kib(anonymous * 0.02 + slab) } else { None },
                slab_reclaimable: if beat.slow { kib(0.2 * MIB) } else { None },
                slab_unreclaimable: if beat.slow { kib(slab) } else { None },
                percpu: if beat.slow { Some(4_096) } else { None },
                sock: if beat.slow { Some(0) } else { None },
                shmem: if beat.slow { Some(0) } else { None },
                swap: if beat.slow { kib(memory.swap_used * 0.1) } else { None },
            }
        };
        let mut groups = BTreeMap::new();
        for (service, cpu) in SERVICES.iter().zip(self.totals.services) {
            groups.insert(service.2.to_owned(), one(services * service.3, 0.0, cpu));
        }
        groups.insert(
            "system.slice/cron.service".to_owned(),
            one(MIB, memory.leaked, self.totals.forks * 0.002),
        );
        if self.synth.is_server() {
            for (name, share) in [("docker-1f2e3d4c5b6a.scope", 0.07), ("docker-aa00bb11cc22.scope", 0.05)] {
                let group = one(services * share, 0.0, self.totals.services[2] * share);
                groups.insert(format!("system.slice/{name}"), group);
            }
        }
        Cgroups { version: 2, groups, count: Some(64), dying: Some(0), memory_max: None, memory_used: None }
    }

    /// What `sample` itself would have cost.
    pub(crate) fn own_cost(&mut self) -> OwnCost {
        let before = kib(self.memory.unreclaimable);
        OwnCost {
            wall: Some(((1_600.0 + 300.0 * self.random.unit()).round()) / 1e6),
            cpu: Some(0.0014),
            peak_rss: Some(2_621_440),
            written: Some(2_048),
            s_unreclaim_before: before,
            s_unreclaim_after: before,
            slow: Default::default(),
            audit: Vec::new(),
        }
    }
}
