import type { Case } from '../case.ts';
import type { Comparison } from '../comparison.ts';
import type { SharedResource } from '../facts.ts';
import { olderVersion } from '../older-versions.ts';
import { type Side, sides } from '../pair.ts';

type Json = Readonly<Record<string, unknown>>;

interface Document {
  readonly definitions: Readonly<Record<string, Json & { readonly properties?: Readonly<Record<string, Json>> }>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Shared parameters that operations refer to. */
  readonly parameters?: Readonly<Record<string, Json>>;
}

const documents = new WeakMap<Comparison, Promise<Readonly<Record<Side, Document>>>>();

/** `/openapi/v2` for a kind that both serve: common fields, operations, and discovery. */
export async function documentsOf(compare: Comparison, { index }: Case): Promise<void> {
  const resources = compare.facts.resources.filter(
    ({ plural, apiVersion }) => olderVersion(plural, apiVersion) === undefined,
  );
  const resource = resources[index];
  if (!resource) return;
  let both = documents.get(compare);
  if (!both) {
    both = compare.quietly({ method: 'GET', path: '/openapi/v2' }).then((answers) => ({
      ours: JSON.parse(answers.ours.text) as Document,
      theirs: JSON.parse(answers.theirs.text) as Document,
    }));
    documents.set(compare, both);
  }
  const { ours, theirs } = await both;
  const question = { method: 'GET', path: '/openapi/v2' };
  for (const name of reachable(theirs, rootOf(theirs, resource))) {
    const [mine, peers] = [ours.definitions[name], theirs.definitions[name]];
    compare.differ(question, `/definitions/${name}`, { ours: shapeOf(mine, peers), theirs: shapeOf(peers, mine) });
  }
  const start = resource.group === '' ? `/api/${resource.version}/` : `/apis/${resource.apiVersion}/`;
  for (const [path, operations] of Object.entries(theirs.paths)) {
    if (!path.startsWith(start) || !path.split('/').includes(resource.plural)) continue;
    for (const [method, operation] of Object.entries(operations)) {
      if (method === 'parameters') continue;
      const known = new Set(parametersOf(theirs, operation));
      const mine = ours.paths[path]?.[method];
      compare.differ(question, `/paths${path}/${method}`, {
        ours: mine && operationShape(ours, mine, known),
        theirs: operationShape(theirs, operation, known),
      });
    }
  }
  const group = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.apiVersion}`;
  const found = await compare.quietly({ method: 'GET', path: group });
  const [one, other] = sides.map((side) =>
    (JSON.parse(found[side].text) as { resources: { name: string }[] }).resources.find(
      ({ name }) => name === resource.plural,
    ),
  );
  compare.differ({ method: 'GET', path: group }, `/resources/${resource.plural}`, { ours: one, theirs: other });
}

function rootOf({ definitions }: Document, { group, version, kind }: SharedResource): string {
  const isOf = (gvk: unknown): boolean => {
    const of = gvk as Json;
    return of.group === group && of.version === version && of.kind === kind;
  };
  const found = Object.entries(definitions).find(([, definition]) =>
    ((definition['x-kubernetes-group-version-kind'] as unknown[] | undefined) ?? []).some(isOf),
  );
  return found?.[0] ?? '';
}

function reachable({ definitions }: Document, root: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [root];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const definition = definitions[name];
    if (seen.has(name) || !definition) continue;
    seen.add(name);
    for (const [, reference = ''] of JSON.stringify(definition).matchAll(/#\/definitions\/([\w.-]+)/g))
      waiting.push(reference);
  }
  return seen;
}

/** A definition without descriptions, and without properties that only one side has. */
function shapeOf(definition: Json | undefined, other: Json | undefined): unknown {
  if (!definition) return undefined;
  const { properties, description: _, ...rest } = definition as Json & { properties?: Readonly<Record<string, Json>> };
  const known = (other?.properties ?? {}) as object;
  const shared = Object.entries(properties ?? {}).filter(([name]) => Object.hasOwn(known, name));
  return {
    ...(wordless(rest) as object),
    ...(properties ? { properties: Object.fromEntries(shared.map(([name, value]) => [name, wordless(value)])) } : {}),
  };
}

/** Without descriptions, and without merge strategies, which few types had in 1.20. */
const wordless = (value: Json): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      (key === 'description' && typeof member === 'string') || /^x-kubernetes-(list|map)-/.test(key)
        ? undefined
        : member,
    ),
  );

const parametersOf = (document: Document, { parameters = [] }: Json): string[] =>
  (parameters as readonly Json[]).map((one) => {
    const named = String(one.$ref ?? '').replace('#/parameters/', '');
    const { name, in: place, required = false } = document.parameters?.[named] ?? one;
    return `${name} ${place} ${required}`;
  });

/** The parameters and responses of an operation, by name; only known parameters. */
function operationShape(document: Document, operation: Json, known: ReadonlySet<string>): unknown {
  const { operationId, consumes, produces, responses } = operation;
  const names = parametersOf(document, operation).filter((one) => known.has(one));
  return {
    operationId,
    consumes,
    produces,
    action: operation['x-kubernetes-action'],
    kind: operation['x-kubernetes-group-version-kind'],
    responses: Object.fromEntries(
      Object.entries(responses as Readonly<Record<string, Json>>).map(([code, { schema }]) => [code, schema]),
    ),
    parameters: names.sort(),
  };
}
