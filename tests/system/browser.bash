# shellcheck shell=bash
# Pages in a real browser and under the HTML checker. Sourced after lib.bash.

# shellcheck disable=SC2154
browser=$tree/tests/system/browser
screenshots=$tree/target/screenshots
export npm_config_cache=${npm_config_cache:-$CACHE/npm}

# What the browser tests need from npm, once.
prepare_browser() {
    (
        flock 9
        cd "$browser" || exit
        cmp -s package-lock.json node_modules/.locked && exit 0
        npm ci --no-progress && cp package-lock.json node_modules/.locked
    ) 9>"$CACHE/npm.lock"
}

# look LABEL LANG URL [PREFIX…]: opens the pages from URL in Chromium, through the command PREFIX. EVERY=--every: in
# all modes.
look() {
    local label=$1 lang=$2 url=$3 line
    shift 3
    "$@" node "$browser/pages.mjs" --base "$url" --label "$label" --lang "$lang" --shots "$screenshots" ${EVERY:+"$EVERY"} ${PICTURES:+"$PICTURES"} \
        >"$WORK/look-$label" 2>&1 || true
    while IFS= read -r line; do
        case $line in
            "ok - "* | "not ok - "*) verdict "${line%% - *}" "${line#* - }" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$WORK/look-$label"
    check "$label: the browser's run came to its end" grep -q "axe-core finds nothing .* phone\|axe-core .*in phone" "$WORK/look-$label"
}

# The Nu HTML checker on a folder of pages.
valid_html() {
    java -Xss4m -jar "$browser/node_modules/vnu-jar/build/dist/vnu.jar" --errors-only --skip-non-html --format gnu "$1"
}

# What holds of every generated folder, without a browser.
check_folder() {
    check "$1: what pages refer to is there" perl "$tree/tests/system/references.pl" "$2"
    check "$1: status.json is JSON" jq -e . "$2/status.json"
    check "$1: a web server's user can read all of it" sh -c \
        "test -z \"\$(find '$2' -type f ! -path '*/.cronograph/lock' ! -perm -444 -o -type d ! -perm -555)\""
}
