# shellcheck shell=bash
# Messages to real servers: mail over TLS and over STARTTLS with a login and an authority of its own, a server that dies within a
# mail, HTTP over TLS, the local sendmail. The mail is opened as a mail program does and looked at in Chromium.
# shellcheck source=tests/system/lib.bash
source "$(dirname "${BASH_SOURCE[0]}")/../lib.bash"

# aiosmtpd is a package of Debian's own Python.
python=/usr/bin/python3
helpers=$tree/tests/system/messages
got=$WORK/got
shots=$ARTEFACTS/messages
mkdir -p "$got" "$shots"
if ! "$python" -c 'import aiosmtpd' 2>/dev/null; then
    cannot "messages to real servers" "there is no aiosmtpd"
    exit 0
fi

# An authority, and a certificate of it for this machine.
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=cronograph tests $1" \
        -addext basicConstraints=critical,CA:true -keyout "$WORK/$1.key" -out "$WORK/$1.pem"
}
certificate() {
    authority ours && authority strange &&
        openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$WORK/server.key" -out "$WORK/server.csr" &&
        openssl x509 -req -in "$WORK/server.csr" -CA "$WORK/ours.pem" -CAkey "$WORK/ours.key" -CAcreateserial -days 2 \
            -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:false\nextendedKeyUsage=serverAuth\n') -out "$WORK/server.pem"
}
check "openssl makes an authority and a certificate" certificate

"$python" "$helpers/receivers.py" "$got" "$WORK/server.pem" "$WORK/server.key" >"$WORK/ports" 2>"$ARTEFACTS/receivers.txt" &
defer kill "$!"
for ((try = 0; try < 300; try++)); do
    [[ ! -s $WORK/ports ]] || break
    sleep 0.2
done
port() { jq -r ".$1" "$WORK/ports"; }
check "the servers listen" port smtps

config=$WORK/cronograph.toml
mail() {
    printf '[[channel]]\nname = "%s"\nkind = "mail"\nto = ["Ada <ada@example.org>", "bob@example.org"]\nfrom = "cronograph <cron@example.org>"\n' "$1"
    printf '%s\n' "${@:2}"
}
login=('user = "ada"' "password_file = \"$WORK/password\"" "ca_file = \"$WORK/ours.pem\"")
{
    printf 'lang = "zh"\ntime_zone = "Europe/Berlin"\n'
    mail smtps "smtp = \"smtps://localhost:$(port smtps)\"" "${login[@]}"
    mail starttls "smtp = \"smtp://127.0.0.1:$(port starttls)\"" "${login[@]}"
    mail stranger "smtp = \"smtps://localhost:$(port smtps)\"" "${login[@]:0:2}" "ca_file = \"$WORK/strange.pem\""
    mail wrong "smtp = \"smtps://localhost:$(port smtps)\"" 'user = "ada"' 'password = "hush-hush"' "ca_file = \"$WORK/ours.pem\""
    mail plain "smtp = \"smtp://127.0.0.1:$(port drops)\""
    mail drops "smtp = \"smtp+insecure://127.0.0.1:$(port drops)\""
    mail gone 'smtp = "smtp+insecure://127.0.0.1:1"'
    mail local
    printf '[[channel]]\nname = "hook"\nkind = "webhook"\nurl = "https://localhost:%s/path?key=hush-hush"\nheaders = { X-Token = "hush-hush" }\n' "$(port hook)"
    printf '[[channel]]\nname = "busy"\nkind = "slack"\nurl = "https://localhost:%s/busy/hush-hush"\n' "$(port hook)"
    printf '[[channel]]\nname = "command"\nkind = "command"\ncommand = ["sh", "-c", "cat > %s/command.json"]\n' "$got"
} >"$config"
printf 'correct horse\n' >"$WORK/password"
chmod 600 "$WORK/password"
try() { "$CRONOGRAPH" check --config "$config" --test "$@"; }
secret_free() { ! grep -r "hush-hush\|correct horse" "$WORK/.stdout" "$WORK/.stderr"; }
# refused CHANNEL PATTERN: it is, for that reason, and no secret is said.
refused() {
    local status=0
    try "$1" >"$WORK/.stdout" 2>"$WORK/.stderr" || status=$?
    cat "$WORK/.stdout" "$WORK/.stderr"
    [[ $status == 1 ]] && grep -Eq "$2" "$WORK/.stderr" && secret_free
}

chmod 644 "$config"
check "a configuration with secrets that others may read sends nothing" refused smtps 'others may read it'
check "and the way out is said" grep -q "hint: chmod 600" "$WORK/.stderr"
chmod 600 "$config"
check "config shows no secret" sh -c "! '$CRONOGRAPH' config --config '$config' | grep -q hush-hush"

check "a mail over TLS with a login is taken" try smtps
check "a mail over STARTTLS with a login is taken" try starttls
check "both arrive" test -s "$got/smtps-1.eml" -a -s "$got/starttls-1.eml"
check "over TLS, from and to whom it should" jq -e '.tls and .from == "cron@example.org" and .to == ["ada@example.org", "bob@example.org"]' "$got/starttls-1.json"
check "a server of a strange authority gets nothing" refused stranger 'no protected connection.*certificate'
check "a wrong password is refused, and not said" refused wrong 'the mail server refuses: 535'
check "without STARTTLS nothing is sent" refused plain 'mail server'
check "a server that dies within a mail" refused drops 'no connection to the mail server'
check "a server that is not there" refused gone 'Connection refused'
check "no more mails have arrived" sh -c "test \$(ls '$got'/*.eml | wc -l) = 2"

# The local sendmail, in this mount namespace only.
sendmail() {
    mount -t tmpfs tmpfs /usr/local/sbin || return
    printf '#!/bin/sh\necho "$@" >%s/sendmail.args\ncat >%s/sendmail.eml\n' "$got" "$got" >/usr/local/sbin/sendmail
    chmod 755 /usr/local/sbin/sendmail
    try local && grep -Fx -- '-i -f cron@example.org -- ada@example.org bob@example.org' "$got/sendmail.args"
}
check "the local sendmail gets the addresses as arguments" sendmail
check "and the whole mail" grep -q '^Auto-Submitted: auto-generated' "$got/sendmail.eml"

# What a mail program makes of it.
"$python" "$helpers/open.py" "$got/smtps-1.eml" "$shots" >"$shots/facts.json"
facts() { jq -e "$1" "$shots/facts.json"; }
check "a mail program reads the Chinese subject" facts '.subject | startswith("[警告] ") and contains("测试：此通道的消息可以送达")'
check "and finds no defect" facts '.defects == []'
check "text, and HTML with its picture" facts \
    '.structure == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]'
check "nothing is fetched from elsewhere" facts '.strangers == []'
check "the head says that a machine wrote it" facts '.auto == "auto-generated" and (.id | test("^<test-[0-9]+@example.org>$"))'

browse() { chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files --user-data-dir="$WORK/chromium" "$@"; }
shoot() { browse --screenshot="$shots/$1.png" --window-size=800,760 "${@:3}" "file://$shots/$2"; }
check "a picture of it, light" shoot light mail.html
check "dark" shoot dark mail.html --blink-settings=preferredColorScheme=0
check "and as wide as a telephone" shoot phone phone.html
on_a_phone() { browse --virtual-time-budget=5000 --dump-dom "file://$shots/phone.html" | grep -o '<title>.*</title>' | grep -x '<title>pictures 1040 width 400</title>'; }
check "where the picture is seen and nothing is wider than the screen" on_a_phone

# HTTP over TLS, with the system's authorities (here: ours for them).
check "a webhook of an unknown authority gets nothing" refused hook 'no protected connection'
export SSL_CERT_FILE=$WORK/ours.pem
check "one of a known authority is sent to" try hook
check "the notice as JSON, with the headers of the configuration" jq -e \
    '.path == "/path?key=hush-hush" and .headers["x-token"] == "hush-hush" and (.body | fromjson | .v == 1 and .level == "warning")' "$got/hook-1.json"
check "a service that is busy is said to be" refused busy 'the server answers 429'
check "a command reads the notice" try command
check "as JSON" jq -e '.items[0].host != null and .subject != null' "$got/command.json"
check "a channel that is none is said with those that are" refused nobody 'no channel of the name "nobody"'
