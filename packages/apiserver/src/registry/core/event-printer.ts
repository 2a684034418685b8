import type { Event } from '@typernetes/api/core/v1';
import { age } from '../cells.ts';
import { nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const eventPrinter: Printer<Event> = {
  columns: [
    text('Last Seen'),
    text('Type'),
    text('Reason'),
    text('Object'),
    wide('Subobject'),
    wide('Source'),
    text('Message'),
    wide('First Seen'),
    wide('Count'),
    { ...nameColumn, priority: 1 },
  ],
  cells(event, now) {
    const firstSeen = age(event.firstTimestamp || event.eventTime || undefined, now);
    // For a series only its own last time counts, which may be unknown.
    const lastSeen = event.series ? (event.series.lastObservedTime ?? '') : event.lastTimestamp || undefined;
    return [
      lastSeen === undefined ? firstSeen : age(lastSeen, now),
      event.type ?? '',
      event.reason ?? '',
      involved(event),
      event.involvedObject?.fieldPath ?? '',
      source(event),
      (event.message ?? '').trim(),
      firstSeen,
      event.series ? (event.series.count ?? 0) : event.count || 1,
      event.metadata.name,
    ];
  },
};

function involved({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

function source(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event.reportingInstance;
  return instance ? `${component}, ${instance}` : component;
}
