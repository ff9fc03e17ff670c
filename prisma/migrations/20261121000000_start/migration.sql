-- CreateEnum
CREATE TYPE "UserState" AS ENUM ('active', 'disabled', 'deleting');

-- CreateEnum
CREATE TYPE "ConnectionStatus" AS ENUM ('active', 'retrying', 'reconnect_required');

-- CreateTable
CREATE TABLE "User" (
    "id" UUID NOT NULL,
    "state" "UserState" NOT NULL DEFAULT 'active',
    "name" TEXT,
    "picture" TEXT,
    "email" TEXT,
    "emailVerifiedBy" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Identity" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "namespace" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Identity_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Connection" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "sandbox" BOOLEAN NOT NULL,
    "namespace" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "profile" JSONB NOT NULL,
    "scopes" TEXT[],
    "credentials" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "expiresAt" TIMESTAMPTZ(3),
    "refreshAt" TIMESTAMPTZ(3),
    "attemptId" UUID,
    "leaseUntil" TIMESTAMPTZ(3),
    "replays" INTEGER NOT NULL DEFAULT 0,
    "status" "ConnectionStatus" NOT NULL DEFAULT 'active',
    "reason" TEXT,
    "statusSince" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "failureCount" INTEGER NOT NULL DEFAULT 0,
    "lastUsedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "successorId" UUID,

    CONSTRAINT "Connection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PendingIdentity" (
    "id" UUID NOT NULL,
    "browserHash" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "sandbox" BOOLEAN NOT NULL,
    "namespace" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "profile" JSONB NOT NULL,
    "scopes" TEXT[],
    "credentials" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3),
    "flowHash" TEXT NOT NULL,
    "returnTo" TEXT,
    "haveAccount" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PendingIdentity_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SpentFlow" (
    "id" TEXT NOT NULL,
    "spentAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SpentFlow_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "WebSession" (
    "id" TEXT NOT NULL,
    "userId" UUID,
    "data" JSONB NOT NULL,
    "userAgent" TEXT,
    "address" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "WebSession_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ProviderApp" (
    "id" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "refusedAt" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "ProviderApp_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Event" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "userId" UUID,
    "connectionId" UUID,
    "provider" TEXT,
    "requestId" TEXT,
    "address" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "Event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Nonce" (
    "id" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Nonce_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "VaultKey" (
    "id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "firstUsedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "VaultKey_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Identity_userId_idx" ON "Identity"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "Identity_namespace_subject_key" ON "Identity"("namespace", "subject");

-- CreateIndex
CREATE INDEX "Connection_namespace_subject_idx" ON "Connection"("namespace", "subject");

-- CreateIndex
CREATE INDEX "Connection_refreshAt_idx" ON "Connection"("refreshAt");

-- CreateIndex
CREATE INDEX "Connection_leaseUntil_idx" ON "Connection"("leaseUntil");

-- CreateIndex
CREATE INDEX "Connection_successorId_idx" ON "Connection"("successorId");

-- CreateIndex
CREATE UNIQUE INDEX "Connection_userId_provider_sandbox_subject_key" ON "Connection"("userId", "provider", "sandbox", "subject");

-- CreateIndex
CREATE INDEX "PendingIdentity_createdAt_idx" ON "PendingIdentity"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "PendingIdentity_browserHash_key" ON "PendingIdentity"("browserHash");

-- CreateIndex
CREATE INDEX "SpentFlow_spentAt_idx" ON "SpentFlow"("spentAt");

-- CreateIndex
CREATE INDEX "WebSession_userId_idx" ON "WebSession"("userId");

-- CreateIndex
CREATE INDEX "WebSession_expiresAt_idx" ON "WebSession"("expiresAt");

-- CreateIndex
CREATE INDEX "Event_userId_at_idx" ON "Event"("userId", "at");

-- CreateIndex
CREATE INDEX "Event_connectionId_at_idx" ON "Event"("connectionId", "at");

-- CreateIndex
CREATE INDEX "Event_at_idx" ON "Event"("at");

-- CreateIndex
CREATE INDEX "Nonce_expiresAt_idx" ON "Nonce"("expiresAt");

-- AddForeignKey
ALTER TABLE "Identity" ADD CONSTRAINT "Identity_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Connection" ADD CONSTRAINT "Connection_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Connection" ADD CONSTRAINT "Connection_successorId_fkey" FOREIGN KEY ("successorId") REFERENCES "Connection"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "WebSession" ADD CONSTRAINT "WebSession_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
