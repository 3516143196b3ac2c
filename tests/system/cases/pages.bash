# shellcheck shell=bash
# The pages of many kinds of hosts, in both languages, in a real browser behind a real nginx, in a network
# namespace that has nothing but its loopback.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/browser.bash
source "$tree/tests/system/browser.bash"
: "${SYNTH:?the program that invents hosts}"

sites=$WORK/sites
mkdir -p "$sites"
now=$(date +%s)
# The policy that `install` prints for nginx.
mkdir -p "$WORK/prefix/etc/cron.d"
policy=$("$CRONOGRAPH" install --dry-run --prefix "$WORK/prefix" --crontab-program /bin/false 2>/dev/null | sed -n 's/.*add_header Content-Security-Policy "\([^"]*\)".*/\1/p')
invent() { "$SYNTH" --out "$WORK/$1" --until "$now" "${@:2}"; }
config() { printf '%s\n' "$@" >"$WORK/config.toml"; }
render() { "$CRONOGRAPH" site --config "$WORK/config.toml" --data "$WORK/$1" --out "$sites/$2" --now "${3:-$now}"; }

check "what the browser tests need comes from npm" prepare_browser
# A fleet in which every state occurs.
invent fleet --host leaky --days 35 --leak-since=-7h --gap=-30h,-26h --reboot=-50h
invent fleet --host archive --days 400 --interval 900 --size 64G --gzip
invent fleet --host broken --days 2 --broken-every 50 --seed 3
invent fleet --host unprivileged --days 1 --seed 4 --unprivileged
"$SYNTH" --out "$WORK/fleet" --host silent --days 3 --until $((now - 8 * 86400)) --seed 5
invent hour --host young --days 0.04
mkdir -p "$WORK/nothing"
"$CRONOGRAPH" sample --data "$WORK/one" --host first --now "$now"

config 'time_zone = "Europe/Berlin"'
check "a fleet is rendered without a word" silent render fleet en
check "an empty folder is" silent render nothing empty
check "one sample is" silent render one one
check "an hour is" silent render hour hour
config 'time_zone = "Asia/Shanghai"' 'lang = "zh"'
check "the fleet in Chinese is" silent render fleet zh
config '[site]' 'public = true'
check "a public page is" silent render one public
for site in en zh empty one hour public; do check_folder "$site" "$sites/$site"; done
check "the Nu HTML checker finds no error on any page" valid_html "$sites"

# What a second run leaves alone, and what one new sample costs.
snapshot() { find "$1" -type f -not -path '*/.cronograph/*' -printf '%P %i %T@\n' | sort; }
config 'time_zone = "Europe/Berlin"'
snapshot "$sites/en" >"$WORK/before"
check "a second run says nothing" silent render fleet en
check "and rewrites nothing" diff "$WORK/before" <(snapshot "$sites/en")
rm -rf "$WORK/fleet/silent"
check "a host is taken away" silent render fleet en
check "and its pages go" test -z "$(find "$sites/en/silent" -name '*.html' 2>/dev/null)"

# Public: nothing that names a user, a process, an address or a mount.
secrets() {
    local word
    for word in "$(hostname -I 2>/dev/null | awk '{ print $1 }')" "$(basename "$CRONOGRAPH")-secret" /dev/vda /boot; do
        [[ -z $word ]] || ! grep -rlF -- "$word" "$sites/public" --include='*.html' --include='*.json' || return 1
    done
    # The program's own name may stand there: another case's run of it can be among the processes.
    jq -r '.processes.top[]? | .name, .user' "$WORK/one"/first/samples/*.jsonl | sort -u |
        awk 'length > 3 && $0 != "cronograph"' >"$WORK/words"
    ! grep -rwoFf "$WORK/words" "$sites/public" --include='*.html' --include='*.json' | sort | uniq -c | grep .
}
check "the public page has no address, process, user or device" secrets

# nginx on the loopback of a network namespace that knows no other network.
cat >"$WORK/nginx.conf" <<CONF
user root; worker_processes 1; pid $WORK/nginx.pid; error_log $WORK/nginx-error.log;
events {}
http {
    include /etc/nginx/mime.types; charset utf-8; access_log off; root $sites;
    add_header Content-Security-Policy "$policy" always;
    server { listen 127.0.0.1:80 default_server; root $sites/en; }
    server { listen 127.0.0.2:80; root $sites/zh; }
    server { listen 127.0.0.3:80; root $sites/empty; }
    server { listen 127.0.0.4:80; root $sites/one; }
    server { listen 127.0.0.5:80; root $sites/hour; }
    server { listen 127.0.0.6:80; root $sites/public; }
}
CONF
unshare --net sleep infinity &
holder=$!
defer kill "$holder"
sleep 0.5
inside() { nsenter -t "$holder" -n "$@"; }
inside ip link set lo up
inside nginx -c "$WORK/nginx.conf"
defer sh -c "kill \$(cat '$WORK/nginx.pid')"
EVERY=--every look en en http://127.0.0.1/ inside
look zh zh http://127.0.0.2/ inside
PICTURES=--no-pictures look empty en http://127.0.0.3/ inside
PICTURES=--no-pictures look one en http://127.0.0.4/ inside
look hour en http://127.0.0.5/ inside
PICTURES=--no-pictures look public en http://127.0.0.6/ inside
