import { argumentsOf, counted, milliseconds, once, single, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';

/** The address of an HTTP endpoint; `host` is "" for all addresses. */
export interface Listening {
  readonly host: string;
  readonly port: number;
}

export interface HealthSettings extends Listening {
  /** How long queries are answered after the program is told to stop. */
  readonly lameduckMs: number;
}

export interface ReadySettings extends Listening {
  /** Whether parts that were ready once are checked again. */
  readonly continuously: boolean;
}

/** `health [ADDRESS] { lameduck DURATION }` */
export function parseHealth(lines: readonly Line[]): HealthSettings {
  const line = once(lines);
  const [address = ':8080'] = counted(line, 0, 1);
  let lameduckMs = 0;
  for (const option of line.block) {
    if (option.words[0].text !== 'lameduck') throw unknownProperty(option);
    lameduckMs = milliseconds(single(option));
  }
  return { ...listening(address), lameduckMs };
}

/** `ready [ADDRESS] { monitor until-ready|continuously }` */
export function parseReady(lines: readonly Line[]): ReadySettings {
  const line = once(lines);
  const [address = ':8181'] = counted(line, 0, 1);
  let continuously = false;
  for (const option of line.block) {
    if (option.words[0].text !== 'monitor') throw unknownProperty(option);
    const mode = single(option);
    if (mode !== 'until-ready' && mode !== 'continuously')
      throw new CorefileError(`unexpected value '${mode}' for monitor`);
    continuously = mode === 'continuously';
  }
  return { ...listening(address), continuously };
}

/** `prometheus [ADDRESS]` */
export function parsePrometheus(lines: readonly Line[]): Listening {
  const line = once(lines);
  const [address = 'localhost:9153'] = counted(line, 0, 1);
  return listening(address);
}

function listening(address: string): Listening {
  const [, six, host, port = ''] = /^(?:\[(.+)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  if (port === '' || Number(port) > 65_535) throw new CorefileError(`address ${address}: missing port in address`);
  return { host: six ?? host ?? '', port: Number(port) };
}

export interface ReloadSettings {
  readonly intervalMs: number;
  readonly jitterMs: number;
}

/** `reload [INTERVAL] [JITTER]` */
export function parseReload(lines: readonly Line[]): ReloadSettings {
  const given = argumentsOf(once(lines));
  counted(once(lines), 0, 2);
  const intervalMs = given[0] === undefined ? 30_000 : milliseconds(given[0]);
  if (intervalMs < 2000) throw new CorefileError('interval value must be greater or equal to 2s');
  const jitterMs = given[1] === undefined ? 15_000 : milliseconds(given[1]);
  if (jitterMs < 1000) throw new CorefileError('jitter value must be greater or equal to 1s');
  return { intervalMs, jitterMs: Math.min(jitterMs, intervalMs / 2) };
}
