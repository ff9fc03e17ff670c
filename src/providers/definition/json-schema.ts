/** The format of a definition as JSON Schema, so that editors complete and check files of PROVIDERS_DIR while they are written. */
import { z } from 'zod';
import { definitionShape } from './shape.js';

/** Without the rules that concern several fields, which JSON Schema says badly; loading a file checks those too. */
export function definitionJsonSchema(): object {
  return {
    title: 'Latchkey provider definition',
    ...z.toJSONSchema(definitionShape, { target: 'draft-2020-12', io: 'input' }),
  };
}
