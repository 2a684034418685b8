import { decodeDocuments as decodeYaml } from '@typernetes/process';
import type { ConfigDocument, DecodedDocuments } from './decoded-documents.ts';
import { hasEmptyDocument } from './empty-documents.ts';
import { schema } from './schema.gen.ts';
import { jsonKind, knownPart, misfit, unknownFields } from './typed-values.ts';
import { convertV1alpha1 } from './v1alpha1.ts';
import { convertV1alpha2, convertV1alpha3 } from './v1alpha2.ts';
import { convertV1beta2 } from './v1beta2.ts';
import { convertV1beta3 } from './v1beta3.ts';

interface RawDocument {
  readonly apiVersion: string;
  readonly kind: string;
  /** The version in the file, if the document was converted to a later one. */
  readonly writtenAs?: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Kinds by apiVersion, with the type in the schema that checks their fields. */
const strictTypes: Readonly<Record<string, string>> = {
  'kubeadm.k8s.io/v1beta4': 'kubeadm/v1beta4',
  'kubeadm.k8s.io/v1beta3': 'kubeadm/v1beta3',
  'kubelet.config.k8s.io/v1beta1': 'kubelet.config/v1beta1',
  'kubeproxy.config.k8s.io/v1alpha1': 'kubeproxy.config/v1alpha1',
};

/** The version of the components' configurations that is read, by group. */
const componentVersions: Readonly<Record<string, string>> = {
  'kubelet.config.k8s.io': 'kubelet.config.k8s.io/v1beta1',
  'kubeproxy.config.k8s.io': 'kubeproxy.config.k8s.io/v1alpha1',
};

/** Converters of the old versions, each directly to v1beta4. */
const alphaConversions: Readonly<
  Record<string, (kind: string, value: Readonly<Record<string, unknown>>) => DecodedDocuments>
> = {
  'kubeadm.k8s.io/v1alpha1': convertV1alpha1,
  'kubeadm.k8s.io/v1alpha2': convertV1alpha2,
  'kubeadm.k8s.io/v1alpha3': convertV1alpha3,
};

/** How a command treats a file. */
export interface DecodeOptions {
  /** Unknown fields and kinds are errors: for `config validate` and `config migrate`. */
  readonly strict?: boolean;
  /** The kinds that the command reads. Others cause a warning, except component configurations, which `init` passes on. */
  readonly wanted?: WantedKinds;
}

export interface WantedKinds {
  readonly kinds: readonly string[];
  readonly components?: boolean;
}

/** The kinds of `init` and of commands that read its configuration; the last one is the old name of both. */
export const initKinds: WantedKinds = {
  kinds: ['InitConfiguration', 'ClusterConfiguration', 'MasterConfiguration'],
  components: true,
};
export const joinKinds: WantedKinds = { kinds: ['JoinConfiguration', 'NodeConfiguration'] };

/**
 * Reads a `--config` file. Throws on unknown versions of the kinds that are read and on values of the wrong type. Unknown fields are left out with
 * a warning, as in upstream's commands, or are errors if `strict` is set; old kinds are always strict.
 */
export function decodeDocuments(text: string, { strict = false, wanted }: DecodeOptions = {}): DecodedDocuments {
  const documents: ConfigDocument[] = [];
  const warnings: string[] = [];
  let controlPlaneTimeout: string | undefined;
  const seen = new Set<string>();
  const raws = parse(text).map(identify);
  if (strict) refuseUnknown(raws);
  for (const raw of raws) {
    if (isForeign(raw) || (wanted && !isWanted(raw, wanted))) {
      // `init` also checks the kinds that it does not read; other commands do not.
      if (wanted?.components && isUnknown(raw)) warnings.push(`unknown configuration ${goKind(raw)}`);
      warnings.push(`Ignored configuration document with GroupVersionKind ${raw.apiVersion}, Kind=${raw.kind}`);
      continue;
    }
    const converted = convert(raw, strict);
    warnings.push(...converted.warnings);
    controlPlaneTimeout ??= converted.controlPlaneTimeout;
    for (const document of converted.documents) {
      if (seen.has(document.kind)) {
        throw new Error(`invalid configuration: kind "${document.kind}" is specified twice in YAML file`);
      }
      seen.add(document.kind);
      documents.push(document);
    }
  }
  return {
    documents: controlPlaneTimeout === undefined ? documents : withTimeout(documents, controlPlaneTimeout),
    warnings,
  };
}

const ownGroups = new Set([
  'kubeadm.k8s.io',
  ...Object.keys(strictTypes).map((apiVersion) => apiVersion.split('/')[0] ?? ''),
]);

/** The group belongs to no component whose configuration kubeadm passes on. */
const isForeign = ({ apiVersion }: RawDocument): boolean => !ownGroups.has(apiVersion.split('/')[0] ?? '');

const isWanted = ({ apiVersion, kind }: RawDocument, { kinds, components }: WantedKinds): boolean =>
  kinds.includes(kind) || (components === true && !apiVersion.startsWith('kubeadm.k8s.io/'));

/** The version or kind never existed. */
const isUnknown = (raw: RawDocument): boolean =>
  !isOld(raw) && !(`${strictTypes[raw.apiVersion]}.${raw.kind}` in schema);

const isOld = ({ apiVersion }: RawDocument): boolean =>
  apiVersion in alphaConversions || /^kubeadm\.k8s\.io\/v1beta[12]$/.test(apiVersion);

/** Reports all unknown kinds at once, as upstream's `config validate` does. */
function refuseUnknown(raws: readonly RawDocument[]): void {
  const unknown = raws.filter(isUnknown);
  if (unknown.length === 0) return;
  throw new Error(`unknown configuration APIs: []schema.GroupVersionKind{${unknown.map(goKind).join(', ')}}`);
}

/** A GroupVersionKind as Go's %#v prints it. */
function goKind({ apiVersion, kind }: Pick<RawDocument, 'apiVersion' | 'kind'>): string {
  const [group, version] = groupVersion(apiVersion);
  return `schema.GroupVersionKind{Group:"${group}", Version:"${version}", Kind:"${kind}"}`;
}

/** Moves the control plane's start timeout to its current field, unless that is set. */
function withTimeout(documents: readonly ConfigDocument[], timeout: string): ConfigDocument[] {
  const init = documents.find(({ kind }) => kind === 'InitConfiguration');
  const value = init?.value ?? {};
  const timeouts = { controlPlaneComponentHealthCheck: timeout, ...(value.timeouts as object | undefined) };
  const next = { kind: 'InitConfiguration', value: { ...value, timeouts } };
  return init ? documents.map((document) => (document === init ? next : document)) : [...documents, next];
}

const unreadable = 'could not interpret GroupVersionKind; unmarshal error';

function parse(text: string): unknown[] {
  if (hasEmptyDocument(text)) throw withoutKind({ group: '', version: '', kind: '' });
  try {
    return decodeYaml(text);
  } catch (error) {
    throw new Error(unreadable, { cause: error });
  }
}

/** Throws in upstream's words if a document has no kind, or no group: kinds of the core group are not configurations. */
function identify(document: unknown): RawDocument {
  const decoding = `${unreadable}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal`;
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error(`${decoding} ${jsonKind(document)} into Go value of type runtime.TypeMeta`);
  }
  const type = document as { apiVersion?: unknown; kind?: unknown };
  for (const field of ['apiVersion', 'kind'] as const) {
    if (type[field] === undefined || type[field] === null || typeof type[field] === 'string') continue;
    throw new Error(`${decoding} ${jsonKind(type[field])} into Go struct field TypeMeta.${field} of type string`);
  }
  const [apiVersion, kind] = [String(type.apiVersion ?? ''), String(type.kind ?? '')];
  const [group, version] = groupVersion(apiVersion);
  if (group === '' || version === '' || kind === '') {
    throw withoutKind({ group, version, kind });
  }
  return { apiVersion, kind, value: document as Record<string, unknown> };
}

const withoutKind = ({ group, version, kind }: { group: string; version: string; kind: string }): Error =>
  new Error(
    `invalid configuration for GroupVersionKind ${group}/${version}, Kind=${kind}: kind and apiVersion is mandatory information that must be specified`,
  );

function groupVersion(apiVersion: string): [string, string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

function convert(raw: RawDocument, strict: boolean): DecodedDocuments {
  const alpha = alphaConversions[raw.apiVersion];
  if (alpha) return alpha(raw.kind, raw.value);
  if (raw.apiVersion === 'kubeadm.k8s.io/v1beta1' || raw.apiVersion === 'kubeadm.k8s.io/v1beta2') {
    const { value, warnings } = convertV1beta2(raw.value);
    const next = { ...raw, apiVersion: 'kubeadm.k8s.io/v1beta3', writtenAs: raw.apiVersion, value };
    const converted = convert(next, strict);
    const said = converted.warnings.map((warning) => warning.replace('kubeadm.k8s.io/v1beta3', raw.apiVersion));
    return { ...converted, warnings: [...said, ...warnings] };
  }
  const type = `${strictTypes[raw.apiVersion]}.${raw.kind}`;
  if (!(type in schema)) {
    const newest = componentVersions[groupVersion(raw.apiVersion)[0]];
    throw new Error(
      newest !== undefined && raw.apiVersion !== newest
        ? `unsupported apiVersion "${raw.apiVersion}", you may have to do manual conversion to "${newest}" and run kubeadm again`
        : `no kind "${raw.kind}" is registered for version "${raw.writtenAs ?? raw.apiVersion}"`,
    );
  }
  const said: string[] = [];
  const strictly = `error unmarshaling configuration ${goKind({ apiVersion: raw.writtenAs ?? raw.apiVersion, kind: raw.kind })}`;
  const problem = misfit(raw.value, type);
  if (problem !== undefined) throw new Error(strict ? `${strictly}: ${problem}` : problem);
  const unknown = unknownFields(raw.value, type).map((field) => `unknown field "${field}"`);
  if (unknown.length > 0) {
    const message = `${strictly}: strict decoding error: ${unknown.join(', ')}`;
    if (strict) throw new Error(message);
    said.push(message);
  }
  const value = knownPart(raw.value, type) as RawDocument['value'];
  if (raw.apiVersion !== 'kubeadm.k8s.io/v1beta3') return { documents: [{ kind: raw.kind, value }], warnings: said };
  const converted = convertV1beta3(raw.kind, value);
  return { ...converted, warnings: [...said, ...converted.warnings] };
}
