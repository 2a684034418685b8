import { invalidValue, requiredValue, subdomainProblems } from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import { addressProblems, type Stored } from './address-validation.ts';
import type { PodSpec } from './v1.gen.ts';

export function* dnsProblems({ dnsPolicy, dnsConfig }: PodSpec, at: string, stored?: Stored): Problems {
  yield* oneOf(dnsPolicy, {
    at: `${at}.dnsPolicy`,
    of: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    required: true,
  });
  const path = `${at}.dnsConfig`;
  if (dnsPolicy === 'None') {
    if (!dnsConfig) {
      yield requiredValue(path, 'must provide `dnsConfig` when `dnsPolicy` is None');
    } else if (!dnsConfig.nameservers?.length) {
      yield requiredValue(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None');
    }
  }
  if (!dnsConfig) return;
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  if (nameservers.length > 3) {
    yield invalidValue(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers');
  }
  for (const [i, server] of nameservers.entries()) yield* addressProblems(server, `${path}.nameservers[${i}]`, stored);
  if (searches.length > 32) yield invalidValue(`${path}.searches`, searches, 'must not have more than 32 search paths');
  if (searches.join(' ').length > 2048) {
    const detail = 'must not have more than 2048 characters (including spaces) in the search list';
    yield invalidValue(`${path}.searches`, searches, detail);
  }
  for (const [i, search] of searches.entries()) {
    // A lone dot is the root, a trailing one makes the name absolute; underscores are allowed.
    const name = search === '.' ? 'root' : search.replace(/\.$/, '').replaceAll('_', 'x');
    for (const detail of subdomainProblems(name)) yield invalidValue(`${path}.searches[${i}]`, search, detail);
  }
  for (const [i, { name }] of options.entries()) {
    if (!name) yield requiredValue(`${path}.options[${i}]`, 'must not be empty');
  }
}
