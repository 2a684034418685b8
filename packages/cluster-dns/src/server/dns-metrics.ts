import type { Clock } from '@typernetes/base';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import { decode } from 'dns-packet';
import type { DnsServerOptions } from './dns-server.ts';

/** The types that CoreDNS counts by their names. */
const countedTypes = new Set('A AAAA ANY AXFR CNAME DNSKEY DS IXFR MX NS NSEC NSEC3 PTR RRSIG SOA SRV TXT'.split(' '));
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const sizes = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

/** What dashboards for CoreDNS read: its names, labels and buckets. All is of one server, whose zone is everything. */
export function dnsMetrics(
  metrics: Metrics,
  { port, clock }: { readonly port: number; readonly clock: Pick<Clock, 'monotonic'> },
): NonNullable<DnsServerOptions['onQuery']> {
  const of = [`dns://:${port}`, '.', ''];
  const labels = ['server', 'zone', 'view'];
  const requests = metrics.counter('coredns_dns_requests_total', {
    help: 'Counter of DNS requests made per zone, protocol and family.',
    labels: [...labels, 'proto', 'family', 'type'],
    stability: '',
  });
  const duration = metrics.histogram('coredns_dns_request_duration_seconds', {
    help: 'Histogram of the time (in seconds) each request took per zone.',
    labels,
    buckets: exponentialBuckets(0.00025, 2, 16),
    stability: '',
  });
  const requestSize = metrics.histogram('coredns_dns_request_size_bytes', {
    help: 'Size of the request in bytes per zone and protocol.',
    labels: [...labels, 'proto'],
    buckets: sizes,
    stability: '',
  });
  const responses = metrics.counter('coredns_dns_responses_total', {
    help: 'Counter of response status codes.',
    labels: [...labels, 'rcode', 'plugin'],
    stability: '',
  });
  const responseSize = metrics.histogram('coredns_dns_response_size_bytes', {
    help: 'Size of the returned response in bytes per zone and protocol.',
    labels: [...labels, 'proto'],
    buckets: sizes,
    stability: '',
  });
  return ({ message: query, protocol, client }) => {
    const startedAt = clock.monotonic();
    return ({ message, by }) => {
      // Addresses of IPv4 have dots also where they are written as IPv6's.
      requests.add([...of, protocol, client.includes('.') ? '1' : '2', typeOf(query)]);
      duration.observe((clock.monotonic() - startedAt) / 1000, of);
      requestSize.observe(query.length, [...of, protocol]);
      responseSize.observe(message.length, [...of, protocol]);
      const code = (message[3] ?? 0) & 0x0f;
      responses.add([...of, codes[code] ?? String(code), by]);
    };
  };
}

function typeOf(query: Buffer): string {
  try {
    const type = decode(query).questions?.[0]?.type ?? '';
    return countedTypes.has(type) ? type : 'other';
  } catch {
    return 'other'; // Answered with a format error, and counted as one.
  }
}
