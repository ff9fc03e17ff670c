# Two stages: compile with everything, then install and copy only what runs. Any BuildKit-less builder can build it.
FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS build
# Scripts wait until the sources are there: `prepare` compiles them.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY prisma ./prisma
COPY src ./src
RUN CHECKPOINT_DISABLE=1 npm run build

FROM base
# One RUN, because what a later one deletes would still be shipped in this one's layer.
# --ignore-scripts: `prepare` would compile, and the compiler is not here.
# --omit=optional: Prisma's command line and TypeScript are optional peers of @prisma/client, and npm installs those that the lock file
# knows even with --omit=dev: 260 MB that nothing here runs.
# Then out goes what Node.js never loads: the client's query compilers for other databases, builds and CommonJS doubles, PGlite's
# contributed extensions, TypeScript sources and typings, source maps, and what npm and its compile cache left behind.
RUN npm ci --omit=dev --ignore-scripts --omit=optional \
  && find node_modules/@prisma/client/runtime -type f \
    ! -name 'client.*' ! -name 'query_compiler_fast_bg.postgresql.*' -delete \
  && rm node_modules/@prisma/client/runtime/*.wasm-base64.js \
  && rm node_modules/@electric-sql/pglite/dist/*.tar.gz \
  && rm -rf node_modules/@types \
  && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete \
  && rm -rf /root/.npm /tmp/* \
  && install -d -o node -g node -m 0700 /data
COPY prisma/migrations ./prisma/migrations
COPY views ./views
COPY deploy/healthcheck.mjs ./deploy/healthcheck.mjs
COPY --from=build /app/dist ./dist
# Everything under /app belongs to root: the app can read it and change nothing. It writes to DATA_DIR only, and with DATABASE_URL,
# SESSION_SECRET and VAULT_KEYS set and the sandbox off not even there, so the root file system may be read-only.
ENV DATA_DIR=/data HOST=0.0.0.0
USER node
VOLUME /data
EXPOSE 3000
# Alive, not ready: a database that is away for a while is no reason to replace the container.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "deploy/healthcheck.mjs", "/healthz"]
CMD ["node", "dist/main.js"]
