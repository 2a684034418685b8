import type { Surroundings } from './session.ts';

export interface LogPlace {
  readonly session: Pick<Surroundings, 'clock'>;
  /** Upstream's file and line: people filter for them. */
  readonly place: string;
  readonly severity?: 'I' | 'W' | 'E' | 'F';
}

/** A line in the form of klog, `W1128 09:36:49.566790   14410 helpers.go:719] …`, as upstream's kubectl logs some warnings and what `-v` asks for. */
export function logged(text: string, { session, place, severity = 'W' }: LogPlace): string {
  const now = new Date(session.clock.now());
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const micros = String(now.getMilliseconds() * 1000).padStart(6, '0');
  return `${severity}${day} ${time}.${micros} ${String(process.pid).padStart(7)} ${place}] ${text}\n`;
}
