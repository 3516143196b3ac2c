# shellcheck shell=bash
# The monitor that watches itself, on the real kernel: a check that leaves 1 MiB of unreclaimable slab behind at each run
# (a System V semaphore set, `ipcmk -S`) is found, named and stopped; its harmless neighbour is not.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

data=$WORK/data
config=$WORK/cronograph.toml
cat >"$config" <<'TOML'
[[check]]
name = "leaking"
command = ["ipcmk", "-S", "16300"]
interval_seconds = 60

[[check]]
name = "harmless"
command = ["ipcs", "-s"]
interval_seconds = 60
TOML

# What it makes lies in an IPC namespace of its own, which a process keeps; it goes with that process, however this ends.
unshare --ipc sleep 1800 &
keeper=$!
take_back() {
    kill "$keeper" 2>/dev/null || true
    wait "$keeper" 2>/dev/null || true
}
defer take_back
sleep 0.5
in_namespace() { nsenter --ipc --target "$keeper" "$@"; }

slab() { awk '/^SUnreclaim/ { print $2 }' /proc/meminfo; }
before=$(slab)
in_namespace ipcmk -S 16300 >/dev/null
grown=$(($(slab) - before))
if ((grown < 700 || grown > 1600)); then
    cannot "a check that leaks kernel memory" "ipcmk -S 16300 made SUnreclaim grow by $grown kB here, not by about 1,024"
    exit 0
fi

now=$(date +%s)
log() { cat "$data"/box/samples/*.jsonl; }
last() { log | tail -n 1; }
suspects() { last | jq -c '.self.audit // []'; }
has() { last | jq -e "$1"; }

# A minute each turn by the program's clock, as fast as the machine can.
minutes() {
    local turn
    for ((turn = 0; turn < $1; turn++)); do
        in_namespace "$CRONOGRAPH" sample --config "$config" --data "$data" --host box --now "$now" || return
        now=$((now + 60))
        ! has '.self.audit // [] | any(.stopped)' >/dev/null || return 0
    done
}

check "samples with checks say nothing" silent minutes 3
check "the results of both are in the line" has '.check.leaking.exit_code == 0 and .check.harmless.exit_code == 0'
check "a hundred minutes of samples pass" minutes 100
note "after $(log | wc -l) samples: $(suspects)"
check "the leak is stopped" has '.self.audit | any(.kind == "check" and .name == "leaking" and .leaks and .stopped)'
check "it is in unreclaimable slab" has '.self.audit | any(.name == "leaking" and .part == "SUnreclaim")'
check "its size is right" has '.self.audit[] | select(.name == "leaking") | .bytes_per_run > 900000 and .bytes_per_run < 1200000'
check "nothing else is suspected" has '.self.audit | length == 1'

sets() { in_namespace ipcs -s | grep -c '^0x'; }
count=$(sets)
five_more() {
    local turn
    for ((turn = 0; turn < 5; turn++)); do
        in_namespace "$CRONOGRAPH" sample --config "$config" --data "$data" --host box --now "$now"
        now=$((now + 60))
    done
}
check "five samples more" silent five_more
check "what was stopped is not run any more" test "$(sets)" = "$count"
check "its neighbour is" has '.check | has("harmless") and (has("leaking") | not)'
note "sets made: $count; what is known of it takes $(stat -c %s "$data/box/audit") bytes"

take_back
sleep 2
check "the memory was taken back" test "$(slab)" -lt $((before + 20000))
