import type { Event } from '@typernetes/api/core/v1';
import { parseTime } from '@typernetes/machinery';

/** When it was last seen, in milliseconds; 0 when it does not say. Reporters of the newer API write `eventTime` and `series`. */
export function seenAt({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: Event): number {
  for (const time of [series?.lastObservedTime, lastTimestamp, eventTime, firstTimestamp, metadata.creationTimestamp]) {
    const ms = parseTime(time ?? '');
    if (!Number.isNaN(ms)) return ms;
  }
  return 0;
}

export const countOf = ({ series, count }: Event): number => series?.count ?? count ?? 1;

/** The latest first. */
export const latestFirst = (events: readonly Event[]): Event[] => [...events].sort((a, b) => seenAt(b) - seenAt(a));

export const reporterOf = ({ source, reportingComponent }: Event): string =>
  [reportingComponent || source?.component, source?.host].filter(Boolean).join(', ');

/** Those with every word of the text somewhere in what they say. */
export function matchingEvents(events: readonly Event[], text: string): readonly Event[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return events;
  return events.filter(({ type, reason, message, involvedObject: { kind, namespace, name } = {} }) => {
    const all = [type, reason, message, kind, namespace, name].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
