# Runs doveadm on a server.
on() {
  eval "doveadm=\$DOVEADM_$1"
  shift
  run_by "$doveadm" "$@"
}

# Sets the hierarchy separator of a server: IMAP LIST "" "" shows it.
read_separator() {
  printf 'a LIST "" ""\r\nb LOGOUT\r\n' |
    on "$1" exec imap -u "$MAILBOX" 2>/dev/null >"$WORK/separator"
  separator=$(sed -n 's/^\* LIST (.*) "\(.\)" "".*/\1/p' "$WORK/separator")
  test -n "$separator" || stop "$1 shows no hierarchy separator"
}

# Lists the messages of every folder into a file, a line for each: folder with
# / between its parts, name, folder GUID, UID, flags. The name is the
# Message-ID, or the digest of the text of a message without one.
list() { # server, file
  read_separator "$1"
  on "$1" -f tab fetch -u "$MAILBOX" \
    'mailbox-guid uid flags mailbox hdr.message-id' all \
    </dev/null >"$WORK/fetched" || stop "cannot list the mailbox on $1"
  awk -F '\t' -v OFS='\t' -v separator="$separator" '
    function put() {
      if (guid == "") return
      gsub(/[ \t\r]/, "", name)
      if (separator != "/") gsub("[" separator "]", "/", folder)
      print folder, (name == "" ? "?" : name), guid, uid, flags
    }
    NR == 1 { next }
    /^[ \t]/ { name = name $0; next }
    { put(); guid = $1; uid = $2; flags = $3; folder = $4; name = $5 }
    NF > 5 { for (i = 6; i <= NF; i++) name = name $i }
    END { put() }' "$WORK/fetched" >"$WORK/parsed"
  while IFS=$TAB read -r folder name guid uid flags <&3; do
    if test "$name" = '?'; then
      read_message "$1" "$guid" "$uid"
      name=$(sha256sum <"$WORK/message" | cut -c 1-64)
    fi
    printf '%s\t%s\t%s\t%s\t%s\n' "$folder" "$name" "$guid" "$uid" "$flags"
  done 3<"$WORK/parsed" >"$WORK/$2" || stop "cannot write a list"
  printf '%s\n' "$1" >"$WORK/$2.server"
  require_one_text "$1" "$2"
}

# Ends the script if two messages of a folder have one name and different texts:
# lists compare names only.
require_one_text() { # server, list
  awk -F '\t' 'NR == FNR { count[$1 FS $2]++; next } count[$1 FS $2] > 1' \
    "$WORK/$2" "$WORK/$2" >"$WORK/alike"
  while IFS=$TAB read -r folder name guid uid flags <&5; do
    read_message "$1" "$guid" "$uid"
    text=$(sha256sum <"$WORK/message" | cut -c 1-64)
    printf '%s\t%s\t%s\n' "$folder" "$name" "$text"
  done 5<"$WORK/alike" >"$WORK/texts" || stop "cannot write a list"
  sort -u "$WORK/texts" | cut -f 1,2 | uniq -d >"$WORK/doubtful"
  require_empty doubtful "one Message-ID with different texts on $1"
}

# Ends the script if a message that is to be deleted has another text on the
# server that was listed last.
require_same_text() { # server
  other=$(cat "$WORK/listed.server")
  while IFS=$TAB read -r folder name guid uid flags <&5; do
    read_message "$1" "$guid" "$uid"
    mv "$WORK/message" "$WORK/mine"
    awk -F '\t' -v folder="$folder" -v name="$name" \
      '$1 == folder && $2 == name { print; exit }' "$WORK/listed" \
      >"$WORK/theirs"
    IFS=$TAB read -r folder name guid uid flags <"$WORK/theirs"
    read_message "$other" "$guid" "$uid"
    cmp -s "$WORK/mine" "$WORK/message" ||
      stop "$name in $folder has another text on $other; nothing was deleted"
  done 5<"$WORK/todo"
}

# Reads one message into a file.
read_message() { # server, folder GUID, UID
  on "$1" fetch -u "$MAILBOX" text mailbox-guid "$2" uid "$3" \
    </dev/null >"$WORK/fetched" || stop "cannot read UID $3 on $1"
  tail -n +2 "$WORK/fetched" >"$WORK/message"
  test -s "$WORK/message" || stop "UID $3 on $1 is empty"
}

# Creates a folder if the server lacks it.
create_folder() { # server, folder
  on "$1" mailbox status -u "$MAILBOX" messages "$2" \
    </dev/null >/dev/null 2>&1 ||
    on "$1" mailbox create -s -u "$MAILBOX" "$2" </dev/null ||
    stop "cannot create the folder $2 on $1"
}

# Sets `folder` to the name that it has on the server whose separator was read.
name_folder() {
  test "$separator" = / && return
  case $folder in
  *"$separator"*) stop "$folder: the name has the other separator in it" ;;
  esac
  folder=$(printf %s "$folder" | tr / "$separator")
}

# Creates the folders of one server on another, empty ones too.
copy_folders() { # source, destination
  read_separator "$1"
  on "$1" mailbox list -u "$MAILBOX" </dev/null >"$WORK/folders" ||
    stop "cannot list the folders on $1"
  test "$separator" = / || tr "$separator" / <"$WORK/folders" >"$WORK/fetched"
  test "$separator" = / || mv "$WORK/fetched" "$WORK/folders"
  read_separator "$2"
  while IFS= read -r folder <&3; do
    name_folder
    create_folder "$2" "$folder"
  done 3<"$WORK/folders"
}

# Appends each message of a list once. `doveadm save` keeps the message as it
# is; `set_flags` sets the flags, and the time of arrival is not kept.
append() { # list, source, destination
  read_separator "$3"
  awk -F '\t' '!seen[$1 FS $2]++' "$WORK/$1" >"$WORK/each"
  while IFS=$TAB read -r folder name guid uid flags <&3; do
    name_folder
    case $guid in
    saved) cp "$SAVED/$uid" "$WORK/message" || stop "cannot read $SAVED/$uid" ;;
    *) read_message "$2" "$guid" "$uid" ;;
    esac
    create_folder "$3" "$folder"
    on "$3" save -u "$MAILBOX" -m "$folder" <"$WORK/message" ||
      stop "cannot save $name in $folder on $3"
  done 3<"$WORK/each"
}

# Adds to the messages of a server the flags that a list has for them, also
# those that an interrupted run has appended without. Nothing becomes \Deleted.
set_flags() { # list, list of the server, server
  awk -F '\t' -v OFS='\t' '
    FILENAME == ARGV[1] { flags[$1 FS $2] = flags[$1 FS $2] " " $5; next }
    {
      has = " " $5 " "
      lacks = ""
      count = split(flags[$1 FS $2], each, " ")
      for (i = 1; i <= count; i++) {
        if (each[i] == "\\Recent" || each[i] == "\\Deleted") continue
        if (index(has, " " each[i] " ")) continue
        lacks = lacks " " each[i]
        has = has each[i] " "
      }
      if (lacks != "") print substr(lacks, 2), $3, $4
    }' "$WORK/$1" "$WORK/$2" >"$WORK/flags" || stop "cannot compare flags"
  while IFS=$TAB read -r flags guid uid <&3; do
    on "$3" flags add -u "$MAILBOX" "$flags" mailbox-guid "$guid" uid "$uid" \
      </dev/null || stop "cannot set the flags of UID $uid on $3"
  done 3<"$WORK/flags"
}

# Deletes the messages of a list.
expunge() { # list, server
  while IFS=$TAB read -r folder name guid uid flags <&3; do
    on "$2" expunge -u "$MAILBOX" mailbox-guid "$guid" uid "$uid" </dev/null ||
      stop "cannot expunge $name in $folder on $2"
  done 3<"$WORK/$1"
}

# Deletes every folder of an emptied mailbox except INBOX.
delete_folders() { # server
  on "$1" mailbox list -u "$MAILBOX" </dev/null >"$WORK/folders" ||
    stop "cannot list the folders on $1"
  grep -vix INBOX "$WORK/folders" | sort -r >"$WORK/deleted"
  while IFS= read -r folder <&3; do
    on "$1" mailbox delete -s -u "$MAILBOX" "$folder" </dev/null ||
      stop "cannot delete the folder $folder on $1"
  done 3<"$WORK/deleted"
}

# Saves every message of a mailbox to a folder outside of the stores.
save_mailbox() { # server
  mkdir -p "$SAVED" && test -z "$(ls "$SAVED")" || stop "$SAVED is not empty"
  list "$1" all
  number=0
  while IFS=$TAB read -r folder name guid uid flags <&4; do
    number=$((number + 1))
    read_message "$1" "$guid" "$uid"
    cp "$WORK/message" "$SAVED/$number" || stop "cannot write to $SAVED"
    printf '%s\t%s\tsaved\t%s\t%s\n' "$folder" "$name" "$number" "$flags"
  done 4<"$WORK/all" >"$SAVED/list" || stop "cannot write to $SAVED"
}

# Prints attributes of the entry of the mailbox.
read_entry() { # URL, attributes
  url=$1
  shift
  ldapsearch -LLL -o ldif-wrap=no -x -H "$url" -D "$BIND_DN" \
    -y "$PASSWORD_FILE" -b "$USER_DN" -s base "$@"
}

# Reads the home and the version of the recipient in the directory of a server.
read_home() {
  eval "url=\$LDAP_URL_$1"
  read_entry "$url" "$HOME_ATTRIBUTE" entryCSN \
    >"$WORK/entry" 2>"$WORK/said" || test $? -eq 32 || {
    cat "$WORK/said" >&2
    stop "cannot read the directory of $1"
  }
  home=$(sed -n "s/^$HOME_ATTRIBUTE: //p" "$WORK/entry")
  version=$(sed -n 's/^entryCSN: //p' "$WORK/entry")
}
home_is() { # replica, server
  read_home "$1"
  eval "test \"\$home\" = \"\$HOST_$2\""
}

# Changes the home, if the entry is still as `read_home` read it.
switch_home() { # replica, server
  eval "url=\$LDAP_URL_$1 host=\$HOST_$2"
  if test -n "$home"; then
    expected="(&($HOME_ATTRIBUTE=$home)(entryCSN=$version))"
  else
    expected="(entryCSN=$version)"
  fi
  ldapmodify -x -H "$url" -D "$BIND_DN" -y "$PASSWORD_FILE" \
    -e "!assert=$expected" <<END || stop "the home was not changed"
dn: $USER_DN
changetype: modify
replace: $HOME_ATTRIBUTE
$HOME_ATTRIBUTE: $host
END
  for name in $LOGIN_NAMES; do
    on PROXY auth cache flush "$name" >/dev/null ||
      stop "cannot flush the cache of the proxy"
  done
}

# Holds mail and logins: the proxy looks up these names in the file first, and
# sends them to a closed port, so that LMTP answers 451 and IMAP [UNAVAILABLE].
hold() {
  to_release="release $*"
  edit_held hold
  printf 'mail and logins of %s are held: lines of %s\n' "$LOGIN_NAMES" \
    "$HELD_FILE" >&2
}
release() {
  to_release=
  edit_held release
  printf 'mail and logins of %s are released\n' "$LOGIN_NAMES" >&2
}

# Removes the names from the file, and adds them to be held. The new file takes
# the place of the old one at once, and a lock keeps other scripts out.
edit_held() { # hold or release
  run_by "$AT_PROXY" flock "$HELD_FILE.lock" sh -c '
    while IFS= read -r line || test -n "$line"; do
      case " $2 " in
      *" ${line%%:*} "*) ;;
      *) printf "%s\n" "$line" ;;
      esac
    done <"$1" >"$1.new" || exit 1
    test "$3" = release || for name in $2; do
      printf "%s:::::::proxy=y nopassword=y host=127.0.0.1 port=1\n" "$name"
    done >>"$1.new" || exit 1
    chown --reference="$1" "$1.new" && chmod --reference="$1" "$1.new" &&
      mv "$1.new" "$1"' sh "$HELD_FILE" "$LOGIN_NAMES" "$1" ||
    stop "cannot edit $HELD_FILE"
  for name in $LOGIN_NAMES; do
    on PROXY auth cache flush "$name" >/dev/null ||
      stop "cannot flush the cache of the proxy"
    tries=0
    until shows "$1" "$name"; do
      tries=$((tries + 1))
      test "$tries" -lt 10 || stop "the proxy does not read $HELD_FILE"
      # Two edits within a second can look alike to the proxy.
      sleep 1
      run_by "$AT_PROXY" touch "$HELD_FILE"
    done
  done
}
shows() { # hold or release, name
  on PROXY auth lookup -x service=lmtp "$2" >"$WORK/said" 2>/dev/null
  if test "$1" = hold; then
    grep -q '^ *port *: 1$' "$WORK/said"
  else
    ! grep -q '^ *port *: 1$' "$WORK/said"
  fi
}

# Waits until each delivery that runs on a server has ended: the proxy looked
# its recipient up before the hold.
end_deliveries() { # servers
  for server; do
    list_deliveries "$server" earlier
    cp "$WORK/earlier" "$WORK/running"
    tries=0
    while grep -qxFf "$WORK/earlier" "$WORK/running"; do
      tries=$((tries + 1))
      test "$tries" -lt 600 || stop "a delivery on $server does not end"
      sleep 1
      list_deliveries "$server" running
    done
  done
}
list_deliveries() { # server, file
  on "$1" -f tab process status lmtp </dev/null >"$WORK/said" ||
    stop "cannot list the LMTP processes of $1"
  awk -F '\t' '$1 == "lmtp" && $3 == 0 { print $2, $4 }' "$WORK/said" \
    >"$WORK/$2"
}

# Ends the open sessions on the proxy and on each server, and checks that none
# is left. `kick` fails if there was none.
end_sessions() { # servers
  for name in $LOGIN_NAMES; do
    on PROXY proxy kick "$name" >/dev/null || stop "cannot kick on the proxy"
    for server; do
      on "$server" kick "$name" >/dev/null 2>&1
    done
  done
  for server; do
    for name in $LOGIN_NAMES; do
      tries=0
      while has_session "$server" "$name"; do
        tries=$((tries + 1))
        test "$tries" -lt 10 || stop "$name still has a session on $server"
        sleep 1
      done
    done
  done
}

has_session() { # server, name
  on "$1" -f tab who -1 "$2" </dev/null >"$WORK/said" ||
    stop "cannot list the sessions on $1"
  cut -f 1 "$WORK/said" | grep -qxF "$2"
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
  for name in "$MAILBOX" $LOGIN_NAMES; do
    lower=$(printf %s "$name" | tr '[:upper:]' '[:lower:]')
    grep -qxF -e "$lower" -e "${lower%%@*}" "$WORK/values" ||
      stop "$USER_DN has no value $name: give names and entry of one user"
  done
}

# `sh SCRIPT release` lets mail through after a stop.
case ${1:-} in
release)
  shift
  release "$@"
  exit
  ;;
esac
for value in ADDRESS LDAP_URL BIND_DN USER_DN; do
  eval "test -n \"\$$value\"" || stop "set $value at the top of the script"
done
check_names
