import type { Clock } from '@typernetes/base';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import { SampledTime } from '../observers/sampled-time.ts';
import type { AccessDecision, Authorize, Authorizer } from './authorizer.ts';

const results = { allow: 'allowed', deny: 'denied', 'no-opinion': 'no-opinion' } as const;
type Result = (typeof results)[keyof typeof results] | 'error';

/** Counts the decisions of all authorizers together, under upstream's names and labels. */
export function observedAuthorization(
  authorize: Authorize,
  { metrics, clock }: { metrics: Metrics; clock: Pick<Clock, 'monotonic'> },
): Authorize {
  const attempts = metrics.counter('authorization_attempts_total', {
    help: "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    labels: ['result'],
  });
  const duration = metrics.histogram('authorization_duration_seconds', {
    help: 'Authorization duration in seconds broken out by result.',
    labels: ['result'],
    buckets: exponentialBuckets(0.001, 2, 15),
  });
  const series = new Map<Result, { count: { add(): void }; time: { observe(seconds: number): void } }>();
  const ended = (result: Result, seconds: number): void => {
    let known = series.get(result);
    if (!known) {
      known = { count: attempts.of([result]), time: duration.of([result]) };
      series.set(result, known);
    }
    known.count.add();
    known.time.observe(seconds);
  };
  const times = new SampledTime(clock);
  return (access) => {
    const since = times.began();
    let asked: AccessDecision | Promise<AccessDecision>;
    try {
      asked = authorize(access);
    } catch (error) {
      ended('error', times.took(since));
      throw error;
    }
    if (!(asked instanceof Promise)) {
      ended(results[asked.verdict], times.took(since));
      return asked;
    }
    // An asynchronous decision is always measured by itself.
    const from = Number.isNaN(since) ? clock.monotonic() : since;
    return asked.then(
      (decision) => {
        ended(results[decision.verdict], (clock.monotonic() - from) / 1000);
        return decision;
      },
      (error: unknown) => {
        ended('error', (clock.monotonic() - from) / 1000);
        throw error;
      },
    );
  };
}

/** Makes authorizers whose decisions are counted, each under its own type and name. */
export function authorizerDecisions(
  metrics: Metrics,
): (of: { readonly type: string; readonly name: string }, authorizer: Authorizer) => Authorizer {
  const decisions = metrics.counter('apiserver_authorization_decisions_total', {
    help: 'Total number of terminal decisions made by an authorizer split by authorizer type, name, and decision.',
    labels: ['type', 'name', 'decision'],
  });
  return ({ type, name }, authorizer) => {
    const series = new Map<string, { add(): void }>();
    const decided = (decision: AccessDecision): AccessDecision => {
      if (decision.verdict === 'no-opinion') return decision;
      let known = series.get(decision.verdict);
      if (!known) {
        known = decisions.of([type, name, results[decision.verdict]]);
        series.set(decision.verdict, known);
      }
      known.add();
      return decision;
    };
    return {
      name: authorizer.name,
      authorize: (access) => {
        const asked = authorizer.authorize(access);
        return asked instanceof Promise ? asked.then(decided) : decided(asked);
      },
    };
  };
}
