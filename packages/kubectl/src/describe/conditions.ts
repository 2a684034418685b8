import type { Description } from './description.ts';
import { longTime } from './times.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}

/** The conditions of a workload: type, status and reason. Upstream's first cell ends in a blank. */
export function describeConditions(text: Description, conditions: readonly Condition[] | undefined): void {
  if (!conditions?.length) return;
  text.line(0, 'Conditions:');
  text.line(1, 'Type', 'Status', 'Reason');
  text.line(1, '----', '------', '------');
  for (const { type, status, reason = '' } of conditions) text.line(1, `${type} `, status, reason);
}

/** Conditions with the time of their last change. */
export function describeTimedConditions(text: Description, conditions: readonly Condition[] | undefined): void {
  if (!conditions?.length) return;
  text.line(0, 'Conditions:');
  text.line(1, 'Type', 'Status', 'LastTransitionTime', 'Reason', 'Message');
  text.line(1, '----', '------', '------------------', '------', '-------');
  for (const { type, status, lastTransitionTime, reason = '', message = '' } of conditions)
    text.line(1, type, status, longTime(lastTransitionTime), reason, message);
}
