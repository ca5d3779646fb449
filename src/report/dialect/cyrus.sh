
# Runs a program of Cyrus on a server, as its user.
on() {
  eval "at=\$AT_$1"
  shift
  run_by "$at" "$@"
}

# Sends an IMAP request about a folder to a server, as the owner; the
# administrator logs on for the owner.
imap() { # server, folder, curl options
  request "$@" --sasl-authzid "$MAILBOX"
}

# Sends an IMAP request to a server, as the administrator.
administer() { # server, request
  request "$1" '' -X "$2"
}
request() {
  eval "url=\$IMAP_$1"
  folder_url=$(printf %s "$2" | od -An -v -tx1 | tr -d '\n' | tr ' ' %)
  shift 2
  curl -sS $CURL_OPTIONS --url "$url/$folder_url${part-}" "$@" </dev/null
}

# Lists the messages of every folder into a file, a line for each: folder,
# name, -, UID. The name is the Message-ID, or the digest of a message without.
list() { # server, file
  imap "$1" '' >"$WORK/folders" || stop "cannot list the folders on $1"
  tr -d '\r' <"$WORK/folders" |
    sed -n 's/^\* LIST ([^)]*) "[^"]*" "\{0,1\}\(.*[^"]\)"\{0,1\}$/\1/p' \
      >"$WORK/names"
  : >"$WORK/$2"
  while IFS= read -r folder <&3; do
    imap "$1" "$folder" -X 'UID SEARCH ALL' >"$WORK/uids" ||
      stop "cannot list $folder on $1"
    for uid in $(tr -d '\r' <"$WORK/uids" | sed -n 's/^\* SEARCH//p'); do
      part=";UID=$uid;SECTION=HEADER" && imap "$1" "$folder" >"$WORK/header" ||
        stop "cannot read UID $uid in $folder on $1"
      part=
      name=$(tr -d '\r' <"$WORK/header" | awk '
        tolower($0) ~ /^message-id:/ {
          found = 1
          sub(/^[^:]*:/, "")
          id = $0
          next
        }
        found && /^[ \t]/ { id = id $0; next }
        found { exit }
        END { gsub(/[ \t]/, "", id); print id }')
      if test -z "$name"; then
        digest "$1" "$folder" - "$uid"
        name=$text
      fi
      printf '%s\t%s\t-\t%s\n' "$folder" "$name" "$uid" >>"$WORK/$2"
    done
  done 3<"$WORK/names"
  name_texts "$1" "$2"
}

# Reads a message of a list into a file.
read_listed() { # server, folder, -, UID
  read_message "$1" "$2" "$4"
}

# Reads one message into a file.
read_message() { # server, folder, UID
  part=";UID=$3"
  imap "$1" "$2" >"$WORK/message" || stop "cannot read UID $3 in $2 on $1"
  part=
  test -s "$WORK/message" || stop "UID $3 in $2 on $1 is empty"
}

# Appends each message of a list once, with IMAP APPEND. Flags and times of
# arrival are not kept.
append() { # list, source, destination
  awk -F '\t' '!seen[$1 FS $2]++' "$WORK/$1" >"$WORK/each"
  while IFS=$TAB read -r folder name kind uid <&4; do
    case $kind in
    saved) cp "$SAVED/$uid" "$WORK/message" || stop "cannot read $SAVED/$uid" ;;
    *) read_message "$2" "$folder" "$uid" ;;
    esac
    imap "$3" "$folder" -X 'UID SEARCH ALL' >/dev/null 2>&1 ||
      imap "$3" '' -X "CREATE \"$folder\"" >/dev/null ||
      stop "cannot create $folder on $3"
    imap "$3" "$folder" -T "$WORK/message" ||
      stop "cannot append $name to $folder on $3"
  done 4<"$WORK/each"
}

# Deletes the messages of a list.
expunge() { # list, server
  while IFS=$TAB read -r folder name kind uid <&4; do
    imap "$2" "$folder" \
      -X "UID STORE $uid +FLAGS.SILENT (\\Deleted)" >/dev/null &&
      imap "$2" "$folder" -X "UID EXPUNGE $uid" >/dev/null ||
      stop "cannot expunge $name in $folder on $2"
  done 4<"$WORK/$1"
}

# Saves every message of a mailbox to a folder outside of the stores.
save_mailbox() { # server
  mkdir -p "$SAVED" && test -z "$(ls "$SAVED")" || stop "$SAVED is not empty"
  list "$1" all
  number=0
  while IFS=$TAB read -r folder name kind uid <&4; do
    number=$((number + 1))
    read_message "$1" "$folder" "$uid"
    cp "$WORK/message" "$SAVED/$number" || stop "cannot write to $SAVED"
    printf '%s\t%s\tsaved\t%s\n' "$folder" "$name" "$number"
  done 4<"$WORK/all" >"$SAVED/list" || stop "cannot write to $SAVED"
}

# Sets `home` to the backend that the mailbox list of the frontend names.
read_home() {
  on FRONTEND ctl_mboxlist -d >"$WORK/mboxlist" || stop "cannot read mupdate"
  home=$(grep -w "user.$MAILBOX" "$WORK/mboxlist" | head -n 1 |
    tr -s ' \t!",' '\n' | grep -xF "$BACKENDS" | head -n 1)
}
home_is() { # server
  read_home
  eval "test \"\$home\" = \"\$BACKEND_$1\""
}

# Holds mail in Postfix, and denies logins.
hold() {
  to_release="release $*"
  printf '%s retry:4.2.1 the mailbox is being moved\n' "$ADDRESS" |
    on MTA tee -a "$TRANSPORT_MAP" >/dev/null &&
    on MTA postmap "$TRANSPORT_MAP" || stop "cannot hold mail"
  for server; do
    on "$server" cyr_deny -m 'the mailbox is being moved' "$MAILBOX" ||
      stop "cannot deny logins on $server"
  done
}
release() {
  to_release=
  on MTA cat "$TRANSPORT_MAP" >"$WORK/transport" &&
    awk -v address="$ADDRESS" '$1 != address' "$WORK/transport" \
      >"$WORK/others" &&
    on MTA tee "$TRANSPORT_MAP" <"$WORK/others" >/dev/null &&
    on MTA postmap "$TRANSPORT_MAP" && on MTA postqueue -f ||
    stop "cannot release mail"
  for server; do
    on "$server" cyr_deny -a "$MAILBOX" || stop "cannot allow logins on $server"
  done
}

# Ends the open sessions, and checks that none is left.
end_sessions() { # servers
  for server; do
    for pid in $(sessions "$server"); do
      on "$server" kill "$pid"
    done
    sleep 1
    test -z "$(sessions "$server")" || stop "a session is left on $server"
  done
}
sessions() {
  on "$1" cyr_info proc | awk -v user="$MAILBOX" '
    { for (i = 2; i <= NF; i++) if ($i == user) { print $1; next } }'
}

# `sh SCRIPT release` lets mail through after a stop.
case ${1:-} in
release)
  shift
  release "$@"
  exit
  ;;
esac
