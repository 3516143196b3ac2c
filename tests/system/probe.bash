# shellcheck shell=bash
# What the cases of `probe` share: a place for the commands to try, and the probe itself. Sourced after lib.bash.

# Where any user can execute and write.
place=$(mktemp -d /tmp/cronograph-probe.XXXXXX)
defer rm -rf "$place"
chmod 1777 "$place"
install -m 755 "$CRONOGRAPH" "$place/cronograph"
# Stands in the command line of whatever a tried command may leave running.
mark=$((900000000 + $$))
defer pkill -KILL -f "$mark"

# program NAME: an executable in $place, from standard input.
program() { cat >"$place/$1" && chmod 755 "$place/$1"; }
program queues <<'PERL'
#!/usr/bin/perl
for (1..64) { $q = msgget(0, 0600|01000); msgsnd($q, pack("l! a*", 1, "x" x 8000), 04000) for 1..2 }
PERL
program queue <<'PERL'
#!/usr/bin/perl
$q = msgget(0, 0600|01000); msgsnd($q, pack("l! a*", 1, "x" x 4000), 04000) for 1..2;
PERL

# probe CODE NAME [OPTIONS] -- COMMAND…: ends with that code; what it printed stays in the artefacts under that name.
probe() { probe_as "$CRONOGRAPH" "$@"; }
nobody() { probe_as nobody_runs "$@"; }
nobody_runs() { (cd "$place" && exec runuser -u nobody -- "$place/cronograph" "$@"); }
probe_as() {
    local runner=$1 code=$2 out=$ARTEFACTS/probe-$3 status=0
    shift 3
    "$runner" probe --json "$@" >"$out.json" 2>"$out.err" || status=$?
    printf 'exit %s\n' "$status"
    cat "$out.err"
    jq -c . "$out.json"
    [[ $status == "$code" ]]
}
# human CODE NAME [OPTIONS] -- COMMAND…: the same in words, in lines as long as they are.
human() {
    local code=$1 out=$ARTEFACTS/probe-$2 status=0
    shift 2
    "$CRONOGRAPH" probe "$@" >"$out.txt" 2>"$out.err" || status=$?
    printf 'exit %s\n' "$status"
    cat "$out.err" "$out.txt"
    [[ $status == "$code" ]]
}
# healthy "what must hold" NAME [OPTIONS] -- COMMAND…: it does not leak. Where others move memory all the time, the other
# booted Debian for one, that cannot be told, twice; then it must not be called a leak.
healthy() {
    local words=$1 name=$2
    shift 2
    probe 0 "$name" "$@" >/dev/null || [[ $(of "$name" .judgement) == leaks ]] || probe 0 "$name" "$@" >/dev/null || true
    told "$name"
    if has "$name" '.judgement == "unsure" and (.ways | all(.why | IN("too_noisy", "growth", "budget")))' >/dev/null; then
        cannot "$words" "others moved memory all the time: see probe-$name.json"
    else
        check "$words" has "$name" '.judgement == "clean"'
    fi
}
of() { jq -r "$2" "$ARTEFACTS/probe-$1.json"; }
has() { test -s "$ARTEFACTS/probe-$1.json" && jq -e "$2" "$ARTEFACTS/probe-$1.json"; }
says() { tr -s '\n ' ' ' <"$ARTEFACTS/probe-$1.txt" | grep -E -- "$2"; }
shown() { sed 's/^/#   /' "$ARTEFACTS/probe-$1.txt"; }
told() { note "$1: $(jq -r '.ways[] | "\(.judgement) \(.bytes) B a run \(.interval), \(.runs) runs, \(.seconds * 10 | round / 10) s"' "$ARTEFACTS/probe-$1.json")"; }
nothing_runs() { ! pgrep -af "$mark"; }
