import { reasonOf, StatusError } from '@typernetes/machinery';

/** Names the file in a server's failure, as kubectl does; problems of validation speak for themselves. */
export async function inFile<R>(of: { source: string; what: string }, act: () => Promise<R>): Promise<R> {
  try {
    return await act();
  } catch (error) {
    const reason = reasonOf(error);
    if (of.source === '' || reason === undefined || reason === 'Invalid' || reason === 'Unauthorized') throw error;
    const status = error as StatusError;
    throw new StatusError(reason, `error when ${of.what} ${JSON.stringify(of.source)}: ${status.message}`, {
      ...(status.details ? { details: status.details } : {}),
      code: status.code,
    });
  }
}
