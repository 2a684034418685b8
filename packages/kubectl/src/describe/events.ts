import { type Event, events } from '@typernetes/api/core/v1';
import { type ApiObject, humanDuration } from '@typernetes/machinery';
import type { DescribeDeps } from './describer.ts';
import type { Description } from './description.ts';

/** The `Events:` section: those about the object, oldest first. */
export async function describeEvents(object: ApiObject, text: Description, deps: DescribeDeps): Promise<void> {
  const { name, namespace, annotations } = object.metadata;
  // A static pod's events are about what the kubelet read from a file; the API's mirror of it says which that was.
  const uid = annotations?.['kubernetes.io/config.mirror'] ?? object.metadata.uid;
  // The kubelet names a node by its name where others write its uid.
  const about = object.kind === 'Node' ? [`involvedObject.kind=Node`] : [`involvedObject.uid=${uid}`];
  const fieldSelector = [`involvedObject.name=${name}`, ...about].join(',');
  const { items } = await deps.client.resource(events).list({ ...(namespace ? { namespace } : {}), fieldSelector });
  writeEvents(items, text, deps.clock.now());
}

export function writeEvents(items: readonly Event[], text: Description, now: number): void {
  if (items.length === 0) {
    text.line(0, 'Events:', '<none>');
    return;
  }
  text.line(0, 'Events:');
  text.line(1, 'Type', 'Reason', 'Age', 'From', 'Message');
  text.line(1, '----', '------', '----', '----', '-------');
  for (const event of [...items].sort((a, b) => lastSeen(a) - lastSeen(b))) {
    const source = event.source?.component || event.reportingComponent || '';
    const part = event.involvedObject.fieldPath ? `${event.involvedObject.fieldPath}: ` : '';
    const message = `${part}${(event.message ?? '').trim()}`;
    text.line(1, event.type ?? '', event.reason ?? '', ageOf(event, now), source, message);
  }
}

function lastSeen(event: Event): number {
  return Date.parse(
    event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp,
  );
}

function ageOf(event: Event, now: number): string {
  const first = Date.parse(event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
  const last = humanDuration(now - lastSeen(event));
  const count = event.series?.count ?? event.count ?? 1;
  return count > 1 ? `${last} (x${count} over ${humanDuration(now - first)})` : last;
}
