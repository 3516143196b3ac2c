#!/usr/bin/env bash
# What a fleet costs: a week of minute samples of each of N invented hosts, the first run of `site`, then runs after five new
# minutes each; the same for twice the hosts; and one host with a day and with a year behind it. Prints seconds, milliseconds
# of CPU a host, the peak of memory, the room on the disk, and ratios of one run of this script.
#
#   benches/fleet.sh                      50 hosts, then 100
#   HOSTS=500 benches/fleet.sh            as many, then twice as many; 1000 take 20 GB
#   HOSTS=1000 ONCE=1 benches/fleet.sh    these alone, half an hour
#   CRONOGRAPH_BIN=DIR benches/fleet.sh   programs already built (cronograph, examples/synth)
set -Eeuo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
hosts=${HOSTS:-50}
work=$(mktemp -d "${TMPDIR:-/tmp}/cronograph-fleet.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

if [ -n "${CRONOGRAPH_BIN:-}" ]; then
    bin=$CRONOGRAPH_BIN
else
    cargo build --profile dist --locked --bin cronograph --example synth
    bin=${CARGO_TARGET_DIR:-target}/dist
fi
program=$bin/cronograph synth=$bin/examples/synth
# Noon of yesterday, and some: the open day has half a day of samples, as it has on average.
start=$((($(date +%s) / 86400 - 1) * 86400 + 43320))

# make FOLDER HOSTS DAYS: logs up to the start; what comes in the half hour after it lies beside, in parts of five minutes.
make() {
    local number cores pid made=()
    cores=$(nproc)
    for ((number = 1; number <= $2; number++)); do
        make_one "$1" "$number" "$3" &
        made+=("$!")
        if ((number % cores == 0 || number == $2)); then
            # Each by itself: one that failed ends this.
            for pid in "${made[@]}"; do wait "$pid"; done
            made=()
        fi
    done
}

make_one() {
    local folder=$1 host=host$2 day
    "$synth" --out "$folder" --host "$host" --days "$3" --seed "$2" --until $((start + 1800)) --gzip >/dev/null
    day=$folder/$host/samples/$(date -u -d "@$start" +%F).jsonl
    mkdir -p "$folder.newest/$host"
    awk -v start="$start" -v parts="$folder.newest/$host/" 'match($0, /"t":[0-9]+/) {
        later = substr($0, RSTART + 4, RLENGTH - 4) - start
        print >(parts (later <= 0 ? 0 : int((later + 299) / 300))) }' "$day"
    mv "$folder.newest/$host/0" "$day"
}

# grow FOLDER STEP: the logs get five more minutes, as rsync would bring them.
grow() {
    local part
    for part in "$1.newest"/*/"$2"; do
        cat "$part" >>"$1/$(basename "$(dirname "$part")")/samples/$(date -u -d "@$start" +%F).jsonl"
    done
}

# run FOLDER TIME: "seconds cpu_seconds peak_kib" of a run of `site`.
run() {
    /usr/bin/time -f '%e %U %S %M' -o "$work/time" \
        "$program" site --data "$1" --out "$1.out" --now $(($2 + 2)) >/dev/null
    awk '{ print $1, $2 + $3, $4 }' "$work/time"
}

# fleet HOSTS: the mean of five runs after five new minutes each, in seconds, is left in `mean`.
fleet() {
    local count=$1 folder=$work/fleet$1 step line total=0
    make "$folder" "$count" 7
    line=$(run "$folder" "$start")
    echo "$count hosts, first run: $(tell "$line" "$count")"
    for step in 1 2 3 4 5; do
        grow "$folder" "$step"
        # A file system without a journal searches for inodes that were not freed lately: five minutes later there are many.
        sleep 6
        line=$(run "$folder" $((start + step * 300)))
        echo "$count hosts, $((step * 5)) minutes later: $(tell "$line" "$count")"
        total=$(awk -v total="$total" -v line="$line" 'BEGIN { split(line, part); print total + part[1] }')
    done
    mean=$(awk -v total="$total" 'BEGIN { print total / 5 }')
    rm -rf "$folder" "$folder.newest" "$folder.out"
}

tell() {
    awk -v line="$1" -v count="$2" 'BEGIN { split(line, part)
        printf "%.1f s, %.0f ms of CPU a host, %.0f MiB", part[1], 1000 * part[2] / count, part[3] / 1024 }'
}

# history DAYS: one host; the mean of five runs is left in `mean`.
history() {
    local folder=$work/one$1 step line part total=0
    # Its own log: it is compacted.
    export CRONOGRAPH_HOST=host1
    make "$folder" 1 "$1"
    run "$folder" "$start" >/dev/null
    for step in 1 2 3 4 5; do
        grow "$folder" "$step"
        line=$(run "$folder" $((start + step * 300)))
        total=$(awk -v total="$total" -v line="$line" 'BEGIN { split(line, part); print total + part[2] }')
    done
    mean=$(awk -v total="$total" 'BEGIN { print total / 5 }')
    # Apart, since du counts nothing twice.
    for part in . host1/samples .derived/host1/5m .derived/host1/1h; do du -sk "$folder/$part"; done | awk -v days="$1" '{ size[NR] = $1 * 1024 / 1e6 }
        END { printf "one host, %d days: %.0f MB on disk (samples %.0f, bins of 5 minutes %.0f, of an hour %.0f), ", days,
            size[1], size[2], size[3], size[4] }'
    awk -v mean="$mean" 'BEGIN { printf "%.0f ms of CPU a run\n", 1000 * mean }'
    rm -rf "$folder" "$folder.newest" "$folder.out"
}

fleet "$hosts"
[ -z "${ONCE:-}" ] || exit 0
once=$mean
fleet $((2 * hosts))
awk -v once="$once" -v twice="$mean" 'BEGIN { printf "twice the hosts: %.2f times the time\n", twice / once }'
history 1
once=$mean
history 365
awk -v once="$once" -v year="$mean" 'BEGIN { printf "a year of history: %.2f times the run with a day\n", year / once }'
