import type { FlowSchema, PriorityLevelConfiguration } from '@typernetes/api/flowcontrol/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const flowSchemaPrinter: Printer<FlowSchema> = {
  columns: [
    nameColumn,
    text('PriorityLevel'),
    text('MatchingPrecedence'),
    text('DistinguisherMethod'),
    ageColumn,
    text('MissingPL'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.priorityLevelConfiguration.name,
    spec.matchingPrecedence ?? 0,
    spec.distinguisherMethod?.type ?? '<none>',
    age(metadata.creationTimestamp, now),
    status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ],
};

export const priorityLevelConfigurationPrinter: Printer<PriorityLevelConfiguration> = {
  columns: [
    nameColumn,
    text('Type'),
    text('NominalConcurrencyShares'),
    text('Queues'),
    text('HandSize'),
    text('QueueLengthLimit'),
    ageColumn,
  ],
  cells({ metadata, spec }, now) {
    const queuing = spec.limited?.limitResponse?.queuing;
    return [
      metadata.name,
      spec.type,
      spec.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : '<none>',
      queuing?.queues ?? '<none>',
      queuing?.handSize ?? '<none>',
      queuing?.queueLengthLimit ?? '<none>',
      age(metadata.creationTimestamp, now),
    ];
  },
};
