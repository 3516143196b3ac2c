# shellcheck shell=bash
# Services of a booted Debian: one that is stopped, one that is killed, one that fails, one that restarts in a loop, one that
# nothing starts; a systemd that does not answer. What the log, the events and the page say of them.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/machine.bash
source "$tree/tests/system/machine.bash"

# The other booted Debians have their own.
ARTEFACTS=$ARTEFACTS/services
mkdir -p "$ARTEFACTS"
root=$WORK/debian
machine_unpack "$root"
install -m 755 "$CRONOGRAPH" "$root/usr/local/bin/cronograph"
mkdir -p "$root/srv/logs" "$root/srv/www"

# plant NAME [LINE…]: a unit with that service; enabled unless its last line is `static`.
plant() {
    local name=$1
    shift
    printf '%s\n' '[Unit]' "Description=test of $name" 'StartLimitIntervalSec=0' '[Service]' "${@/#static/}" >"$root/etc/systemd/system/$name.service"
    [[ ${!#} == static ]] || ln -s "../$name.service" "$root/etc/systemd/system/multi-user.target.wants/$name.service"
}
plant broken 'ExecStart=/bin/false'
plant loop 'ExecStart=/bin/sh -c "exit 3"' 'Restart=always' 'RestartSec=2'
plant job 'Type=oneshot' 'ExecStart=/bin/false' static

defer machine_off
check "Debian boots, beside another" machine_boot "$root"

# On a busy machine a systemd that has just booted answers late: what it says is looked at, not how soon.
for ((try = 0; try < 60; try++)); do
    asked=$(date +%s%N)
    within_machine systemctl show '*.service' >/dev/null
    (($(date +%s%N) - asked > 500000000)) || break
    sleep 1
done

# --- a minute is a sample whose clock says so
start=$(date +%s)
minute=0
sample() {
    within_machine cronograph sample --data /srv/logs --host box --now $((start + 60 * minute)) >>"$ARTEFACTS/said.txt" 2>&1
    minute=$((minute + 1))
}
log=$root/srv/logs/box
last() { cat "$log"/samples/*.jsonl | tail -n 1; }
has() { last | jq -e "$1"; }
events() { jq -r 'select(.kind == "service") | "\(.change) \(.subject)"' "$log/events.jsonl"; }

sample
check "a first line has all services" has '.service.manager == "systemd"'
check "those that run do" has '.service.units | .nginx.up == 1 and .cron.state == "running"'
check "files alone know since when" has '.service.units.nginx.since > 1700000000'
sample
check "systemd's answer is in the next line" has '.service.manager == null and .service.units.nginx.pid > 1'
check "with what failed" has '.service.units.broken | .state == "failed" and .failed == 1 and .up == 0'
check "and what restarts in a loop" has '.service.units.loop | .failed == 1 and .up == 0'
check "work that is done and what its conditions keep away are not missed" has \
    '[.service.units[] | select(.up == 0)] | length == 2'
sample
check "a quiet minute has nothing of what is as it was" has '.service.units.nginx == null and .service.units.broken == null'
check "nothing could not be read" has '.errors == null'

# --- stopped in order
within_machine systemctl stop nginx
sample
check "a service that was stopped is down at once" has '.service.units.nginx | .up == 0 and .state == "stopped"'
sample
check "and did not fail" has '.service.units.nginx.failed == 0'
sample
check "that is told" test "$(events | grep -c 'nginx')" = 1
check "as a stop" sh -c 'grep -q "\"stopped\",\"subject\":\"nginx.service\"" "$1"' sh "$log/events.jsonl"
within_machine systemctl start nginx
sample
check "it runs again" has '.service.units.nginx.up == 1'
sample

# --- killed
within_machine sh -c 'kill -KILL $(cat /run/nginx.pid)'
for _ in $(seq 50); do
    [[ $(within_machine systemctl show -p ActiveState --value nginx) != failed ]] || break
    sleep 0.2
done
sample
sample
check "a service that was killed has failed" has '.service.units.nginx | .failed == 1 and .state == "failed"'
within_machine systemctl start job || true
sample
sample
check "so has one that nothing starts by itself" has '.service.units.job.failed == 1'
for _ in 1 2 3; do sample; done
check "each failure is told once" test "$(events | grep -c '^failed \(nginx\|job\)')" = 2
check "and not as a stop, too" test "$(events | grep -c '^stopped nginx')" = 1

# --- the loop
restarts() { jq -s '[.[].service.units.loop.restarts // empty] | max' "$log"/samples/*.jsonl; }
# It restarts every two seconds, and each look, as one of a minute, finds another start than the one before.
said=$(within_machine systemctl show -p NRestarts --value loop)
for ((try = 0; try < 60 && said < 3; try++)); do
    sleep 1
    said=$(within_machine systemctl show -p NRestarts --value loop)
done
for _ in 1 2 3; do
    sleep 2.5
    sample
done
check "the loop's restarts are counted" test "$(restarts)" -ge "$said"
# A look may fall into the moment in which it runs.
check "and it is in the loop nearly all the time" sh -c \
    'jq -se "[.[].service.units.loop.state // empty] | length >= 4 and (map(select(. == \"restarting\")) | length) > length / 2" "$1"/samples/*.jsonl' sh "$log"

# --- the page
page=$root/srv/www/box/index.html
check "a page is made" within_machine cronograph site --data /srv/logs --out /srv/www --now $((start + 60 * minute))
cp "$page" "$ARTEFACTS/page.html" || true
order() { grep -o 'th scope="row"[^>]*>\(broken\|nginx\|cron\)<' "$page" | sed 's/.*>\(.*\)</\1/' | awk '!seen[$0]++' | tr '\n' ' '; }
check "the worst comes first" test "$(order)" = "broken nginx cron "
check "its day is drawn" grep -q '<rect class="failed"' "$page"

# --- a systemd that hangs
kill -STOP "$leader"
defer kill -CONT "$leader"
for _ in 1 2 3 4 5; do sample; done
check "a systemd that does not answer costs no line" has ".t == $((start + 60 * (minute - 1)))"
check "and is said" has '.errors.service | test("did not answer")'
kill -CONT "$leader"
sample
sample
check "until it answers again" has '.errors == null'
check "no systemctl is left" test -z "$(within_machine pgrep -x systemctl)"

# --- files only
printf '[services]\nask_systemd = false\n' >"$root/etc/cronograph.toml"
rm -rf "$log"
sample
sample
check "asked for nothing, it asks nothing" has '.service == null or ([.service.units[].failed] | all(. == null))'
