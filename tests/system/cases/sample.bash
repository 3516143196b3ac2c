# shellcheck shell=bash
# `cronograph sample` on the real kernel: what it may and may not do, as whom it works, how many processes it bears.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

data=$WORK/data
sample() { "$CRONOGRAPH" sample --data "$data" --host box "$@"; }
lines() { cat "$data"/box/samples/*.jsonl | wc -l; }
last() { tail -n 1 "$(log_of "$data" box)"; }
has() { last | jq -e "$1"; }

check "a sample says nothing" silent sample
check "and appends one line" test "$(lines)" = 1
check "which is valid JSON" valid_log "$(log_of "$data" box)"
check "its memory is the kernel's" has ".meminfo.MemTotal == $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 1024))"
check "its boot is the kernel's" has ".boot == \"$(cut -c 1-8 /proc/sys/kernel/random/boot_id)\""
check "root reads the slab caches" has '.slabinfo.caches | length > 0'
check "nothing could not be read" has '.errors == null'
note "a line of $(last | wc -c) bytes; parts: $(last | jq -c 'map_values(tojson | length)')"

# No program started, no socket opened: one execve, its own.
check "strace sees the sample end well" strace -f -qq -e trace=execve,execveat,socket,connect,fork,vfork,clone,clone3 \
    -o "$WORK/strace" "$CRONOGRAPH" sample --data "$data" --host box
check "no program is started" test "$(grep -c execve "$WORK/strace")" = 1
check "no socket is opened" sh -c "! grep -E 'socket|connect' '$WORK/strace'"

# An ordinary user: what needs root is absent, nothing is an error, nothing is said.
user_data=$WORK/nobody
install -d -o nobody "$user_data"
chmod 755 "$WORK" "$(dirname "$WORK")"
as_nobody=(runuser -u nobody -- "$CRONOGRAPH" sample --data "$user_data" --host box)
check "nobody takes a sample without a word" silent "${as_nobody[@]}"
check "and a second one" silent "${as_nobody[@]}"
user_log=$(log_of "$user_data" box)
check "nobody's line has memory and processes" jq -e -s 'last | .meminfo.MemTotal > 0 and .processes.total > 0' "$user_log"
check "nobody's line has no slab caches" jq -e -s 'last | (.slabinfo.caches // {}) | length == 0' "$user_log"

# hidepid=2: a /proc on which nobody sees only its own processes.
in_hidepid() {
    unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && exec runuser -u nobody -- "$@"' sh \
        "$CRONOGRAPH" sample --data "$user_data" --host hidden
}
if unshare --mount mount -t proc -o hidepid=2 proc /proc; then
    check "hidepid: a sample without a word" silent in_hidepid
    check "hidepid: memory is there" jq -e '.meminfo.MemTotal > 0' "$(log_of "$user_data" hidden)"
    check "hidepid: fewer processes are seen than there are" jq -e \
        --argjson all "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" '(.processes.total // 0) < $all' "$(log_of "$user_data" hidden)"
else
    cannot "hidepid=2" "this kernel refuses the mount"
fi

# 5,000 processes more. They share one process group, by which they are taken back.
crowd() {
    setsid --fork sh -c 'echo $$ >"$1"; i=0; while [ $i -lt 5000 ]; do sleep 600 & i=$((i + 1)); done; wait' sh "$WORK/crowd.pid"
    for _ in $(seq 120); do
        [[ $(pgrep -c -g "$(cat "$WORK/crowd.pid" 2>/dev/null || echo 0)" sleep || true) -ge 5000 ]] && return
        sleep 0.5
    done
    return 1
}
disperse() { kill -TERM -- "-$(<"$WORK/crowd.pid")"; }
defer disperse
check "5,000 processes are started" crowd
check "a sample with them ends within 5 s" within 5 "$CRONOGRAPH" sample --data "$data" --host box
check "it counts them" has '.processes.total >= 5000'
note "with them: $(last | jq -c .self), line of $(last | wc -c) bytes"
check "and they do not make the line long" test "$(last | wc -c)" -lt 12000
check "nobody's sample with them ends within 5 s" within 5 "${as_nobody[@]}"
disperse
