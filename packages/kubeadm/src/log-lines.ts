import type { Clock } from '@typernetes/base';
import type { LogPlace, Output } from './output.ts';

/** The level at which upstream logs what it does, step by step. */
export const steps = 1;

/** The level at which upstream logs how it finds this machine's address. */
export const details = 2;

/** Logs a step of a command, for `-v=1` and above, in upstream's words. */
export function logStep({ log }: Pick<Output, 'log'>, place: LogPlace, text: string): void {
  log?.(steps, place, text);
}

export interface LogOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** That of `-v`. */
  readonly verbosity: number;
  /** `--skip-headers`: the text alone. */
  readonly skipHeaders: boolean;
}

/** The same output, with log lines on standard error, in klog's form: `I1130 12:00:00.000000   12345 checks.go:201] …`, in local time. */
export function loggedOutput(output: Output, { clock, verbosity, skipHeaders }: LogOptions): Output {
  if (verbosity < steps) return output;
  return {
    ...output,
    log(level, place, text) {
      if (level > verbosity) return;
      output.err(
        skipHeaders ? `${text}\n` : `I${stamp(clock.now())} ${String(process.pid).padStart(7)} ${place}] ${text}\n`,
      );
    },
  };
}

/** `1130 12:00:00.000000` */
function stamp(now: number): string {
  const at = new Date(now);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${two(at.getMonth() + 1)}${two(at.getDate())} ${time}.${String(at.getMilliseconds() * 1000).padStart(6, '0')}`;
}
