import { conversions } from '../library/conversions.ts';
import { operators } from '../library/operators.ts';
import type { Library, Overload } from '../library/overload.ts';
import { regularExpressions } from '../library/regex.ts';
import { timestamps } from '../library/timestamps.ts';
import type { DeclaredType } from '../types/declared-type.ts';
import type { CelType } from '../types/type.ts';

/** What an expression may refer to. */
export interface Environment {
  readonly variables: ReadonlyMap<string, DeclaredType>;
  /** Names whose members are variables of their own, as `variables.x` is. */
  readonly groups: ReadonlySet<string>;
  /** Types that have fields, by name. */
  readonly objectTypes: ReadonlyMap<string, DeclaredType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** The namespace in which names are looked up first, such as `google.protobuf`. */
  readonly container: string;
  /** Whether all items of a list literal, and all values of a map literal, must have the same type. */
  readonly homogeneousLiterals: boolean;
  /** Whether `cel.bind` is available. */
  readonly bindings: boolean;
}

export interface EnvironmentOptions {
  readonly variables?: Readonly<Record<string, CelType | DeclaredType>>;
  readonly groups?: readonly string[];
  readonly libraries?: readonly Library[];
  readonly container?: string;
  readonly homogeneousLiterals?: boolean;
  readonly bindings?: boolean;
}

/** The language itself, without declarations. */
const standard: Environment = {
  variables: new Map(),
  groups: new Set(),
  objectTypes: new Map(),
  functions: grouped([operators, conversions, timestamps, regularExpressions], new Map()),
  container: '',
  homogeneousLiterals: false,
  bindings: false,
};

/** An environment with the standard functions and whatever the options add. */
export function createEnvironment(options: EnvironmentOptions): Environment {
  return extendEnvironment(standard, options);
}

export function extendEnvironment(base: Environment, options: EnvironmentOptions): Environment {
  const variables = new Map(base.variables);
  const objectTypes = new Map(base.objectTypes);
  for (const [name, type] of Object.entries(options.variables ?? {})) {
    const declared = 'kind' in type ? { type } : type;
    variables.set(name, declared);
    collectObjectTypes(declared, objectTypes);
  }
  return {
    variables,
    groups: options.groups ? new Set([...base.groups, ...options.groups]) : base.groups,
    objectTypes,
    functions: options.libraries ? grouped(options.libraries, base.functions) : base.functions,
    container: options.container ?? base.container,
    homogeneousLiterals: options.homogeneousLiterals ?? base.homogeneousLiterals,
    bindings: options.bindings ?? base.bindings,
  };
}

function collectObjectTypes(declared: DeclaredType, found: Map<string, DeclaredType>): void {
  if (declared.fields) {
    if (found.get(declared.type.name) === declared) return;
    found.set(declared.type.name, declared);
    for (const field of declared.fields.values()) collectObjectTypes(field.type, found);
  }
  if (declared.element) collectObjectTypes(declared.element, found);
}

function grouped(
  libraries: readonly Library[],
  base: ReadonlyMap<string, readonly Overload[]>,
): Map<string, readonly Overload[]> {
  const functions = new Map(base);
  const added = new Map<string, Overload[]>();
  for (const overload of libraries.flat()) {
    const list = added.get(overload.name) ?? [];
    list.push(overload);
    added.set(overload.name, list);
  }
  for (const [name, overloads] of added) functions.set(name, [...(base.get(name) ?? []), ...overloads]);
  return functions;
}

/** The names to try for a name in a container, the innermost first. */
export function candidates(container: string, name: string): string[] {
  if (name.startsWith('.')) return [name.slice(1)];
  const parts = container === '' ? [] : container.split('.');
  const found: string[] = [];
  for (let length = parts.length; length > 0; length--) found.push(`${parts.slice(0, length).join('.')}.${name}`);
  found.push(name);
  return found;
}
