import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationPrefix, optionsOf, usualOptions } from './annotations.ts';

const of = (values: Record<string, string>) =>
  optionsOf(Object.fromEntries(Object.entries(values).map(([name, value]) => [`${annotationPrefix}${name}`, value])));

test('annotations change the defaults', () => {
  assert.deepEqual(optionsOf(), { options: usualOptions, problems: [] });
  const { options, problems } = of({
    'backend-protocol': 'HTTPS',
    'rewrite-target': '/$2',
    'force-ssl-redirect': 'true',
    'ssl-redirect': 'false',
    'proxy-body-size': '8m',
    'proxy-connect-timeout': '1',
    'proxy-read-timeout': '3600',
    'proxy-send-timeout': '30',
    'proxy-buffering': 'on',
    'whitelist-source-range': '10.0.0.0/8, fd00::/8',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(options, {
    protocol: 'https',
    useRegex: true,
    rewrite: '/$2',
    toHttps: 'always',
    bodySize: '8m',
    connectSeconds: 1,
    readSeconds: 3600,
    sendSeconds: 30,
    allowedRanges: ['10.0.0.0/8', 'fd00::/8'],
    denied: false,
    buffering: true,
  });
  assert.equal(of({ 'use-regex': 'false', 'rewrite-target': '/' }).options.useRegex, true);
  assert.equal(of({ 'ssl-redirect': 'false' }).options.toHttps, 'never');
});

test('unknown and invalid annotations are reported and ignored, above all nginx directives', () => {
  for (const values of [
    { 'rewrite-target': '/; } server {' },
    { 'rewrite-target': '/$host' },
    { 'proxy-body-size': '1m; }' },
    { 'use-regex': 'yes' },
    { 'server-snippet': 'return 200;' },
  ] as Record<string, string>[]) {
    const { options, problems } = of(values);
    assert.deepEqual(options, usualOptions);
    assert.match(problems[0] ?? '', /^annotation nginx\.ingress\.kubernetes\.io\/.* no effect/);
  }
});

test('an unreadable list of allowed clients lets in nobody', () => {
  for (const value of ['all', '1.2.3', '10.0.0.0/33', '::/129', '10.0.0.1, ', 'fe80::1%eth0', '10.0.0.0/8/8'])
    for (const name of ['whitelist-source-range', 'allowlist-source-range']) {
      const { options, problems } = of({ [name]: value });
      assert.deepEqual(options, { ...usualOptions, denied: true }, value);
      assert.deepEqual(problems, [
        `annotation ${annotationPrefix}${name}: ${JSON.stringify(value)} lets nobody in, ranges such as 10.0.0.0/8, with commas between them is expected`,
      ]);
    }
});
