import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { type Verdict, verdict } from './verdict.ts';

/** An address that a service leads to. */
interface EndpointFacts {
  readonly address: string;
  /** `8080/TCP, metrics 9090/TCP` */
  readonly ports: string;
  readonly verdict: Verdict;
  readonly pod: string | undefined;
  readonly node: string | undefined;
}

/** The endpoints of all slices of a service, in the order of their addresses. Of an endpoint in several slices the first counts. */
export function endpointsOf(slices: readonly EndpointSlice[]): EndpointFacts[] {
  const found = new Map<string, EndpointFacts>();
  for (const { endpoints = [], ports } of slices) {
    const portText = (ports ?? [])
      .map(({ name, port, protocol = 'TCP' }) => `${name ? `${name} ` : ''}${port ?? 'any'}/${protocol}`)
      .join(', ');
    for (const { addresses, conditions = {}, targetRef, nodeName } of endpoints ?? []) {
      const [address = ''] = addresses;
      if (found.has(address)) continue;
      found.set(address, {
        address,
        ports: portText,
        verdict: stateOf(conditions),
        pod: targetRef?.kind === 'Pod' ? targetRef.name : undefined,
        node: nodeName,
      });
    }
  }
  return [...found.values()].sort((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }));
}

/** A condition that is not said counts as fulfilled (discovery/v1, EndpointConditions). */
function stateOf({ ready, terminating }: { ready?: boolean; terminating?: boolean }): Verdict {
  if (terminating) return verdict('busy', 'Terminating');
  return ready === false ? verdict('busy', 'NotReady') : verdict('ok', 'Ready');
}
