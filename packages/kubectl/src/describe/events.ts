import { type Event, events } from '@typernetes/api/core/v1';
import { type ApiObject, humanDuration } from '@typernetes/machinery';
import type { DescribeDeps } from './describer.ts';
import type { Description } from './description.ts';

/** The `Events:` section: those about the object, oldest first. */
export async function describeEvents(object: ApiObject, text: Description, deps: DescribeDeps): Promise<void> {
  const { name, namespace, annotations } = object.metadata;
  // A static pod's events have the UID of the kubelet's file; the mirror pod has it in an annotation.
  const uid = annotations?.['kubernetes.io/config.mirror'] ?? object.metadata.uid;
  // The kubelet uses a node's name as its UID in events; others use the real UID.
  const uids = object.kind === 'Node' ? [uid, name] : [uid];
  const found = uids.map(async (uid) => {
    const fieldSelector = `involvedObject.name=${name},involvedObject.uid=${uid}`;
    return deps.client.resource(events).list({ ...(namespace ? { namespace } : {}), fieldSelector });
  });
  const lists = await Promise.all(found);
  writeEvents(
    lists.flatMap(({ items }) => items),
    text,
    deps.clock.now(),
  );
}

export function writeEvents(items: readonly Event[], text: Description, now: number): void {
  if (items.length === 0) {
    text.line(0, 'Events:', '<none>');
    return;
  }
  text.line(0, 'Events:');
  text.line(1, 'Type', 'Reason', 'Age', 'From', 'Message');
  text.line(1, '----', '------', '----', '----', '-------');
  for (const event of [...items].sort((a, b) => lastTime(a) - lastTime(b))) {
    const source = event.source?.component || event.reportingComponent || '';
    const part = event.involvedObject.fieldPath ? `${event.involvedObject.fieldPath}: ` : '';
    const message = `${part}${(event.message ?? '').trim()}`;
    text.line(1, event.type ?? '', event.reason ?? '', ageOf(event, now), source, message);
  }
}

/** Upstream sorts by this field alone, so events without it, such as the scheduler's, come first. */
const lastTime = (event: Event): number => Date.parse(event.lastTimestamp ?? '') || 0;

/** `3m (x4 over 10m)`: how long ago, and how often since when. */
export function ageOf({ series, count = 0, eventTime, firstTimestamp, lastTimestamp }: Event, now: number): string {
  const since = (time: string | null | undefined): string =>
    time ? humanDuration(now - Date.parse(time)) : '<unknown>';
  const first = since(eventTime ?? firstTimestamp);
  if (series) return `${since(series.lastObservedTime)} (x${series.count ?? 0} over ${first})`;
  return count > 1 ? `${since(lastTimestamp)} (x${count} over ${first})` : first;
}
