#!/bin/sh
# A stand-in for the shell agents of hosted monitors, for benches/peers.sh: what such an agent reads of a host in a run, in
# the way they read it, a small program for each number. It starts a little fewer programs than the one that was
# measured (387), sends nothing, and writes its line to standard output.
set -u

field() { # one number of /proc/meminfo
    grep "^$1:" /proc/meminfo | awk '{ print $2 }'
}

facts() {
    uname -r
    uname -m
    grep '^PRETTY_NAME' /etc/os-release | cut -d= -f2 | tr -d '"'
    grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ *//'
    grep -c '^processor' /proc/cpuinfo
    grep -m1 'cpu MHz' /proc/cpuinfo | cut -d: -f2 | tr -d ' '
    cut -d. -f1 /proc/uptime
    cut -d' ' -f1-3 /proc/loadavg
    who | wc -l
    ps ax | wc -l
}

memory() {
    for name in MemTotal MemFree Cached Buffers SwapTotal SwapFree; do
        field "$name"
    done
}

processor() {
    for column in 2 3 4 5 6 7 8; do
        grep '^cpu ' /proc/stat | awk -v column="$column" '{ print $column }'
    done
}

disks() {
    df -P -B1 2>/dev/null | sed 1d | while read -r _ total used _ _ mount; do
        echo "$total" | awk '{ print $1 / 1024 }'
        echo "$used" | awk '{ print $1 / 1024 }'
        echo "$mount" | sed 's/ /_/g'
    done
}

network() {
    sed 1,2d /proc/net/dev | cut -d: -f1 | tr -d ' ' | while read -r interface; do
        grep "$interface:" /proc/net/dev | cut -d: -f2 | awk '{ print $1 }'
        grep "$interface:" /proc/net/dev | cut -d: -f2 | awk '{ print $9 }'
    done
}

# 40 rows always: a machine with fewer processes is not to flatter the stand-in.
processes() {
    ps ax -o user= -o pcpu= -o rss= -o comm= --sort=-rss >"$list"
    row=0
    while [ "$row" -lt 40 ]; do
        row=$((row + 1))
        line=$(sed -n "$((row % 20 + 1))p" "$list")
        echo "$line" | awk '{ print $1 }'
        echo "$line" | awk '{ print $2 }'
        echo "$line" | awk '{ print $3 }'
        echo "$line" | awk '{ print $4 }' | cut -c1-40
    done
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
{ facts; memory; processor; disks; network; processes; } | tr '\n' ';' | gzip -c | base64 -w 0
