# shellcheck shell=bash
# Told before anybody looks: a booted Debian whose nginx is stopped, a mail server beside it, a second host that falls silent.
# What the mail, the page, the history and the feed say, and that each change is told once.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/machine.bash
source "$tree/tests/system/machine.bash"

# The other booted Debians have their own.
ARTEFACTS=$ARTEFACTS/alerts
got=$WORK/got
mkdir -p "$ARTEFACTS" "$got"
root=$WORK/debian
machine_unpack "$root"
install -m 755 "$CRONOGRAPH" "$root/usr/local/bin/cronograph"
printf 'vps-one\n' >"$root/etc/hostname"
defer machine_off
check "Debian boots, beside another" machine_boot "$root"

# --- a mail server on the machine's own loopback
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=IP:127.0.0.1" \
    -addext basicConstraints=critical,CA:false -keyout "$WORK/key.pem" -out "$root/etc/mail.pem" 2>"$ARTEFACTS/openssl.txt"
nsenter -t "$leader" -n /usr/bin/python3 "$tree/tests/system/messages/receivers.py" "$got" "$root/etc/mail.pem" "$WORK/key.pem" \
    >"$WORK/ports" 2>"$ARTEFACTS/receivers.txt" &
defer kill "$!"
for ((try = 0; try < 300; try++)); do
    [[ ! -s $WORK/ports ]] || break
    sleep 0.2
done
cat >"$root/etc/cronograph.toml" <<TOML
time_zone = "UTC"
[messages]
address = "https://status.example.org/"
[[channel]]
name = "mail"
kind = "mail"
to = ["ada@example.org"]
from = "cronograph <cron@example.org>"
smtp = "smtps://127.0.0.1:$(jq -r .smtps "$WORK/ports")"
user = "ada"
password = "correct horse"
ca_file = "/etc/mail.pem"
[[rule]]
name = "service"
only = ["nginx"]
# It is the same machine under another name.
[[rule]]
name = "service"
host = "vps-two"
enabled = false
TOML
# What the machine that runs the tests is at the moment is not what they are about: other builds, other cases.
for rule in memory leak swap pressure-memory load steal pressure-cpu iowait pressure-io disk-busy; do
    printf '[[rule]]\nname = "%s"\nenabled = false\n' "$rule" >>"$root/etc/cronograph.toml"
done
chmod 600 "$root/etc/cronograph.toml"

# --- a minute is a sample whose clock says so; a second host stands beside until it does not
start=$(($(date +%s) / 60 * 60))
minute=0 second=yes
tick() {
    local now=$((start + 60 * minute)) status=0
    minute=$((minute + 1))
    within_machine cronograph sample --now "$now" >>"$ARTEFACTS/said.txt" 2>&1 || true
    [[ $second == no ]] || within_machine cronograph sample --host vps-two --now "$now" >>"$ARTEFACTS/said.txt" 2>&1 || true
    within_machine cronograph check --now "$now" </dev/null >>"$ARTEFACTS/said.txt" 2>&1 || status=$?
    [[ $status == 0 || $status == 3 ]] || note "check ended with $status"
    within_machine cronograph site --now "$now" >>"$ARTEFACTS/said.txt" 2>&1
}
ticks() { for ((n = 0; n < $1; n++)); do tick; done; }
mails() { grep -l "$1" "$got"/*.eml 2>/dev/null | wc -l; }
subject() { sed -n 's/^Subject: //p' "$got/smtps-$1.eml" | tr -d '\r'; }
data=$root/var/lib/cronograph
out=$root/var/www/cronograph

ticks 4
check "a healthy host is told of to nobody" test "$(mails .)" = 0

within_machine systemctl stop nginx
ticks 5
check "a service that was stopped is in one mail" test "$(mails .)" = 1
check "of which the subject says it all" test "$(subject 1)" = "[warning] vps-one: Service nginx is stopped"
check "the mail says what to look at" grep -q "systemctl status nginx" "$got/smtps-1.eml"
check "and where the pages are" grep -q "https://status.example.org/vps-one/" "$got/smtps-1.eml"
check "it stands on the host's page" grep -q "Service nginx is stopped" "$out/vps-one/index.html"
check "on the fleet's" grep -q "Service nginx is stopped" "$out/index.html"
check "in the history" grep -q "Service nginx is stopped" "$out/vps-one/alerts.html"
check "in status.json" jq -e '.hosts[] | select(.name == "vps-one") | .alerts[] | select(.rule == "service" and .instance == "nginx")' "$out/status.json"
check "and in the feed" grep -q "\[warning\] vps-one: Service nginx is stopped" "$out/feed.xml"
check "its own alerts lie with its log" grep -q '"rule":"service"' "$data/vps-one/alerts.jsonl"

within_machine systemctl start nginx
ticks 5
check "that it runs again is in one more mail" test "$(mails .)" = 2
check "which says so" grep -q "^Subject: \[resolved\] vps-one: Service nginx" "$got/smtps-2.eml"
first=$(sed -n 's/^Message-ID: //p' "$got/smtps-1.eml" | tr -d '\r')
check "in the same thread" grep -qF "In-Reply-To: $first" "$got/smtps-2.eml"
check "the page has nothing wrong any more" sh -c "! grep -q 'class=\"what\">Service nginx' '$out/vps-one/index.html'"
check "the history has its duration" sh -c "grep -A4 'Service nginx' '$out/vps-one/alerts.html' | grep -q ' min'"

# --- the second host falls silent
second=no
ticks 8
check "silence of a host is in one mail" test "$(mails .)" = 3
check "which names it" grep -q "^Subject: \[silent\] vps-two: No sample for" "$got/smtps-3.eml"
check "what was found of another host lies apart from its log" grep -q '"rule":"silent"' "$data/.check/hosts/vps-two/alerts.jsonl"
second=yes
ticks 2
check "and so is its return" test "$(mails .)" = 4
check "with what it was" grep -q "^Subject: \[resolved\] vps-two: No sample" "$got/smtps-4.eml"

# --- the feeds
check "the feed is valid Atom" xmllint --noout --relaxng "$tree/tests/system/atom.rng" "$out/feed.xml"
check "so is a host's" xmllint --noout --relaxng "$tree/tests/system/atom.rng" "$out/vps-two/feed.xml"
check "no two entries have one name" sh -c "! grep -o 'urn:uuid:[^<]*' '$out/feed.xml' | sort | uniq -d | grep ."
check "the feed has each change" test "$(grep -c '<entry>' "$out/feed.xml")" = 4
check "nothing else was said" sh -c "grep -v 'clock' '$ARTEFACTS/said.txt' | grep . ; test \$(grep -v 'clock' '$ARTEFACTS/said.txt' | grep -c .) = 0"
cp "$got"/*.eml "$out/feed.xml" "$ARTEFACTS/"
cp -r "$out" "$ARTEFACTS/site"
