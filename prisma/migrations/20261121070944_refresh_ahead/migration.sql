-- AlterTable
ALTER TABLE "Connection" ADD COLUMN     "renewAhead" BOOLEAN NOT NULL DEFAULT true;

-- AlterTable
ALTER TABLE "ProviderApp" ADD COLUMN     "awaySince" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "Connection_provider_sandbox_refreshAt_idx" ON "Connection"("provider", "sandbox", "refreshAt");
