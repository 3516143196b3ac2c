# shellcheck shell=bash
# How `probe` runs commands: ones that hang, daemonise, print without end, fail; signals, terminals, environments, users.
# Nothing is left running, and the user's terminal is what it was.
# An IPC namespace of the case's own: whatever it makes goes with it, however it ends.
[[ -n ${OWN_IPC:-} ]] || OWN_IPC=1 exec unshare --ipc bash "${BASH_SOURCE[0]}"
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"
# shellcheck source=tests/system/probe.bash
source "$tree/tests/system/probe.bash"

# --- commands that leave processes, do not end, or print without end
program spawner <<SH
#!/bin/sh
setsid sleep $mark >/dev/null 2>&1 &
SH
program daemon <<SH
#!/usr/bin/perl
use POSIX;
exit if fork; POSIX::setsid(); exit if fork; chdir "/"; POSIX::close(\$_) for 0..9; exec "sleep", "$mark";
SH
for name in spawner daemon; do
    check "$name: leaks" human 3 "$name" -- "$place/$name"
    check "$name: the processes are named" says "$name" 'left .*process(es)? left running per run'
    check "$name: none is left" nothing_runs
done
shown daemon
program stubborn <<SH
#!/bin/sh
trap '' TERM INT HUP
sleep $mark & setsid sleep $mark & $place/daemon; sleep $mark; sleep $mark
SH
check "what ignores SIGTERM, and has children and a daemon, is killed" human 1 stubborn --timeout 1s -- "$place/stubborn"
check "with all of them" nothing_runs
check "what hangs is killed" human 1 hangs --timeout 1s -- sleep "$mark"
check "and gone" nothing_runs
for name in stubborn hangs; do check "$name: it is said that it does not end" says "$name" 'does not end by itself'; done
for way in null pipe file; do
    healthy "cat with stdin $way does not leak" "cat-$way" --stdin "$way" --budget 20s -- cat
    check "it ends at once" has "cat-$way" '.ways[0].ran | .killed == 0 and .failed == 0 and .seconds < 1'
done
mkdir "$WORK/tmp"
export TMPDIR=$WORK/tmp
for way in pipe file; do
    check "output without end to a $way is ended" probe 1 "yes-$way" --timeout 1s --stdout "$way" -- yes "$mark"
    check "by killing it" has "yes-$way" '.ways[0].ran.killed > 0 and .ways[0].why == "hung"'
    check "nothing of it runs" nothing_runs
done
check "and no file of it is left" sh -c 'find "$1" -type f -size +1M | { ! grep .; }' sh "$WORK/tmp"
unset TMPDIR
not_found() {
    local status=0
    "$CRONOGRAPH" probe -- "no-such-command-$mark" >"$WORK/stdout" 2>"$WORK/stderr" || status=$?
    cat "$WORK/stdout" "$WORK/stderr"
    [[ $status == 1 && ! -s $WORK/stdout ]] && sed -n 1p "$WORK/stderr" | grep -q "no-such-command-$mark" &&
        sed -n 2p "$WORK/stderr" | grep -q '^hint: ' && [[ $(wc -l <"$WORK/stderr") == 2 ]]
}
check "a command that is not found: one line, and a hint" not_found
check "a command that fails is judged" human 3 fails -- sh -c 'ipcmk -S 16300; echo it broke >&2; exit 3'
check "its exit code is said, and what it printed" says fails 'exit code 3 in [0-9]+ runs'
healthy "a healthy one that fails does not leak" fails-healthy --budget 20s -- sh -c 'exit 3'
check "its exit code is in the answer" has fails-healthy '.ways[0].ran | .exit_code == 3 and .failed > 3'

# --- signals and terminals
# interrupted NAME SIGNAL COMMAND…: two seconds in it gets the signal, and ends within two more with what it knows.
interrupted() {
    local out=$ARTEFACTS/probe-$1 signal=$2 pid status=0 started took
    shift 2
    "$CRONOGRAPH" probe -- "$@" >"$out.txt" 2>"$out.err" &
    pid=$!
    sleep 2
    started=$(date +%s%N)
    kill "-$signal" "$pid"
    wait "$pid" || status=$?
    took=$((($(date +%s%N) - started) / 1000000))
    printf 'exit %s after %s ms\n' "$status" "$took"
    cat "$out.err" "$out.txt"
    ((took < 2000)) && [[ $status == 1 || $status == 3 ]] && grep -Eq 'LEAKS|interrupted after' "$out.txt"
}
for signal in INT TERM; do
    check "SIG$signal ends it, and the command that hangs" interrupted "$signal" "$signal" "$place/stubborn"
    check "with all of its processes" nothing_runs
    check "SIG$signal: what is known of a leak by then is told" interrupted "$signal-leak" "$signal" sh -c "sleep 0.1; $place/queues"
done

# in_terminal KEYS COMMAND: types KEYS after two seconds into a terminal in which COMMAND runs.
in_terminal() { (sleep 2; printf '%b' "$1"; sleep 2) | script -qec "$2" /dev/null >"$WORK/terminal"; cat "$WORK/terminal"; }
terminal_intact() {
    local probe="$CRONOGRAPH probe --runs 5 $2"
    in_terminal "$1" "stty -a >$WORK/tty-before; $probe; stty -a >$WORK/tty-after" || true
    grep -q speed "$WORK/tty-before" && diff "$WORK/tty-before" "$WORK/tty-after"
}
check "a terminal is after it as it was before" terminal_intact '' "--stdout all -- ls"
check "also where the command changes its own" terminal_intact '' "--stdin tty --stdout tty -- stty raw -echo"
check "also after Ctrl-C" terminal_intact '\003' "--stdin tty --stdout tty -- sh -c 'stty raw -echo; sleep $mark'"
check "which was heard" grep -q 'interrupted after' "$WORK/terminal"
check "and left nothing running" nothing_runs

# --- environments and users
program surroundings <<SH
#!/usr/bin/perl
use POSIX; open my \$f, ">", "$place/seen"; chomp(my \$groups = qx(/usr/bin/id -G));
print \$f "\$_=\$ENV{\$_}\n" for sort keys %ENV;
print \$f "id " . POSIX::geteuid() . " \$groups\ncwd " . POSIX::getcwd() . "\n";
SH
seen() { rm -f "$place/seen"; LEAKY=secret "$CRONOGRAPH" probe --runs 4 "$@" -- "$place/surroundings" >"$WORK/out" 2>&1 || true; cat "$WORK/out" "$place/seen"; }
is_seen() { seen "${@:2}" && diff - <(grep -v '^id' "$place/seen") <<<"$1"; }
runs_as() { seen "${@:2}" && grep -qx "id $1" "$place/seen"; }
is_full() { seen && grep -qx LEAKY=secret "$place/seen"; }
home=$(getent passwd 0 | cut -d: -f6)
check "--env clean gives PATH and nothing else" is_seen "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cwd $PWD" --env clean
check "--env cron what cron gives, at home" is_seen "HOME=$home
LOGNAME=root
PATH=/usr/bin:/bin
SHELL=/bin/sh
cwd $home" --env cron
check "--env full what there is" is_full
# Only this case's mount namespace sees these groups.
{ cat /etc/group; printf 'probers:x:54321:somebody,nobody\nothers:x:54322:nobody1\n'; } >"$place/group"
mount --bind "$place/group" /etc/group
check "--user nobody runs as nobody, with the groups of nobody" runs_as "65534 65534 54321" --user nobody
umount /etc/group
