/**
 * Names, codes and positions of an error and its causes. Messages are left out, because a database client's message may print the values
 * of a query and a parser's the text it could not read.
 */
export function causesOf(error: unknown): readonly object[] {
  const causes: object[] = [];
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : undefined;
    const frames = (current.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 4);
    causes.push({ name: current.name, code, at: frames.map((frame) => frame.trim().slice(3)) });
    current = current.cause;
  }
  return causes;
}
