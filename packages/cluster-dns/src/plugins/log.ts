import type { Clock } from '@typernetes/base';
import { argumentsOf, counted, milliseconds, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, wrongCount } from '../corefile/word.ts';
import { absolute, isInZone, zonesOfHost } from '../corefile/zone-name.ts';
import { codeName, codeOf, codes, recordsOf } from '../wire/message.ts';
import type { DnsLog } from './dns-log.ts';
import { clientAddress, ednsOf, type Plugin, type Query } from './query.ts';

const classes = ['all', 'success', 'denial', 'error'] as const;
type Class = (typeof classes)[number];

interface LogRule {
  readonly zones: readonly string[];
  readonly format: string;
  readonly classes: readonly Class[];
  /** Slower responses are logged, whatever their class. */
  readonly slowMs: number | undefined;
}

export type LogSettings = readonly LogRule[];

/** CoreDNS' Common Log Format, and the same with the operation. */
const common =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';
const combined = `${common} "{>opcode}"`;

/** `log [NAMES...] [FORMAT] { class …; minDuration … }`; may occur several times. */
export function parseLog(lines: readonly Line[]): LogSettings {
  return lines.map((line) => {
    const given = argumentsOf(line);
    const format = given.at(-1)?.includes('{') ? given.pop() : undefined;
    const chosen: Class[] = [];
    let slowMs: number | undefined;
    for (const option of line.block) {
      if (option.words[0].text === 'class') {
        if (option.words.length < 2) throw wrongCount(option.words[0]);
        for (const name of argumentsOf(option)) {
          const known = classes.find((one) => one === name);
          if (!known) throw new CorefileError(`invalid Class: ${name}`);
          chosen.push(known);
        }
      } else if (option.words[0].text === 'minDuration') slowMs = milliseconds(counted(option, 1)[0] ?? '');
      else throw unknownProperty(option);
    }
    return {
      zones: given.length > 0 ? given.flatMap(zonesOfHost) : ['.'],
      format: (format ?? common).replaceAll('{common}', common).replaceAll('{combined}', combined),
      classes: chosen.length > 0 ? chosen : slowMs === undefined ? ['all'] : [],
      slowMs,
    };
  });
}

/** Logs queries and their responses. */
export function logPlugin(
  settings: LogSettings,
  { log, clock }: { readonly log: DnsLog; readonly clock: Pick<Clock, 'monotonic'> },
): Plugin {
  return (next) => async (query) => {
    const rule = settings.find(({ zones }) => zones.some((zone) => isInZone(query.name, zone)));
    if (!rule) return next(query);
    const startedAt = clock.monotonic();
    const reply = await next(query);
    const seconds = (clock.monotonic() - startedAt) / 1000;
    const isSlow = rule.slowMs !== undefined && seconds * 1000 >= rule.slowMs;
    if (isSlow || rule.classes.includes('all') || rule.classes.includes(classOf(reply.message)))
      log('INFO', lineOf(rule.format, query, { message: reply.message, seconds }));
    return reply;
  };
}

function classOf(message: Buffer): Class {
  const code = codeOf(message);
  if (code === codes.NXDOMAIN) return 'denial';
  if (code !== codes.NOERROR) return 'error';
  return message.readUInt16BE(6) > 0 || !recordsOf(message)?.some(({ section }) => section === 'authority')
    ? 'success'
    : 'denial';
}

const responseFlags = [
  ['qr', 0x8000],
  ['aa', 0x0400],
  ['tc', 0x0200],
  ['rd', 0x0100],
  ['ra', 0x0080],
  ['z', 0x0040],
  ['ad', 0x0020],
  ['cd', 0x0010],
] as const;

/** The format with its placeholders filled in; `-` for unknown values. */
function lineOf(
  format: string,
  query: Query,
  { message, seconds }: { readonly message: Buffer; readonly seconds: number },
): string {
  const edns = ednsOf(query.packet);
  const flags = message.readUInt16BE(2);
  const remote = clientAddress(query);
  const values: Record<string, string | number | boolean> = {
    type: query.type,
    name: absolute(query.question.name),
    class: query.question.class ?? 'IN',
    proto: query.protocol,
    remote: remote.includes(':') ? `[${remote}]` : remote,
    port: query.client.port,
    size: query.message.length,
    duration: `${seconds.toFixed(9).replace(/0+$/, '').replace(/\.$/, '')}s`,
    rcode: codeName(codeOf(message)),
    rsize: message.length,
    '>rflags': responseFlags.flatMap(([name, bit]) => (flags & bit ? [name] : [])).join(','),
    '>bufsize': edns?.udpPayloadSize ?? 512,
    '>do': edns?.flag_do ?? false,
    '>id': query.packet.id ?? 0,
    '>opcode': (query.message.readUInt16BE(2) >> 11) & 0x0f,
  };
  return format.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => String(values[name] ?? '-'));
}
