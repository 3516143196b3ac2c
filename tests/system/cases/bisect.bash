# shellcheck shell=bash
# `bisect` in a booted Debian whose /etc/init.d has sixty more scripts, some of them odd: one culprit, two, two that leak only
# together, none, the command itself; as root, as an ordinary user, in a copy. What it searches is afterwards what it was.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/machine.bash
source "$tree/tests/system/machine.bash"

# The other booted Debian has its own.
ARTEFACTS=$ARTEFACTS/bisect
mkdir -p "$ARTEFACTS"
root=$WORK/debian
init=$root/etc/init.d
machine_unpack "$root"
install -m 755 "$CRONOGRAPH" "$root/usr/local/bin/cronograph"

# --- the scripts
# plant FILE [LINE…]: an init script whose `status` does that.
plant() {
    local name=${1##*/}
    printf '%s\n' '#!/bin/sh' '### BEGIN INIT INFO' "# Provides:          $name" '# Required-Start:' '# Default-Start:     2 3 4 5' \
        "# Short-Description: test of $name" '### END INIT INFO' '[ "$1" = status ] || exit 0' "${@:2}" >"$1"
    chmod 755 "$1"
}
# calm NAME: takes the leak out of it again.
calm() { plant "$init/$1" 'sleep 0.004'; }
leak='queues'
cat >"$root/usr/local/bin/queues" <<'PERL'
#!/usr/bin/perl
for (1..64) { $q = msgget(0, 0600|01000); msgsnd($q, pack("l! a*", 1, "x" x 8000), 04000) for 1..2 }
PERL
chmod 755 "$root/usr/local/bin/queues"
for number in $(seq -w 60); do calm "svc$number"; done
plant "$init/svc07" 'sleep 0.05' 'echo slow'
plant "$init/svc13" 'yes noise | head -c 300000' 'yes noise | head -c 300000 >&2'
plant "$init/svc19" 'echo broken >&2' 'exit 3'
plant "$init/svc23" 'cat >/dev/null' 'read answer'
calm 'svc29 with a space'
mkdir -p "$root/opt/vendor"
plant "$root/opt/vendor/agent" 'sleep 0.004'
ln -s /opt/vendor/agent "$init/svc31-agent"
ln -s /opt/vendor/missing "$init/svc32-broken"
plant "$init/README-off" "$leak"
chmod 644 "$init/README-off"
printf 'Read me.\n' >"$init/README"

defer machine_off
check "Debian boots, beside another" machine_boot "$root"
if [[ $(readlink "/proc/$leader/ns/ipc") == "$(readlink /proc/self/ns/ipc)" ]]; then
    cannot "bisect in a machine" "systemd-nspawn gives it no IPC namespace of its own: what leaks there would stay here"
    exit 0
fi
within_machine useradd --create-home --shell /bin/sh alice
take_back() { within_machine ipcrm --all; }
slab() { awk '/^SUnreclaim/ { print $2 }' /proc/meminfo; }
before=$(slab)
for _ in 1 2 3 4; do within_machine queues; done
if (($(slab) - before < 2048)); then
    cannot "bisect on real leaks" "SUnreclaim does not show message queues on this kernel"
    exit 0
fi
take_back

# --- how a search is made and looked at
# All that is known of the folder, of what its links lead to, and of the mounts.
state() {
    within_machine sh -c 'cd / && find etc/init.d opt/vendor srv -printf "%p %i %m %u %g %T@ $1 %s %l\n" | sort
        find etc/init.d opt/vendor srv -type f -print0 | sort -z | xargs -0 sha256sum
        sort /proc/1/mountinfo' sh "$1"
}
# bisect NAME CODE [OPTIONS]: ends with that code; what it printed stays in the artefacts.
bisect() { bisect_as within_machine "$@"; }
alice() { bisect_as "as alice" "$@"; }
bisect_as() {
    local runner=$1 out=$ARTEFACTS/$2 code=$3 status=0
    shift 3
    # The time of the last change of modes, too: not one file is touched, not even for a moment.
    state '%C@' >"$WORK/state-before"
    $runner cronograph bisect --json "$@" >"$out.json" 2>"$out.err" || status=$?
    take_back
    state '%C@' >"$WORK/state-after"
    printf 'exit %s\n' "$status"
    cat "$out.err"
    jq -c . "$out.json"
    [[ $status == "$code" ]]
}
untouched() { diff "$WORK/state-before" "$WORK/state-after"; }
nothing_runs() { ! within_machine pgrep -af 'cronograph|init[.]d|service|queues'; }
has() { test -s "$ARTEFACTS/$1.json" && jq -e "$2" "$ARTEFACTS/$1.json"; }
# search NAME CODE FILTER [OPTIONS]: as root, with all that must hold after any search.
search() {
    check "$1: ends as it should" bisect "$1" "$2" "${@:4}"
    after "$1" "$3"
}
after() {
    check "$1: the answer is right" has "$1" "$2"
    check "$1: the folder and the mounts are as they were" untouched
    check "$1: nothing of it runs" nothing_runs
    note "$1: $(jq -r '"\(.outcome), \([.culprits[] | .scripts | map(.path | sub(".*/"; "")) | join("+")]), \(.rounds | length) rounds, \(.seconds * 10 | round / 10) s"' "$ARTEFACTS/$1.json")"
}
# culprits PATH…: the filter for these, each alone.
culprits() { printf '%s\n' "$@" | jq -Rsc 'split("\n")[:-1] | sort' | sed 's/^/.outcome == "found" and ([.culprits[] | .scripts | map(.path) | join(" + ")] | sort) == /'; }

# --- the searches
# in_words NAME: what it prints for a person; its status in `status`.
in_words() {
    status=0
    within_machine cronograph bisect >"$ARTEFACTS/$1.txt" 2>"$ARTEFACTS/$1.err" || status=$?
    take_back
    sed 's/^/#   /' "$ARTEFACTS/$1.err" "$ARTEFACTS/$1.txt"
}
says() { grep -E -- "$2" "$ARTEFACTS/$1.txt"; }
plant "$init/svc44" "$leak"
search one 3 "$(culprits /etc/init.d/svc44)"
check "one: its size is right" has one '.culprits[0].per_run | . > 850000 and . < 1250000'
check "one: its header is told" has one '.culprits[0].scripts[0] | .provides == "svc44" and .description == "test of svc44"'
# Who moves the same memory meanwhile makes it longer: once more, then.
has one '.seconds < 60' >/dev/null || bisect one 3 >/dev/null || true
check "one: of more than sixty scripts" has one '.scripts > 60'
if has one '.seconds < 60' >/dev/null || awk '{ exit $1 > 1.5 }' /proc/loadavg; then
    check "one: in less than 60 s" has one '.seconds < 60'
else
    cannot "one: in less than 60 s" "load $(cut -d ' ' -f 1 /proc/loadavg): it took $(jq .seconds "$ARTEFACTS/one.json") s"
fi
check "one: what was off before is never on" has one '[.rounds[].on[] | select(test("README|broken"))] == []'

plant "$init/svc29 with a space" "$leak"
search two 3 "$(culprits '/etc/init.d/svc29 with a space' /etc/init.d/svc44)"
calm 'svc29 with a space'
calm svc44

# The rest needs no sixty.
rm "$init"/svc{08..10} "$init"/svc{14..18} "$init"/svc{20..22} "$init"/svc{24..28} "$init"/svc{34..60}

in_words none
if [[ $status == 1 ]] && says none 'it cannot be told' >/dev/null; then
    cannot "none: a folder without a culprit is cleared" "others moved memory all the time"
else
    check "none: ends as it should" test "$status" = 0
    check "none: says so" says none 'With all scripts on, service --status-all does not leak'
fi

plant "$init/svc12" "$leak"
check "an ordinary user: finds it, or says why not" alice user 3
if [[ ! -s $ARTEFACTS/user.json ]]; then
    check "an ordinary user: that namespaces are not allowed, and what to do" grep -q '^hint: .*--copy' "$ARTEFACTS/user.err"
else
    after user "$(culprits /etc/init.d/svc12)"
fi

calm svc12

plant "$init/svc05" 'touch /run/svc-flag'
plant "$init/svc33" "[ ! -e /run/svc-flag ] || { rm /run/svc-flag; $leak; }"
search pair 3 "$(culprits "/etc/init.d/svc05 + /etc/init.d/svc33")"
calm svc05
calm svc33
plant "$root/opt/vendor/agent" "$leak"
search link 3 "$(culprits /etc/init.d/svc31-agent)"
in_words link
check "link: in words" says link '^/etc/init.d/svc31-agent +LEAKS +\+[01]\.[0-9]+ MiB per run'
check "link: with how to keep it out" says link 'chmod -x /etc/init.d/svc31-agent'
plant "$root/opt/vendor/agent" 'sleep 0.004'

search itself 3 '.outcome == "command_itself" and .culprits == []' -- sh -c 'service --status-all; queues'

# What `service` starts has a pipe for its output; this gives it its own.
cat >"$root/usr/local/bin/each" <<'SH'
#!/bin/sh
for file in "$1"/*; do [ ! -f "$file" ] || [ ! -x "$file" ] || "$file" status; done
SH
chmod 755 "$root/usr/local/bin/each"
plant "$init/svc11" "[ -t 1 ] || $leak"
search piped 3 "$(culprits /etc/init.d/svc11)" -- each /etc/init.d
# That it is clean could be hard to tell beside other cases.
bisect tty 0 --stdout tty -- each /etc/init.d >/dev/null || true
after tty '(.outcome == "clean" or .outcome == "unsure") and .culprits == []'

# --- in a copy
refused() {
    local status=0
    within_machine cronograph bisect --copy --dir "$1" >"$WORK/stdout" 2>"$WORK/stderr" || status=$?
    cat "$WORK/stdout" "$WORK/stderr"
    [[ $status == 1 && ! -s $WORK/stdout && $(wc -l <"$WORK/stderr") == 2 ]] && grep -q '^hint: ' "$WORK/stderr"
}
check "--copy of the system's own folder is refused" refused /etc/init.d
within_machine ln -s /etc/init.d /srv/looks-like-a-copy
check "by whatever name" refused /srv/looks-like-a-copy
within_machine rm /srv/looks-like-a-copy
within_machine cp -a /etc/init.d /srv/copy
within_machine chmod 700 /srv/copy/svc02
within_machine chmod 6555 /srv/copy/svc03
within_machine install -d -o alice /srv/hers
within_machine mkdir /srv/hers/copy
within_machine sh -c 'cp -r /etc/init.d/svc* /srv/hers/copy'
within_machine chown -hR alice /srv/hers

# Permissions change and come back, so nothing is said of when they last changed.
# A link in it is moved away and back, so of the folder the time is left out, too.
of_copies() { state '' | sed -E 's/^(srv[^ ]*copy [^.]* )[0-9]+\.[0-9]+ /\1/'; }
came_back() { of_copies >"$WORK/state-now"; diff "$WORK/state-first" "$WORK/state-now"; }
of_copies >"$WORK/state-first"
agent=$(stat -c '%a %i %Z' "$root/opt/vendor/agent")
check "copy: ends as it should" bisect copy 3 --copy --dir /srv/copy -- each /srv/copy
check "copy: the culprit is found" has copy "$(culprits /srv/copy/svc11)"
check "copy: permissions are as they were" came_back
check "copy: what a link leads to outside of it was not touched" test "$(stat -c '%a %i %Z' "$root/opt/vendor/agent")" = "$agent"
check "copy: nothing of it runs" nothing_runs
check "copy: by run-parts" bisect run-parts 3 --copy --dir /srv/copy -- run-parts --arg=status /srv/copy
check "copy: it finds the same" has run-parts "$(culprits /srv/copy/svc11)"
check "copy: of an ordinary user" alice hers 3 --copy --dir /srv/hers/copy -- each /srv/hers/copy
check "copy: he finds the same" has hers "$(culprits /srv/hers/copy/svc11)"
check "copy: his permissions are as they were" came_back

interrupted() {
    within_machine timeout --foreground -s "$1" 5 cronograph bisect "${@:2}" >"$WORK/stdout" 2>"$WORK/stderr" || true
    take_back
    cat "$WORK/stderr" "$WORK/stdout"
    grep -q '^Interrupted' "$WORK/stdout"
}
for signal in INT TERM; do
    check "SIG$signal ends a search in a copy" interrupted "$signal" --copy --dir /srv/copy -- each /srv/copy
    check "with all permissions as they were" came_back
    state '%C@' >"$WORK/state-before"
    check "SIG$signal ends a search in the folder itself" interrupted "$signal"
    state '%C@' >"$WORK/state-after"
    check "which is as it was" untouched
    check "and nothing of it runs" nothing_runs
done

nothing_left() { ! within_machine ipcs -q | grep '^0x'; }
check "nothing that leaked was left" nothing_left
machine_off
sleep 2
# Some hundred MiB went through; the other cases have a share in what is there.
note "SUnreclaim: $before kB before, $(slab) kB after"
