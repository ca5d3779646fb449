#!/bin/sh
# An adapter of a mover: a small mail system in a temporary folder, and the procedure `move` on it. The contract is
# specs/adapter.md. A mailbox is a folder: `home` has its home in the directory, `queued` its mail in the transport, and each
# folder in `stores` is its mailbox in one store, with `messages`, and with `in-transit` if a move has marked it.
set -u
site=${TMPDIR:-/tmp}/mover.$$
mkdir "$site" || exit 1
trap 'rm -rf "$site"' EXIT
trap 'exit 1' HUP INT TERM
crashes=0

# Print the value of a string, a number or a list of strings in the request; names have no quotes in them.
text() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
number() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":\([0-9]*\)[,}].*/\1/p"; }
list() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":\[\([^]]*\)\].*/\1/p" | tr -d '"' | tr ',' ' '; }

# Prints the lines of a file as a JSON list.
lines() { awk 'BEGIN { printf "[" } { printf "%s\"%s\"", (NR > 1 ? "," : ""), $0 } END { printf "]" }' "$1"; }

fresh() {
    mkdir -p "$1"
    : >>"$1/messages"
}

# Mail goes to the home, which defers it while a move is taking the mailbox away.
put() {
    at=$box/stores/$(cat "$box/home")
    fresh "$at"
    if [ -e "$at/in-transit" ]; then echo "$1" >>"$box/queued"; else echo "$1" >>"$at/messages"; fi
}

# Succeeds if the program lives for one more step.
step() { steps=$((steps - 1)) && [ "$steps" -ge 0 ]; }

# Moves from $1 to $2. `result` is its report, or `unknown` if it is killed on the way.
move() {
    from=$box/stores/$1 to=$box/stores/$2
    result=unknown
    step || return
    if [ "$1" = "$2" ] || [ "$(cat "$box/home")" != "$1" ]; then result=refused && return; fi
    # A duplicate: the store deletes it.
    if [ -d "$to" ]; then rm -r "$to" && result=failed && return; fi
    fresh "$to"
    for at in "$to" "$from"; do
        step || return
        fresh "$at"
        : >"$at/in-transit"
    done
    step || return
    cp "$from/messages" "$to/messages"
    step || return
    echo "$2" >"$box/home"
    rm -r "$from" "$to/in-transit"
    result=ok
    # The transport tries again.
    waiting=$(cat "$box/queued")
    : >"$box/queued"
    for message in $waiting; do put "$message"; done
}

perform() {
    box=$site/$(text mailbox)
    home=$box/stores/$(cat "$box/home" 2>/dev/null)
    case $(text action) in
    deliver) put "$(text message)" ;;
    # Users cannot log on during a move. The store creates a missing mailbox.
    log-on) if [ -e "$home/in-transit" ]; then result=refused; else fresh "$home"; fi ;;
    run)
        steps=1000
        # Killed before the directory is written, at another step each time.
        case $line in *'"crash":true'*) crashes=$((crashes + 1)) steps=$((crashes % 4)) ;; esac
        move "$(text from)" "$(text to)" ;;
    *) result=refused ;;
    esac
}

observe() {
    box=$site/$(text mailbox)
    home=$(cat "$box/home") directory='' stores=''
    for server in $servers; do
        at=$box/stores/$server shown=null marked=false
        [ -e "$at/in-transit" ] && marked=true
        [ -d "$at" ] && shown="{\"messages\":$(lines "$at/messages"),\"pending\":[],\"in-transit\":$marked}"
        directory="$directory,\"$server\":{\"home-mdb\":\"$home\",\"home-mta\":\"$home\"}"
        stores="$stores,\"$server\":$shown"
    done
    printf '"observed","directory":{%s},"stores":{%s},"queued":%s' "${directory#,}" "${stores#,}" "$(lines "$box/queued")"
}

while IFS= read -r line; do
    result=ok type=$(text type)
    case $type in
    hello) first_home=$(text home) servers=$(list servers) mailboxes=$(list mailboxes) ;;
    reset)
        rm -rf "${site:?}"/*
        for name in $mailboxes; do
            mkdir -p "$site/$name/stores"
            echo "$first_home" >"$site/$name/home"
            : >"$site/$name/queued"
        done
        case $line in *'"start":{'*) result=refused ;; esac ;;
    do) perform ;;
    esac
    case $type in
    hello) answer='"hello","protocol":2,"name":"mover.sh","implements":"move",
        "actions":["deliver","log-on","run","program-dies"],"fields":["directory","stores","queued"]' ;;
    observe) answer=$(observe) ;;
    *) answer="\"done\",\"result\":\"$result\"" ;;
    esac
    printf '{"id":%s,"type":%s}\n' "$(number id)" "$(printf %s "$answer" | tr -d '\n')"
    [ "$type" = bye ] && break
done
