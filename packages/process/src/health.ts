import { messageOf } from '@typernetes/base';

/** One named condition of a process. `check` throws (or rejects) while it does not hold. */
export interface HealthCheck {
  readonly name: string;
  /** The group by whose name it may be excluded, too. */
  readonly group?: string;
  check(): void | Promise<void>;
}

/** The check that passes whenever the process answers at all. */
export const ping: HealthCheck = { name: 'ping', check: () => {} };

/** The checks of each endpoint. */
export interface HealthEndpoints {
  readonly healthz: readonly HealthCheck[];
  readonly livez?: readonly HealthCheck[];
  readonly readyz?: readonly HealthCheck[];
}

export interface HealthAnswer {
  readonly status: 200 | 500;
  readonly body: string;
}

/**
 * Answers `/healthz`, `/livez`, `/readyz` and `/<endpoint>/<check>` with `?verbose` and `?exclude=name`, in upstream's
 * format; undefined for any other path. The reason of a failure is not listed, since anyone may read the list, but
 * passed to `onFailure`.
 */
export async function answerHealth(
  url: URL,
  endpoints: HealthEndpoints,
  onFailure: (endpoint: string, check: string, error: unknown) => void = () => {},
): Promise<HealthAnswer | undefined> {
  const [, endpoint = '', name, ...rest] = url.pathname.split('/');
  const checks = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint as keyof HealthEndpoints] : undefined;
  if (!checks || rest.length > 0) return undefined;
  if (name !== undefined) return answerOne(checks, name);

  const excluded = new Set(url.searchParams.getAll('exclude'));
  const unknown = new Set(excluded);
  let text = '';
  let failed = false;
  for (const check of checks) {
    const by = [check.name, check.group ?? check.name].find((one) => excluded.has(one));
    if (by !== undefined) {
      unknown.delete(by);
      text += `[+]${check.name} excluded: ok\n`;
      continue;
    }
    const error = await failureOf(check);
    if (error === undefined) text += `[+]${check.name} ok\n`;
    else {
      failed = true;
      text += `[-]${check.name} failed: reason withheld\n`;
      onFailure(endpoint, check.name, error.reason);
    }
  }
  if (unknown.size > 0) {
    const names = [...unknown].map((one) => JSON.stringify(one)).join(',');
    text += `warn: some health checks cannot be excluded: no matches for ${names}\n`;
  }
  if (failed) return { status: 500, body: `${text}${endpoint} check failed\n` };
  return { status: 200, body: url.searchParams.has('verbose') ? `${text}${endpoint} check passed\n` : 'ok' };
}

async function answerOne(checks: readonly HealthCheck[], name: string): Promise<HealthAnswer | undefined> {
  const check = checks.find((c) => c.name === name);
  if (!check) return undefined;
  const failure = await failureOf(check);
  if (!failure) return { status: 200, body: 'ok' };
  return { status: 500, body: `internal server error: ${messageOf(failure.reason)}\n` };
}

async function failureOf(check: HealthCheck): Promise<{ reason: unknown } | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return { reason: error };
  }
}
