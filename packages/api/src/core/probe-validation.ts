import {
  forbiddenValue,
  httpHeaderNameProblems,
  invalidValue,
  portNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { notNegative, oneOf, type Problems, port } from '../meta/field-checks.ts';
import type { Container, HTTPGetAction, LifecycleHandler, Probe } from './v1.gen.ts';

/** Actions of probes and hooks, of which exactly one must be set. */
type Handler = Probe & Pick<LifecycleHandler, 'sleep'>;

const handlerNames = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

export function* containerProbeProblems(container: Container, at: string): Problems {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  if (livenessProbe) yield* probeProblems(livenessProbe, { at: `${at}.livenessProbe`, once: true });
  if (readinessProbe) {
    yield* probeProblems(readinessProbe, { at: `${at}.readinessProbe`, once: false });
    if (readinessProbe.terminationGracePeriodSeconds != null) {
      const path = `${at}.readinessProbe.terminationGracePeriodSeconds`;
      yield invalidValue(path, readinessProbe.terminationGracePeriodSeconds, 'must not be set for readinessProbes');
    }
  }
  if (startupProbe) yield* probeProblems(startupProbe, { at: `${at}.startupProbe`, once: true });
  if (lifecycle?.postStart) yield* handlerProblems(lifecycle.postStart, `${at}.lifecycle.postStart`);
  if (lifecycle?.preStop) yield* handlerProblems(lifecycle.preStop, `${at}.lifecycle.preStop`);
}

/** `once`: the success threshold must be 1. */
function* probeProblems(probe: Probe, { at, once }: { at: string; once: boolean }): Problems {
  yield* handlerProblems(probe, at);
  yield* notNegative(probe.initialDelaySeconds, `${at}.initialDelaySeconds`);
  yield* notNegative(probe.timeoutSeconds, `${at}.timeoutSeconds`);
  yield* notNegative(probe.periodSeconds, `${at}.periodSeconds`);
  yield* notNegative(probe.successThreshold, `${at}.successThreshold`);
  yield* notNegative(probe.failureThreshold, `${at}.failureThreshold`);
  if (once && probe.successThreshold !== 1) {
    yield invalidValue(`${at}.successThreshold`, probe.successThreshold ?? 0, 'must be 1');
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (once && grace != null && grace <= 0) {
    yield invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0');
  }
}

function* handlerProblems(handler: Handler, at: string): Problems {
  const given = handlerNames.filter((name) => handler[name] != null);
  if (given.length === 0) yield requiredValue(at, 'must specify a handler type');
  for (const extra of given.slice(1)) {
    yield forbiddenValue(`${at}.${extra}`, 'may not specify more than 1 handler type');
  }
  if (given.length !== 1) return;
  if (handler.exec && !handler.exec.command?.length) yield requiredValue(`${at}.exec.command`);
  if (handler.httpGet) yield* httpGetProblems(handler.httpGet, `${at}.httpGet`);
  if (handler.tcpSocket) yield* portProblems(handler.tcpSocket.port, `${at}.tcpSocket.port`);
  if (handler.grpc) yield* port(handler.grpc.port, `${at}.grpc.port`);
}

function* httpGetProblems(action: HTTPGetAction, at: string): Problems {
  if (!action.path) yield requiredValue(`${at}.path`);
  yield* portProblems(action.port, `${at}.port`);
  yield* oneOf(action.scheme, { at: `${at}.scheme`, of: ['HTTP', 'HTTPS'] });
  for (const { name } of action.httpHeaders ?? []) {
    for (const detail of httpHeaderNameProblems(name)) yield invalidValue(`${at}.httpHeaders`, name, detail);
  }
}

/** Rules for a port, given by number or name. */
export function* portProblems(value: number | string | undefined, at: string): Problems {
  if (typeof value === 'string') {
    for (const detail of portNameProblems(value)) yield invalidValue(at, value, detail);
  } else yield* port(value ?? 0, at);
}

/** A sleep hook must not sleep longer than the grace period. */
export function* sleepProblems({ lifecycle }: Container, at: string, graceSeconds: number | undefined): Problems {
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[hook];
    const seconds = handler?.sleep?.seconds;
    const isAlone = handlerNames.filter((name) => (handler as Handler | undefined)?.[name] != null).length === 1;
    if (seconds === undefined || !isAlone || graceSeconds == null) continue;
    if (seconds >= 0 && seconds <= graceSeconds) continue;
    const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
    yield invalidValue(`${at}.lifecycle.${hook}.sleep`, seconds, detail);
  }
}
