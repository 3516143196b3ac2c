# shellcheck shell=bash
# What every case of the system tests uses: checks that count, clean-up that always runs.
# The runner gives: CRONOGRAPH (the static binary), WORK (a scratch folder of this case), RESULTS (a file of one
# line a check), ARTEFACTS (what a person may want to look at afterwards), CACHE (kept between runs).
set -euo pipefail
: "${CRONOGRAPH:?run tests/system/run instead}" "${WORK:?}" "${RESULTS:?}" "${ARTEFACTS:?}" "${CACHE:?}"
export LC_ALL=C.UTF-8
# This checkout, for the cases.
# shellcheck disable=SC2034
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

deferred=()

# Runs "$@" when the case ends, however it ends; the last deferred runs first.
defer() { deferred+=("$(printf '%q ' "$@")"); }

cleanup() {
    local status=$? index
    trap - EXIT ERR
    set +e
    for ((index = ${#deferred[@]} - 1; index >= 0; index--)); do
        eval "${deferred[index]}" >/dev/null 2>&1
    done
    exit "$status"
}
trap cleanup EXIT
trap 'exit 143' TERM INT
trap 'ended_early $? "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}:$LINENO"' ERR

ended_early() {
    [[ $BASH_SUBSHELL == 0 ]] || return 0
    verdict "not ok" "the case ran to its end (it stopped at $3 with status $1: $2)"
}

verdict() {
    printf '%s - %s\n' "$1" "$2"
    printf '%s - %s\n' "$1" "$2" >>"$RESULTS"
}

# check "what must hold" COMMAND…: runs it; shows what it printed only if it fails.
check() {
    local words=$1 output=$WORK/.check-output
    shift
    if "$@" >"$output" 2>&1; then
        verdict "ok" "$words"
    else
        verdict "not ok" "$words"
        printf '    $ %s\n' "$*"
        head -c 4000 "$output" | head -40 | sed 's/^/    /'
    fi
}

# cannot "what" "why": this machine cannot do it. Loud, and counted as skipped.
cannot() {
    printf '\n    ########################################\n    NOT RUN: %s\n    reason:  %s\n    ########################################\n\n' "$1" "$2"
    printf 'skip - %s (%s)\n' "$1" "$2" >>"$RESULTS"
}

note() { printf '# %s\n' "$*"; }

# one_line_error PATTERN COMMAND…: it exits 1, prints nothing on standard output and one line on standard error.
one_line_error() {
    local pattern=$1 status=0
    shift
    "$@" >"$WORK/.stdout" 2>"$WORK/.stderr" || status=$?
    printf 'exit %s\nstdout: %s\nstderr: %s\n' "$status" "$(<"$WORK/.stdout")" "$(<"$WORK/.stderr")"
    [[ $status == 1 && ! -s $WORK/.stdout && $(wc -l <"$WORK/.stderr") == 1 ]] && grep -Eqi "$pattern" "$WORK/.stderr"
}

# silent COMMAND…: it succeeds and says nothing at all.
silent() {
    local status=0
    "$@" >"$WORK/.silent" 2>&1 || status=$?
    printf 'exit %s\n' "$status"
    cat "$WORK/.silent"
    [[ $status == 0 && ! -s $WORK/.silent ]]
}

# within SECONDS COMMAND…: it succeeds in that time.
within() {
    local limit=$1 started
    shift
    started=$(date +%s%N)
    timeout -k 5 "$((limit + 20))" "$@" || return
    local took=$((($(date +%s%N) - started) / 1000000))
    printf 'took %s ms\n' "$took"
    ((took <= limit * 1000))
}

# Every line of the files is a JSON object with v and t.
valid_log() { jq -ec 'select((.v | type) == "number" and (.t | type) == "number") | .t' "$@" >"$WORK/.times" && lines_match "$@"; }
lines_match() { [[ $(cat "$@" | wc -l) == $(wc -l <"$WORK/.times") ]]; }

# Today's file of the log of host $2 under data folder $1.
log_of() { printf '%s/%s/samples/%s.jsonl' "$1" "$2" "$(date -u +%F)"; }
