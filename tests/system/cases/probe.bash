# shellcheck shell=bash
# What `probe` says on the real kernel: leaks of several sizes and kinds as root and as an ordinary user, caches that are no
# leak, and all of it beside a neighbour that allocates and frees all the time.
# CRONOGRAPH_PROBES=50 makes so many probes beside the neighbour; 3 is what a change must pass.
# An IPC namespace of the case's own: whatever it makes goes with it, however it ends.
[[ -n ${OWN_IPC:-} ]] || OWN_IPC=1 exec unshare --ipc bash "${BASH_SOURCE[0]}"
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/probe.bash
source "$tree/tests/system/probe.bash"

# leak NAME LEAST MOST COMMAND…: found by root and by an ordinary user, of the right size where that can be told.
leak() {
    local name=$1 least=$2 most=$3 who
    shift 3
    for who in probe nobody; do
        check "$name, $who: leaks" "$who" 3 "$name-$who" -- "$@"
        # Beside others' memory the interval is wide; it must hold what it is all the same.
        check "$name, $who: so much a run" has "$name-$who" ".ways[0] | (.bytes > $least and .bytes < $most) or (.interval[0] < $most and .interval[1] > $least)"
        told "$name-$who"
    done
    check "$name: the interval holds what it is" has "$name-probe" ".ways[0].interval | .[0] < $most and .[1] > $least"
    check "$name: unreclaimable slab" has "$name-probe" '.ways[0].parts[0].kernel_name == "SUnreclaim"'
}

before=$(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo)
for _ in 1 2 3 4; do ipcmk -S 16300 >/dev/null; done
if (($(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo) - before < 2048)); then
    cannot "probe on real leaks" "SUnreclaim does not show large kmalloc on this kernel (before 5.4, gVisor, lxcfs)"
    exit 0
fi

# --- leaks of several sizes
leak semaphores 900000 1200000 ipcmk -S 16300
check "semaphores: in no slab cache" has semaphores-probe '[.ways[0].slabs[] | select(.name == null)][0].bytes > 900000'
check "semaphores: a set a run is left" has semaphores-nobody '.ways[0].left | any(.metric == "ipc.sem_sets" and .count == 1)'
leak queues 900000 1200000 "$place/queues"
check "queues: slab caches of 4 KiB are named" has queues-probe '.ways[0].slabs | length > 0 and all(.name | test("4k|4096"))'
check "queues: 64 are left" has queues-nobody '.ways[0].left | any(.metric == "ipc.msg_queues" and .count > 63.5 and .count < 64.5)'
check "queues: in words" human 3 words -- "$place/queues"
check "queues: the first line has the verdict" grep -Eq 'LEAKS +\+(0\.9|1\.0)[0-9]* MiB per run' "$ARTEFACTS/probe-words.txt"
check "queues: 64 message queues are named" says words 'left .*64 message queues per run \(ipcs -q\)'
shown words
leak small 60000 76000 ipcmk -S 1000
# What is in slabs only root sees: for another it is the queue that tells.
leak smallest -40000 50000 "$place/queue"
check "smallest: a queue a run is left" has smallest-nobody '.ways[0].left | any(.metric == "ipc.msg_queues" and .count > 0.95 and .count < 1.05)'
# The first ones find room in half-full slabs.
check "smallest: as root about right" has smallest-probe '.ways[0].bytes | . > 3000 and . < 12000'
check "a command of 50 ms that leaks 1 MiB" probe 3 slow -- sh -c 'sleep 0.05; ipcmk -S 16300'
# Other cases run beside this one: of three tries one has to be quick, and on a loaded machine none.
for _ in 1 2; do has slow '.ways[0].seconds < 5' >/dev/null || probe 3 slow -- sh -c 'sleep 0.05; ipcmk -S 16300' >/dev/null || true; done
told slow
if has slow '.ways[0].seconds < 5' >/dev/null || awk '{ exit $1 > 1.5 }' /proc/loadavg; then
    check "is found in under 5 s" has slow '.ways[0].seconds < 5'
else
    cannot "is found in under 5 s" "load $(cut -d ' ' -f 1 /proc/loadavg): it took $(of slow .ways[0].seconds) s"
fi

program netns <<SH
#!/bin/sh
exec ip netns add cronograph-$mark-\$\$
SH
take_back_netns() { ip netns list | awk -v mark="$mark" 'index($1, mark) { print $1 }' | xargs -r -n 1 ip netns del; }
defer take_back_netns
if ip netns add "cronograph-$mark-0" 2>"$WORK/netns"; then
    check "netns: leaks" probe 3 netns -- "$place/netns"
    check "netns: unreclaimable slab" has netns '.ways[0].parts | any(.kernel_name == "SUnreclaim" and .bytes > 30000)'
    check "netns: left is named" has netns '.ways[0].left | any(.metric | test("mounts|net_namespaces"))'
    told netns
    take_back_netns
else
    cannot "probe on ip netns add" "$(<"$WORK/netns")"
fi

# --- only in one way of running it, only now and then
program piped <<SH
#!/bin/sh
[ -t 1 ] || exec $place/queues
SH
check "a leak where stdout is no terminal" probe 3 ways --stdout all -- "$place/piped"
# Beside the other cases a machine can be too noisy to clear the terminal.
check "file, null and pipe leak, tty does not" has ways '.ways | map({(.way.stdout): .judgement}) | add
    | .file == "leaks" and .null == "leaks" and .pipe == "leaks" and (.tty | IN("clean", "unsure"))'
told ways
check "so in words" human 3 ways --stdout all -- "$place/piped"
check "on the line when" says ways 'when +stdout: file leaks.* null leaks.* pipe leaks.* tty (does not|cannot be told)'
program third <<SH
#!/bin/sh
read n <$place/count; echo \$((n + 1)) >$place/count
[ \$((n % 3)) != 0 ] || exec ipcmk -S 16300
SH
echo 1 >"$place/count"
check "a leak in one run of three" probe 3 third -- "$place/third"
# A neighbour's jump between two runs hides that it is not every run.
for _ in 1 2; do has third '.ways[0].leaking_runs != null' >/dev/null || probe 3 third -- "$place/third" >/dev/null || true; done
check "one in three is said" has third '.ways[0] | .leaking_runs / .runs | . > 0.2 and . < 0.5'
check "a third of 1 MiB on average" has third '.ways[0].bytes | . > 220000 and . < 520000'
told third

# --- what is given back is no leak
program dentries <<SH
#!/usr/bin/perl
stat("$place/none-\$\$-\$_") for 1..5000;
SH
find /usr -xdev -type f -size -64k -print >"$place/files" 2>/dev/null || true
echo 0 >"$place/read"
program reader <<SH
#!/usr/bin/perl
sub text { local \$/; open my \$f, "<", shift or return; <\$f> }
my \$n = 0 + text("$place/read"); my @all = split /\n/, text("$place/files");
text(\$all[\$_ % @all]) for \$n..\$n + 1999;
open my \$f, ">", "$place/read"; print \$f \$n + 2000;
SH
for name in dentries reader; do
    healthy "$name: does not leak" "$name" --budget 60s -- "$place/$name"
    healthy "$name: nor with dropped caches" "$name-dropped" --budget 60s --drop-caches -- "$place/$name"
    check "$name: which were" has "$name-dropped" '.ways[0].caches_dropped'
done
check "dentries: it is said that they are reclaimable" has dentries '.ways[0].reclaimable | any(.kernel_name == "SReclaimable")'

# --- how much may be left
sets() { ipcs -s | grep -c '^0x'; }
before=$(sets)
check "--max-growth 3MiB is enough to see a leak of 1 MiB" probe 3 growth --max-growth 3MiB -- ipcmk -S 16300
check "few runs are" has growth '.ways[0].runs < 6'
after=$(sets)
check "less than 8 MiB are left" test $((after - before)) -lt 8
note "--max-growth 3MiB left $((after - before)) MiB"

# --- beside a neighbour that allocates and frees all the time
program neighbour <<'PERL'
#!/usr/bin/perl
while (1) {
    for (1..rand 96) { my $q = msgget(0, 0600|01000) // next; push @q, $q; msgsnd($q, pack("l! a*", 1, "x" x 8000), 04000) for 1..2 }
    select undef, undef, undef, rand 0.02;
    $keep = int rand(1 + @q);
    msgctl(shift @q, 0, 0) while @q > $keep;
    select undef, undef, undef, rand 0.02;
}
PERL
"$place/neighbour" &
defer kill "$!"
probes=${CRONOGRAPH_PROBES:-3}
# beside JUDGEMENT COMMAND…: how many of the probes say so.
beside() {
    local wanted=$1 number said seconds=$SECONDS count=0 all=''
    shift
    for ((number = 0; number < probes; number++)); do
        said=$("$CRONOGRAPH" probe --json --budget 20s -- "$@" 2>/dev/null | jq -r .judgement || true)
        [[ $said != "$wanted" ]] || count=$((count + 1))
        all+=" $said"
    done
    printf '%s: %s of %s in %s s:%s\n' "$*" "$count" "$probes" $((SECONDS - seconds)) "$all" | tee -a "$ARTEFACTS/probe-power.txt"
    found=$count
}
beside leaks true
check "beside a neighbour, no healthy command is accused" test "$found" = 0
beside leaks sh -c 'sleep 0.02; ls /usr/bin; exit 1'
check "nor one that fails" test "$found" = 0
beside leaks ipcmk -S 16300
check "1 MiB a run is found" test "$found" = "$probes"
beside leaks ipcmk -S 1000
check "64 KiB a run is found" test "$found" -ge $(((probes * 9 + 9) / 10))
sed 's/^/# /' "$ARTEFACTS/probe-power.txt"
