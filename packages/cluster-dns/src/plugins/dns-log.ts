export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'FATAL';

/** Lines in CoreDNS' form, on standard output: `[INFO] plugin/reload: …`. */
export type DnsLog = (level: Level, text: string) => void;

export function dnsLog(stream: { write(text: string): unknown }): DnsLog {
  return (level, text) => void stream.write(`[${level}] ${text}\n`);
}
