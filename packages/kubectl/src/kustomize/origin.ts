import { join } from 'node:path';
import { encodeYaml } from '../printing/yaml.ts';
import { kustomizeVersion } from './kustomize-version.ts';
import { repositoryAt } from './repository.ts';
import type { Manifest, Origin, Resource } from './resource.ts';

/** A file or folder below, or in a repository. */
export function belowOrigin({ path, ...of }: Origin, more: string): Origin {
  const repository = repositoryAt(more);
  if (!repository) return { ...of, path: join(path ?? '', more) };
  const { url, ref, folder } = repository;
  // Where upstream has the repository before it has it.
  return { path: folder || 'notCloned', repo: url, ...(ref ? { ref } : {}) };
}

/** The origin of resources that a builtin of the kustomization file `configuredIn` generates or changes. */
export const byBuiltin = ({ path = '', ...of }: Origin, { file, kind }: { file: string; kind: string }): Origin => ({
  ...of,
  configuredIn: join(path, file),
  configuredBy: { apiVersion: 'builtin', kind },
});

/** The origin of resources that a generator or transformer with its own configuration object generates or changes. */
export function byPlugin({ origin, object }: Resource): Origin | undefined {
  if (!origin) return undefined;
  const { path = '', repo, ref } = origin;
  const { apiVersion, kind, metadata } = object;
  return {
    ...(repo ? { repo } : {}),
    ...(ref ? { ref } : {}),
    configuredIn: path,
    configuredBy: {
      ...(apiVersion ? { apiVersion } : {}),
      kind,
      name: metadata.name,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    },
  };
}

const managedBy = `kustomize-${kustomizeVersion}`;

/** Upstream's internal annotations during a build, which it removes at the end, whatever their source. */
const internal = new Set([
  'config.kubernetes.io/origin',
  'alpha.config.kubernetes.io/transformations',
  'config.kubernetes.io/index',
  'config.kubernetes.io/path',
  'config.k8s.io/id',
  'internal.config.kubernetes.io/path',
  'internal.config.kubernetes.io/index',
  'internal.config.kubernetes.io/seqindent',
  'internal.config.kubernetes.io/id',
]);

/** Adds the annotations of `buildMetadata`, and removes internal ones. */
export function addBuildMetadata(resources: readonly Resource[], options: readonly string[] = []): void {
  for (const { object, origin, changes } of resources) {
    if (options.includes('managedByLabel'))
      object.metadata.labels = { ...object.metadata.labels, 'app.kubernetes.io/managed-by': managedBy };
    const annotations: Record<string, string> = {};
    // Vars may have put a number there, which becomes a string.
    for (const [key, value] of Object.entries(object.metadata.annotations ?? {}))
      if (!internal.has(key)) annotations[key] = String(value);
    if (options.includes('originAnnotations') && origin) annotations['config.kubernetes.io/origin'] = shown(origin);
    if (options.includes('transformerAnnotations') && changes.length > 0)
      annotations['alpha.config.kubernetes.io/transformations'] = listed(changes);
    setAnnotations(object, annotations);
  }
}

function setAnnotations({ metadata }: Manifest, annotations: Record<string, string>): void {
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else if (metadata.annotations && Object.keys(metadata.annotations).length > 0) delete metadata.annotations;
}

/** In upstream's field order, not sorted by name. */
function shown({ configuredBy, ...of }: Origin): string {
  const lines = (values: Readonly<Record<string, string | undefined>>, names: readonly string[]): string =>
    names
      .filter((name) => values[name])
      .map((name) => encodeYaml({ [name]: values[name] }))
      .join('');
  const by = configuredBy
    ? `configuredBy:\n${indented(lines(configuredBy, ['apiVersion', 'kind', 'name', 'namespace']))}`
    : '';
  return `${lines(of, ['path', 'repo', 'ref', 'configuredIn'])}${by}`;
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');

/** Items of lists are no deeper than the list here. */
const listed = (changes: readonly Origin[]): string =>
  changes.map((change) => indented(shown(change)).replace(/^ {2}/, '- ')).join('');
