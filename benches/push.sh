#!/usr/bin/env bash
# How long `push` takes for a fleet: HOSTS hosts x 1 day of minute samples to a sink on loopback that takes everything (nginx), with
# its peak memory. Writes only below a temporary folder that it removes; exits 1 where the target is missed.
#
#   benches/push.sh                       1,000 hosts, at most 120 s and 256 MiB
#   HOSTS=100 benches/push.sh             fewer
#   CRONOGRAPH_BIN=DIR benches/push.sh    programs already built (cronograph, examples/synth)
set -Eeuo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

hosts=${HOSTS:-1000}
seconds=$((120 * hosts / 1000 + 1))
kibibytes=$((256 * 1024))
until=1795392000 # 2026-11-23 00:00 UTC
work=$(mktemp -d "${TMPDIR:-/tmp}/cronograph-push.XXXXXX")
sink=
cleanup() {
    [ -z "$sink" ] || kill "$sink" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM

if [ -n "${CRONOGRAPH_BIN:-}" ]; then
    bin=$CRONOGRAPH_BIN
else
    cargo build --profile dist --locked --bin cronograph --example synth
    bin=${CARGO_TARGET_DIR:-target}/dist
fi

# Sixteen hosts that differ, the others with their logs under names of their own.
data=$work/data
for ((host = 0; host < hosts; host++)); do
    name=host-$host
    if ((host < 16)); then
        size=1G
        ((host % 4 != 3)) || size=8G
        "$bin/examples/synth" --out "$data" --host "$name" --days 1 --seed "$host" --size "$size" --until "$until" >/dev/null
    else
        mkdir -p "$data/$name/samples"
        ln "$data/host-$((host % 16))/samples/"* "$data/$name/samples/"
    fi
done

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/nginx.conf" <<END
pid $work/nginx.pid; error_log $work/nginx.log; daemon off; worker_processes 1;
events {}
http {
    access_log off; client_max_body_size 64m; client_body_buffer_size 4m; client_body_temp_path $work/body;
    proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi; uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
    keepalive_requests 1000000;
    server { listen 127.0.0.1:$port; location / { return 204; } }
}
END
nginx -c "$work/nginx.conf" &
sink=$!
sleep 1
printf 'data = "%s"\n[push]\nurl = "http://127.0.0.1:%s/api/v1/write"\n' "$data" "$port" >"$work/c.toml"

measure() { /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$bin/cronograph" push --config "$work/c.toml"; }
"$bin/cronograph" push --config "$work/c.toml" --dry-run | awk '{ gsub(",", ""); n += $2; p += $4 } END { print n " samples, " p " numbers of " NR " hosts" }'
measure
read -r wall user system memory <"$work/time"
echo "all of it:   $wall s ($user user, $system system), $((memory / 1024)) MiB"
missed=0
awk "BEGIN { exit !($wall > $seconds) }" && missed=1
((memory <= kibibytes)) || missed=1
measure
read -r wall user system memory <"$work/time"
echo "nothing new: $wall s ($user user, $system system), $((memory / 1024)) MiB"
((missed == 0)) || { echo "target missed: $seconds s, $((kibibytes / 1024)) MiB" >&2; exit 1; }
