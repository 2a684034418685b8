import type { Event } from '@typernetes/api/core/v1';
import { known, pathOf } from '../api/resource.ts';
import { latestFirst, matchingEvents } from '../facts/event-facts.ts';
import { EventTable } from '../views/event-table.tsx';
import { FilterField } from '../views/filter-field.tsx';
import { useObjects } from '../views/live.ts';
import { LiveState } from '../views/marks.tsx';
import { useSurroundings } from '../views/surroundings.ts';

/** How many are shown at a time: messages are as long as they like, so all of them are in the document. */
const mostShown = 300;

/** What has happened, the latest first: an event's name tells nothing, its message everything. */
export function EventsPage() {
  const { place, go } = useSurroundings();
  const { q = '', type = '' } = place.parameters;
  const set = (changed: Readonly<Record<string, string>>): void =>
    go({ ...place, parameters: { ...place.parameters, ...changed } }, { replace: true });
  const live = useObjects<Event>({
    path: pathOf(known.events, { namespace: place.namespace }),
    fieldSelector: type === '' ? '' : `type=${type}`,
  });
  const events = latestFirst(matchingEvents(live.entries, q));
  return (
    <div class="events-page">
      <div class="bar">
        <h1>Events</h1>
        <output class="dim">
          {events.length === live.entries.length ? events.length : `${events.length} of ${live.entries.length}`}
          {live.state === 'loading' ? ' …' : ''}
        </output>
        <FilterField label="Filter events by text" value={q} changed={(value) => set({ q: value })} />
        <label class="check">
          <input
            type="checkbox"
            checked={type === 'Warning'}
            onChange={({ currentTarget }) => set({ type: currentTarget.checked ? 'Warning' : '' })}
          />
          Warnings only
        </label>
      </div>
      <LiveState live={live} what="events" />
      {live.entries.length > 0 && events.length === 0 ? <p class="none">Nothing matches the filter.</p> : null}
      {events.length > 0 ? <EventTable events={events.slice(0, mostShown)} namesObject /> : null}
      {events.length > mostShown ? <p class="dim">{events.length - mostShown} older ones are not shown.</p> : null}
    </div>
  );
}
