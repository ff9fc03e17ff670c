-- CreateIndex
CREATE INDEX "Connection_keyId_id_status_idx" ON "Connection"("keyId", "id", "status");
