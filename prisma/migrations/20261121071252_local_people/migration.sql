-- AlterTable
ALTER TABLE "User" ADD COLUMN     "localName" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "User_localName_key" ON "User"("localName");
