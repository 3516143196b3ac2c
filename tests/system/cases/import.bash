# shellcheck shell=bash
# History of the real programs: files that sadc writes of this machine, and databases that rrdtool keeps, are imported, and the log, the
# pages and their numbers are compared with what sadf and rrdtool say of the same files.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

data=$WORK/data
log() { zcat "$data/$1"/samples/*.jsonl.gz; }
import() { "$CRONOGRAPH" import --data "$data" "$@"; }
name=$(uname -n)

# Twelve times two seconds, something going on in between, and the boot's own record in the middle.
sadc=/usr/lib/sysstat/sadc
record() { "$sadc" -S XALL 2 7 "$WORK/sa01"; }
dd if=/dev/urandom of="$WORK/noise" bs=1M count=64 status=none
check "sadc records this machine" record
# No machine boots within a second.
sleep 3
check "sadc records that it restarted" "$sadc" -S XALL "$WORK/sa01"
check "sadc goes on" record
sadf -j "$WORK/sa01" -- -A -F MOUNT >"$WORK/sadf.json"

check "a dry run writes nothing" import --host "$name" --dry-run "$WORK/sa01"
check "there is no log yet" test ! -e "$data/$name"
check "files of sadc are imported" import --host "$name" "$WORK/sa01"
import --host "$name" "$WORK/sa01" >"$WORK/again"
check "again there is nothing new" grep -q 'nothing new' "$WORK/again"
log "$name" >"$WORK/log"

# same NAME JQ-OF-SADF JQ-OF-LOG [TOLERANCE]: of each time that sadf tells, the same number, to a thousandth of it or the tolerance.
same() {
    note "$1"
    jq -r ".sysstat.hosts[0].statistics[] | select(.timestamp.interval >= 1)
        | [(.timestamp | \"\(.date)T\(.time)Z\" | fromdate), ($2)] | @tsv" "$WORK/sadf.json" >"$WORK/told"
    jq -r "[.t, ($3)] | select(.[1] != null) | @tsv" "$WORK/log" >"$WORK/logged"
    awk -v tolerance="${4:-0.01}" 'NR == FNR { logged[$1] = $2; next }
        !($1 in logged) { print "no", $1; wrong = 1; next }
        { difference = logged[$1] - $2; if (difference < 0) difference = -difference
          if (difference > tolerance + $2 / 1000) { print $1, logged[$1], "is not", $2; wrong = 1 } seen++ }
        END { exit wrong || seen < 8 }' "$WORK/logged" "$WORK/told"
}
check "free memory is what sadf says" same free '.memory.memfree * 1024' .meminfo.MemFree
check "slab is what sadf says" same slab '.memory.slab * 1024' .meminfo.Slab
check "the load is what sadf says" same load '.queue["ldavg-1"]' .loadavg.load1
check "sockets are what sadf says" same sockets '.network["net-sock"].tcpsck + .network["net-sock6"].tcp6sck' .sockstat.tcp
check "file systems are what sadf says" same disk '[.filesystems[] | select(.mountpoint == "/")][0].MBfsused * 1048576' '.filesystem["/"].used'
total() { [[ $(jq .meminfo.MemTotal "$WORK/log" | grep -v null | sort -u) == $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 1024)) ]]; }
check "MemTotal, which sadf does not tell, is the kernel's" total
# Rates of one boot id, over the time between two lines.
rates() {
    jq -s -c '[.[:-1], .[1:]] | transpose[] | select(.[0].boot == .[1].boot)
        | {t: .[1].t, meminfo: {}, rate: ((.[1].stat.ctxt - .[0].stat.ctxt) / (.[1].t - .[0].t)),
           system: ((.[1].stat.system - .[0].stat.system) / (.[1].t - .[0].t))}' "$WORK/log" >"$WORK/rates"
    mv "$WORK/log" "$WORK/whole" && mv "$WORK/rates" "$WORK/log"
    same switches '.["process-and-context-switch"].cswch' .rate 0.6 && same system "[.[\"cpu-load\"][] | select(.cpu == \"all\")][0].sys * $(nproc) / 100" .system
}
check "rates of the log are those of sadf" rates
mv "$WORK/whole" "$WORK/log"
check "the restart begins another boot" test "$(jq -r 'select(.uptime) | .boot' "$WORK/log" | sort -u | wc -l)" == 1

# Munin's databases: two days of five minutes and a month of hours, of a level and of a counter.
now=$(($(date +%s) / 300 * 300))
start=$((now - 20 * 86400))
rrd() {
    rrdtool create "$WORK/box-$1.rrd" --start $start --step 300 "DS:42:$2:600:0:U" RRA:AVERAGE:0.5:1:576 RRA:MAX:0.5:1:576 RRA:AVERAGE:0.5:12:720
    seq 1 $((20 * 288)) | awk -v start=$start -v each="$3" '{ printf "%d:%d\n", start + $1 * 300, each == "level" ? 1e9 + $1 * 4096 : $1 * 300 * 1000 }' |
        xargs rrdtool update "$WORK/box-$1.rrd"
}
rrd memory-slab-g GAUGE level
rrd if_eth0-down-d DERIVE total
check "Munin's databases are imported" import --host box "$WORK"/box-*.rrd
log box >"$WORK/box"
fetched() {
    rrdtool fetch "$WORK/box-memory-slab-g.rrd" AVERAGE -r 300 -s $((now - 86400)) -e "$now" |
        awk -F'[: ]+' '$2 ~ /^[0-9]/ { printf "%d %.0f\n", $1, $2 }' >"$WORK/fetch"
    jq -r "select(.t > $((now - 86400)) and .meminfo.Slab) | \"\(.t) \(.meminfo.Slab)\"" "$WORK/box" >"$WORK/slab"
    [[ $(wc -l <"$WORK/slab") -ge 287 ]] && [[ -z $(comm -13 <(sort "$WORK/fetch") <(sort "$WORK/slab")) ]]
}
check "the last day is what rrdtool fetches" fetched
check "older archives tell what was before" test "$(jq -s "map(select(.t < $((now - 10 * 86400)))) | length > 1000" "$WORK/box")" == true
steady() { jq -s -e '[.[:-1], .[1:]] | transpose | map(select(.[0].boot == .[1].boot) | (.[1].netdev.eth0.rx_bytes - .[0].netdev.eth0.rx_bytes) / (.[1].t - .[0].t)) | length > 2000 and (map(. - 1000 | fabs) | max) < 0.01' "$WORK/box"; }
check "a thousand bytes a second are a thousand all the way" steady

# Killed at some moments, then once to the end: the same as without.
killed() {
    local n pid
    for n in 1 2 3 4 5; do
        "$CRONOGRAPH" import --data "$WORK/killed" --host box "$WORK"/box-*.rrd & pid=$!
        sleep "0.0$n"
        kill -9 "$pid" || true
        wait "$pid" || true
    done
    "$CRONOGRAPH" import --data "$WORK/killed" --host box "$WORK"/box-*.rrd || return
    diff <(log box) <(zcat "$WORK"/killed/box/samples/*.jsonl.gz)
}
check "killed and run again the log is the same" killed

# The pages.
check "a sample of the host's own" "$CRONOGRAPH" sample --data "$data" --host box
check "pages are made" "$CRONOGRAPH" site --data "$data" --out "$WORK/site"
cp -r "$WORK/site" "$ARTEFACTS/import-site"
check "the newest sample is the host's own" jq -e '[.hosts[] | select(.name == "box")][0].memory.total > 0' "$WORK/site/status.json"
check "the past is rolled up" test -s "$data/.derived/box/1h/$(date -u +%Y).jsonl.gz"
check "nothing is broken" bash -c "! '$CRONOGRAPH' doctor --data '$data' --host box | grep -i broken"
