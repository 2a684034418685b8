import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { formatError } from '../plugins/query.ts';
import { makeHandler, makeQuery } from '../testing/queries.ts';
import { dnsMetrics } from './dns-metrics.ts';
import { planOf } from './plan.ts';

test('queries are counted as dashboards for CoreDNS expect it', async () => {
  const metrics = createMetrics();
  const observer = dnsMetrics(metrics, new FakeClock());
  const answered = async (type: 'A' | 'NAPTR', code: number, from: { protocol: 'udp' | 'tcp'; client: string }) => {
    const query = makeQuery('a.b', type);
    const reply = { ...(await makeHandler({ code })(query)), by: code === 3 ? 'kubernetes' : 'forward' };
    observer.answered({ ...from, message: query.message, query, reply, zone: '.', port: 53, seconds: 0.003 });
  };
  await answered('A', 3, { protocol: 'udp', client: '::ffff:10.244.0.7' });
  await answered('NAPTR', 0, { protocol: 'tcp', client: 'fd00::7' });
  const rubbish = Buffer.alloc(12);
  const reply = { message: formatError(rubbish), by: '' };
  const client = '10.244.0.7';
  observer.answered({
    message: rubbish,
    protocol: 'udp',
    client,
    query: undefined,
    reply,
    zone: '.',
    port: 53,
    seconds: 0,
  });
  const lines = metrics.render().split('\n');
  for (const line of [
    'coredns_dns_requests_total{family="1",proto="udp",server="dns://:53",type="A",view="",zone="."} 1',
    'coredns_dns_requests_total{family="2",proto="tcp",server="dns://:53",type="other",view="",zone="."} 1',
    'coredns_dns_responses_total{plugin="kubernetes",rcode="NXDOMAIN",server="dns://:53",view="",zone="."} 1',
    'coredns_dns_responses_total{plugin="forward",rcode="NOERROR",server="dns://:53",view="",zone="."} 1',
    'coredns_dns_responses_total{plugin="",rcode="FORMERR",server="dns://:53",view="",zone="."} 1',
    'coredns_dns_request_duration_seconds_bucket{server="dns://:53",view="",zone=".",le="0.002"} 1',
    'coredns_dns_request_duration_seconds_bucket{server="dns://:53",view="",zone=".",le="0.004"} 3',
    'coredns_dns_request_size_bytes_bucket{proto="udp",server="dns://:53",view="",zone=".",le="100"} 2',
    'coredns_dns_response_size_bytes_count{proto="tcp",server="dns://:53",view="",zone="."} 1',
  ])
    assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
});

test('plugins are told of, as far as they are there', () => {
  const metrics = createMetrics();
  const observer = dnsMetrics(metrics, new FakeClock());
  const plan = (text: string) =>
    planOf(text, { file: 'Corefile', source: { environment: {}, imported: () => [] } }).blocks;
  observer.running(plan('.:53 {\nerrors\nlog\n}'), 'one');
  observer.running(plan('.:53 {\nerrors\n}'), 'two');
  const lines = metrics.render().split('\n');
  const rows = lines.filter((line) => /^coredns_(plugin_enabled|reload_version_info)/.test(line));
  assert.deepEqual(rows, [
    'coredns_plugin_enabled{name="errors",server="dns://:53",view="",zone="."} 1',
    'coredns_reload_version_info{hash="sha512",value="two"} 1',
  ]);
});
