/** Where a command keeps its pending flow: in memory, for as long as it runs. */
import type { FlowJar } from '../../flows/index.js';

export function memoryJar(): FlowJar {
  const flows = new Map<string, string>();
  return {
    all: () => flows,
    put: ({ name, value }) => flows.set(name, value),
    drop: (name) => flows.delete(name),
  };
}
