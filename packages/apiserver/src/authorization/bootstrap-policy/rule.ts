import type { PolicyRule } from '@typernetes/api/rbac/v1';

/** Sets of verbs that recur in the default roles. */
export const read = 'get list watch';
export const write = 'create delete deletecollection patch update';
export const readWrite = 'create delete deletecollection get list patch update watch';

/** Writes rules as a table: words separated by spaces, `""` for the core group. */
export function rule(verbs: string, groups: string, resources: string, names = ''): PolicyRule {
  return {
    apiGroups: words(groups).map((group) => (group === '""' ? '' : group)),
    resources: words(resources),
    ...(names === '' ? {} : { resourceNames: words(names) }),
    verbs: words(verbs),
  };
}

export function urlRule(verbs: string, urls: string): PolicyRule {
  return { nonResourceURLs: words(urls), verbs: words(verbs) };
}

/** Writing events, old and new. */
export const eventsRule = rule('create patch update', '"" events.k8s.io', 'events');

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
