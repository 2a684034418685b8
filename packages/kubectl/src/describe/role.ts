import type { ClusterRole, PolicyRule, Role } from '@typernetes/api/rbac/v1';
import type { Describer } from './describer.ts';
import { describeMetadata, goList } from './metadata.ts';

export const describeRole: Describer<Role | ClusterRole> = async ({ metadata, rules }, text) => {
  describeMetadata(text, metadata, { namespaced: false });
  text.line(0, 'PolicyRule:');
  text.line(1, 'Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs');
  text.line(1, '---------', '-----------------', '--------------', '-----');
  for (const rule of singleRules(rules ?? [])) {
    const resource = rule.resource === undefined ? '' : resourceText(rule.resource, rule.group);
    text.line(1, resource, goList(rule.urls), goList(rule.names), goList(rule.verbs));
  }
};

interface SingleRule {
  readonly group: string;
  readonly resource: string | undefined;
  readonly names: readonly string[];
  readonly urls: readonly string[];
  readonly verbs: string[];
}

/** One rule for each resource, object or URL; verbs of the same resource together, in the order they were named. Sorted as upstream does. */
export function singleRules(rules: readonly PolicyRule[]): SingleRule[] {
  const found = new Map<string, SingleRule>();
  const add = (rule: Omit<SingleRule, 'verbs'>, verb: string): void => {
    // URLs are not put together.
    const key = JSON.stringify(
      rule.urls.length > 0 ? [rule.urls, verb, found.size] : [rule.group, rule.resource, rule.names],
    );
    const same = found.get(key);
    if (same) same.verbs.push(verb);
    else found.set(key, { ...rule, verbs: [verb] });
  };
  for (const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs } of rules) {
    for (const group of apiGroups) {
      for (const resource of resources) {
        for (const verb of verbs) {
          const lists = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [[]];
          for (const names of lists) add({ group, resource, names, urls: [] }, verb);
        }
      }
    }
    for (const url of nonResourceURLs)
      for (const verb of verbs) add({ group: '', resource: undefined, names: [], urls: [url] }, verb);
  }
  return [...found.values()].sort((a, b) => (orderText(a) < orderText(b) ? -1 : 1));
}

function orderText({ verbs, group, resource, names, urls }: SingleRule): string {
  const grouped = resource === undefined ? [] : [group];
  const resources = resource === undefined ? [] : [resource];
  return `Verbs:${goList(verbs)},APIGroups:${goList(grouped)},Resources:${goList(resources)},ResourceNames:${goList(names)},NonResourceURLs:${goList(urls)},`;
}

/** `deployments.apps/scale`: the group stands before the subresource. */
function resourceText(resource: string, group: string): string {
  const slash = resource.indexOf('/');
  const [plural, rest] = slash < 0 ? [resource, ''] : [resource.slice(0, slash), resource.slice(slash)];
  return `${plural}${group === '' ? '' : `.${group}`}${rest}`;
}
