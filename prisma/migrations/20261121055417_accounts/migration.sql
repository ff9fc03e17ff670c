-- Events of people who are gone: from now on they go with the person.
DELETE FROM "Event" WHERE "userId" IS NOT NULL AND "userId" NOT IN (SELECT "id" FROM "User");

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "operator" BOOLEAN NOT NULL DEFAULT false;

-- AddForeignKey
ALTER TABLE "Event" ADD CONSTRAINT "Event_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
