import { reasonOf, StatusError } from '@typernetes/machinery';
import { MissingNameError } from './missing-name.ts';

/** Adds the file's name to a server's error, as upstream does. */
export async function inFile<R>(
  of: { source: string; what: string; exceptMissing?: boolean },
  act: () => Promise<R>,
): Promise<R> {
  try {
    return await act();
  } catch (error) {
    const reason = reasonOf(error);
    const where = `error when ${of.what} ${JSON.stringify(of.source)}`;
    if (error instanceof MissingNameError && of.source !== '') throw new Error(`${where}: ${error.message}`);
    if (of.source === '' || reason === undefined || reason === 'Unauthorized') throw error;
    if (of.exceptMissing && reason === 'NotFound') throw error;
    const status = error as StatusError;
    throw new StatusError(reason, `${where}: ${status.message}`, {
      ...(status.details ? { details: status.details } : {}),
      code: status.code,
    });
  }
}

/** A file's object in upstream's error messages, on two lines. */
export function described({ type, name, namespace = '' }: { type: Type; name: string; namespace?: string }): string {
  const { group, version, plural, kind } = type;
  const resource = `${group}/${version}, Resource=${plural}`;
  return `Resource: ${JSON.stringify(resource)}, GroupVersionKind: ${JSON.stringify(`${group}/${version}, Kind=${kind}`)}
Name: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace)}`;
}

type Type = { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string };
