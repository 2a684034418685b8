import type { FamilyPlan } from './plan.ts';

/** Marks our routes in the kernel, so that routes of nodes that left can be found and removed. */
export const routeProtocol = 86;

/** A route as `ip -json route show` lists it. */
export interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
}

/** Commands for `ip -batch` that turn the present routes into the wanted ones. */
export function routeCommands(wanted: FamilyPlan['routes'], present: readonly KernelRoute[]): string[] {
  const planned = new Map(wanted.map((route) => [route.destination, route.via]));
  const stale = present
    .filter((route) => !planned.has(route.dst))
    .map((route) => `route del ${route.dst} proto ${routeProtocol}`);
  const current = new Map(present.map((route) => [route.dst, route.gateway]));
  const missing = wanted
    .filter((route) => current.get(route.destination) !== route.via)
    .map((route) => `route replace ${route.destination} via ${route.via} proto ${routeProtocol}`);
  return [...stale, ...missing];
}
