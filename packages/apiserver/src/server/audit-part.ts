import type { AuditSink } from '../audit/audit-backend.ts';
import { openAudit } from './audit.ts';
import type { PartContext } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';

/** Records what the audit flags describe, to the last event. */
export function auditPart(
  { config, inside, egress, clock, log }: PartContext,
  standardOutput: AuditSink | undefined,
): Partial<ApiServerParts> {
  const audit = openAudit(config.audit, {
    clock,
    log,
    metrics: inside.metrics,
    standardOutput,
    dial: egress?.dial('controlplane'),
  });
  if (!audit) return {};
  const close = async (signal: AbortSignal): Promise<void> => {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await audit.close();
  };
  return { auditor: audit.auditor, background: [{ name: 'audit', run: close }] };
}
