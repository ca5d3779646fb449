set -u
umask 077
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
TAB=$(printf '\t')
: >"$WORK/listed"
: >"$WORK/copied"
: >"$WORK/ambiguous"

# Ends the script. Mail and logins stay held until `release` has run.
stop() {
  printf 'stopped: %s\n' "$*" >&2
  test -z "$step" || printf 'at step %s of the script\n' "$step" >&2
  test -z "$to_release" || {
    echo 'Mail and logins are held. Take the snapshot again, and ask again.' >&2
    echo 'If nothing has to be done then, let them through:' >&2
    for value in $VALUES_OF_RELEASE; do
      eval "printf '%s=%s ' $value \"\$(quoted \"\$$value\")\"" >&2
    done
    printf 'sh %s %s\n' "$(quoted "$0")" "$to_release" >&2
  }
  exit 1
}
quoted() { # word
  printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}
to_release=
step=
trap 'stop "a signal ended the script"' HUP INT TERM

# Writes the lines of a list whose messages another list lacks, or has.
missing() { # list, other list, file
  compare 0 "$@"
}
held() { # list, other list, file
  compare 1 "$@"
}
compare() {
  awk -F '\t' -v wanted="$1" '
    FILENAME == ARGV[1] { has[$1 FS $2] = 1; next }
    (($1 FS $2) in has) == wanted' "$WORK/$3" "$WORK/$2" >"$WORK/$4" ||
    stop "cannot compare lists"
}

# Ends the script if a list has a line.
require_empty() { # list, reason
  test ! -s "$WORK/$1" || {
    cut -f 1,2 "$WORK/$1" >&2
    stop "$2"
  }
}

# Runs a command, here or by ssh. ssh takes words apart, so they are quoted for
# it.
run_by() { # command, words
  by=$1
  shift
  case $by in
  ssh\ *)
    for word; do
      shift
      set -- "$@" "'$(printf %s "$word" | sed "s/'/'\\\\''/g")'"
    done
    ;;
  esac
  $by "$@"
}

# Sets `text` to the digest of a message of a list, without the headers that
# transport adds.
digest() { # server, folder, GUID or -, UID
  known=$WORK/text.$(printf %s "$1/$2/$3/$4" | sha256sum | cut -c 1-64)
  test -s "$known" || {
    read_listed "$@"
    tr -d '\r' <"$WORK/message" | LC_ALL=C awk '
      BEGIN {
        transport = " received return-path delivered-to delivery-date" \
          " envelope-to x-original-to x-delivered-to x-envelope-to status" \
          " x-status x-keywords x-uid "
      }
      is_body && $0 == "" { blank++; next }
      is_body { for (; blank; blank--) print ""; print; next }
      $0 == "" { is_body = 1; print; next }
      !/^[ \t]/ {
        header = tolower($0)
        sub(/[ \t]*:.*/, "", header)
        is_left_out = index(transport, " " header " ")
      }
      !is_left_out' | sha256sum | cut -c 1-64 >"$known" ||
      stop "cannot read the text of UID $4 on $1"
  }
  text=$(cat "$known")
}

# Finds the names of several texts in one folder: these are several messages,
# and lists name them by their text too.
find_texts() { # server, server
  : >"$WORK/ambiguous"
  list "$1" one
  list "$2" other
  awk -F '\t' -v OFS='\t' -v one="$1" -v other="$2" '
    { server = FILENAME == ARGV[1] ? one : other }
    count[$1 FS $2]++ == 0 { first[$1 FS $2] = server OFS $0; next }
    count[$1 FS $2] == 2 { print first[$1 FS $2] }
    { print server, $0 }' "$WORK/one" "$WORK/other" >"$WORK/alike"
  while IFS=$TAB read -r server folder name guid uid flags <&5; do
    digest "$server" "$folder" "$guid" "$uid"
    printf '%s\t%s\t%s\n' "$folder" "$name" "$text"
  done 5<"$WORK/alike" >"$WORK/texts" || stop "cannot write a list"
  sort -u "$WORK/texts" | cut -f 1,2 | uniq -d >"$WORK/ambiguous"
  while IFS=$TAB read -r folder name <&5; do
    printf '%s in %s has several texts: they are several messages\n' \
      "$name" "$folder" >&2
  done 5<"$WORK/ambiguous"
}
name_texts() { # server, list
  test -s "$WORK/ambiguous" || return 0
  awk -F '\t' -v OFS='\t' '
    FILENAME == ARGV[1] { several[$1 FS $2] = 1; next }
    { print (($1 FS $2) in several ? "yes" : "no"), $0 }' \
    "$WORK/ambiguous" "$WORK/$2" >"$WORK/marked"
  while IFS=$TAB read -r several folder name guid uid flags <&5; do
    if test "$several" = yes; then
      digest "$1" "$folder" "$guid" "$uid"
      name=$name/$text
    fi
    printf '%s\t%s\t%s\t%s\t%s\n' "$folder" "$name" "$guid" "$uid" "$flags"
  done 5<"$WORK/marked" >"$WORK/$2" || stop "cannot write a list"
}

# Ends the script if a message that is to be deleted has not the text of one on
# the other server, which was listed last.
require_same_text() { # server, other server
  while IFS=$TAB read -r folder name guid uid flags <&4; do
    digest "$1" "$folder" "$guid" "$uid"
    mine=$text
    awk -F '\t' -v folder="$folder" -v name="$name" \
      '$1 == folder && $2 == name' "$WORK/listed" >"$WORK/theirs"
    is_there=
    while IFS=$TAB read -r folder name guid uid flags <&5; do
      digest "$2" "$folder" "$guid" "$uid"
      test "$mine" != "$text" || is_there=yes
    done 5<"$WORK/theirs"
    test -n "$is_there" ||
      stop "$name in $folder has another text on $2; nothing was deleted"
  done 4<"$WORK/todo"
}
