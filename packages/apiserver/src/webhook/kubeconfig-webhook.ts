import type { Clock } from '@typernetes/base';
import {
  type Dial,
  httpTransport,
  loadKubeconfig,
  readBody,
  resolveContext,
  transportOptions,
} from '@typernetes/client';

/** A service that answers objects that are posted to it, found by a kubeconfig's current context. */
export interface KubeconfigWebhook {
  /**
   * The decoded response. Rejects if the webhook is unreachable, returns an error, or takes longer than `timeoutMs`.
   */
  post(body: unknown): Promise<unknown>;
  close(): void;
}

interface WebhookOptions {
  readonly clock: Clock;
  readonly userAgent?: string;
  /** For one attempt. Default: 30 s. */
  readonly timeoutMs?: number;
  /** The number of attempts while the failure looks temporary. Default: 5, with growing delays from 500 ms on. */
  readonly attempts?: number;
  readonly initialBackoffMs?: number;
  /** Connects to it; default: TCP. */
  readonly dial?: Dial | undefined;
}

class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly retriable: boolean;
  constructor(message: string, retriable: boolean) {
    super(message);
    this.retriable = retriable;
  }
}

/** Reads the file now: an invalid one is an error at start-up. Connects to nothing before the first post. */
export function kubeconfigWebhook(file: string, options: WebhookOptions): KubeconfigWebhook {
  const connection = transportOptions(resolveContext(loadKubeconfig(file)));
  const transport = httpTransport({
    ...connection,
    userAgent: options.userAgent ?? 'kube-apiserver',
    clock: options.clock,
    dial: options.dial,
  });
  const path = new URL(connection.server).pathname.replace(/\/+$/, '') === '' ? '/' : '';
  const { clock, attempts = 5, initialBackoffMs = 500, timeoutMs = 30_000 } = options;

  const once = async (body: string): Promise<unknown> => {
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort(new Error('context deadline exceeded')));
    try {
      const response = await transport.request({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        signal: late.signal,
      });
      const text = Buffer.from(await readBody(response)).toString();
      if (response.status >= 300)
        throw new WebhookError(
          `the server answered ${response.status}: ${text.slice(0, 200)}`,
          response.status === 429 || response.status >= 500,
        );
      return text.trim() === '' ? undefined : JSON.parse(text);
    } finally {
      cancel();
    }
  };
  return {
    post: async (body) => {
      const text = JSON.stringify(body);
      for (let attempt = 1, wait = initialBackoffMs; ; attempt++, wait *= 1.5) {
        try {
          return await once(text);
        } catch (error) {
          // Without any response (refused, cut, timeout) a retry may succeed.
          const retriable = !(error instanceof WebhookError) || error.retriable;
          if (!retriable || attempt >= attempts) throw error;
        }
        await clock.sleep(wait);
      }
    },
    close: () => transport.close(),
  };
}
