import type { Event } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { resourceName } from '../api/resource.ts';
import { countOf, reporterOf, seenAt } from '../facts/event-facts.ts';
import { Age, ObjectLink } from './marks.tsx';
import { useSurroundings } from './surroundings.ts';

interface EventTableProperties {
  readonly events: readonly Event[];
  /** Whether it is to be said what each is about. */
  readonly namesObject?: boolean;
}

export function EventTable({ events, namesObject = false }: EventTableProperties) {
  const { catalogue } = useSurroundings();
  return (
    <div class="scroll">
      <table class="plain events">
        <thead>
          <tr>
            <th scope="col">Last seen</th>
            {namesObject ? <th scope="col">Object</th> : null}
            <th scope="col">Reason</th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => {
            const { kind = '', apiVersion = '', namespace, name = '' } = event.involvedObject ?? {};
            const resource = catalogue.ofKind(apiVersion, kind);
            return (
              <tr key={event.metadata.uid}>
                <td>
                  <Age time={timestamp(seenAt(event))} />
                  {countOf(event) > 1 ? <small> ×{countOf(event)}</small> : null}
                </td>
                {namesObject ? (
                  <td>
                    <small class="dim">{kind} </small>
                    {resource ? <ObjectLink resource={resourceName(resource)} {...{ namespace, name }} /> : name}
                  </td>
                ) : null}
                <td>
                  <span class={event.type === 'Warning' ? 'tone bad' : ''}>{event.reason}</span>
                </td>
                <td title={reporterOf(event)}>{event.message}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
