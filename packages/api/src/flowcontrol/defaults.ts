import type { FlowSchema, PriorityLevelConfiguration } from './v1.gen.ts';

export function defaultFlowSchema(schema: FlowSchema): void {
  if (schema.spec) schema.spec.matchingPrecedence ||= 1000;
}

export function defaultPriorityLevelConfiguration(level: PriorityLevelConfiguration): void {
  const { limited, exempt } = level.spec ?? {};
  if (limited) {
    limited.nominalConcurrencyShares ??= 30;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (queuing) {
      queuing.queues ||= 64;
      queuing.handSize ||= 8;
      queuing.queueLengthLimit ||= 50;
    }
  }
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
}
