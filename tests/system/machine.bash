# shellcheck shell=bash
# A whole VPS: a Debian with systemd, cron, nginx and rsync, booted by systemd-nspawn. It shares the kernel, and has
# a network of its own that is nothing but a loopback. Sourced after lib.bash.

debian_packages=systemd,systemd-sysv,cron,dbus,iproute2,procps,nginx-light,rsync
debian_release=bookworm

# The tree as debootstrap makes it, kept in the cache as one file; the name says what is in it.
debian_tarball() {
    local key tarball new
    key=$(printf '%s' "$debian_release $debian_packages" | md5sum | cut -c 1-8)
    tarball=$CACHE/debian-$key.tar
    (
        flock 9
        [[ ! -s $tarball ]] || exit 0
        new=$(mktemp -d "$CACHE/new.XXXXXX")
        trap 'rm -rf --one-file-system "$new"' EXIT
        debootstrap --variant=minbase --include="$debian_packages" "$debian_release" "$new/tree" >"$new/log" 2>&1 ||
            { tail -n 20 "$new/log" >&2; exit 1; }
        rm -rf "$new"/tree/var/cache/apt/archives/*.deb
        tar -C "$new/tree" -cf "$new/tar" .
        mv "$new/tar" "$tarball"
    ) 9>"$CACHE/debian.lock" || return
    printf '%s\n' "$tarball"
}

# machine_unpack FOLDER
machine_unpack() {
    local tarball
    tarball=$(debian_tarball) || return
    mkdir -p "$1"
    tar -C "$1" -xf "$tarball"
}

# machine_boot FOLDER: sets `nspawn` and `leader`, the pid of the machine's init.
machine_boot() {
    systemd-nspawn --register=no --keep-unit --machine="cronograph-$$" --hostname=vps-one -q -D "$1" --private-network --console=passive -b \
        </dev/null >"$ARTEFACTS/boot.txt" 2>&1 &
    nspawn=$!
    local _ state
    for _ in $(seq 120); do
        leader=$(pgrep -P "$nspawn" -x systemd || true)
        if [[ -n $leader ]]; then
            state=$(within_machine systemctl is-system-running 2>/dev/null || true)
            [[ $state != running && $state != degraded ]] || break
        fi
        kill -0 "$nspawn" 2>/dev/null || { cat "$ARTEFACTS/boot.txt"; return 1; }
        sleep 0.5
    done
    within_machine ip link set lo up
    [[ $state == running || $state == degraded ]]
}

# Runs a command in the machine, as its root.
within_machine() {
    nsenter -t "$leader" -a -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LC_ALL=C.UTF-8 "$@"
}

# as USER COMMAND…: in the machine, as that user, at home.
as() {
    within_machine runuser -u "$1" -- env HOME="/home/$1" USER="$1" LOGNAME="$1" sh -c 'cd && exec "$@"' sh "${@:2}"
}

machine_off() {
    [[ -n ${nspawn:-} ]] || return 0
    [[ -z ${leader:-} ]] || within_machine systemctl poweroff --no-wall || true
    local _
    for _ in $(seq 40); do
        kill -0 "$nspawn" 2>/dev/null || break
        sleep 0.5
    done
    # It shares nothing with us but the kernel: what did not power off is ended by its pids.
    [[ -z ${leader:-} ]] || kill -KILL "$leader" 2>/dev/null || true
    kill -KILL "$nspawn" 2>/dev/null || true
    wait "$nspawn" 2>/dev/null || true
}
