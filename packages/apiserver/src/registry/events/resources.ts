import { events as coreEvents } from '@typernetes/api/core/v1';
import { type Event, events } from '@typernetes/api/events/v1';
import { validateEvent, validateEventUpdate } from '@typernetes/api/validation';
import { eventPrinter } from '../core/event-printer.ts';
import type { Printer } from '../printer.ts';
import { referenceFieldNames, referenceFields, type SelectableFields } from '../selectable-fields.ts';
import { serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Strategy } from '../strategy.ts';
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

const strategy: Strategy<Event> = {
  validate: (next) => validateEvent(toCoreEvent(next)),
  validateUpdate: (next, current) => validateEventUpdate(toCoreEvent(next), toCoreEvent(current)),
  allowCreateOnUpdate: true,
  anyFinalizer: true,
  keepsGeneration: true,
  defaultPropagation: 'Unsupported',
};

/** The same objects as the core group's events, in the newer shape. */
export const eventsResources: readonly ServedResource[] = [
  serve(events, {
    strategy,
    storedAs: { type: coreEvents, toStored: toCoreEvent, fromStored: fromCoreEvent },
    printer,
    fields,
  }),
];
