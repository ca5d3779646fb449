
# Ends the script if a value is missing.
require_values() { # names
  lacking=
  for value; do
    eval "test -n \"\${$value:-}\"" || lacking="$lacking $value"
  done
  test -z "$lacking" || stop "set these at the top of the script:$lacking"
}

# Ends the script if the entry has not the name of the mailbox and each name of
# the owner, whole or without its domain: then a value is that of another user.
check_names() {
  read_entry "$LDAP_URL" '*' >"$WORK/entry" ||
    stop "cannot read the entry $USER_DN"
  while IFS= read -r line; do
    case $line in
    *':: '*) printf %s "${line#*:: }" | base64 -d && echo ;;
    *': '*) printf '%s\n' "${line#*: }" ;;
    esac
  done <"$WORK/entry" | tr '[:upper:]' '[:lower:]' >"$WORK/values"
  name=$MAILBOX
  check_name
  each_name check_name
}
check_name() {
  lower=$(printf %s "$name" | tr '[:upper:]' '[:lower:]')
  grep -qxF -e "$lower" -e "${lower%%@*}" "$WORK/values" ||
    stop "$USER_DN has no value $name: give names and entry of one user," \
      'with commas between the names'
}

# Takes the lock of the mailbox on the proxy, as long as this script and its
# commands run: two runs at once append each message twice.
lock_mailbox() {
  lock=$HELD_FILE.$(printf %s "$MAILBOX" | tr -c '[:alnum:].@-' _).lock
  mkfifo "$WORK/alive" || stop 'cannot create a pipe'
  : >"$WORK/locked"
  {
    run_by "$AT_PROXY" flock -w 2 "$lock" sh -c 'echo yes; cat >/dev/null'
    echo no
  } <"$WORK/alive" >>"$WORK/locked" &
  exec 9>"$WORK/alive"
  until test -s "$WORK/locked"; do sleep 0.1; done
  test "$(head -n 1 "$WORK/locked")" = yes ||
    stop "another run for $MAILBOX has the lock $lock on the proxy"
}

# Ends the script if its values name one server twice: it would find each
# message on the other server, and delete the only copy.
require_two_servers() { # server, server
  for value in HOST DOVEADM; do
    eval "one=\$${value}_$1 other=\$${value}_$2"
    test "$one" != "$other" ||
      stop "$1 and $2 are the same server: ${value}_$1 is ${value}_$2"
  done
  eval "addresses \"\$HOST_$1\"" >"$WORK/one"
  eval "addresses \"\$HOST_$2\"" >"$WORK/other"
  ! grep -qxFf "$WORK/one" "$WORK/other" ||
    stop "$1 and $2 are the same server: HOST_$1 and HOST_$2 have one address"
  folder_guid "$1" && one=$guid
  folder_guid "$2" && other=$guid
  test "$one" != "$other" || require_two_stores "$@"
}
addresses() { # host
  getent ahosts "$1" 2>/dev/null | awk '{ print $1 }' | sort -u
}
folder_guid() { # server
  on "$1" -f tab mailbox status -u "$MAILBOX" guid INBOX \
    </dev/null >"$WORK/said" || stop "cannot read the mailbox on $1"
  guid=$(sed -n 's/^INBOX\t//p' "$WORK/said")
  test -n "$guid" || stop "INBOX on $1 has no GUID"
}

# Ends the script if two commands reach one store. dsync gives a copy the GUIDs
# of its original, so a folder that one server creates must not show on the
# other.
require_two_stores() { # server, server
  probe=stranded-$(date +%s)-$$
  on "$2" mailbox create -u "$MAILBOX" "$probe" </dev/null ||
    stop "cannot create the folder $probe on $2"
  # With a name, `list` prints it also if there is no such folder.
  on "$1" mailbox list -u "$MAILBOX" </dev/null >"$WORK/probed"
  listed=$?
  on "$2" mailbox delete -u "$MAILBOX" "$probe" </dev/null ||
    stop "cannot delete the folder $probe on $2"
  test "$listed" = 0 || stop "cannot list the folders on $1"
  ! grep -qxF -e "$probe" "$WORK/probed" ||
    stop "$1 and $2 are the same server: both show one mailbox"
}

# Ends the script if a server shows less than the snapshot on which the advice
# is based: fewer messages, or not a message that only this server had.
require_seen() { # server, names
  server=$1
  eval "seen=\${SEEN_$1-}"
  shift
  list "$server" now
  found=$(wc -l <"$WORK/now" | tr -d ' ')
  test -z "$seen" || test "$found" -ge "$seen" ||
    stop "$server has $found messages, and had $seen in the snapshot: it is" \
      "another server, or the snapshot is old. Take it again, and ask again"
  for name; do
    cut -f 2 "$WORK/now" | grep -qxF -e "$name" ||
      stop "$server does not hold $name, which it had in the snapshot: it is" \
        "another server, or the snapshot is old. Take it again, and ask again"
  done
}

# Notes that this script begins to delete on a server, which then shows less
# than the snapshot when the script runs again.
note_deletion() { # server
  deletions=$(note "$1")
  grep -qxF -e "$deletions" "$SAVED.deleting" 2>/dev/null ||
    printf '%s\n' "$deletions" >>"$SAVED.deleting" ||
    stop "cannot write $SAVED.deleting"
}
has_deleted() { # server
  grep -qxF -e "$(note "$1")" "$SAVED.deleting" 2>/dev/null
}
note() { # server
  eval "printf '%s %s %s' \"\$MAILBOX\" \"\$DOVEADM_$1\" \"\${SEEN_$1-}\""
}

printf '%s\n' "$LOGIN_NAMES" | tr , '\n' | sed 's/^ *//; s/ *$//; /^$/d' \
  >"$WORK/names"
# `sh SCRIPT release` lets mail through after a stop.
case ${1:-} in
release)
  require_values MAILBOX LOGIN_NAMES
  lock_mailbox
  release
  exit
  ;;
esac
