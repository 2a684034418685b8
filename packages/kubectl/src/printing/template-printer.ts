import { compileTemplate, TemplateError } from '@typernetes/machinery/template';
import { PlainError } from '../io.ts';
import { jsonLine } from './json.ts';
import type { Printable } from './printable.ts';

/** Prints objects with a template of Go's. A template that fails is told of together with what it was given. */
export function goTemplatePrinter(
  source: string,
  of: { strict: boolean; data: (items: readonly Printable[], many: boolean) => unknown },
): (items: readonly Printable[], many: boolean) => string {
  const fill = compileTemplate(source, of);
  return (items, many) => {
    try {
      return fill(of.data(items, many), (data) => jsonLine(data, { asIs: items[0]?.typed === true }));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new PlainError(`error: ${error.message}\n`, 1, error.details);
    }
  };
}
