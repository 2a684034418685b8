import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerParser } from './answer-parser.ts';

interface Parsed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  body: string;
  /** undefined: not complete. */
  reusable?: boolean;
}

/** Parses responses to requests with the given methods, in succession, from pieces cut at `cuts`. */
function parse(text: string, methods: readonly string[], cuts: readonly number[] = [], closes = false): Parsed[] {
  const answers: Parsed[] = [];
  const waiting = [...methods];
  const expectNext = (): void => {
    const method = waiting.shift();
    if (method !== undefined) parser.expect(method);
  };
  const parser = new AnswerParser({
    head: ({ status, headers }) => void answers.push({ status, headers, body: '' }),
    body: (part) => {
      assert.ok(part.length > 0);
      (answers.at(-1) as Parsed).body += Buffer.from(part).toString('latin1');
    },
    end: (reusable) => {
      (answers.at(-1) as Parsed).reusable = reusable;
      expectNext();
    },
  });
  expectNext();
  const bytes = Buffer.from(text, 'latin1');
  const ends = [...cuts, bytes.length];
  for (const [index, end] of ends.entries()) parser.push(bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
  if (closes) parser.close();
  return answers;
}

const good: readonly {
  readonly name: string;
  readonly text: string;
  readonly method?: string;
  readonly closes?: boolean;
  readonly expected: Parsed;
}[] = [
  {
    name: 'a body with its length',
    text: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello',
    expected: {
      status: 200,
      headers: { 'content-type': 'application/json', 'content-length': '5' },
      body: 'hello',
      reusable: true,
    },
  },
  {
    name: 'no body',
    text: 'HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n',
    expected: { status: 404, headers: { 'content-length': '0' }, body: '', reusable: true },
  },
  {
    name: 'chunks, with an extension, capitals and a trailer',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0A;x="y"\r\n, 0123456\r\r\n000\r\nX-Late: 1\r\n\r\n',
    expected: { status: 200, headers: { 'transfer-encoding': 'Chunked' }, body: 'hello, 0123456\r', reusable: true },
  },
  {
    name: 'chunks that are none',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    expected: { status: 200, headers: { 'transfer-encoding': 'chunked' }, body: '', reusable: true },
  },
  {
    name: 'a body until the end of the connection',
    text: 'HTTP/1.1 200 OK\r\n\r\nall there is',
    closes: true,
    expected: { status: 200, headers: {}, body: 'all there is', reusable: false },
  },
  {
    name: 'an answer to HEAD with the length that GET would have',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
    method: 'HEAD',
    expected: { status: 200, headers: { 'content-length': '500' }, body: '', reusable: true },
  },
  {
    name: '304 with a length',
    text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "x"\r\n\r\n',
    expected: { status: 304, headers: { 'content-length': '500', etag: '"x"' }, body: '', reusable: true },
  },
  {
    name: '204',
    text: 'HTTP/1.1 204 No Content\r\n\r\n',
    expected: { status: 204, headers: {}, body: '', reusable: true },
  },
  {
    name: 'interim answers before the real one',
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
    expected: { status: 201, headers: { 'content-length': '2' }, body: 'ok', reusable: true },
  },
  {
    name: 'a connection that is to be closed',
    text: 'HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 2\r\n\r\nok',
    expected: {
      status: 200,
      headers: { connection: 'foo, Close', 'content-length': '2' },
      body: 'ok',
      reusable: false,
    },
  },
  {
    name: 'HTTP/1.0, which closes unless it says otherwise',
    text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    expected: { status: 200, headers: { 'content-length': '2' }, body: 'ok', reusable: false },
  },
  {
    name: 'HTTP/1.0 that is kept alive',
    text: 'HTTP/1.0 200\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok',
    expected: {
      status: 200,
      headers: { connection: 'Keep-Alive', 'content-length': '2' },
      body: 'ok',
      reusable: true,
    },
  },
  {
    name: 'headers several times, empty, and named like members of objects',
    text: 'HTTP/1.1 200 OK\r\nWarning: 299 - "a"\r\nwarning:  299 - "b" \t\r\nconstructor:\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    expected: {
      status: 200,
      headers: { warning: '299 - "a", 299 - "b"', constructor: '', 'content-length': '1, 1' } as never,
      body: 'x',
      reusable: true,
    },
  },
];

for (const { name, text, method = 'GET', closes, expected } of good) {
  test(`${name}: whole, cut at every place, and byte by byte`, () => {
    assert.deepEqual(parse(text, [method], [], closes), [expected]);
    for (let cut = 1; cut < text.length; cut++)
      assert.deepEqual(parse(text, [method], [cut], closes), [expected], `cut at ${cut}`);
    const everywhere = Array.from({ length: text.length - 1 }, (_, index) => index + 1);
    assert.deepEqual(parse(text, [method], everywhere, closes), [expected]);
  });
}

test('parses successive responses, cut at every two places', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  const fixed = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ndef';
  const text = chunked + fixed;
  for (let one = 1; one < text.length - 1; one++) {
    for (let two = one + 1; two < text.length; two += 3) {
      const bodies = parse(text, ['GET', 'PUT'], [one, two]).map(({ body }) => body);
      assert.deepEqual(bodies, ['abc', 'def'], `cut at ${one} and ${two}`);
    }
  }
});

test('data without a request is an error, and the connection is not reused', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n';
  const ends: boolean[] = [];
  const parser = new AnswerParser({ head: () => {}, body: () => {}, end: (reusable) => void ends.push(reusable) });
  parser.expect('GET');
  assert.throws(() => parser.push(Buffer.from(text)), /data without a request/);
  assert.deepEqual(ends, [false]);
});

test('an answer that is cut short does not end', () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
  ])
    assert.equal(parse(text, ['GET'], [], true)[0]?.reusable, undefined);
});

const bad: readonly (readonly [text: string, message: RegExp])[] = [
  ['SSH-2.0-OpenSSH_9.2\r\n\r\n', /malformed HTTP response: "SSH-2.0-OpenSSH_9.2"/],
  ['HTTP/2.0 200 OK\r\n\r\n', /malformed HTTP response/],
  ['HTTP/1.1 20 OK\r\n\r\n', /malformed HTTP response/],
  ['HTTP/1.1 200OK\r\n\r\n', /malformed HTTP response/],
  ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', /switched without being asked/],
  ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', /invalid header line "no colon"/],
  ['HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n', /invalid header line/],
  ['HTTP/1.1 200 OK\r\nA : b\r\n\r\n', /invalid header line/],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', /bad Content-Length "1, 2"/],
  ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', /bad Content-Length/],
  ['HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n', /bad Content-Length/],
  ['HTTP/1.1 200 OK\r\nContent-Length: 9007199254740993\r\n\r\n', /bad Content-Length/],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', /both Transfer-Encoding/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', /unsupported transfer encoding/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', /bad chunk size "xyz"/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n', /bad chunk size/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1fffffffffffff\r\n', /bad chunk size/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n', /chunk longer than its size/],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n', /without its carriage return/],
  [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(300_000)}`, /headers too long/],
  [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'0'.repeat(20_000)}`, /line too long/],
];

for (const [text, message] of bad) {
  test(`refuses ${JSON.stringify(text.slice(0, 90))}`, () => {
    assert.throws(() => parse(text, ['GET']), { name: 'MalformedAnswerError', message });
    if (text.length > 1000) return;
    for (let cut = 1; cut < text.length; cut++) assert.throws(() => parse(text, ['GET'], [cut]), { message });
  });
}
