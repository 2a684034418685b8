import type { ConfigDocument } from './decoded-documents.ts';
import { type LoadDeps, loadInitConfig, loadJoinConfig } from './load.ts';
import { apiVersionOf, clusterDocument, initDocument, joinDocument, resetDocument, upgradeDocument } from './print.ts';

type Value = Record<string, unknown>;

/**
 * The output of `config migrate`: every document with its defaults filled in. As in upstream, a file with only one of
 * InitConfiguration and ClusterConfiguration gets both.
 */
export function completedDocuments(text: string, documents: readonly ConfigDocument[], deps: LoadDeps): Value[] {
  const given = (kind: string): Value | undefined =>
    documents.find((one) => one.kind === kind)?.value as Value | undefined;
  const complete: Value[] = [];
  const [init, cluster, join] = ['InitConfiguration', 'ClusterConfiguration', 'JoinConfiguration'].map(given);
  if (init || cluster) {
    const { config } = loadInitConfig(text, {}, deps);
    const { bootstrapTokens, ...document } = initDocument(config);
    const said = { ...init, bootstrapTokens };
    complete.push(
      filledIn(registered(document, config.node.taints), said),
      filledIn(clusterDocument(config.cluster), cluster),
    );
  }
  if (join) {
    const { config } = loadJoinConfig(text, {}, deps);
    complete.push(filledIn(registered(joinDocument(config), config.node.taints), join));
  }
  const others = { ResetConfiguration: resetDocument, UpgradeConfiguration: upgradeDocument };
  for (const [kind, defaults] of Object.entries(others)) {
    const value = given(kind);
    if (value) complete.push(filledIn(defaults(), value));
  }
  // Documents of other components stay unchanged.
  const known = new Set(complete.map(({ kind }) => kind));
  const rest = documents.filter(({ kind }) => !known.has(kind));
  return [...complete, ...rest.map(({ kind, value }) => ({ ...value, apiVersion: apiVersionOf(kind), kind }))];
}

const registered = (document: Value, taints: readonly unknown[]): Value => ({
  ...document,
  nodeRegistration: { ...(document.nodeRegistration as Value), taints },
});

/** Merges objects field by field; other values are taken from the input where it has them. */
function filledIn(defaults: Value, given: Value | undefined): Value {
  const { apiVersion: _old, kind: _same, ...members } = given ?? {};
  const result: Value = { ...defaults };
  for (const [name, value] of Object.entries(members)) {
    const before = result[name];
    if (isObject(before) && isObject(value)) result[name] = filledIn(before, value);
    else if (value !== undefined && !isEmpty(value, before)) result[name] = value;
  }
  return result;
}

const isObject = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** In Go an empty string or a zero means the default. */
const isEmpty = (value: unknown, before: unknown): boolean =>
  before !== undefined && before !== null && (value === '' || value === 0 || value === null);
