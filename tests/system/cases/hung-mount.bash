# shellcheck shell=bash
# A mounted disk whose driver answers nothing: NTFS on a loop device, served by a user-space daemon that is stopped.
# Any statvfs on it sleeps until the daemon goes on. The sample must end all the same.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

data=$WORK/data
mount_point=$WORK/disk
mkdir "$mount_point"
truncate -s 20M "$WORK/image"
mkfs.ntfs -q -F -f "$WORK/image" >/dev/null 2>&1
serve() {
    [[ -e /dev/fuse ]] || return 1
    ntfs-3g "$WORK/image" "$mount_point" && mountpoint -q "$mount_point"
}
if ! serve; then
    cannot "a hung mount" "this kernel mounts nothing by FUSE"
    exit 0
fi
daemon=$(pgrep -n -f "^ntfs-3g $WORK/image")
release() {
    kill -CONT "$daemon"
    ! mountpoint -q "$mount_point/below" || umount "$mount_point/below"
    ! mountpoint -q "$mount_point" || umount "$mount_point"
}
defer release
sample() { "$CRONOGRAPH" sample --data "$data" --host box; }
newest() { tail -n 1 "$(log_of "$data" box)" | jq -e "$1"; }

# A file system that would answer, mounted below the one that hangs: to look up its path hangs too.
mkdir "$mount_point/below"
truncate -s 20M "$WORK/inner"
mkfs.ext4 -q -F "$WORK/inner"
below=no
! mount -o loop "$WORK/inner" "$mount_point/below" || below=yes
[[ $below == yes ]] || cannot "a mount below a hung mount" "no loop device"

check "the daemon is found" kill -0 "$daemon"
check "a sample while the disk answers" silent sample
note "file systems: $(newest '.filesystem | keys | tojson' || true)"
kill -STOP "$daemon"
sleep 1.5
check "the disk hangs indeed" sh -c "! timeout -s KILL 2 stat -f '$mount_point'"
[[ $below == no ]] || check "and what is below it" sh -c "! timeout -s KILL 2 stat -f '$mount_point/below'"
check "a sample while the disk hangs ends within 10 s" within 10 "$CRONOGRAPH" sample --data "$data" --host box
check "and the next one too" within 10 "$CRONOGRAPH" sample --data "$data" --host box
check "the rest of the sample is there" newest '.meminfo.MemTotal > 0 and .filesystem["/"].total > 0'
note "its cost: $(newest '.self | tojson' || true), errors: $(newest .errors || true)"
sleep 1
check "no sampler is left behind" test -z "$(pgrep -f "^$CRONOGRAPH sample --data $data")"
release
check "a sample once it answers again" silent sample
