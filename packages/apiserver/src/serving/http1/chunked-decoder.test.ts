import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedDecoder } from './chunked-decoder.ts';

interface Outcome {
  readonly text: string;
  readonly isDone: boolean;
  readonly problem: string | undefined;
  readonly rest: string;
}

function decode(pieces: readonly string[]): Outcome {
  const decoder = new ChunkedDecoder();
  let text = '';
  let rest = '';
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    const used = decoder.feed(bytes, (data) => {
      text += data.toString('latin1');
    });
    if (decoder.problem === undefined) rest += bytes.toString('latin1', used);
  }
  return { text, rest, isDone: decoder.isDone, problem: decoder.problem };
}

const bodies: [coded: string, text: string][] = [
  ['0\r\n\r\n', ''],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['5\r\nhello\r\n1\r\n \r\n005;a=b;c="d e"\r\nworld\r\n0;x\r\n\r\n', 'hello world'],
  ['A \t\r\n0123456789\r\n00\r\nTrailer: x\r\nOther:\r\n\r\n', '0123456789'],
  ['4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
];

test('decodes bodies, cut at every byte, followed by the next request', () => {
  for (const [coded, text] of bodies) {
    const sent = `${coded}GET /`;
    const expected = { text, isDone: true, problem: undefined, rest: 'GET /' };
    for (let cut = 0; cut <= sent.length; cut++)
      assert.deepEqual(decode([sent.slice(0, cut), sent.slice(cut)]), expected, `${JSON.stringify(coded)} at ${cut}`);
    assert.deepEqual(decode([...sent]), expected);
  }
});

test('rejects invalid bodies, whole and byte by byte', () => {
  const wrong = [
    '\r\n',
    'x\r\n',
    '-1\r\n',
    '5\nhello',
    '5\r\rhello',
    ' 5\r\nhello',
    '5 5\r\nhello',
    '0x5\r\nhello',
    '5\r\nhelloX',
    '5\r\nhello\n',
    '5\r\nhello\rX',
    '5;a\nb\r\n',
    '1000000000000\r\n',
    `5;${'a'.repeat(5000)}`,
    `5${' '.repeat(5000)}`,
    '0\r\n\n',
    '0\r\nA: b\n\r\n',
    '0\r\nno colon\r\n',
    '0\r\n folded: x\r\n',
    `0\r\nA: ${'b'.repeat(70_000)}`,
  ];
  for (const sent of wrong)
    for (const pieces of [[sent], [...sent]]) {
      const { problem, isDone } = decode(pieces);
      assert.ok(problem !== undefined && !isDone, JSON.stringify(sent.slice(0, 40)));
    }
});
