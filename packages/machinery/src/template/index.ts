import { canonicalJson } from '../hash.ts';
import { type ExecutionError, executeTemplate } from './evaluate.ts';
import { goValue } from './format.ts';
import { parseTemplate } from './parse.ts';

/**
 * A template failed to execute. `details` is what upstream's programs also print to standard output: the template and
 * its data.
 */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly details: string;

  constructor(message: string, details: string) {
    super(message);
    this.details = details;
  }
}

/**
 * Compiles a Go text/template, as `-o go-template` uses it; throws when it is invalid. `strict` refuses missing keys.
 * Executing it throws TemplateError, which shows the data as `jsonOf` encodes it.
 */
export function compileTemplate(
  source: string,
  { strict }: { strict: boolean },
): (data: unknown, jsonOf?: (data: unknown) => string) => string {
  const template = parsed(source);
  return (data, jsonOf = canonicalJson) => {
    try {
      return executeTemplate(template, data, { strict });
    } catch (error) {
      const { message, partial } = error as ExecutionError;
      throw new TemplateError(
        `error executing template ${JSON.stringify(source)}: ${message}`,
        [
          `${partial}Error executing template: ${message}. Printing more information for debugging the template:`,
          `\ttemplate was:\n\t\t${source}`,
          `\traw data was:\n\t\t${jsonOf(data)}`,
          `\tobject given to template engine was:\n\t\t${goValue(data)}`,
          '',
          '',
        ].join('\n'),
      );
    }
  };
}

function parsed(source: string): ReturnType<typeof parseTemplate> {
  try {
    return parseTemplate(source);
  } catch (error) {
    throw new Error(`error parsing template ${source}, ${(error as Error).message}`);
  }
}
