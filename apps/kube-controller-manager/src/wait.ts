import type { Clock, Logger } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { readBody } from '@typernetes/client';

/** The polling interval while the server starts; short, so that no time is lost once it is ready. */
const askAgainMs = 100;

/** Resolves once the API server is ready. Rejects when the signal aborts. */
export async function untilServerAnswers(
  { transport }: Pick<ApiClient, 'transport'>,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (let logged = false; ; ) {
    try {
      const response = await transport.request({ method: 'GET', path: '/readyz', signal });
      await readBody(response);
      if (response.status === 200) return;
    } catch (error) {
      signal.throwIfAborted();
      if (!logged) log.info('Waiting for the API server', { cause: String(error) });
      logged = true;
    }
    await clock.sleep(askAgainMs, signal);
  }
}
