import { forbiddenValue, unsupportedValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import type { Container, PodOS } from './v1.gen.ts';

const classic =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ';

const offsets = (from: string, sign: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${from}${sign}${i + 1}`);

const ofLinux = [
  ...classic.split(' ').map((name) => `SIG${name}`),
  'SIGRTMIN',
  ...offsets('SIGRTMIN', '+', 15),
  ...offsets('SIGRTMAX', '-', 14),
  'SIGRTMAX',
].sort();
const ofWindows = ['SIGKILL', 'SIGTERM'];

/** The valid signals depend on the pod's OS, which must be set. Upstream: validateStopSignal. */
export function* stopSignalProblems({ lifecycle }: Container, at: string, os: PodOS | undefined): Problems {
  const signal = lifecycle?.stopSignal;
  if (signal == null) return;
  const path = `${at}.lifecycle.stopSignal`;
  if (!os) yield forbiddenValue(path, 'may not be set for containers with empty `spec.os.name`');
  else {
    const known = os.name === 'windows' ? ofWindows : ofLinux;
    if (!known.includes(signal)) yield unsupportedValue(path, signal, known);
  }
}
