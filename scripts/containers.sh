#!/usr/bin/env bash
# Builds the image and docker-compose.yml and really runs them: read-only with the embedded database, the compose file with PostgreSQL and the
# main story through a restart, and production against the same server. Needs a Docker engine, `npm ci`, and ports 3000 and 4000 free.
#
# Leaves nothing behind. For engines that are not the usual one:
#   DOCKER_BUILD_ARGS   more arguments for `docker build`, such as --pull=false
#   DOCKER_RUN_ARGS     in place of publishing the ports, such as "--network host"
#   COMPOSE_FILE        Compose's own variable: other files in place of docker-compose.yml
set -euo pipefail
cd "$(dirname "$0")/.."
limit=150000000
ports=${DOCKER_RUN_ARGS:--p 127.0.0.1:3000:3000 -p 127.0.0.1:4000:4000}
hardened="--read-only --cap-drop ALL --security-opt no-new-privileges --user node"
export COMPOSE_PROJECT_NAME=latchkey-check
if docker compose version >/dev/null 2>&1; then compose="docker compose"; else compose=docker-compose; fi
work=$(mktemp -d)

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
finish() {
  status=$?
  [ "$status" -eq 0 ] || { docker logs latchkey-check; $compose logs --tail 50; } 2>&1 | tail -n 100 || true
  docker rm -f latchkey-check >/dev/null 2>&1 || true
  docker volume rm latchkey-check-embedded >/dev/null 2>&1 || true
  $compose down --volumes >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

# The engine's own health check must say so, within a minute and a half.
healthy() {
  for _ in $(seq 90); do
    [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ] && return
    [ "$(docker inspect --format '{{.State.Running}}' "$1")" = true ] || break
    sleep 1
  done
  fail "$1 did not become healthy"
}
story() { npx --no-install tsx test/containers/story.ts "$1" http://localhost:3000 "$work/$2.json"; }
secrets() { docker exec "$1" sh -c 'stat -c "%a %U" /data/secrets.json && sha256sum /data/secrets.json'; }
kept_secrets() {
  case "$2" in "600 node"*) ;; *) fail "secrets.json is not private: $2" ;; esac
  [ "$(secrets "$1")" = "$2" ] || fail "the secrets changed over a restart"
}

say "the image"
# shellcheck disable=SC2086  # a list of arguments
docker build ${DOCKER_BUILD_ARGS:-} -t latchkey-check .
size=$(docker save latchkey-check | gzip -9 | wc -c)
echo "compressed: $size bytes"
[ "$size" -lt "$limit" ] || fail "the image is larger than $limit bytes"
docker run --rm latchkey-check sh -c '
  [ "$(id -u)" != 0 ] || { echo "runs as root"; exit 1; }
  for tool in prisma typescript tsx jest; do [ ! -e "node_modules/$tool" ] || { echo "contains $tool"; exit 1; }; done
  [ ! -w /app ] && [ ! -w node_modules ] && [ ! -w dist ] || { echo "the app could change itself"; exit 1; }' || fail "the image"

say "read-only, embedded database"
# shellcheck disable=SC2086
docker run -d --name latchkey-check $ports $hardened --tmpfs /tmp -v latchkey-check-embedded:/data latchkey-check >/dev/null
healthy latchkey-check
before=$(secrets latchkey-check)
story walk embedded
docker restart -t 45 latchkey-check >/dev/null
healthy latchkey-check
story resume embedded
kept_secrets latchkey-check "$before"
docker stop -t 45 latchkey-check >/dev/null
code=$(docker inspect --format '{{.State.ExitCode}}' latchkey-check)
[ "$code" = 0 ] || fail "docker stop ended the app with exit code $code"
docker rm latchkey-check >/dev/null

say "docker-compose.yml"
$compose -f docker-compose.yml config >/dev/null
$compose up -d --build
app=$($compose ps -q app)
healthy "$app"
before=$(secrets "$app")
story walk compose
$compose restart app
healthy "$app"
story resume compose
kept_secrets "$app" "$before"

say "a new app container keeps what the volumes hold"
$compose up -d --force-recreate --no-deps app
app=$($compose ps -q app)
healthy "$app"
story resume compose
kept_secrets "$app" "$before"

say "production: no volume, no writable directory"
$compose exec -T -e PGPASSWORD=latchkey postgres psql -q -h 127.0.0.1 -U latchkey -d latchkey -c 'CREATE DATABASE production'
address=$(docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$app" | sed -n 's/^DATABASE_URL=//p')
network=$(docker inspect --format '{{.HostConfig.NetworkMode}}' "$app")
$compose stop -t 45 app
production() {
  # shellcheck disable=SC2086
  docker run --name latchkey-check --network "$network" $hardened --tmpfs /data:ro -e NODE_ENV=production \
    -e BASE_URL=https://latchkey.example.com -e TRUST_PROXY=1 -e DATABASE_URL="${address%/*}/production" "$@" latchkey-check
}
if refused=$(production 2>&1); then fail "production started without secrets"; fi
grep -q '^Latchkey cannot start: SESSION_SECRET must be set in production' <<<"$refused" || fail "production said: $refused"
docker rm latchkey-check >/dev/null
production -d -e SESSION_SECRET="$(openssl rand -base64 48)" -e VAULT_KEYS="k1:$(openssl rand -base64 32)" >/dev/null
healthy latchkey-check
docker exec latchkey-check node deploy/healthcheck.mjs /readyz
docker exec latchkey-check sh -c '! touch /data/x /tmp/x /app/x 2>/dev/null' || fail "production can write somewhere"
docker logs latchkey-check 2>&1 | grep -q 'Sandbox:' && fail "production started the sandbox"

say "all of it runs"
