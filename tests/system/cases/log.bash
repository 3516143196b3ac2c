# shellcheck shell=bash
# The sample log on real file systems: full, read-only, missing, torn, under two writers, under kill -9, under
# a clock that jumps. What fails exits 1 with one line; nothing that was written is ever lost.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

sample() { "$CRONOGRAPH" sample --data "$1" --host box "${@:2}"; }
count_lines() { cat "$1"/box/samples/*.jsonl | wc -l; }
all_valid() { valid_log "$1"/box/samples/*.jsonl; }

# A full disk: a file system of 1 MiB, filled by another.
full=$WORK/full
mkdir "$full"
mount -t tmpfs -o size=1m,mode=755 tmpfs "$full"
defer umount -l "$full"
check "a sample into an empty small disk" silent sample "$full"
before=$(md5sum <"$(log_of "$full" box)")
dd if=/dev/zero of="$full/filler" bs=4k 2>"$WORK/dd" || true
# The log's own block still has room for a line or two.
fill_last_block() {
    local _
    for _ in $(seq 20); do sample "$full" 2>"$WORK/last" || return 0; done
    return 1
}
check "the disk becomes full" fill_last_block
whole=$(grep -c '}$' "$(log_of "$full" box)")
check "on a full disk: exit 1, one line" one_line_error 'space' sample "$full"
check "on a full disk: again the same" one_line_error 'space' sample "$full"
check "the line of before is untouched" test "$(head -n 1 "$(log_of "$full" box)" | md5sum)" = "$before"
rm "$full/filler"
check "with room again: nothing said" silent sample "$full"
check "with room again: one whole line more" test "$(grep -c '}$' "$(log_of "$full" box)")" = $((whole + 1))
check "the newest line is valid" sh -c "tail -n 1 '$(log_of "$full" box)' | jq -e .t"
umount "$full"

# Read-only, missing, in the way, not ours.
frozen=$WORK/read-only
mkdir "$frozen"
mount -t tmpfs -o size=1m,mode=755 tmpfs "$frozen"
defer umount -l "$frozen"
sample "$frozen"
mount -o remount,ro "$frozen"
check "on a read-only disk: exit 1, one line" one_line_error 'read-only' sample "$frozen"
mount -o remount,rw "$frozen"
check "writable again: two lines, both valid" sh -c "'$CRONOGRAPH' sample --data '$frozen' --host box && jq -es 'length == 2' '$(log_of "$frozen" box)'"
touch "$WORK/file"
check "a file where the folder should be: exit 1, one line" one_line_error . sample "$WORK/file"
check "a folder that cannot be made: exit 1, one line" one_line_error . sample /proc/cronograph
install -d -m 700 "$WORK/private"
chmod 711 "$WORK" "$(dirname "$WORK")"
check "no permission: exit 1, one line" one_line_error 'permission' runuser -u nobody -- "$CRONOGRAPH" sample --data "$WORK/private" --host box
check "a host name that is a path: exit 1 or 2, nothing written outside" sh -c \
    "! '$CRONOGRAPH' sample --data '$WORK/names' --host ../outside && ! test -e '$WORK/outside'"

# Two samplers at once, a hundred times: two hundred lines.
pairs=$WORK/pairs
together() {
    local first status=0 _
    for _ in $(seq 100); do
        sample "$pairs" & first=$!
        sample "$pairs" || status=1
        wait "$first" || status=1
    done
    return $status
}
check "two samplers at once, 100 times, all end well" together
check "they lose no line" test "$(count_lines "$pairs")" = 200
check "and mix none" all_valid "$pairs"

# kill -9 at any moment: what is there stays valid, at most the last line is torn.
killed=$WORK/killed
sample "$killed"
slaughter() {
    local pid n
    for n in $(seq 60); do
        sample "$killed" & pid=$!
        sleep "0.00$((n % 10))"
        kill -9 "$pid" || true
        wait "$pid" || true
    done 2>/dev/null
    sample "$killed"
}
check "60 samplers killed, then one that lives" slaughter
check "no lock is left behind" within 5 "$CRONOGRAPH" sample --data "$killed" --host box
broken_lines() { jq -R 'fromjson? // "broken"' "$@" | grep -c '"broken"' || true; }
check "every line is valid after the kills" all_valid "$killed"
check "no temporary file is left" test -z "$(find "$killed" -name '*.tmp*' -o -name '.tmp*')"

# A torn tail is closed by the next sample; its neighbours stay.
torn=$WORK/torn
sample "$torn"
sample "$torn"
log=$(log_of "$torn" box)
truncate -s -40 "$log"
check "after a torn line: nothing said" silent sample "$torn"
check "after a torn line: three lines" test "$(wc -l <"$log")" = 3
check "of which only the torn one is broken" test "$(broken_lines "$log")" = 1
printf '\0\0\0\0garbage' >>"$log"
check "after zero bytes (a crash of the file system): nothing said" silent sample "$torn"
check "the newest line is valid" sh -c "tail -n 1 '$log' | jq -e .t"

# The clock. Back: one clear line, and nothing lost; forth: on it goes.
clock=$WORK/clock
now=$(date +%s)
at() { sample "$clock" --now "$1"; }
check "a sample now" silent at "$now"
note "an hour back: $(at $((now - 3600)) 2>&1; echo "exit $?")"
check "a clock that is set an hour back: exit 1, one line" one_line_error 'clock|back|future|past' at $((now - 3500))
kept=$(count_lines "$clock")
check "nothing is lost" test "$kept" = 3
note "set right again: $(at "$now" 2>&1; echo "exit $?")"
check "from there on nothing is said" silent at $((now + 30))
note "ten days forth: $(at $((now + 864000)) 2>&1; echo "exit $?")"
note "and right again: $(at $((now + 40)) 2>&1; echo "exit $?")"
check "after the jumps nothing is said" silent at $((now + 50))
check "nor is anything lost" test "$(count_lines "$clock")" = 8
check "all lines are valid" all_valid "$clock"
check "each line is in the file of its own day" jq -en '[inputs | .t as $t | select((input_filename | capture("(?<d>\\d{4}-\\d\\d-\\d\\d)\\.jsonl$").d) != ($t | todate[0:10]))] | length == 0' "$clock"/box/samples/*.jsonl

# Closed days may be compressed by the user and are read all the same; midnight UTC rolls over.
days=$WORK/days
midnight=$((now / 86400 * 86400))
for t in $((midnight - 60)) "$midnight"; do "$CRONOGRAPH" sample --data "$days" --host box --now "$t"; done
check "midnight UTC begins a new file" test "$(find "$days/box/samples" -name '*.jsonl' | wc -l)" = 2
gzip "$days/box/samples/$(date -u -d "@$((midnight - 60))" +%F).jsonl"
check "a compressed day is read" sh -c "'$CRONOGRAPH' site --data '$days' --out '$WORK/days-site' --now $((midnight + 60)) && test -s '$WORK/days-site/index.html'"
