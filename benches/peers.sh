#!/usr/bin/env bash
# What cronograph costs beside programs that people use for the same: sysstat's sadc, a shell agent, rrdtool, munin. In one
# run, in turns (A B A B …), so that a busy machine is busy for both; medians, and their ratio with its target.
#
#   benches/peers.sh                all of it, some minutes
#   benches/peers.sh sample chart   only these parts, of: size sample agent chart site
#   RUNS=101 benches/peers.sh       more turns than 31
#   CRONOGRAPH_BIN=DIR              programs already built (cronograph, examples/chart_times, examples/synth)
#
# shellcheck disable=SC2317 # functions are called through `measure` and the trap
#
# Installs nothing, and writes only below a temporary folder that it removes. Exits 1 where a target is missed.
set -Eeuo pipefail
export LC_ALL=C TIMEFORMAT='%R %U %S'
cd "$(dirname "$0")/.."

runs=${RUNS:-31}
parts=${*:-size sample agent chart site}
missed=0
node_pid=
now=1795435620 # 2026-11-23 12:07 UTC, for what is rendered: no edge of a longer window falls into the next minute

work=$(mktemp -d "${TMPDIR:-/tmp}/cronograph-peers.XXXXXX")
chmod 755 "$work"
: >"$work/errors"
cleanup() {
    if [ -n "$node_pid" ]; then
        kill "$node_pid" 2>/dev/null || true
        wait "$node_pid" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM

for part in $parts; do
    if [[ " size sample agent chart site " != *" $part "* ]]; then
        echo "peers.sh: no part is called $part; there are size, sample, agent, chart, site" >&2
        exit 2
    fi
done
trap 'echo "peers.sh: failed in line $LINENO; its last words:" >&2; tail -n 3 "$work/errors" >&2' ERR

# need PROGRAM PACKAGE: is it here? Otherwise says what to install; the part is skipped.
need() {
    command -v "$1" >/dev/null && return
    echo "   skipped: $1 is missing (apt-get install $2)"
    return 1
}

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
calculate() { awk "BEGIN { printf \"%.4g\", $1 }"; }

# measure FILE.wall FILE.cpu COUNT COMMAND…: runs it COUNT times in a row; milliseconds of one.
measure() {
    local name=$1 count=$2 times
    shift 2
    times=$({ time for ((i = 0; i < count; i++)); do "$@" >/dev/null 2>>"$work/errors" </dev/null; done; } 2>&1)
    awk -v n="$count" '{ print $1 * 1000 / n }' <<<"$times" >>"$work/$name.wall"
    awk -v n="$count" '{ print ($2 + $3) * 1000 / n }' <<<"$times" >>"$work/$name.cpu"
}
of() { median <"$work/$1"; }

# report WHAT OURS PEER TARGET UNIT: a line with the ratio, and whether it is within the target.
report() {
    local ratio verdict=ok
    ratio=$(calculate "$2 / $3")
    if awk "BEGIN { exit !($ratio > $4) }"; then verdict=MISSED missed=1; fi
    printf '   %-44s %10.4g %10.4g %s  ratio %-8.3g target %-6.3g %s\n' "$1" "$2" "$3" "$5" "$ratio" "$4" "$verdict"
}
limit() {
    local verdict=ok
    if awk "BEGIN { exit !($2 > $3) }"; then verdict=MISSED missed=1; fi
    printf '   %-44s %10.4g %10.4g %s  %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

build() {
    if [ -n "${CRONOGRAPH_BIN:-}" ]; then
        bin=$(realpath "$CRONOGRAPH_BIN")
    else
        local host
        host=$(rustc -vV | sed -n 's/^host: //p')
        echo "building the static release …"
        RUSTFLAGS='-C target-feature=+crt-static -C relocation-model=static -C force-unwind-tables=no' cargo build --quiet --profile dist --target "$host" \
            --bin cronograph --example chart_times --example synth
        bin=$(realpath "${CARGO_TARGET_DIR:-target}/$host/dist")
    fi
    # No configuration of this machine.
    : >"$work/cronograph.toml"
}

part_size() {
    echo "binary that is installed, static, stripped"
    limit 'MiB, at most' "$(calculate "$(stat -c %s "$bin/cronograph") / 1048576")" 6 MiB
}

take_sample() { "$bin/cronograph" --config "$work/cronograph.toml" --data "$work/data" sample --host bench; }
take_sadc() { /usr/lib/sysstat/sadc -F -L -S DISK 1 1 "$work/sa"; }

part_sample() {
    echo "one sample, whole process: cronograph, sadc"
    need /usr/lib/sysstat/sadc sysstat || return 0
    need /usr/bin/time time || return 0
    take_sample # the first one also writes what seldom changes
    for ((turn = 0; turn < runs; turn++)); do
        measure sample 10 take_sample
        measure sadc 10 take_sadc
        /usr/bin/time -a -o "$work/sample.rss" -f %M "$bin/cronograph" --config "$work/cronograph.toml" \
            --data "$work/data" sample --host bench
    done
    report 'wall' "$(of sample.wall)" "$(of sadc.wall)" 1 ms
    printf '   %-44s %10.4g %10.4g ms\n' 'CPU' "$(of sample.cpu)" "$(of sadc.cpu)"
    limit 'peak RSS, at most' "$(calculate "$(of sample.rss) / 1024")" 4 MiB
}

part_agent() {
    echo "one sample: cronograph, a shell agent (benches/shell_agent.sh)"
    if need strace strace; then
        printf '   the agent starts %s programs\n' \
            "$(strace -f -qq -e trace=execve -e status=successful sh benches/shell_agent.sh 2>&1 >/dev/null | grep -c execve)"
    fi
    take_sample
    for ((turn = 0; turn < 11; turn++)); do
        measure sample-beside-agent 10 take_sample
        measure agent 1 sh benches/shell_agent.sh
    done
    report 'CPU' "$(of sample-beside-agent.cpu)" "$(of agent.cpu)" 0.01 ms
}

# The same picture for rrdtool: 5 series, 1,440 points, stacked, 720 × 240 pixels in all.
prepare_rrd() {
    local midnight=1795392000 create=() graph
    local colours=(CC79A7 D55E00 E69F00 0072B2 59C0A4)
    for s in 0 1 2 3 4; do create+=("DS:s$s:GAUGE:120:U:U"); done
    rrdtool create "$work/day.rrd" --start $((midnight - 86460)) --step 60 "${create[@]}" RRA:AVERAGE:0.5:1:1500
    awk -v from=$((midnight - 86400)) 'BEGIN {
        for (m = 0; m < 1440; m++) {
            line = from + m * 60
            for (s = 0; s < 5; s++) line = line ":" 50 + 40 * sin(m / 80 + s) + m * 7919 % 13
            print line
        }
    }' | xargs -n 200 rrdtool update "$work/day.rrd"
    graph="graph $work/rrd.png --start $((midnight - 86400)) --end $midnight --width 720 --height 240 --full-size-mode"
    for s in 0 1 2 3 4; do graph+=" DEF:s$s=$work/day.rrd:s$s:AVERAGE AREA:s$s#${colours[$s]}::STACK"; done
    for ((i = 0; i < 50; i++)); do echo "$graph"; done >"$work/graphs"
}
# Fails aloud: rrdtool reports errors of its pipe mode on standard output and goes on.
rrdtool_pipe() { rrdtool - <"$work/graphs" | awk '/^ERROR/ { print > "/dev/stderr"; bad = 1 } END { exit bad }'; }

part_chart() {
    echo "one chart, 5 stacked series × 1,440 points, 720 × 240 pixels: cronograph (both themes), rrdtool's pipe"
    need rrdtool rrdtool || return 0
    prepare_rrd
    for ((turn = 0; turn < 15; turn++)); do
        measure chart 1 "$bin/examples/chart_times" 50
        measure rrdtool 1 rrdtool_pipe
    done
    "$bin/examples/chart_times" 1 "$work/ours.png" >/dev/null
    report 'wall, of 50 in one process' "$(calculate "$(of chart.wall) / 50")" "$(calculate "$(of rrdtool.wall) / 50")" 0.2 ms
    printf '   %-44s %10d %10d bytes\n' 'file' "$(stat -c %s "$work/ours.png")" "$(stat -c %s "$work/rrd.png")"
}

# munin's own steps as munin's own user, which it insists on.
munin() {
    local step=$1
    shift
    local as=()
    if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=munin --regid=munin --clear-groups); fi
    (cd / && "${as[@]}" "/usr/share/munin/munin-$step" --config "$work/munin/munin.conf" "$@")
}
munin_pages() { munin html && munin graph --cron; }

prepare_munin() {
    mkdir -p "$work"/munin/{db,html,log,run,state}
    cat >"$work/munin/node.conf" <<CONF
log_file $work/munin/log/node.log
pid_file $work/munin/run/node.pid
background 0
setsid 0
user $(id -un)
group $(id -gn)
host_name peer.example
allow ^127\.0\.0\.1$
host 127.0.0.1
port 14949
CONF
    cat >"$work/munin/munin.conf" <<CONF
dbdir $work/munin/db
htmldir $work/munin/html
logdir $work/munin/log
rundir $work/munin/run
tmpldir /etc/munin/templates
staticdir /etc/munin/static
graph_strategy cron
html_strategy cron
[peer.example]
    address 127.0.0.1
    port 14949
    use_node_name yes
CONF
    if [ "$(id -u)" = 0 ]; then chown -R munin: "$work"/munin/{db,html,log,run}; fi
    # A node of our own, on the loopback only and for one question.
    MUNIN_PLUGSTATE="$work/munin/state" munin-node --config "$work/munin/node.conf" >/dev/null 2>>"$work/errors" &
    node_pid=$!
    sleep 3
    munin update --nofork >/dev/null 2>>"$work/errors"
    kill "$node_pid" 2>/dev/null || true
    wait "$node_pid" 2>/dev/null || true
    node_pid=
    munin limits >/dev/null 2>>"$work/errors"
}

pages() { "$bin/cronograph" --config "$work/cronograph.toml" --data "$work/logs" site --out "$work/site" --now "$1"; }

# A log of 30 days whose last line waits beside it, to arrive later.
prepare_log() {
    "$bin/examples/synth" --out "$work/logs" --host web-1 --days 30 --until $((now + 60)) --leak-since -7h >/dev/null
    today="$work/logs/web-1/samples/2026-11-23.jsonl"
    tail -n 1 "$today" >"$work/next-line"
    sed -i '$d' "$today"
    cp "$today" "$work/today"
}

part_site() {
    echo "the site of one host with 30 days of log, six windows, both themes: cronograph, munin-html + munin-graph"
    local ours=0
    prepare_log
    measure first 1 pages "$now"
    with_munin=0
    if need munin-node munin-node && need /usr/share/munin/munin-graph munin && need setpriv util-linux; then
        prepare_munin
        with_munin=1
    fi
    for ((turn = 0; turn < 5; turn++)); do
        rm -rf "$work/site"
        cp "$work/today" "$today"
        measure full 1 pages "$now"
        ours=$(find "$work/site" -name '*-light*.png' | wc -l)
        cat "$work/next-line" >>"$today"
        measure next 1 pages $((now + 60))
        if [ "$with_munin" = 1 ]; then
            find "$work/munin/html" -name '*.png' -path '*/peer.example/*' -delete
            measure munin 1 munin_pages
        fi
    done
    printf '   %-44s %10.4g ms\n' 'the very first run, which also folds the log' "$(of first.wall)"
    report 'with one new sample, beside all pages anew' "$(of next.wall)" "$(of full.wall)" 0.2 ms
    printf '   %-44s %10.4g %10.4g ms\n' 'CPU of these two' "$(of next.cpu)" "$(of full.cpu)"
    [ "$with_munin" = 1 ] || return 0
    local theirs
    theirs=$(find "$work/munin/html" -name '*.png' -path '*/peer.example/*' | wc -l)
    echo "   $ours pictures in two themes, $theirs of munin's (its data bases hold one sample, which favours it)"
    report 'wall, all pages' "$(of full.wall)" "$(of munin.wall)" 1 ms
    report 'wall, for as many pictures' "$(of full.wall)" "$(calculate "$(of munin.wall) * $ours / $theirs")" 1 ms
    report 'CPU, for as many pictures' "$(of full.cpu)" "$(calculate "$(of munin.cpu) * $ours / $theirs")" 1 ms
}

build
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $(uname -r), $runs turns; ours, theirs, ratio ours / theirs"
for part in $parts; do
    case $part in
        size) part_size ;;
        sample) part_sample ;;
        agent) part_agent ;;
        chart) part_chart ;;
        site) part_site ;;
    esac
done
exit "$missed"
