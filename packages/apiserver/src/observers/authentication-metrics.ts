import type { Clock } from '@typernetes/base';
import { reasonOf } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';
import type { Authenticate } from '../authentication/union.ts';
import type { UserInfo } from '../identity/user-info.ts';

type Result = 'success' | 'failure' | 'error';

/** Upstream's buckets: from a millisecond on, each twice the one before. */
const buckets = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** Counts authentication attempts and their results, under upstream's names and labels. */
export function observedAuthentication(
  authenticate: Authenticate,
  { metrics, clock }: { metrics: Metrics; clock: Pick<Clock, 'monotonic'> },
): Authenticate {
  const attempts = metrics.counter('authentication_attempts', {
    help: 'Counter of authenticated attempts.',
    labels: ['result'],
  });
  const duration = metrics.histogram('authentication_duration_seconds', {
    help: 'Authentication duration in seconds broken out by result.',
    labels: ['result'],
    buckets,
  });
  const users = metrics.counter('authenticated_user_requests', {
    help: 'Counter of authenticated requests broken out by username.',
    labels: ['username'],
  });
  const series = (result: Result) => {
    let made: { count: { add(): void }; time: { observe(value: number): void } } | undefined;
    return (seconds: number): void => {
      made ??= { count: attempts.of([result]), time: duration.of([result]) };
      made.count.add();
      made.time.observe(seconds);
    };
  };
  const ended = { success: series('success'), failure: series('failure'), error: series('error') };
  const byUser = new Map<string, { add(): void }>();
  const passed = (user: UserInfo, seconds: number): UserInfo => {
    ended.success(seconds);
    const name = shownName(user.username);
    let count = byUser.get(name);
    if (!count) {
      count = users.of([name]);
      byUser.set(name, count);
    }
    count.add();
    return user;
  };
  const refused = (error: unknown, seconds: number): never => {
    ended[resultOf(error)](seconds);
    throw error;
  };
  return (credentials) => {
    const startedAt = clock.monotonic();
    const since = (): number => (clock.monotonic() - startedAt) / 1000;
    let asked: UserInfo | Promise<UserInfo>;
    try {
      asked = authenticate(credentials);
    } catch (error) {
      return refused(error, since());
    }
    if (!(asked instanceof Promise)) return passed(asked, since());
    return asked.then(
      (user) => passed(user, since()),
      (error: unknown) => refused(error, since()),
    );
  };
}

/** As with upstream's authenticators: missing credentials are a failure, invalid ones an error. */
function resultOf(error: unknown): Result {
  const showsNothing = reasonOf(error) === 'Unauthorized' && (error as Error).cause === undefined;
  return showsNothing ? 'failure' : 'error';
}

const ownNames: ReadonlySet<string> = new Set([
  'admin',
  'client',
  'kube_proxy',
  'kubelet',
  'system:serviceaccount:kube-system:default',
]);

/** Upstream's few kinds of names: anybody could bring labels without end. */
function shownName(username: string): string {
  if (ownNames.has(username)) return username;
  return username.includes('@') ? 'email_id' : 'other';
}
