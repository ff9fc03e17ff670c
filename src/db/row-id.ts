/** The shape of our rows' ids. A malformed one is asked for before the query, because the database answers it with an error. */

export function isRowId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
