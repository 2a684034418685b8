import type { Clock } from '@typernetes/base';
import type { ApiRequest, Transport } from '@typernetes/client';
import { parseDuration } from '@typernetes/process';
import { TimeUpError } from './time-up.ts';

const wrongTimeout =
  'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)';

/** The longest duration in Go. */
const longestMs = 9_223_372_036_854;

/** `--request-timeout` in milliseconds; zero, negative and empty values mean no limit. Throws on invalid values. */
export function requestTimeoutMs(text: string): number {
  if (text === '') return 0;
  const ms = /^[+-]?\d+$/.test(text) && Number(text) >= 0 ? Number(text) * 1000 : parseDuration(text);
  if (ms === undefined || Math.abs(ms) > longestMs) throw new Error(wrongTimeout);
  return Math.max(ms, 0);
}

/** The same time for the server's `timeout` parameter: `5s`, `1m0s`. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = ms / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}

/** A transport whose responses, including bodies, must arrive within that time. The server gets the timeout too. */
export function timeLimitedTransport(transport: Transport, { ms, clock }: { ms: number; clock: Clock }): Transport {
  return {
    async request(request: ApiRequest) {
      const late = new AbortController();
      const cancel = clock.after(ms, () =>
        late.abort(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')),
      );
      const signal = request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal;
      const path = `${request.path}${request.path.includes('?') ? '&' : '?'}timeout=${goDuration(ms)}`;
      try {
        const response = await transport.request({ ...request, path, signal });
        return { ...response, body: untilEnd(response.body, { ended: cancel, late: late.signal }) };
      } catch (error) {
        cancel();
        throw late.signal.aborted ? late.signal.reason : error;
      }
    },
    upgrade: (request) => transport.upgrade(request),
    close: () => transport.close(),
  };
}

async function* untilEnd(
  body: AsyncIterable<Uint8Array>,
  { ended, late }: { ended: () => void; late: AbortSignal },
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw late.aborted ? new TimeUpError() : error;
  } finally {
    ended();
  }
}
