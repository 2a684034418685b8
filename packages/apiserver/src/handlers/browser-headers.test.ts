import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserProblems, browserRules } from '../options/browser-flags.ts';
import type { ServerRequest } from '../request/server-request.ts';
import { withBrowserHeaders } from './browser-headers.ts';

const origins = ['^https://dash\\.example\\.com$', '//localhost(:|$)'];
const strictTransport = ['max-age=31536000', 'includeSubDomains'];

test('pages of allowed origins may read responses, and preflight requests are answered', async () => {
  const rules = browserRules({ origins, strictTransport });
  assert.ok(rules);
  const handler = withBrowserHeaders(async () => ({ status: 401, headers: { a: 'b' }, body: undefined }), rules);
  const asked = (method: string, origin?: string) =>
    handler({ method, headers: origin === undefined ? {} : { origin } } as unknown as ServerRequest);
  const allowed = await asked('GET', 'http://localhost:3000');
  assert.deepEqual(
    [allowed.status, allowed.headers.a, allowed.headers['access-control-allow-origin']],
    [401, 'b', 'http://localhost:3000'],
  );
  assert.equal(allowed.headers['access-control-allow-credentials'], 'true');
  assert.equal(allowed.headers['strict-transport-security'], 'max-age=31536000; includeSubDomains');
  assert.equal((await asked('OPTIONS', 'https://dash.example.com')).status, 204);
  for (const origin of ['https://dash.example.com.evil', 'http://notlocalhost', undefined]) {
    const other = await asked('OPTIONS', origin);
    assert.deepEqual([other.status, other.headers['access-control-allow-origin']], [401, undefined]);
  }
});

test('refuses origin patterns that match only parts of host names', () => {
  assert.equal(browserRules({ origins: [], strictTransport: [] }), undefined);
  assert.deepEqual(browserProblems({ origins, strictTransport }), []);
  const unpinned = 'regular expression does not pin to start/end of host in the origin header';
  assert.deepEqual(browserProblems({ origins: ['example.com'], strictTransport: ['forever'] }), [
    `--cors-allowed-origins has an invalid regular expression: example.com: ${unpinned}`,
    '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information',
  ]);
});
