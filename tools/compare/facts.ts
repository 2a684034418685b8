import { fileURLToPath } from 'node:url';
import { type EnumFact, type FieldFact, type ResourceFact, readFacts, type TypeFact } from '../codegen/facts.ts';
import { olderVersion } from './older-versions.ts';

export type { FieldFact, ResourceFact };

/** A resource that both servers have, with the type of its objects. */
export interface SharedResource extends ResourceFact {
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  /** Such as `v1` or `apps/v1`. */
  readonly apiVersion: string;
}

/** Types in which only one field may be set. */
const unions = new Set(
  [
    'VolumeSource',
    'PersistentVolumeSource',
    'ProbeHandler',
    'LifecycleHandler',
    'EnvVarSource',
    'VolumeProjection',
  ].map((name) => `core/v1.${name}`),
);

interface Definition {
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The common part of both APIs: the types of the facts, limited to the fields in the peer's document. */
export class SharedFacts {
  readonly resources: readonly SharedResource[];
  readonly #types: Readonly<Record<string, TypeFact>>;
  readonly #enums: Readonly<Record<string, EnumFact>>;
  readonly #peers = new Map<string, ReadonlySet<string>>();
  readonly #kinds = new Map<string, string>();

  /** `document`: the peer's `/openapi/v2`; `served`: whether it has a resource in a version. */
  constructor(document: { definitions: Readonly<Record<string, Definition>> }, served: (path: string) => boolean) {
    const { types, enums, resources } = readFacts(fileURLToPath(new URL('../../packages/api/facts', import.meta.url)));
    this.#types = types;
    this.#enums = enums;
    for (const [type, { gvk }] of Object.entries(types))
      if (gvk) this.#kinds.set(`${gvk[0] === '' ? '' : `${gvk[0]}/`}${gvk[1]} ${gvk[2]}`, type);
    for (const [name, { properties }] of Object.entries(document.definitions)) {
      const [version = '', kind = ''] = name.split('.').slice(-2);
      const group = name.split('.').at(-3) ?? '';
      if (properties) this.#peers.set(`${group}/${version}.${kind}`, new Set(Object.keys(properties)));
    }
    this.resources = (resources as readonly (ResourceFact & SharedResource & { enabledByDefault: boolean })[])
      .filter(({ enabledByDefault }) => enabledByDefault)
      .map((resource) => ({
        ...resource,
        subresources: (resource.subresources as unknown as readonly { name: string }[]).map(({ name }) => name),
        apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      }))
      .filter(({ plural, apiVersion }) => served(`${olderVersion(plural, apiVersion) ?? apiVersion}/${plural}`));
  }

  /** The type of a kind's objects, such as `apps/v1.Deployment`. */
  typeOf(apiVersion: string, kind: string): string | undefined {
    return this.#kinds.get(`${apiVersion} ${kind}`);
  }

  /** The fields of a type that the peer also has, including those of embedded types. */
  fields(type: string): Readonly<Record<string, FieldFact>> {
    const known = this.#peers.get(type) ?? this.#peers.get(this.#olderType(type));
    const all = this.#own(type);
    return known ? Object.fromEntries(Object.entries(all).filter(([name]) => known.has(name))) : all;
  }

  /** Whether our type has this field and the peer's does not. */
  isNewer(type: string, field: string): boolean {
    const known = this.#peers.get(type) ?? this.#peers.get(this.#olderType(type));
    return known !== undefined && !known.has(field) && field in this.#own(type);
  }

  /** Whether the field or its type is atomic. */
  isAtomic(
    field: (FieldFact & { readonly mt?: string; readonly lt?: string; readonly st?: string }) | undefined,
  ): boolean {
    if (field === undefined) return false;
    const type = this.#types[field.t] as { st?: string } | undefined;
    return [field.mt, field.lt, field.st, type?.st].includes('atomic');
  }

  /** Groups of fields of which only one may be set. */
  choices(type: string): readonly (readonly string[])[] {
    const own = Object.keys(this.fields(type));
    const embedded = Object.values(this.#types[type]?.fields ?? {})
      .filter(({ inl }) => inl)
      .map(({ t }) => t);
    return [type, ...embedded]
      .filter((one) => unions.has(one))
      .map((one) => Object.keys(this.#own(one)).filter((name) => own.includes(name)))
      .filter((choice) => choice.length > 0);
  }

  values(name: string | undefined): readonly string[] {
    return (name && this.#enums[name]?.values) || [];
  }

  #own(type: string): Record<string, FieldFact> {
    const all: Record<string, FieldFact> = {};
    for (const [name, field] of Object.entries(this.#types[type]?.fields ?? {})) {
      if (field.inl) Object.assign(all, this.#own(field.t));
      else all[name] = field;
    }
    return all;
  }

  #olderType(type: string): string {
    const [, group = '', version = '', kind = ''] = /^(.*)\/(.*)\.(.*)$/.exec(type) ?? [];
    for (const other of ['v1beta1', 'v1alpha1', 'v2beta2'])
      if (this.#peers.has(`${group}/${other}.${kind}`)) return `${group}/${other}.${kind}`;
    return `${group}/${version}.${kind}`;
  }
}

export const collectionPath = ({ apiVersion, group, plural, namespaced }: SharedResource, namespace = 'default') =>
  `${group === '' ? '/api' : '/apis'}/${apiVersion}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}`;
