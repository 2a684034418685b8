import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test("renders Prometheus' text format", () => {
  const metrics = createMetrics();
  const requests = metrics.counter('requests_total', {
    help: 'Number of\nrequests.',
    stability: 'STABLE',
    deprecated: '1.34.0',
    labels: ['verb', 'code'],
  });
  // Without series it is omitted; a metric without labels has one from the start.
  metrics.counter('unused_total', { help: 'Unused.', labels: ['verb'] });
  metrics.counter('zero_total', { help: 'Zero.', stability: '' });
  const waiting = metrics.gauge('waiting', { help: 'Waiting.' });
  const took = metrics.histogram('took_seconds', { help: 'Took.', labels: ['verb'], buckets: [0.1, 1] });
  requests.add(['GET', '200']);
  requests.add(['GET', '200'], 2);
  requests.add(['P"\\', '']);
  metrics.beforeRender(() => waiting.set(3.5));
  for (const seconds of [0.1, 0.5, 7]) took.observe(seconds, ['GET']);
  assert.equal(
    metrics.render(),
    `# HELP requests_total [STABLE] (Deprecated since 1.34.0) Number of\\nrequests.
# TYPE requests_total counter
requests_total{code="200",verb="GET"} 3
requests_total{code="",verb="P\\"\\\\"} 1
# HELP took_seconds [ALPHA] Took.
# TYPE took_seconds histogram
took_seconds_bucket{verb="GET",le="0.1"} 1
took_seconds_bucket{verb="GET",le="1"} 2
took_seconds_bucket{verb="GET",le="+Inf"} 3
took_seconds_sum{verb="GET"} 7.6
took_seconds_count{verb="GET"} 3
# HELP waiting [ALPHA] Waiting.
# TYPE waiting gauge
waiting 3.5
# HELP zero_total Zero.
# TYPE zero_total counter
zero_total 0
`,
  );
  assert.throws(() => metrics.gauge('waiting', { help: '' }), /the name is taken/);
});

test('a summary has quantiles of the latest observations', () => {
  const metrics = createMetrics();
  const took = metrics.summary('took_seconds', { help: 'Took.', labels: ['verb'] });
  const gets = took.of(['GET']);
  for (let i = 0; i < 5000; i++) gets.observe(7);
  // Of these only: earlier ones only count in the sum.
  for (let i = 1; i <= 1024; i++) gets.observe(i / 1024);
  took.observe(2, ['PUT']);
  assert.equal(
    metrics.render(),
    `# HELP took_seconds [ALPHA] Took.
# TYPE took_seconds summary
took_seconds{verb="GET",quantile="0.5"} 0.5
took_seconds{verb="GET",quantile="0.9"} 0.900390625
took_seconds{verb="GET",quantile="0.99"} 0.990234375
took_seconds_sum{verb="GET"} 35512.5
took_seconds_count{verb="GET"} 6024
took_seconds{verb="PUT",quantile="0.5"} 2
took_seconds{verb="PUT",quantile="0.9"} 2
took_seconds{verb="PUT",quantile="0.99"} 2
took_seconds_sum{verb="PUT"} 2
took_seconds_count{verb="PUT"} 1
`,
  );
});

test('metrics that are disabled are not told of', () => {
  const metrics = createMetrics();
  metrics.disable(['noisy_total']);
  metrics.counter('noisy_total', { help: 'Noise.' }).add();
  metrics.counter('calm_total', { help: 'Calm.' }).add();
  assert.equal(metrics.render(), '# HELP calm_total [ALPHA] Calm.\n# TYPE calm_total counter\ncalm_total 1\n');
});

test('labels only have allowed values', () => {
  const metrics = createMetrics({ allowedLabels: { 'requests_total,code': ['200', '404'] } });
  const requests = metrics.counter('requests_total', { help: 'Requests.', labels: ['verb', 'code'] });
  requests.add(['GET', '200']);
  requests.add(['GET', '500']);
  requests.of(['GET', '503']).add();
  const lines = metrics.render().split('\n');
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('#')),
    [
      'cardinality_enforcement_unexpected_categorizations_total 2',
      'requests_total{code="200",verb="GET"} 1',
      'requests_total{code="unexpected",verb="GET"} 2',
      '',
    ],
  );
});

test('series of gauges can be forgotten', () => {
  const metrics = createMetrics();
  const gauge = metrics.gauge('pods', { help: 'Pods.', labels: ['name'] });
  gauge.set(1, ['a']);
  gauge.set(1, ['b']);
  gauge.remove(['a']);
  assert.match(metrics.render(), /^pods\{name="b"\} 1$/m);
  assert.doesNotMatch(metrics.render(), /name="a"/);
  gauge.clear();
  assert.equal(metrics.render(), '');
});

test('a reset affects all metrics with labels, and holders of a series can continue to use it', () => {
  const metrics = createMetrics();
  const help = 'x';
  const requests = metrics.counter('a_total', { help, labels: ['verb'] });
  const got = requests.of(['GET']);
  const took = metrics.histogram('b_seconds', { help, labels: ['verb'], buckets: [1] });
  const plain = metrics.counter('c_total', { help });
  const waiting = metrics.gauge('d', { help, labels: ['kind'] });
  got.add(2);
  requests.add(['PUT']);
  took.observe(3, ['GET']);
  plain.add();
  waiting.set(4, ['x']);
  const samples = (): string[] =>
    metrics
      .render()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'));
  metrics.reset();
  assert.deepEqual(samples(), ['c_total 1']);
  got.add();
  waiting.set(0, ['x']);
  took.observe(2, ['GET']);
  assert.deepEqual(samples(), [
    'a_total{verb="GET"} 1',
    'b_seconds_sum{verb="GET"} 2',
    'b_seconds_count{verb="GET"} 1',
    'c_total 1',
    'd{kind="x"} 0',
  ]);
});
