import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress } from '@typernetes/api/networking/v1';
import { type LocationOptions, usualOptions } from './annotations.ts';
import { nginxConfig, noRoutes } from './nginx-config.ts';
import type { Location } from './routes.ts';

const ingress = { metadata: { namespace: 'shop', name: 'web' } } as Ingress;
const place = { folder: '/run/ingress', httpPort: 80, httpsPort: 443, ipv6: true };

/** The server of a host, line by line, without indentation. */
function serverOf(name: string, locations: readonly Location[], certificate?: string): string[] {
  const config = nginxConfig(
    {
      hosts: [{ name, certificate, locations }],
      upstreams: [{ name: 'shop_web_http', addresses: ['10.0.0.1:80', '10.0.0.2:80'] }],
      certificates: new Map(),
      problems: [],
    },
    place,
  );
  const lines = config.text.split('\n').map((line) => line.trim());
  const last = lines.lastIndexOf('server {');
  return lines.slice(last);
}

const to = (path: string, match: Location['match'], options: Partial<LocationOptions> = {}): Location => ({
  path,
  match,
  upstream: 'shop_web_http',
  options: { ...usualOptions, ...options },
  ingress,
});
const places = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('location'));

test('path elements are matched whole, and no location is repeated', () => {
  assert.deepEqual(places(serverOf('h', [to('/a/', 'prefix'), to('/a', 'exact'), to('/', 'prefix')])), [
    'location = "/a" {',
    'location "/a/" {',
    'location / {',
  ]);
  assert.deepEqual(places(serverOf('h', [to('/a', 'exact')])), ['location = "/a" {', 'location / { return 404; }']);
});

test('paths are quoted', () => {
  const [line] = places(serverOf('h', [to('/"; } evil { "\\', 'exact')]));
  assert.equal(line, 'location = "/\\"; } evil { \\"\\\\" {');
});

test('a host has its name and certificate, a wildcard matches one label, and the default server gets the rest', () => {
  const own = serverOf('*.example', [], 'shop_cert');
  assert.ok(own.includes('server_name "~^[^.]+\\\\.example$";'), own.join('\n'));
  assert.ok(
    own.includes('ssl_certificate "/run/ingress/shop_cert.pem"; ssl_certificate_key "/run/ingress/shop_cert.pem";'),
  );
  const rest = serverOf('', []);
  assert.ok(rest.includes('server_name _;'));
  assert.ok(
    rest.includes(
      'listen 80 default_server; listen [::]:80 default_server; listen 443 ssl http2 default_server; listen [::]:443 ssl http2 default_server;',
    ),
  );
});

test('HTTP is redirected to HTTPS where there is a certificate, or always, or never', () => {
  const redirect = 'if ($scheme = http) { return 308 https://$host$request_uri; }';
  const has = (toHttps: LocationOptions['toHttps'], certificate?: string): boolean =>
    serverOf('h', [to('/', 'prefix', { toHttps })], certificate).includes(redirect);
  assert.deepEqual(
    [has('with-certificate'), has('with-certificate', 'c'), has('never', 'c'), has('always')],
    [false, true, false, true],
  );
});

test('options become directives', () => {
  const lines = serverOf('h', [
    to('/a/(.*)', 'regex', { rewrite: '/$1', bodySize: '8m', allowedRanges: ['10.0.0.0/8'], protocol: 'https' }),
  ]);
  for (const line of [
    'location ~* "^/a/(.*)" {',
    'rewrite "(?i)/a/(.*)" "/$1" break;',
    'client_max_body_size 8m;',
    'allow 10.0.0.0/8;',
    'deny all;',
    'proxy_pass https://shop_web_http;',
  ])
    assert.ok(lines.includes(line), `${line} in ${lines.join('\n')}`);
  const grpc = serverOf('h', [to('/', 'prefix', { protocol: 'grpc' })]);
  assert.ok(grpc.includes('grpc_pass grpc://shop_web_http;'));
  assert.ok(!grpc.some((line) => line.includes('proxy_http_version')));
});

test('responds with 503 if there is no pod', () => {
  assert.ok(serverOf('h', [{ ...to('/', 'prefix'), upstream: undefined }]).includes('return 503;'));
  const closed = serverOf('h', [to('/', 'prefix', { denied: true })]);
  assert.ok(closed.includes('return 503;') && !closed.some((line) => line.startsWith('proxy_pass')));
});

test('every line is traced back to its location', () => {
  const config = nginxConfig(
    {
      ...noRoutes,
      hosts: [
        { name: 'a', certificate: undefined, locations: [to('/x', 'prefix'), to('/', 'prefix')] },
        { name: 'b', certificate: undefined, locations: [to('/y(', 'regex')] },
      ],
    },
    place,
  );
  const known = Map.groupBy(
    config.text.split('\n').map((text, at) => ({ text: text.trim(), path: config.locationAt(at + 1)?.path })),
    ({ path }) => path,
  );
  const places = (path?: string): (string | undefined)[] =>
    (known.get(path) ?? []).map(({ text }) => text).filter((text) => text.startsWith('location'));
  assert.deepEqual(places('/x'), ['location = "/x" {', 'location "/x/" {']);
  assert.deepEqual(places('/'), ['location / {']);
  assert.deepEqual(places('/y('), ['location ~* "^/y(" {']);
  assert.deepEqual(places(), ['location / { return 404; }', 'location / { return 404; }']);
  assert.ok(known.get('/y(')?.some(({ text }) => text === 'proxy_pass http://shop_web_http;'));
});
