import { events as coreEvents } from '@typernetes/api/core/v1';
import { type Event, events } from '@typernetes/api/events/v1';
import { eventPrinter } from '../core/event-printer.ts';
import type { Printer } from '../printer.ts';
import { referenceFieldNames, referenceFields, type SelectableFields } from '../selectable-fields.ts';
import { serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { fromCoreEvent, toCoreEvent } from './conversion.ts';

const fields: SelectableFields<Event> = {
  names: [...referenceFieldNames.map((name) => `regarding.${name}`), 'reason', 'reportingController', 'type'],
  read: (event) => ({
    ...referenceFields('regarding', event.regarding),
    reason: event.reason ?? '',
    reportingController: event.reportingController ?? '',
    type: event.type ?? '',
  }),
};

const printer: Printer<Event> = {
  columns: eventPrinter.columns,
  cells: (event, now) => eventPrinter.cells(toCoreEvent(event), now),
};

/** The same objects as the core group's events, in the newer shape. */
export const eventsResources: readonly ServedResource[] = [
  serve(events, {
    strategy: { allowCreateOnUpdate: true, keepsGeneration: true },
    storedAs: { type: coreEvents, toStored: toCoreEvent, fromStored: fromCoreEvent },
    printer,
    fields,
  }),
];
