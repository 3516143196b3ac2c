# shellcheck shell=bash
# Two leaks of the real kernel, driven by real samples: `explain` names the part, what grows with it, and that no process
# owns it. Both leave 1 MiB of unreclaimable slab a run. The samples are a minute apart by the clock that they are given.
# An IPC namespace of the case's own: whatever it makes goes with it, however it ends.
[[ -n ${OWN_IPC:-} ]] || OWN_IPC=1 exec unshare --ipc bash "${BASH_SOURCE[0]}"
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

data=$WORK/data
calm=60 leaking=60
start=$(($(date +%s) / 60 * 60 - (calm + leaking) * 60))

# Large kmalloc: in no slab cache.
semaphores() { ipcmk -S 16300 >"$WORK/ipcmk" 2>&1; }
# Messages: in the cache kmalloc-cg-4k or, where that is merged or older, another of 4 KiB.
messages() {
    perl -e 'for (1..64) { $q = msgget(0, 0600|01000); msgsnd($q, pack("l! a*", 1, "x" x 8000), 04000) for 1..2 }'
}

# Samples of HOST, a minute apart, after half of the time with COMMAND before each.
watch() {
    local host=$1 command=$2 minute
    for ((minute = 0; minute < calm + leaking; minute++)); do
        ((minute < calm)) || "$command" || return
        "$CRONOGRAPH" sample --data "$data" --host "$host" --now $((start + minute * 60)) || return
    done
}
explain() { "$CRONOGRAPH" explain --data "$data" --host "$1" --now $((start + (calm + leaking) * 60)) "${@:2}"; }
at_onset() { explain "$1" --at $((start + (calm - 1) * 60)) --json; }
leaks() { explain "$1" --json >"$ARTEFACTS/explain-$1.json"; [[ $? == 3 ]]; }
has() { jq -e "$2" "$ARTEFACTS/explain-$1.json"; }
slab='[.findings[] | select(.subject.part == "slab_unreclaimable" and .state == "leaking")][0]'

tell() {
    local host=$1 name=$2
    check "$name: explain says that something leaks" leaks "$host"
    check "$name: unreclaimable slab" has "$host" "$slab != null"
    check "$name: about 1 MiB a minute" has "$host" "$slab.growth.per_second * 60 / 1048576 | . > 0.85 and . < 1.2"
    check "$name: since the minute in which it began" has "$host" \
        "$slab.growth.since - $((start + calm * 60)) | . > -360 and . < 360"
    check "$name: no process owns it" has "$host" "$slab.owner == \"nobody\""
    check "$name: which is said in words" sh -c '"$@" | grep -q "No process owns it: ps and free look normal."' sh \
        "$CRONOGRAPH" explain --data "$data" --host "$host" --now $((start + (calm + leaking) * 60))
    check "$name: before it began nothing of the kernel's leaked" sh -c \
        'jq -e "[.findings[] | select(.subject.part == \"slab_unreclaimable\")] | length == 0" "$1"' sh "$WORK/before-$host.json"
    explain "$host" >"$ARTEFACTS/explain-$host.txt" || true
    sed 's/^/# /' "$ARTEFACTS/explain-$host.txt"
}

before=$(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo)
semaphores && semaphores && semaphores && semaphores
if (($(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo) - before < 2048)); then
    cannot "explain on a real leak" "SUnreclaim does not show large kmalloc on this kernel (before 5.4, gVisor, lxcfs)"
    exit 0
fi

check "semaphores: two hours of samples" watch semaphores semaphores
at_onset semaphores >"$WORK/before-semaphores.json" || true
tell semaphores semaphores
check "semaphores: large kmalloc grows with it, which no cache shows" has semaphores \
    "[$slab.grows_with[] | select(.metric == \"slabinfo.large_kmalloc\")][0].share > 0.8"
check "semaphores: and their number" has semaphores "[$slab.grows_with[].metric] | contains([\"ipc.semaphores\"])"

check "messages: two hours of samples" watch messages messages
at_onset messages >"$WORK/before-messages.json" || true
tell messages messages
check "messages: slab caches of 4 KiB grow with it" has messages \
    "[$slab.grows_with[] | select(.metric == \"slabinfo.bytes\" and (.instance | test(\"4k|4096\"))).share] | add > 0.6"
check "messages: and the number of queues" has messages "[$slab.grows_with[].metric] | contains([\"ipc.msg_queues\"])"
