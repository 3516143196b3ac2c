# shellcheck shell=bash
# Real engines of metrics on loopback, Debian's VictoriaMetrics and Prometheus: a day of three hosts is pushed to each, and read back
# by their HTTP API, also over a run that is killed and an engine that is down for a while. `explain`, `site` and `check` over what the
# engine has say what they say over the log. And a real node_exporter reads what `sample --print prometheus` writes.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

hosts=(web-1 web-2 web-3)
day=2026-11-22
start=$(date -u -d "$day" +%s)
until=$((start + 86400))
data=$WORK/data
for host in "${hosts[@]}"; do
    leak=()
    [[ $host != web-2 ]] || leak=(--leak-since -7h)
    "$SYNTH" --out "$data" --host "$host" --days 1 --seed "${host#web-}" --until "$until" "${leak[@]}" >/dev/null
done
# web-2 leaks, and the disk of web-1 is full.
jq -c '.filesystem["/"] |= (.used = (.total * 0.97 | floor) | .available = .total - .used)' \
    "$data/web-1/samples/$day.jsonl" >"$WORK/full" && mv "$WORK/full" "$data/web-1/samples/$day.jsonl"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
declare -A port process
# engine NAME: starts it, or starts it again on the same port and folder.
engine() {
    port[$1]=${port[$1]:-$(free_port)}
    local place=127.0.0.1:${port[$1]}
    case $1 in
        victoria)
            victoria-metrics -httpListenAddr="$place" -storageDataPath="$WORK/victoria" -retentionPeriod=100y \
                -dedup.minScrapeInterval=1ms >>"$ARTEFACTS/victoria.txt" 2>&1 &
            ;;
        prometheus)
            prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/prometheus" --storage.tsdb.retention.time=100y \
                --web.listen-address="$place" --web.enable-remote-write-receiver >>"$ARTEFACTS/prometheus.txt" 2>&1 &
            ;;
    esac
    process[$1]=$!
    defer kill -9 "$!"
    local try
    for ((try = 0; try < 150; try++)); do
        ! curl -sf "http://$place/-/ready" -o /dev/null && ! curl -sf "http://$place/health" -o /dev/null || return 0
        sleep 0.2
    done
    return 1
}
stop() { kill "${process[$1]}" && { wait "${process[$1]}" || true; }; }
printf 'global: {scrape_interval: 1h}\nstorage: {tsdb: {out_of_order_time_window: 30d}}\n' >"$WORK/prometheus.yml"

config() { printf 'data = "%s"\n[push]\nurl = "http://127.0.0.1:%s/api/v1/write"\n' "$data" "${port[$1]}" >"$WORK/$1.toml"; }
push() { "$CRONOGRAPH" push --config "$WORK/$1.toml" "${@:2}"; }
query() { curl -sf "http://127.0.0.1:${port[$1]}/api/v1/query" --data-urlencode "query=$2" --data-urlencode "time=$until"; }
# count ENGINE NUMBER: of each host as many points; VictoriaMetrics shows what it was sent a moment later.
count() {
    local try
    for ((try = 0; try < 60; try++)); do
        ! query "$1" 'count_over_time(node_load1{job="node"}[3d])' |
            jq -e --arg n "$2" '.data.result | length == 3 and all(.value[1] == $n)' || return 0
        sleep 0.5
    done
    return 1
}
# same ENGINE QUERY FILTER: the points of web-2 are those of its log, times and values.
same() {
    query "$1" "$2" | jq -r '.data.result | length as $n | if $n == 1 then .[0].values[] | "\(.[0]) \(.[1] | tonumber)" else "\($n) series" end' >"$WORK/.engine"
    cat "$data"/web-2/samples/*.jsonl | jq -r "select($3 != null) | \"\(.t) \($3)\"" >"$WORK/.log"
    diff "$WORK/.engine" "$WORK/.log" | head && cmp "$WORK/.engine" "$WORK/.log" && [[ -s $WORK/.log ]]
}
# no_doubles ENGINE: of no series of a host a time comes twice.
no_doubles() {
    query "$1" '{instance="web-2"}[25h]' |
        jq -e '.data.result | length > 150 and all(.values | length == (map(.[0]) | unique | length) and length <= 1440)'
}

# What pages and messages are over the log, and over what an engine has. Of the log only the list of processes is left out, since it
# is not sent: the table "Top processes" of a host, and the lines "Most memory" of a message. (Nor are users, the words of
# checks, and events; these hosts have none.) And a message names the configuration. Nothing else may differ.
now=$((until + 120))
pages() { "$CRONOGRAPH" site --config "$2" --out "$WORK/site-$1" --now "$now"; }
without_processes() { perl -0pe 's|<div class="sheet whole" id="table-processes">.*?</table>\s*</div>\s*</div>\s*||s' "$1"; }
same_files() {
    diff -rq --exclude=.cronograph --exclude='*.html' "$WORK/site-here" "$WORK/site-$1" &&
        (($(find "$WORK/site-$1" -name '*.png' | wc -l) > 500))
}
same_pages() {
    local page count=0
    while read -r page; do
        diff <(without_processes "$WORK/site-here/$page" | sed 's/></>\n</g') <(sed 's/></>\n</g' "$WORK/site-$1/$page") || return
        count=$((count + 1))
    done < <(cd "$WORK/site-here" && find . -name '*.html')
    diff <(cd "$WORK/site-here" && find . -name '*.html' | sort) <(cd "$WORK/site-$1" && find . -name '*.html' | sort) && ((count > 20))
}
alerts() {
    local status=0 rule
    "$CRONOGRAPH" check --dry-run --config "$2" --now "$now" >"$WORK/alerts" || status=$?
    sed "s|--config [^ ]*|--config C|" "$WORK/alerts" |
        awk '/^Most memory:/ { list = 1; next } list && /^  / { next } { list = 0; print }' >"$WORK/alerts-$1"
    for rule in filesystem leak memory; do
        grep -q "^Rule $rule: " "$WORK/alerts-$1" || return
    done
    [[ $status == 3 ]]
}
printf 'data = "%s"\n' "$data" >"$WORK/here.toml"
check "the log's pages" pages here "$WORK/here.toml"
check "they have the table that an engine's lack" grep -q 'id="table-processes"' "$WORK/site-here/web-1/index.html"
check "the log's alerts: a leak, too little memory, a full disk" alerts here "$WORK/here.toml"

for engine in victoria prometheus; do
    check "$engine starts" engine "$engine"
    config "$engine"
    # Killed at some moments, each time a little later.
    killed() {
        local n pid
        for n in 1 2 3 4 5 6; do
            push "$engine" & pid=$!
            sleep "0.0$((n * 15 / 10))"
            kill -9 "$pid" || true
            wait "$pid" || true
        done 2>/dev/null
    }
    check "$engine: six runs are killed" killed
    check "$engine: some of it was sent" grep -q days "$data"/.push/*/places.jsonl
    check "$engine: the next run says nothing" silent push "$engine"
    check "$engine: it has each sample of each host" count "$engine" 1440
    check "$engine: none twice" no_doubles "$engine"
    check "$engine: SUnreclaim is the log's, bit by bit" same "$engine" 'node_memory_SUnreclaim_bytes{instance="web-2"}[25h]' .meminfo.SUnreclaim
    check "$engine: idle time" same "$engine" 'node_cpu_seconds_total{instance="web-2",mode="idle",cpu="0"}[25h]' '.stat.cores[0][3]'
    check "$engine: received bytes" same "$engine" 'node_network_receive_bytes_total{instance="web-2",device="eth0"}[25h]' .netdev.eth0.rx_bytes
    check "$engine: free space of /" same "$engine" 'node_filesystem_free_bytes{instance="web-2",mountpoint="/"}[25h]' '(.filesystem["/"] | .total - .used)'
    check "$engine: a slab cache, of the slow beat" same "$engine" 'cronograph_slabinfo_total_bytes{instance="web-2"}[25h]' .slabinfo.total
    check "$engine: facts with each sample" sh -c "curl -sf 'http://127.0.0.1:${port[$engine]}/api/v1/query' --data-urlencode 'query=count_over_time(node_uname_info{instance=\"web-2\",nodename=\"web-2\"}[25h])' --data-urlencode 'time=$until' | jq -e '.data.result[0].value[1] == \"1440\"'"
    # The way back, into a data folder that has nothing.
    printf 'data = "%s"\n[source]\nprometheus = "http://127.0.0.1:%s"\n' "$WORK/back-$engine" "${port[$engine]}" >"$WORK/back.toml"
    kept='del(.processes.top, .processes.interval, .sessions.users, .vfs.file_handles_max)'
    back() {
        "$CRONOGRAPH" explain --json --config "$WORK/back.toml" --host web-2 --now $((until + 120)) >"$WORK/back.json" || [[ $? == 3 ]] || return
        diff <(cat "$data"/web-2/samples/*.jsonl | jq -cS "$kept") <(cat "$WORK/back-$engine"/web-2/samples/*.jsonl | jq -cS "$kept") | head -c 2000
        cmp <(cat "$data"/web-2/samples/*.jsonl | jq -cS "$kept") <(cat "$WORK/back-$engine"/web-2/samples/*.jsonl | jq -cS "$kept")
    }
    check "$engine: explain reads it back, each sample as it was" back
    explained() {
        "$CRONOGRAPH" explain --json --data "$data" --host web-2 --now $((until + 120)) >"$WORK/here.json" || [[ $? == 3 ]] || return
        diff <(jq '[.parts, [.findings[] | {subject, state, since, growth}]]' "$WORK/here.json") <(jq '[.parts, [.findings[] | {subject, state, since, growth}]]' "$WORK/back.json")
    }
    check "$engine: and says the same of it" explained
    check "$engine: site renders it" pages "$engine" "$WORK/back.toml"
    check "$engine: all files but the pages are the log's, pictures byte by byte" same_files "$engine"
    check "$engine: the pages are, too" same_pages "$engine"
    check "$engine: check finds a leak, too little memory and a full disk" alerts "$engine" "$WORK/back.toml"
    check "$engine: as over the log" diff "$WORK/alerts-here" "$WORK/alerts-$engine"
    check "$engine: nothing is left" sh -c "'$CRONOGRAPH' push --config '$WORK/$engine.toml' --dry-run | grep -x 'Nothing is new.'"
    check "$engine: doctor says that it works" sh -c "'$CRONOGRAPH' doctor --config '$WORK/$engine.toml' --host web-1 | grep '^ok .*samples are pushed to'"
done

# Down for a while: an hour more of each host.
more=$((until + 3600))
for host in "${hosts[@]}"; do
    "$SYNTH" --out "$WORK/more" --host "$host" --days 1.0416666667 --seed "${host#web-}" --until "$more" >/dev/null
done
for engine in victoria prometheus; do
    config "$engine"
    stop "$engine"
done
for host in "${hosts[@]}"; do
    tail -n 60 "$WORK/more/$host/samples/2026-11-23.jsonl" >>"$data/$host/samples/2026-11-23.jsonl"
done
until=$more
in_time() {
    local started=$SECONDS
    one_line_error 'Connection refused.*tried again in 1 min' push "$1" && ((SECONDS - started < 50))
}
for engine in victoria prometheus; do
    check "$engine is down: the run ends in time, with one line" in_time "$engine"
    check "$engine is down: the next run leaves it alone" silent push "$engine"
    check "$engine is down: doctor says it" sh -c "'$CRONOGRAPH' doctor --config '$WORK/$engine.toml' --host web-1 | grep '^WRONG .*has taken no samples'"
    check "$engine is up again" engine "$engine"
    check "$engine: a later run goes on" silent push "$engine" --now $(($(date +%s) + 70))
    check "$engine: it has what was taken meanwhile" count "$engine" 1500
done

# A day that comes late, older than all.
"$SYNTH" --out "$data" --host web-1 --days 1 --seed 1 --until "$start" >/dev/null
late() { query "$1" "count_over_time(node_load1{instance=\"web-1\"}[3d])" | jq -e '.data.result[0].value[1] == "2940"'; }
check "a day that comes late is sent, too" silent push prometheus
check "Prometheus takes it inside its window" late prometheus

# The text format, by a real node_exporter, and a real linter.
text=$WORK/textfile
mkdir "$text"
exported() {
    "$CRONOGRAPH" sample --data "$WORK/own" --host box --print prometheus >"$text/cronograph.prom" || return
    port[node]=$(free_port)
    prometheus-node-exporter --web.listen-address="127.0.0.1:${port[node]}" --collector.textfile.directory="$text" \
        --collector.slabinfo --collector.processes >"$ARTEFACTS/node-exporter.txt" 2>&1 &
    defer kill "$!"
    for _ in $(seq 50); do
        ! curl -sf "http://127.0.0.1:${port[node]}/metrics" >"$WORK/metrics" || break
        sleep 0.2
    done
    grep -x 'node_textfile_scrape_error 0' "$WORK/metrics" && grep -q '^cronograph_slabinfo_total_bytes [1-9]' "$WORK/metrics"
}
check "node_exporter's textfile collector takes the text" exported
lint() {
    "$CRONOGRAPH" sample --data "$WORK/own" --host box --print prometheus-all >"$WORK/all" || return
    # The kernel's own capitals are node_exporter's, too.
    ! promtool check metrics <"$WORK/all" 2>&1 | grep -v 'snake_case\|^$'
}
check "promtool finds nothing but the kernel's own capitals" lint
# What node_exporter has on other machines, or by somebody's script.
names() { grep -o '^node_[A-Za-z0-9_]*' "$1" | sort -u; }
strangers() { ! comm -23 <(names "$WORK/all") <(names "$WORK/metrics") | grep -vE '^node_(reboot_required|zfs_|md_|hwmon_|nf_conntrack)'; }
check "every name that is node_exporter's it has" strangers
