import type { Configuration } from './field-spec.ts';
import { atField, FieldError, type Slot } from './field-spec.ts';
import { lookedUp, splitPath } from './replacement-path.ts';
import { gvkText, isClusterWide, originalId, type Resource } from './resource.ts';

/** A name for a value of an object: `$(NAME)` stands for it where `varReference` says. */
export interface Var {
  readonly name: string;
  readonly objref: {
    readonly apiVersion?: string;
    readonly group?: string;
    readonly version?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
  readonly fieldref?: { readonly fieldPath?: string };
}

/** The vars with more of them; each of these is bound to the object that it means now, by the name it had at first. Throws when one has no name of its own. */
export function withVars(vars: readonly Var[], more: readonly Var[], resources: readonly Resource[]): Var[] {
  for (const one of more) {
    const { name = '', namespace = '' } = one.objref;
    const kind = kindOf(one);
    const matched = resources.filter((resource) => {
      const id = originalId(resource);
      const inPlace = namespace === '' || isClusterWide(resource) || (id.namespace || 'default') === namespace;
      return sameKind(kind, id) && id.name === name && inPlace;
    });
    if (matched.length > 1)
      throw new Error(`found ${matched.length} resId matches for var ${shown(one)} (unable to disambiguate)`);
    matched[0]?.vars.push(one.name);
  }
  return [...vars, ...unique(vars, more)];
}

/** Merges the vars of two kustomizations. */
export function joinedVars(vars: readonly Var[], more: readonly Var[]): Var[] {
  return [...vars, ...unique(vars, more)];
}

function unique(vars: readonly Var[], more: readonly Var[]): readonly Var[] {
  const names = new Set(vars.map(({ name }) => name));
  for (const { name } of more) {
    if (names.has(name)) throw new Error(`var '${name}' already encountered`);
    names.add(name);
  }
  return more;
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function kindOf({ objref: { apiVersion = '', group = '', version = '', kind = '' } }: Var): Kind {
  if (apiVersion === '') return { group, version, kind };
  const [first = '', second] = apiVersion.split('/');
  return second === undefined ? { group, version: first, kind } : { group: first, version: second, kind };
}

const sameKind = (a: Kind, b: Kind): boolean => a.group === b.group && a.version === b.version && a.kind === b.kind;

/** A var with defaults, formatted as in Go. */
const filled = (one: Var): string =>
  `{${one.name} ${gvkText(kindOf(one))} {${one.fieldref?.fieldPath || 'metadata.name'}}}`;

/** A var without defaults, formatted as in Go. */
export const shown = ({ name, objref: { group = '', version = '', kind = '' }, fieldref }: Var): string =>
  `{${name} ${gvkText({ group, version, kind })} {${fieldref?.fieldPath ?? ''}}}`;

/** Puts values in the place of `$(NAME)`; `log` is told what upstream logs. Throws when a var has no value, or stands where none can. */
export function replaceVars(
  resources: readonly Resource[],
  { vars, configuration }: { vars: readonly Var[]; configuration: Configuration },
  log: (text: string) => void,
): void {
  if (vars.length === 0) return;
  const values = new Map(
    vars
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((one) => [one.name, sourceValueOf(one, resources)] as const),
  );
  const used = new Set<string>();
  const mapped = (name: string): unknown => {
    const wrapped = `$(${name})`;
    if (!values.has(name)) return wrapped;
    const value = values.get(name);
    if (typeof value === 'object') {
      log(
        `MakePrimitiveReplacer: bad replacement type=${Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'} val=${goText(value)}`,
      );
      return wrapped;
    }
    used.add(name);
    return value;
  };
  try {
    for (const one of resources)
      for (const spec of configuration.varReference) atField(one, spec, { change: (slot) => expandIn(slot, mapped) });
  } finally {
    const unused = [...values.keys()].filter((name) => !used.has(name));
    if (unused.length > 0) log(`well-defined vars that were never replaced: ${unused.join(',')}`);
  }
}

function sourceValueOf(one: Var, resources: readonly Resource[]): unknown {
  const holder = resources.find(({ vars }) => vars.includes(one.name));
  if (!holder) throw new Error(`var '${filled(one)}' cannot be mapped to a field in the set of known resources`);
  const path = splitPath(one.fieldref?.fieldPath || 'metadata.name').flatMap(withIndex);
  const value = lookedUp(holder.object, path);
  if (value === undefined)
    throw new Error(`field specified in var '${filled(one)}' not found in corresponding resource`);
  return value;
}

/** `ports[0]` is `ports`, then `0`. */
function withIndex(part: string): string[] {
  const [, name, index] = /^([^[]+)\[(\d+)\]$/.exec(part) ?? [];
  return name !== undefined && index !== undefined ? [name, index] : [part];
}

function expandIn({ holder, member }: Slot, mapped: (name: string) => unknown): void {
  const value = holder[member];
  if (typeof value === 'string') holder[member] = expanded(value, mapped);
  else if (Array.isArray(value))
    holder[member] = value.map((item) => {
      if (typeof item !== 'string') throw new FieldError('invalid value type expect a string');
      return expanded(item, mapped);
    });
  else if (typeof value === 'object' && value !== null)
    holder[member] = Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, typeof item === 'string' ? expanded(item, mapped) : item]),
    );
}

/** A value that is a single reference keeps its type; `$$` is an escaped dollar. */
function expanded(text: string, mapped: (name: string) => unknown): unknown {
  const whole = /^\$\(([^)]*)\)$/.exec(text);
  if (whole) return mapped(whole[1] as string);
  return text.replace(/\$(\$|\(([^)]*)\))/g, (_all, what: string, name: string) =>
    what === '$' ? '$' : String(mapped(name)),
  );
}

/** Formats maps and lists as Go does: `map[a:b]`. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return value === null ? '<nil>' : String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
}
