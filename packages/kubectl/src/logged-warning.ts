import type { Surroundings } from './session.ts';

/** A warning in the form of klog, `W1128 09:36:49.566790   14410 helpers.go:719] …`, which upstream's kubectl logs some of them in. */
export function logged(
  text: string,
  { session, place }: { session: Pick<Surroundings, 'clock'>; place: string },
): string {
  const now = new Date(session.clock.now());
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const micros = String(now.getMilliseconds() * 1000).padStart(6, '0');
  return `W${day} ${time}.${micros} ${String(process.pid).padStart(7)} ${place}] ${text}\n`;
}
