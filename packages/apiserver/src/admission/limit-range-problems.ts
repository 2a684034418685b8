import type { LimitRangeItem } from '@typernetes/api/core/v1';
import { compareQuantities, milliValue, parseQuantity } from '@typernetes/machinery';

/** The requested amounts of one limited item, by resource name. */
export interface Amounts {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** The violated limits, in upstream's words. */
export function limitProblems(item: LimitRangeItem, amounts: Amounts): string[] {
  return [
    ...Object.entries(item.min ?? {}).flatMap(([resource, min]) =>
      minProblems(item.type, { resource, min, ...of(amounts, resource) }),
    ),
    ...Object.entries(item.max ?? {}).flatMap(([resource, max]) =>
      maxProblems(item.type, { resource, max, ...of(amounts, resource) }),
    ),
    // A claim has no limits that could be many times what it asks for.
    ...Object.entries(item.type === 'PersistentVolumeClaim' ? {} : (item.maxLimitRequestRatio ?? {})).flatMap(
      ([resource, ratio]) => ratioProblems(item.type, { resource, ratio, ...of(amounts, resource) }),
    ),
  ];
}

interface Asked {
  readonly resource: string;
  readonly request: string | undefined;
  readonly limit: string | undefined;
}

const of = (amounts: Amounts, resource: string): { request: string | undefined; limit: string | undefined } => ({
  request: amounts.requests?.[resource],
  limit: amounts.limits?.[resource],
});

function minProblems(type: string, { resource, min, request, limit }: Asked & { min: string }): string[] {
  const rule = `minimum ${resource} usage per ${type} is ${min}`;
  if (request === undefined) return [`${rule}.  No request is specified`];
  if (isLess(request, min)) return [`${rule}, but request is ${request}`];
  if (limit !== undefined && isLess(limit, min)) return [`${rule}, but limit is ${limit}`];
  return [];
}

function maxProblems(type: string, { resource, max, request, limit }: Asked & { max: string }): string[] {
  const rule = `maximum ${resource} usage per ${type} is ${max}`;
  // A claim has no limits: what it asks for is bounded.
  if (type === 'PersistentVolumeClaim') {
    if (request === undefined) return [`${rule}.  No request is specified`];
    return isLess(max, request) ? [`${rule}, but request is ${request}`] : [];
  }
  if (limit === undefined) return [`${rule}.  No limit is specified`];
  if (isLess(max, limit)) return [`${rule}, but limit is ${limit}`];
  if (request !== undefined && isLess(max, request)) return [`${rule}, but request is ${request}`];
  return [];
}

function ratioProblems(type: string, { resource, ratio, request, limit }: Asked & { ratio: string }): string[] {
  const rule = `${resource} max limit to request ratio per ${type} is ${ratio}`;
  if (request === undefined || milliValue(request) === 0)
    return [`${rule}, but no request is specified or request is 0`];
  if (limit === undefined || milliValue(limit) === 0) return [`${rule}, but no limit is specified or limit is 0`];
  const actual = milliValue(limit) / milliValue(request);
  return actual * 1000 > milliValue(ratio) ? [`${rule}, but provided ratio is ${actual.toFixed(6)}`] : [];
}

function isLess(a: string, b: string): boolean {
  return compareQuantities(parseQuantity(a), parseQuantity(b)) < 0;
}
