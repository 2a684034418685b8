import { familyOf } from './node-facts.ts';
import type { PodRoute } from './plan.ts';
import { isTunnelDevice } from './tunnels.ts';

/** Marks our routes in the kernel, so that routes of nodes that left can be found and removed. */
export const routeProtocol = 86;

/** A route as `ip -json route show` lists it. */
export interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}

/** Commands for `ip -batch` that turn the present routes into the wanted ones. */
export function routeCommands(wanted: readonly PodRoute[], present: readonly KernelRoute[]): string[] {
  const planned = new Set(wanted.map(({ destination }) => destination));
  const stale = present
    .filter((route) => !planned.has(route.dst))
    .map((route) => `route del ${route.dst} proto ${routeProtocol}`);
  const current = new Map(present.map((route) => [route.dst, route]));
  const missing = wanted
    .filter((route) => !isAsPlanned(current.get(route.destination), route))
    .map((route) => `route replace ${route.destination} via ${route.via}${through(route)} proto ${routeProtocol}`);
  return [...stale, ...missing];
}

/** In IPv4, the gateway is in no network of the device: the neighbour entry says that it is there. */
function through({ via, device }: PodRoute): string {
  if (device === undefined) return '';
  return familyOf(via) === 'IPv4' ? ` dev ${device} onlink` : ` dev ${device}`;
}

const isAsPlanned = (route: KernelRoute | undefined, { via, device }: PodRoute): boolean =>
  route?.gateway === via && (device === undefined ? !isTunnelDevice(route.dev) : route.dev === device);
