import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { encode } from 'dns-packet';
import { dnsMetrics } from './dns-metrics.ts';

test('queries are counted as dashboards for CoreDNS expect it', async () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const received = dnsMetrics(metrics, { port: 53, clock });
  const query = (type: 'A' | 'NAPTR'): Buffer =>
    encode({ type: 'query', questions: [{ type, name: 'a.b', class: 'IN' }] });
  const answer = (code: number): Buffer => encode({ type: 'response', flags: code });
  const known = received({ message: query('A'), protocol: 'udp', client: '::ffff:10.244.0.7' });
  await clock.advance(3);
  known({ message: answer(3), by: 'kubernetes' });
  received({ message: query('NAPTR'), protocol: 'tcp', client: 'fd00::7' })({ message: answer(0), by: 'forward' });
  received({ message: Buffer.alloc(12), protocol: 'udp', client: '10.244.0.7' })({ message: answer(1), by: '' });
  const lines = metrics.render().split('\n');
  for (const line of [
    'coredns_dns_requests_total{family="1",proto="udp",server="dns://:53",type="A",view="",zone="."} 1',
    'coredns_dns_requests_total{family="2",proto="tcp",server="dns://:53",type="other",view="",zone="."} 1',
    'coredns_dns_responses_total{plugin="kubernetes",rcode="NXDOMAIN",server="dns://:53",view="",zone="."} 1',
    'coredns_dns_responses_total{plugin="forward",rcode="NOERROR",server="dns://:53",view="",zone="."} 1',
    'coredns_dns_responses_total{plugin="",rcode="FORMERR",server="dns://:53",view="",zone="."} 1',
    'coredns_dns_request_duration_seconds_bucket{server="dns://:53",view="",zone=".",le="0.002"} 2',
    'coredns_dns_request_duration_seconds_bucket{server="dns://:53",view="",zone=".",le="0.004"} 3',
    'coredns_dns_request_size_bytes_bucket{proto="udp",server="dns://:53",view="",zone=".",le="100"} 2',
    'coredns_dns_response_size_bytes_count{proto="tcp",server="dns://:53",view="",zone="."} 1',
  ])
    assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
});
