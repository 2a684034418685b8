import { decodeDocuments as decodeYaml } from '@typernetes/process';
import { schema } from './schema.gen.ts';
import { convertV1alpha1 } from './v1alpha1.ts';
import { convertV1alpha2, convertV1alpha3 } from './v1alpha2.ts';
import { convertV1beta2 } from './v1beta2.ts';
import { convertV1beta3 } from './v1beta3.ts';

/** A configuration document of any version, brought to v1beta4 (or the kubelet's and kube-proxy's only version). */
export interface ConfigDocument {
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface DecodedDocuments {
  readonly documents: readonly ConfigDocument[];
  /** What was converted, dropped or is deprecated, in upstream's words where it has them. */
  readonly warnings: readonly string[];
  /** `apiServer.timeoutForControlPlane` of a ClusterConfiguration of old, which belongs to the InitConfiguration beside it today. */
  readonly controlPlaneTimeout?: string;
}

interface RawDocument {
  readonly apiVersion: string;
  readonly kind: string;
  /** The version in the file, where it is read as a later one. */
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

/** Versions whose shape is their own; each brings a document straight to v1beta4. */
const alphaConversions: Readonly<
  Record<string, (kind: string, value: Readonly<Record<string, unknown>>) => DecodedDocuments>
> = {
  'kubeadm.k8s.io/v1alpha1': convertV1alpha1,
  'kubeadm.k8s.io/v1alpha2': convertV1alpha2,
  'kubeadm.k8s.io/v1alpha3': convertV1alpha3,
};

/**
 * Reads a `--config` file. Throws on unknown versions and kinds and on values of the wrong type. Unknown fields are left out with a warning,
 * as upstream's commands do it, unless `strict` asks for an error (`config validate`, `config migrate`); kinds of old are always strict.
 */
export function decodeDocuments(text: string, { strict = false }: { strict?: boolean } = {}): DecodedDocuments {
  const documents: ConfigDocument[] = [];
  const warnings: string[] = [];
  let controlPlaneTimeout: string | undefined;
  const seen = new Set<string>();
  const raws = decodeYaml(text).map(identify);
  if (strict) refuseUnknown(raws);
  for (const raw of raws) {
    if (isForeign(raw)) {
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

/** Of nobody whose configuration kubeadm hands on. */
const isForeign = ({ apiVersion }: RawDocument): boolean => !ownGroups.has(apiVersion.split('/')[0] ?? '');

/** Kinds that there never were, all at once, as upstream's `config validate` names them. */
function refuseUnknown(raws: readonly RawDocument[]): void {
  const unknown = raws.filter((raw) => {
    const folder = strictTypes[raw.apiVersion];
    return isForeign(raw) || (folder !== undefined && !(`${folder}.${raw.kind}` in schema));
  });
  if (unknown.length === 0) return;
  throw new Error(`unknown configuration APIs: []schema.GroupVersionKind{${unknown.map(goKind).join(', ')}}`);
}

/** As Go prints one with its types. */
function goKind({ apiVersion, kind }: Pick<RawDocument, 'apiVersion' | 'kind'>): string {
  const slash = apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  return `schema.GroupVersionKind{Group:"${group}", Version:"${version}", Kind:"${kind}"}`;
}

/** Puts the time that the control plane has to come up where it is kept today, unless it is there already. */
function withTimeout(documents: readonly ConfigDocument[], timeout: string): ConfigDocument[] {
  const init = documents.find(({ kind }) => kind === 'InitConfiguration');
  const value = init?.value ?? {};
  const timeouts = { controlPlaneComponentHealthCheck: timeout, ...(value.timeouts as object | undefined) };
  const next = { kind: 'InitConfiguration', value: { ...value, timeouts } };
  return init ? documents.map((document) => (document === init ? next : document)) : [...documents, next];
}

function identify(document: unknown): RawDocument {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Error('invalid configuration: a document is not a mapping');
  }
  const { apiVersion, kind } = document as { apiVersion?: unknown; kind?: unknown };
  if (typeof kind !== 'string' || kind === '' || typeof apiVersion !== 'string' || apiVersion === '') {
    throw new Error('invalid configuration: kind and apiVersion is mandatory information that must be specified');
  }
  return { apiVersion, kind, value: document as Record<string, unknown> };
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
  const folder = strictTypes[raw.apiVersion];
  const type = `${folder}.${raw.kind}`;
  if (folder === undefined || !(type in schema)) {
    throw new Error(
      raw.apiVersion.startsWith('kubeadm.k8s.io/')
        ? `your configuration file uses an old API spec: "${raw.apiVersion}" (kind: "${raw.kind}"). Please use kubeadm.k8s.io/v1beta4 instead`
        : `invalid configuration: no kind "${raw.kind}" is registered for version "${raw.apiVersion}"`,
    );
  }
  const problems = strictProblems(raw.value, type, '');
  const said: string[] = [];
  if (problems.length > 0) {
    const gvk = goKind({ apiVersion: raw.writtenAs ?? raw.apiVersion, kind: raw.kind });
    const message = `error unmarshaling configuration ${gvk}: strict decoding error: ${problems.join(', ')}`;
    if (strict || !problems.every((problem) => problem.startsWith(unknownField))) throw new Error(message);
    said.push(message);
  }
  const value = knownPart(raw.value, type) as RawDocument['value'];
  if (raw.apiVersion !== 'kubeadm.k8s.io/v1beta3') return { documents: [{ kind: raw.kind, value }], warnings: said };
  const converted = convertV1beta3(raw.kind, value);
  return { ...converted, warnings: [...said, ...converted.warnings] };
}

const unknownField = 'unknown field ';

/** `value` without the fields that its type does not have and without nulls: as a field they say nothing, in a list they are an empty item, as in Go. */
function knownPart(value: unknown, type: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => knownPart(item ?? emptyOf(type.slice(2)), type.slice(2)));
  const map = /^map\[[^\]]+\](.*)$/.exec(type);
  const fields = schema[type];
  if (!map && !fields) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const innerType = map ? map[1] : fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
      return innerType === undefined || inner === null ? [] : [[name, knownPart(inner, innerType)]];
    }),
  );
}

const emptyOf = (type: string): unknown => (type in schema ? {} : type === 'string' ? '' : null);

/** Every unknown field and wrong type below `value`, in the words of the strict decoder. */
function strictProblems(value: unknown, type: string, path: string): string[] {
  if (value === null || value === undefined) return [];
  const mismatch = (wanted: string): string[] => [
    `field "${path}": expected ${wanted}, got ${Array.isArray(value) ? 'array' : typeof value}`,
  ];
  if (type.startsWith('[]')) {
    if (!Array.isArray(value)) return mismatch('array');
    return value.flatMap((item, index) => strictProblems(item, type.slice(2), `${path}[${index}]`));
  }
  const map = /^map\[[^\]]+\](.*)$/.exec(type);
  const fields = schema[type];
  if (map || fields) {
    if (typeof value !== 'object' || Array.isArray(value)) return mismatch('object');
    return Object.entries(value).flatMap(([name, inner]) => {
      const at = path === '' ? name : `${path}.${name}`;
      if (map) return strictProblems(inner, map[1] ?? '', at);
      const fieldType = fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
      return fieldType === undefined ? [`${unknownField}"${at}"`] : strictProblems(inner, fieldType, at);
    });
  }
  const wanted = scalarKind(type);
  return wanted !== undefined && typeof value !== wanted ? mismatch(wanted) : [];
}

/** The JavaScript type of a scalar, or undefined when several will do (quantities, percentages). */
function scalarKind(type: string): 'string' | 'number' | 'boolean' | undefined {
  if (type === 'bool') return 'boolean';
  if (/^u?int\d*$|^float/.test(type)) return 'number';
  return type === 'string' || type === 'Duration' || type === 'Time' ? 'string' : undefined;
}
