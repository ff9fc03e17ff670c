/**
 * Which statements of a migration would break the release before, which goes on running beside the new one during a rolling restart. One
 * that only cleans up what no running release uses any more says so in its first line: `-- contract: <why it is safe>`.
 */
const rules: readonly RegExp[] = [
  /\bDROP\s+(TABLE|COLUMN|TYPE)\b/i,
  /\bRENAME\b/i,
  /\bSET\s+NOT\s+NULL\b/i,
  /\bALTER\s+COLUMN\s+"?\w+"?\s+(SET\s+DATA\s+)?TYPE\b/i,
  /\bADD\s+COLUMN\b(?=[^,;]*\bNOT\s+NULL\b)(?![^,;]*\bDEFAULT\b)/i,
  // On an existing table; the rows of the release before might not be unique.
  /\bCREATE\s+UNIQUE\s+INDEX\b/i,
];

/** @returns the statements that break a rule, whole */
export function breakingStatements(sql: string): string[] {
  if (/^\s*-- contract: \S/.test(sql)) return [];
  const statements = sql.replaceAll(/--.*$/gm, '').split(';');
  const created = new Set(statements.flatMap((statement) => /CREATE\s+TABLE\s+"(\w+)"/i.exec(statement)?.[1] ?? []));
  const onNewTable = (statement: string) => created.has(/\bON\s+"(\w+)"/i.exec(statement)?.[1] ?? '');
  const added = new Set([...sql.matchAll(/\bADD\s+COLUMN\s+"(\w+)"/gi)].map(([, column]) => column));
  // Rows that are there already have nothing in a column that is new.
  const onNewColumn = (statement: string) => {
    const columns = /\bUNIQUE\s+INDEX\b.*\(([^()]+)\)/is.exec(statement)?.[1];
    return (columns?.split(',') ?? []).some((column) => added.has(column.replaceAll(/[\s"]/g, '')));
  };
  return statements
    .map((statement) => statement.trim())
    .filter(
      (statement) => rules.some((rule) => rule.test(statement)) && !onNewTable(statement) && !onNewColumn(statement),
    );
}
