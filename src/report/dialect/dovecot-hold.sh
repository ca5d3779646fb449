
# Runs a command for each name of the owner.
each_name() { # words
  while IFS= read -r name <&6; do
    "$@"
  done 6<"$WORK/names"
}
flush_names() {
  each_name flush_name
}
flush_name() {
  on PROXY auth cache flush "$name" </dev/null >/dev/null ||
    stop "cannot flush the cache of the proxy"
}

# Holds mail and logins: the proxy looks up these names in the file first, and
# sends them to a closed port, so that LMTP answers 451 and IMAP [UNAVAILABLE].
hold() {
  to_release=release
  edit_held hold
  printf 'mail and logins of %s are held: lines of %s\n' "$LOGIN_NAMES" \
    "$HELD_FILE" >&2
}
release() {
  to_release=
  edit_held release
  printf 'mail and logins of %s are released\n' "$LOGIN_NAMES" >&2
}

# Succeeds if the file has a line of one of the names.
is_held() {
  run_by "$AT_PROXY" cat "$HELD_FILE" </dev/null >"$WORK/held" ||
    stop "cannot read $HELD_FILE"
  cut -d : -f 1 "$WORK/held" | grep -qxFf "$WORK/names"
}

# Removes the names from the file, and adds them to be held. The new file takes
# the place of the old one at once, and a lock keeps other scripts out.
edit_held() { # hold or release
  run_by "$AT_PROXY" flock "$HELD_FILE.lock" sh -c '
    while IFS= read -r line || test -n "$line"; do
      printf "%s\n" "$2" | grep -qxF -e "${line%%:*}" ||
        printf "%s\n" "$line"
    done <"$1" >"$1.new" || exit 1
    test "$3" = release || printf "%s\n" "$2" | while IFS= read -r name; do
      printf "%s:::::::proxy=y nopassword=y host=127.0.0.1 port=1\n" "$name"
    done >>"$1.new" || exit 1
    chown --reference="$1" "$1.new" && chmod --reference="$1" "$1.new" &&
      mv "$1.new" "$1"' sh "$HELD_FILE" "$(cat "$WORK/names")" "$1" ||
    stop "cannot edit $HELD_FILE"
  each_name read_again "$1"
}
read_again() { # hold or release
  flush_name
  tries=0
  until shows "$1"; do
    tries=$((tries + 1))
    test "$tries" -lt 10 || stop "the proxy does not read $HELD_FILE"
    # Two edits within a second can look alike to the proxy.
    sleep 1
    run_by "$AT_PROXY" touch "$HELD_FILE"
  done
}
shows() { # hold or release
  on PROXY auth lookup -x service=lmtp "$name" \
    </dev/null >"$WORK/said" 2>/dev/null
  if test "$1" = hold; then
    grep -q '^ *port *: 1$' "$WORK/said"
  else
    ! grep -q '^ *port *: 1$' "$WORK/said"
  fi
}

# Says it if the proxy sends a name to another host than the new home. It can
# do so if it makes the host from the attribute.
look_through_proxy() { # server
  eval "host=\$HOST_$1"
  each_name look_up "$host"
}
look_up() { # host
  on PROXY auth lookup -x service=lmtp "$name" \
    </dev/null >"$WORK/said" 2>/dev/null
  shown=$(sed -n 's/^ *host *: *//p' "$WORK/said")
  test "$shown" = "$1" ||
    printf 'look: the proxy sends %s to %s, and the home is %s\n' "$name" \
      "${shown:-no host}" "$1" >&2
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
  each_name kick "$@"
  each_name require_no_session "$@"
}
kick() { # servers
  on PROXY proxy kick "$name" </dev/null >/dev/null ||
    stop "cannot kick on the proxy"
  for server; do
    on "$server" kick "$name" </dev/null >/dev/null 2>&1
  done
}
require_no_session() { # servers
  for server; do
    tries=0
    while has_session "$server" "$name"; do
      tries=$((tries + 1))
      test "$tries" -lt 10 || stop "$name still has a session on $server"
      sleep 1
    done
  done
}
has_session() { # server, name
  on "$1" -f tab who -1 "$2" </dev/null >"$WORK/said" ||
    stop "cannot list the sessions on $1"
  cut -f 1 "$WORK/said" | grep -qxF -e "$2"
}
