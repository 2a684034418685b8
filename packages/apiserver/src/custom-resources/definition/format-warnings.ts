import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { goQuote } from '@typernetes/machinery';
import { stringFormats } from '../schema/formats.ts';
import { type StructuralSchema, valueSchema } from '../schema/structural-schema.ts';

/**
 * Warns about string formats that are not checked. Number formats never cause a warning: code generators write them
 * everywhere.
 */
export function* formatWarnings({ spec }: CustomResourceDefinition): Iterable<string> {
  for (const { schema } of spec.versions) {
    const whole = schema?.openAPIV3Schema as StructuralSchema | undefined;
    if (whole) yield* warningsWithin(whole);
  }
}

function* warningsWithin(schema: StructuralSchema): Iterable<string> {
  const { type, format = '', properties = {}, items } = schema;
  if (type === 'string' && format !== '' && !known.has(plain(format))) yield `unrecognized format ${goQuote(format)}`;
  for (const name of Object.keys(properties).sort()) yield* warningsWithin(properties[name] as StructuralSchema);
  const values = valueSchema(schema);
  if (items) yield* warningsWithin(items);
  if (values) yield* warningsWithin(values);
}

/** Formats are the same with and without their dashes. */
const plain = (format: string): string => format.replaceAll('-', '');
const known = new Set([...stringFormats.keys()].map(plain));
