import { messagesOf } from '@typernetes/base';
import type { Status, StatusDetails } from '@typernetes/machinery';
import { statusOf } from '../error-text.ts';
import { logged } from '../logged-warning.ts';
import type { Session } from '../session.ts';

/** The level of `-v` that logs what a server said of a failure. */
export const showsResponseObjects = 4;

/**
 * What upstream logs, from `-v=4` on, of failures before it tells of them: the Status of each, with the message as it will be told. Nothing of one that is
 * told alone as an invalid object.
 */
export function responseObjects(
  errors: readonly unknown[],
  session: Pick<Session, 'clock' | 'globalFlags' | 'typed'>,
): string {
  if (session.globalFlags.v < showsResponseObjects) return '';
  return errors.map((error) => responseObject(error, { session, several: errors.length > 1 })).join('');
}

function responseObject(
  error: unknown,
  { session, several }: { session: Pick<Session, 'clock' | 'typed'>; several: boolean },
): string {
  const status = statusOf(error);
  if (!status || (status.reason === 'Invalid' && status === error && !several)) return '';
  const isOurs = status.details?.causes?.some(({ reason }) => reason === 'UnexpectedServerResponse') === true;
  const shown = inGoOrder({ ...status.toStatus(), message: messagesOf(error) }, { kindless: session.typed || isOurs });
  const text = JSON.stringify(shown, undefined, 2).replace(/[<>&]/g, escaped);
  return logged(`server response object: %s[${text}]`, { session, place: 'helpers.go:246', severity: 'I' });
}

/** As Go writes it into JSON. */
const escaped = (sign: string): string => `\\u00${sign.charCodeAt(0).toString(16)}`;

/** With the fields in the order of Go's types; what Go has read into a type is without its kind. */
function inGoOrder(status: Status, { kindless }: { kindless: boolean }): object {
  const { kind, apiVersion, metadata = {}, message, reason, details, code } = status;
  return {
    ...(kindless ? {} : { kind, apiVersion }),
    metadata,
    status: status.status,
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(details ? { details: detailsInGoOrder(details) } : {}),
    code,
  };
}

function detailsInGoOrder({ name, group, kind, uid, causes, retryAfterSeconds }: StatusDetails): object {
  return {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    ...(kind ? { kind } : {}),
    ...(uid ? { uid } : {}),
    ...(causes && causes.length > 0
      ? {
          causes: causes.map(({ reason, message, field }) => ({
            ...(reason ? { reason } : {}),
            ...(message ? { message } : {}),
            ...(field ? { field } : {}),
          })),
        }
      : {}),
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
  };
}
