# shellcheck shell=bash
# A VPS as a stranger would set it up: `cronograph install` on a booted Debian, where real cron samples and renders
# for some minutes, nginx serves what comes out, a second host sends its log by rsync, and uninstall leaves nothing.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/machine.bash
source "$tree/tests/system/machine.bash"
# shellcheck source=tests/system/browser.bash
source "$tree/tests/system/browser.bash"

minutes=${CRONOGRAPH_MINUTES:-6}
root=$WORK/debian
out=/var/www/status
second_data=/home/second/log

check "what the browser tests need comes from npm" prepare_browser
machine_unpack "$root"
install -m 755 "$CRONOGRAPH" "$root/usr/local/bin/cronograph"
printf 'vps-one\n' >"$root/etc/hostname"

# What cron would mail is kept, so that silence can be told from a mail that could not be sent.
cat >"$root/usr/sbin/sendmail" <<'SH'
#!/bin/sh
cat >"/var/mails/$(date +%s).$$"
SH
chmod 755 "$root/usr/sbin/sendmail"
install -d -m 1777 "$root/var/mails"
mails() { grep -l "$1" "$root"/var/mails/* 2>/dev/null | wc -l; }

defer machine_off
check "Debian boots" machine_boot "$root"
within_machine useradd --create-home --shell /bin/sh alice
within_machine useradd --create-home --shell /bin/sh second

# A control: this line does print, so a mail must come of it.
printf '* * * * * root echo control was heard\n' >"$root/etc/cron.d/control"

# alice has a crontab of her own, with all that a careless tool loses.
cat >"$root/home/alice/before" <<'CRONTAB'
# my own lines
MAILTO=alice
PATH=/usr/bin:/bin

*/7 3 * * 1-5   echo "50% done\% of it" > /dev/null
# @reboot nothing
CRONTAB
as alice crontab before
as alice crontab -l >"$WORK/alice-before"

# --- install
check "a dry run shows the lines and writes nothing" sh -c \
    "nsenter -t $leader -a cronograph install --dry-run --out $out | grep -q 'cronograph sample' && ! ls '$root'/etc/cron.d | grep -q cronograph"
check "install without --yes and without a terminal writes nothing" sh -c \
    "nsenter -t $leader -a cronograph install --out $out </dev/null; ! ls '$root'/etc/cron.d | grep -q cronograph"
check "root installs" within_machine cronograph install --yes --out "$out"
within_machine cronograph install --yes --out "$out" >"$ARTEFACTS/install.txt" 2>&1 || true
sed 's/^/    /' "$ARTEFACTS/install.txt"
check "a second install changes nothing" test "$(grep -c 'cronograph sample' "$root/etc/cron.d/cronograph")" = 1
check "alice installs" as alice cronograph install --yes --host alices
as alice crontab -l >"$WORK/alice-with"
check "alice's own lines are all there, in their order" diff <(grep -Fxf "$WORK/alice-before" "$WORK/alice-with") "$WORK/alice-before"
check "alice's crontab has the new lines" grep -q 'cronograph.* sample' "$WORK/alice-with"
data=$(within_machine cronograph config | sed -n 's/^data *= *"\([^"]*\)".*/\1/p')
host=vps-one
note "logs in $data, host $host"

# --- a second host, which sends its log by rsync each minute
cat >"$root/etc/rsyncd.conf" <<CONF
[logs]
path = $data
read only = false
uid = root
gid = root
CONF
within_machine rsync --daemon --address=127.0.0.1
cat >"$root/etc/cron.d/second" <<CRON
* * * * * second /usr/local/bin/cronograph sample --data $second_data --host vps-two && rsync -rt --append $second_data/vps-two rsync://127.0.0.1/logs/
CRON

# --- nginx, by the snippet that install prints, as it is; the machine has no other site
awk '/^nginx, as / { on = 1; next } on && /^$/ { exit } on' "$ARTEFACTS/install.txt" | sed 's/^    //' \
    >"$root/etc/nginx/conf.d/cronograph.conf"
check "install prints a server block for nginx" grep -q '^server {' "$root/etc/nginx/conf.d/cronograph.conf"
rm "$root/etc/nginx/sites-enabled/default"
check "nginx accepts it" within_machine nginx -t
within_machine systemctl restart nginx

# --- the minutes of cron
started=$(date +%s)
note "cron works for $minutes minutes"
# shellcheck source=tests/system/events.bash
source "$tree/tests/system/events.bash"
try_events
left=$((minutes * 60 - $(date +%s) + started))
((left <= 0)) || sleep "$left"
# Not in the second in which cron is at work.
while (($(date +%-S) < 20 || $(date +%-S) > 50)); do sleep 1; done

log=$root$data/$host/samples/$(date -u +%F).jsonl
check "the log is where the design says" test -s "$log"
check "each line is valid JSON" valid_log "$log"
one_a_minute() {
    jq -s --argjson from "$started" 'map(.t) | map(select(. >= $from)) | [.[1:], .[:-1]] | transpose | map(.[0] - .[1])' "$log"
    jq -es --argjson from "$started" --argjson minutes "$minutes" 'map(.t | select(. >= $from)) as $t
        | ($t | length) >= $minutes - 1 and ($t | map(. / 60 | floor) | length == (unique | length))
        and ([$t[1:], $t[:-1]] | transpose | all(.[0] - .[1] > 45 and .[0] - .[1] < 75))' "$log"
}
check "cron took one sample a minute" one_a_minute
check "cron's control was mailed" test "$(mails 'control was heard')" -ge $((minutes - 1))
no_mail() { ! grep -lZ cronograph "$root"/var/mails/* | xargs -0 -r cat | grep .; }
check "cronograph caused no mail" no_mail
check "cron rendered the site" test -s "$root$out/index.html"
check "alice's samples are hers" sh -c "find '$root/home/alice' -path '*alices/samples*' -name '*.jsonl' -user $(within_machine id -u alice) | grep -q ."
check "the second host's log came by rsync" valid_log "$root$data/vps-two/samples/$(date -u +%F).jsonl"
check "as it was sent" cmp "$root$data/vps-two/samples/$(date -u +%F).jsonl" "$root$second_data/vps-two/samples/$(date -u +%F).jsonl"
check "and the fleet page has both hosts" sh -c "grep -q '$host' '$root$out/index.html' && grep -q vps-two '$root$out/index.html'"
check "doctor finds nothing wrong, or says what" sh -c "nsenter -t $leader -a cronograph doctor; test \$? -eq 0"

# --- what nginx serves
get() { nsenter -t "$leader" -n curl -sS -f -o "$WORK/page" -D "$WORK/head" "http://127.0.0.1$1"; }
check "nginx serves the fleet page" get /
check "and the host's" get "/$host/"
check "with a strict policy" grep -iq "^content-security-policy:.*default-src 'none'" "$WORK/head"
check "and status.json" get /status.json
check "www-data can read every file" within_machine runuser -u www-data -- sh -c "find $out -type f -not -path '*/.cronograph/*' -exec cat {} + >/dev/null"
check_folder debian "$root$out"
check "the Nu HTML checker finds no error on any page" valid_html "$root$out"

# --- a run that has nothing new rewrites nothing
snapshot() { find "$root$out" -type f -not -path '*/.cronograph/*' -printf '%P %i %T@\n' | sort; }
calm() {
    local now
    now=$(date +%s)
    within_machine cronograph site --now "$now" && snapshot >"$WORK/calm-before"
    within_machine cronograph site --now "$now" && snapshot >"$WORK/calm-after"
    diff "$WORK/calm-before" "$WORK/calm-after"
}
check "a second run of the same moment rewrites nothing" calm

# --- reading while it is written: no page without its pictures
# As a web server reads: a page, then all it refers to. `--now` moves on, so that each run draws anew.
runs=12
churn() {
    local run
    for run in $(seq "$runs"); do
        # Its word about the clock, which has jumped indeed, is not of interest here.
        within_machine cronograph sample --now $(($(date +%s) + run * 60)) --data /srv/churn --host churn 2>/dev/null || true
        within_machine cronograph site --data /srv/churn --out /srv/churn-site --now $(($(date +%s) + run * 60)) ||
            note "run $run found the folder locked by a copy"
    done
    touch "$WORK/churned"
}
prepare_churn() {
    within_machine cronograph sample --data /srv/churn --host churn
    within_machine cronograph site --data /srv/churn --out /srv/churn-site
}
check "a site is made for the readers" prepare_churn
churn >"$WORK/churn.txt" 2>&1 &
churning=$!
defer kill "$churning"
reads=0 copies=0 torn=0
: >"$WORK/read-problems"
: >"$WORK/copy-problems"
while kill -0 "$churning" 2>/dev/null; do
    perl "$tree/tests/system/references.pl" "$root/srv/churn-site" >"$WORK/read" 2>&1 || cat "$WORK/read" >>"$WORK/read-problems"
    reads=$((reads + 1))
    # A plain copy lists a folder first and reads its files later: what that can cost is only told, not promised.
    rsync -a --delete --exclude .cronograph "$root/srv/churn-site/" "$WORK/plain/" >>"$WORK/rsync.txt" 2>&1 || true
    perl "$tree/tests/system/references.pl" "$WORK/plain" >"$WORK/read" 2>&1 || torn=$((torn + 1))
    # Under the lock that `site` holds, a copy falls between two runs.
    flock "$root/srv/churn-site/.cronograph/lock" \
        rsync -a --delete --exclude .cronograph "$root/srv/churn-site/" "$WORK/copy/" >>"$WORK/rsync.txt" 2>&1 || true
    perl "$tree/tests/system/references.pl" "$WORK/copy" >"$WORK/read" 2>&1 || cat "$WORK/read" >>"$WORK/copy-problems"
    copies=$((copies + 1))
done
wait "$churning" || cat "$WORK/churn.txt"
check "the runs went on meanwhile" test -e "$WORK/churned"
note "$reads readings and $copies copies by rsync during $runs runs; of as many plain copies without the lock $torn missed a picture"
check "a reader during runs never misses a picture" sh -c "cat '$WORK/read-problems'; ! test -s '$WORK/read-problems'"
check "a copy made by rsync under the lock of the folder never misses a picture" sh -c "cat '$WORK/copy-problems'; ! test -s '$WORK/copy-problems'"
rsync -a --delete --exclude .cronograph "$root/srv/churn-site/" "$WORK/copy/"
check "once they ended the copy is whole" perl "$tree/tests/system/references.pl" "$WORK/copy"
rsync -ai --delete --exclude .cronograph "$root/srv/churn-site/" "$WORK/copy/" >"$WORK/resent"
check "and rsync has nothing more to send" sh -c "cat '$WORK/resent'; ! test -s '$WORK/resent'"

# --- in a browser
look debian en http://127.0.0.1/ nsenter -t "$leader" -n

# --- and out again
check "root uninstalls" within_machine cronograph uninstall --yes
check "cron.d is as it was" test ! -e "$root/etc/cron.d/cronograph"
check "the logs stay" test -s "$log"
check "alice uninstalls" as alice cronograph uninstall --yes
as alice crontab -l >"$WORK/alice-after"
check "alice's crontab is byte for byte as it was" cmp "$WORK/alice-before" "$WORK/alice-after"
check "uninstalling again is no error" as alice cronograph uninstall --yes
cp "$log" "$ARTEFACTS/debian-log.jsonl"
