set -u
umask 077
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
TAB=$(printf '\t')
: >"$WORK/listed"
: >"$WORK/copied"

# Ends the script. Mail and logins stay held until `release` has run.
stop() {
  printf 'stopped: %s\n' "$*" >&2
  test -z "$step" || printf 'at step %s of the script\n' "$step" >&2
  test -z "$to_release" ||
    printf 'to release mail and logins: sh %s %s\n' "$0" "$to_release" >&2
  exit 1
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
