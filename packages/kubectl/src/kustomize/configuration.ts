import { isJsonObject } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { defaultConfiguration } from './default-specs.ts';
import { type Configuration, type FieldSpec, mergedSpecs, type NameReference } from './field-spec.ts';
import { compareKinds } from './order.ts';

type SpecField = Exclude<keyof Configuration, 'nameReference'>;

/** As upstream's messages call them, in the order in which it merges them. */
const fields: Readonly<Record<SpecField, string>> = {
  namePrefix: 'NamePrefix',
  nameSuffix: 'NameSuffix',
  namespace: 'NameSpace',
  commonAnnotations: 'CommonAnnotations',
  commonLabels: 'CommonLabels',
  labels: 'Labels',
  templateLabels: 'TemplateLabels',
  varReference: 'VarReference',
  images: 'Images',
  replicas: 'Replicas',
};
const names = Object.keys(fields) as SpecField[];

export const emptyConfiguration: Configuration = {
  ...(Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<SpecField, FieldSpec[]>),
  nameReference: [],
};

/** Both. Throws with upstream's words where they contradict each other. */
export function mergedConfiguration(one: Configuration, more: Configuration): Configuration {
  if (one === more || more === emptyConfiguration) return one;
  const merged = Object.fromEntries(
    names.map((name) => [name, naming(fields[name], () => mergedSpecs(one[name], more[name])).sort(compareKinds)]),
  );
  return {
    ...(merged as unknown as Record<SpecField, FieldSpec[]>),
    nameReference: naming('NameReference', () => mergedReferences(one.nameReference, more.nameReference)).sort(
      compareKinds,
    ),
  };
}

function naming<R>(what: string, act: () => R): R {
  try {
    return act();
  } catch (error) {
    throw new Error(`failed to merge ${what} fieldSpec`, { cause: error });
  }
}

function mergedReferences(one: readonly NameReference[], more: readonly NameReference[]): NameReference[] {
  const merged = [...one];
  const keyOf = ({ group = '', version = '', kind = '' }: NameReference): string => `${group}/${version}/${kind}`;
  for (const reference of more) {
    const i = merged.findIndex((old) => keyOf(old) === keyOf(reference));
    const old = merged[i];
    if (old) merged[i] = { ...old, fieldSpecs: mergedSpecs(old.fieldSpecs, reference.fieldSpecs) };
    else merged.push(reference);
  }
  return merged;
}

/** What files of `configurations` say, together, in addition to what there is by default. Throws when they say what is none. */
export function configurationOf(texts: readonly string[]): Configuration {
  let added = emptyConfiguration;
  for (const text of texts) added = mergedConfiguration(added, parsed(text));
  return mergedConfiguration(defaultConfiguration, added);
}

function parsed(text: string): Configuration {
  const document = decodeDocument(text) ?? {};
  if (!isJsonObject(document))
    throw new Error(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${Array.isArray(document) ? 'array' : typeof document} into Go value of type builtinconfig.TransformerConfig`,
    );
  const known = Object.keys(emptyConfiguration);
  const wrong = Object.keys(document)
    .sort()
    .find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new Error(`error unmarshaling JSON: while decoding JSON: json: unknown field ${JSON.stringify(wrong)}`);
  return { ...emptyConfiguration, ...document };
}
