import { reasonOf, StatusError } from '@typernetes/machinery';
import type { AnyResource } from './any-resource.ts';

/** Says what could not be listed, where the server's own words do not: upstream does so of requests that it finds wrong, and of what is not there. */
export function listError(
  error: unknown,
  {
    type,
    labelSelector = '',
    fieldSelector = '',
  }: { type: AnyResource; labelSelector?: string; fieldSelector?: string },
): unknown {
  const reason = reasonOf(error);
  if (reason !== 'BadRequest' && reason !== 'NotFound') return error;
  const { message, code, details } = error as StatusError;
  const what = JSON.stringify(`${type.group}/${type.version}, Resource=${type.plural}`);
  const text =
    labelSelector === '' && fieldSelector === ''
      ? `Unable to list ${what}`
      : `Unable to find ${what} that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}`;
  return new StatusError(reason, `${text}: ${message}`, { code, ...(details ? { details } : {}) });
}
