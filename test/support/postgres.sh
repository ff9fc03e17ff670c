#!/bin/sh
# A temporary PostgreSQL server for tests, from Debian's packages, gone without a trace after "stop".
#
#   url=$(test/support/postgres.sh start)        prints its URL, which fits TEST_DATABASE_URL
#   test/support/postgres.sh stop "$url"         stops the server and removes its files
#
# The server refuses to run as root, so root starts it as the user postgres. POSTGRES_BIN chooses one of several versions.
# fsync is off: these data may die with the machine. synchronous_commit stays on, as the tests rely on what a commit means.
set -eu

base=${TMPDIR:-/tmp}/latchkey-postgres
bin=${POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
password=only-for-tests

as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

start() {
  [ -x "$bin/initdb" ] || { echo "No PostgreSQL found in /usr/lib/postgresql; set POSTGRES_BIN." >&2; exit 1; }
  attempt=0
  while [ "$attempt" -lt 20 ]; do
    attempt=$((attempt + 1))
    port=$((20000 + ($(od -An -N2 -tu2 /dev/urandom) % 40000)))
    directory=$base-$port
    mkdir -m 700 "$directory" 2>/dev/null || continue
    echo "$password" >"$directory/password"
    [ "$(id -u)" != 0 ] || chown -R postgres "$directory"
    as_postgres "$bin/initdb" -D "$directory/data" -U postgres -A scram-sha-256 --pwfile="$directory/password" \
      --encoding=UTF8 --no-sync >"$directory.log" 2>&1 || { cat "$directory.log" >&2; exit 1; }
    # The time zone is deliberately not UTC: the application must not depend on the server's.
    if as_postgres "$bin/pg_ctl" -D "$directory/data" -w -t 30 -l "$directory/server.log" start -o "-p $port \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories=$directory -c fsync=off -c full_page_writes=off \
        -c timezone=America/St_Johns" >>"$directory.log" 2>&1; then
      rm -f "$directory.log"
      echo "postgresql://postgres:$password@127.0.0.1:$port/postgres"
      return
    fi
    rm -rf "$directory" # The port was taken: try another.
  done
  cat "$directory.log" >&2
  exit 1
}

stop() {
  port=$(printf '%s' "$1" | sed -n 's|.*:\([0-9]\{1,\}\)/.*|\1|p')
  directory=$base-$port
  [ -n "$port" ] && [ -d "$directory/data" ] || { echo "No such temporary server." >&2; exit 1; }
  as_postgres "$bin/pg_ctl" -D "$directory/data" -m immediate -w stop >/dev/null
  rm -rf "$directory" "$directory.log"
}

case "${1:-}" in
  start) start ;;
  stop) stop "${2:?the URL that start printed}" ;;
  *) echo "Usage: $0 start | stop <url>" >&2; exit 2 ;;
esac
