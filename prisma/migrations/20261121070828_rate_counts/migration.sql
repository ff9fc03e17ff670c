-- CreateTable
CREATE TABLE "RateCount" (
    "id" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "RateCount_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "RateCount_expiresAt_idx" ON "RateCount"("expiresAt");
