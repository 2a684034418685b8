import type { Secret, ServiceAccount } from '@typernetes/api/core/v1';
import { parseTime } from '@typernetes/machinery';
import { accountNameAnnotation, accountUidAnnotation, tokenSecretType } from '../serviceaccount-token/plan.ts';

export const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
export const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

const dayMs = 24 * 3_600_000;

/** `2026-01-31`, as the labels have it: days in this form compare as text. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** When the token's use is known for long enough, tracking having begun on `trackedSince` (`2026-01-31`); NaN for no day. */
export function tracksFrom(trackedSince: string, periodMs: number): number {
  return startOf(trackedSince) + dayMs + periodMs;
}

export interface LegacyTokenInput {
  readonly account: ServiceAccount | undefined;
  readonly isMounted: () => boolean;
  readonly now: number;
  readonly periodMs: number;
}

/**
 * A token that was made for an account by itself and was not used for the period is marked, by which it stops working; marked for
 * the period again, it goes. What somebody made by hand, or a pod mounts, stays.
 */
export function planLegacyToken(
  secret: Secret,
  { account, isMounted, now, periodMs }: LegacyTokenInput,
): 'mark' | 'delete' | undefined {
  const { name, annotations, labels, creationTimestamp, deletionTimestamp } = secret.metadata;
  if (secret.type !== tokenSecretType || deletionTimestamp !== undefined) return undefined;
  if (!(parseTime(creationTimestamp) < now - periodMs)) return undefined;
  const oldest = dayOf(now - periodMs);
  const lastUsed = labels?.[lastUsedLabel];
  if (lastUsed !== undefined && (Number.isNaN(startOf(lastUsed)) || lastUsed >= oldest)) return undefined;
  const uid = annotations?.[accountUidAnnotation];
  const isOwn =
    account?.metadata.name === annotations?.[accountNameAnnotation] && (!uid || uid === account?.metadata.uid);
  // Only a token that the account lists was made for it by the control plane.
  if (!account || !isOwn || !account.secrets?.some((one) => one.name === name)) return undefined;
  if (isMounted()) return undefined;
  const invalidSince = labels?.[invalidSinceLabel] ?? '';
  if (Number.isNaN(startOf(invalidSince))) return 'mark';
  return invalidSince >= oldest ? undefined : 'delete';
}

/** NaN unless it is a day. */
function startOf(day: string): number {
  return /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
}
