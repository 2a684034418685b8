import type { Service, ServiceSpec } from '@typernetes/api/core/v1';
import { type IpFamily, ipFamilyOf, parseIpAddress } from '@typernetes/base';
import { type FieldProblem, invalidValue } from '@typernetes/machinery';

const policyPath = 'spec.ipFamilyPolicy';
const none = 'None';

/**
 * Determines the families of `next` from its spec and from the cluster's `families`, the first of which is the default:
 * sets `ipFamilyPolicy` and `ipFamilies`, and drops what a single-stack service does not use. Returns the problems.
 *
 * A service changes between one and two addresses only when its policy says so, never because the cluster changed
 * (upstream: `pkg/registry/core/service/storage/alloc.go`).
 */
export function settleFamilies(
  { spec: next }: Service,
  current: ServiceSpec | undefined,
  families: readonly IpFamily[],
): FieldProblem[] {
  if (current && isUntouchedPreference(next, current)) return [];
  next.ipFamilyPolicy ??= current?.ipFamilyPolicy ?? (isFreeHeadless(next) ? 'RequireDualStack' : 'SingleStack');
  const problems = [...(current ? reduce(next, current) : []), ...tooManyProblems(next)];
  problems.push(...inferFamilies(next, families));
  if (problems.length > 0) return problems;
  if (isFreeHeadless(next)) {
    next.ipFamilies = both(next, next.ipFamilies ?? [], families);
    return [];
  }
  problems.push(...missingProblems(next, families));
  if (problems.length > 0) return problems;
  next.ipFamilies = families.length === 2 ? both(next, next.ipFamilies ?? [], families) : defaulted(next, families);
  return [];
}

/** A preference is satisfied once, at allocation: it does not change when the cluster does. */
function isUntouchedPreference(next: ServiceSpec, current: ServiceSpec): boolean {
  return (
    next.ipFamilyPolicy === 'PreferDualStack' &&
    current.ipFamilyPolicy === 'PreferDualStack' &&
    current.type !== 'ExternalName' &&
    sameItems(next.clusterIPs, current.clusterIPs) &&
    sameItems(next.ipFamilies, current.ipFamilies)
  );
}

/** Headless and without selector: somebody else writes its endpoints, of any family. */
const isFreeHeadless = (spec: ServiceSpec): boolean =>
  spec.clusterIP === none && Object.keys(spec.selector ?? {}).length === 0;

/** Changing the policy is enough to become single-stack; dropping an address or family requires it. */
function reduce(next: ServiceSpec, current: ServiceSpec): FieldProblem[] {
  if (next.ipFamilyPolicy === 'SingleStack') {
    if (next.clusterIPs && sameItems(next.clusterIPs, current.clusterIPs))
      next.clusterIPs = next.clusterIPs.slice(0, 1);
    if (next.ipFamilies && sameItems(next.ipFamilies, current.ipFamilies))
      next.ipFamilies = next.ipFamilies.slice(0, 1);
    return [];
  }
  const isReduced = (field: 'clusterIPs' | 'ipFamilies'): boolean =>
    !!next[field]?.length && next[field].length < (current[field]?.length ?? 0);
  const problem = (what: string): FieldProblem =>
    invalidValue(policyPath, next.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isReduced('clusterIPs') ? [problem('cluster IP')] : []),
    ...(isReduced('ipFamilies') ? [problem('IP family')] : []),
  ];
}

function tooManyProblems({ ipFamilyPolicy, clusterIPs, ipFamilies }: ServiceSpec): FieldProblem[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const problem = (what: string): FieldProblem =>
    invalidValue(
      policyPath,
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs?.length === 2 ? [problem('cluster IPs')] : []),
    ...(ipFamilies?.length === 2 ? [problem('IP families')] : []),
  ];
}

/** Families of addresses that were asked for. */
function inferFamilies(spec: ServiceSpec, families: readonly IpFamily[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    const address = parseIpAddress(ip);
    // Validation reports an invalid one.
    if (!address || i < (spec.ipFamilies?.length ?? 0)) continue;
    const family = ipFamilyOf(address);
    if (families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      const detail = `${family} is not configured on this cluster`;
      problems.push(invalidValue(`spec.clusterIPs[${i}]`, spec.clusterIPs, detail));
    }
  }
  return problems;
}

function missingProblems({ ipFamilyPolicy, ipFamilies }: ServiceSpec, families: readonly IpFamily[]): FieldProblem[] {
  const unknown = (ipFamilies ?? []).flatMap((family, i) =>
    families.includes(family as IpFamily) || !isFamily(family)
      ? []
      : [invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
  );
  if (ipFamilyPolicy !== 'RequireDualStack' || families.length === 2) return unknown;
  const detail = 'this cluster is not configured for dual-stack services';
  return [invalidValue(policyPath, ipFamilyPolicy, detail), ...unknown];
}

const isFamily = (text: string): text is IpFamily => text === 'IPv4' || text === 'IPv6';

const defaulted = ({ ipFamilies }: ServiceSpec, families: readonly IpFamily[]): IpFamily[] =>
  ipFamilies?.length ? (ipFamilies as IpFamily[]) : families.slice(0, 1);

/** The requested families, plus the other one unless the service is single-stack. */
function both(spec: ServiceSpec, asked: readonly string[], families: readonly IpFamily[]): IpFamily[] {
  const given = asked.length > 0 ? (asked as IpFamily[]) : families.slice(0, 1);
  if (spec.ipFamilyPolicy === 'SingleStack' || given.length === 2) return [...given];
  return [...given, given[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}

const sameItems = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);
