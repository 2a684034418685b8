import type { PluginPolicy } from './plugin-policy.ts';

export interface Option {
  readonly name: string;
  readonly default: string;
}

interface Alias {
  readonly name: string;
  readonly command: string;
  readonly prependArgs?: readonly string[];
  readonly appendArgs?: readonly string[];
  readonly options?: readonly Option[];
}

/** A kuberc file: aliases, default values of flags, and a policy for credential plugins. */
export interface Preferences extends PluginPolicy {
  readonly aliases: readonly Alias[];
  readonly defaults: readonly { readonly command: string; readonly options?: readonly Option[] }[];
  /** A warning about what the file has and preferences do not. */
  readonly remark?: string;
}

/** Text, a list of one shape, or a struct of named members. */
type Shape = 'text' | readonly [Shape] | { readonly [name: string]: Shape };

const option = { name: 'text', default: 'text' } as const;
const envelope = { apiVersion: 'text', kind: 'text' } as const;
const alias = { name: 'text', command: 'text', prependArgs: ['text'], appendArgs: ['text'] } as const;

/** The versions of preferences: v1alpha1 calls options flags, and defaults overrides. */
const shapes: Readonly<Record<string, Shape>> = {
  'kubectl.config.k8s.io/v1alpha1': {
    ...envelope,
    overrides: [{ command: 'text', flags: [option] }],
    aliases: [{ ...alias, flags: [option] }],
  },
  'kubectl.config.k8s.io/v1beta1': {
    ...envelope,
    defaults: [{ command: 'text', options: [option] }],
    aliases: [{ ...alias, options: [option] }],
    credentialPluginPolicy: 'text',
    credentialPluginAllowlist: [{ name: 'text', command: 'text' }],
  },
};

interface Entry {
  readonly flags?: readonly { readonly name: string; readonly default: string }[] | null;
}

/**
 * A document as preferences, with the paths of members that they do not have; undefined for one of another kind or version, and where a value has
 * another type.
 */
export function decodePreferences(
  document: unknown,
): { readonly preferences: Preferences; readonly unknown: readonly string[] } | undefined {
  const { apiVersion, kind } = (document ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const shape = typeof apiVersion === 'string' && Object.hasOwn(shapes, apiVersion) ? shapes[apiVersion] : undefined;
  const unknown: string[] = [];
  if (kind !== 'Preference' || !shape || !fits(document, shape, { path: '', unknown })) return undefined;
  const {
    overrides,
    defaults = overrides,
    aliases,
    credentialPluginPolicy: policy,
    credentialPluginAllowlist: allowed,
  } = document as Partial<Preferences> & { readonly overrides?: Preferences['defaults'] };
  const preferences = {
    aliases: (aliases ?? []).map(current),
    defaults: (defaults ?? []).map(current),
    ...(policy ? { credentialPluginPolicy: policy } : {}),
    ...(allowed ? { credentialPluginAllowlist: allowed } : {}),
  };
  return { preferences, unknown };
}

/** Options under the name that they have today; empty lists may be written as null. */
function current<T extends object>(entry: T): T {
  const { flags, ...rest } = entry as T & Entry;
  const members = Object.entries(flags ? { options: flags, ...rest } : rest);
  return Object.fromEntries(members.filter(([, value]) => value !== null)) as T;
}

function fits(value: unknown, shape: Shape, of: { path: string; unknown: string[] }): boolean {
  const { path, unknown } = of;
  if (value === null || value === undefined) return true;
  if (shape === 'text') return typeof value === 'string';
  if (Array.isArray(shape)) {
    const [items] = shape as readonly [Shape];
    return Array.isArray(value) && value.every((item, i) => fits(item, items, { path: `${path}[${i}]`, unknown }));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const members = shape as Readonly<Record<string, Shape>>;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .every(([name, member]) => {
      const at = path === '' ? name : `${path}.${name}`;
      const known = Object.hasOwn(members, name) ? members[name] : undefined;
      if (known === undefined) unknown.push(at);
      return known === undefined || fits(member, known, { path: at, unknown });
    });
}
