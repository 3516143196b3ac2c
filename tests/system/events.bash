# shellcheck shell=bash
# What changes on the booted Debian is logged with its time: real dpkg, crontabs, units and services. Sourced by the
# case `debian`, beside cron's minutes; it samples for itself, with a short slow beat, into a folder of its own.

# The case that sources this file sets it.
# shellcheck disable=SC2154
events=$root/srv/events/box/events.jsonl

look_for_events() { within_machine cronograph sample --config /root/events.toml --data /srv/events --host box; }

# told AT FILTER: there is one such event, of that second or the two after it.
told() {
    cat "$events"
    jq -es --argjson at "$1" "map(select($2)) | length == 1 and (.[0].t - \$at | . >= 0 and . <= 2)" "$events"
}

prepare_events() {
    printf '[sample]\nslow_interval_seconds = 20\n' >"$root/root/events.toml"
    mkdir -p "$root/root/hello/DEBIAN"
    printf '%s\n' 'Package: hello-events' 'Version: 1.2-3' 'Architecture: all' \
        'Maintainer: Nobody <nobody@example.org>' 'Description: nothing' >"$root/root/hello/DEBIAN/control"
    within_machine dpkg-deb --build /root/hello /root/hello.deb
    look_for_events
    sleep 21
    look_for_events
}

try_events() {
    local package crontab unit started stopped removed
    check "events: a first look and a calm one say and log nothing" prepare_events
    check "events: there is no log of them yet" test ! -e "$events"
    package=$(date +%s)
    within_machine dpkg --install /root/hello.deb >/dev/null 2>&1
    crontab=$(date +%s)
    printf '0 0 1 1 * root true\n' >"$root/etc/cron.d/hello"
    unit=$(date +%s)
    printf '[Service]\nExecStart=/bin/sleep infinity\n' >"$root/etc/systemd/system/hello.service"
    within_machine systemctl daemon-reload
    started=$(date +%s)
    within_machine systemctl start hello.service
    within_machine systemd-run --quiet --wait /bin/true
    sleep 50
    check "events: a look after changes says nothing" silent look_for_events
    check "events: dpkg installed a package" told "$package" '.kind == "package" and .change == "installed" and .subject == "hello-events" and .after == "1.2-3"'
    check "events: a crontab was added" told "$crontab" '.kind == "crontab" and .change == "added" and .subject == "/etc/cron.d/hello"'
    check "events: a unit was added" told "$unit" '.kind == "unit" and .change == "added" and .subject == "/etc/systemd/system/hello.service"'
    check "events: a service was started" told "$started" '.kind == "service" and .change == "started" and .subject == "hello.service"'
    stopped=$(date +%s)
    within_machine systemctl stop hello.service
    look_for_events
    removed=$(date +%s)
    within_machine dpkg --remove hello-events >/dev/null 2>&1
    printf '0 0 1 1 * root false\n0 0 2 1 * root false\n' >"$root/etc/cron.d/hello"
    within_machine cronograph note --config /root/events.toml --data /srv/events --host box 'hello is gone' >/dev/null
    sleep 50
    look_for_events
    check "events: a service was stopped" told "$stopped" '.kind == "service" and .change == "stopped" and .subject == "hello.service"'
    check "events: dpkg removed a package" told "$removed" '.kind == "package" and .change == "removed" and .subject == "hello-events"'
    check "events: a crontab changed, by one line more" told "$removed" '.kind == "crontab" and .change == "changed" and .lines == 1'
    check "events: a note" told "$removed" '.kind == "note" and .subject == "hello is gone"'
    look_for_events
    check "events: nothing else was told, and nothing twice" sh -c "cat '$events'; test \$(wc -l <'$events') = 8"
}
