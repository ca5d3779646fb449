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
# Message-ID, or the digest of the text of a message without one; both if texts
# differ.
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
      digest "$1" "$folder" "$guid" "$uid"
      name=$text
    fi
    printf '%s\t%s\t%s\t%s\t%s\n' "$folder" "$name" "$guid" "$uid" "$flags"
  done 3<"$WORK/parsed" >"$WORK/$2" || stop "cannot write a list"
  name_texts "$1" "$2"
}

# Reads a message of a list into a file.
read_listed() { # server, folder, GUID, UID
  read_message "$1" "$3" "$4"
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

# Ends the script if a folder has a name that doveadm takes as a pattern or an
# option.
require_plain_folders() { # servers
  for server; do
    on "$server" mailbox list -u "$MAILBOX" </dev/null >"$WORK/folders" ||
      stop "cannot list the folders on $server"
    odd=$(grep -e '[\\*%]' -e '^-' "$WORK/folders" | head -n 1)
    test -z "$odd" ||
      stop "no command can name the folder $odd on $server: rename it first"
  done
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
  note_switch "$2"
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
  flush_names
}

# Notes that this script begins to switch the home to a server. Without the note
# a later run does not take a home that is there already for its own work.
note_switch() { # server
  has_switched "$1" || printf '%s\n' "$switching" >>"$SAVED.switching" ||
    stop "cannot write $SAVED.switching"
}
has_switched() { # server
  eval "switching=\"\$MAILBOX \$HOST_$1\""
  grep -qxF -e "$switching" "$SAVED.switching" 2>/dev/null
}
