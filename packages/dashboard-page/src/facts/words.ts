import { humanDuration, parseTime, type StatusError } from '@typernetes/machinery';

/** `3d4h`: how long ago it was; empty when the time is not known. */
export function ageOf(time: string | undefined, now: number): string {
  const ms = parseTime(time ?? '');
  return Number.isNaN(ms) ? '' : humanDuration(Math.max(0, now - ms));
}

/** What went wrong, to be read by people: what RBAC forbids is said plainly. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, reason } = error as StatusError;
  if (error.name !== 'StatusError') return error.message;
  if (code === 403 && reason === 'Forbidden') return `Not allowed: ${error.message}`;
  return error.message || reason;
}

/** Bytes that base64 stands for, as text; undefined when they are none. */
export function textOfBase64(data: string): string | undefined {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The namespace of `system:serviceaccount:NAMESPACE:NAME`; undefined for other users. */
export const serviceAccountNamespace = (username: string): string | undefined =>
  /^system:serviceaccount:([^:]+):[^:]+$/.exec(username)?.[1];
