import type { Event } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { known, pathOf } from '../api/resource.ts';
import { latestFirst } from '../facts/event-facts.ts';
import { EventTable } from './event-table.tsx';
import { useObjects } from './live.ts';
import { LiveState } from './marks.tsx';

/** Events of an object of the cluster are in any namespace: usually in `default`. */
export function ObjectEvents({ object }: { readonly object: ApiObject }) {
  const { uid, namespace, name } = object.metadata;
  const live = useObjects<Event>({
    path: pathOf(known.events, namespace ? { namespace } : {}),
    // Kubelets report on their node by its name, which is not its uid.
    fieldSelector:
      object.kind === 'Node' ? `involvedObject.kind=Node,involvedObject.name=${name}` : `involvedObject.uid=${uid}`,
  });
  return (
    <>
      <LiveState live={live} what="events of it" />
      {live.entries.length > 0 ? <EventTable events={latestFirst(live.entries)} /> : null}
    </>
  );
}
