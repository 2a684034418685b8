import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, lengthOf, PieceWriter, wholeBody } from './body-pieces.ts';

const text = (pieces: Iterable<Uint8Array>): string => Buffer.concat([...pieces]).toString();

test('joins small pieces into blocks, and cuts large ones without copying', () => {
  const cases: [pieces: string[], blocks: string[]][] = [
    [[], []],
    [[''], []],
    [['ab', '', 'c'], ['abc']],
    [
      ['ab', 'cd', 'ef', 'g'],
      ['abcdef', 'g'],
    ],
    [
      ['a', 'bcdefghij', 'k'],
      ['a', 'bcdef', 'ghij', 'k'],
    ],
    [['abc'], ['abc']],
  ];
  for (const [pieces, blocks] of cases) {
    const made = [
      ...blocksOf(
        pieces.map((one) => Buffer.from(one)),
        { small: 3, block: 5 },
      ),
    ];
    assert.deepEqual(
      made.map((one) => Buffer.from(one).toString()),
      blocks,
    );
  }
  const large = Buffer.alloc(1_000_000);
  const blocks = [...blocksOf([Buffer.from('x'), large])];
  assert.equal(lengthOf(blocks), 1_000_001);
  assert.ok(blocks.slice(1).every(({ buffer }) => buffer === large.buffer));
});

test('a writer keeps the order, however large its input', () => {
  const writer = new PieceWriter();
  const parts = ['ä', 'x'.repeat(64 * 1024 - 3), 'ö'.repeat(10), 'y'.repeat(200_000), 'z'];
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 0) writer.text(part);
    else writer.bytes(Buffer.from(part));
  }
  const pieces = writer.end();
  assert.equal(text(pieces), parts.join(''));
  assert.equal(lengthOf(pieces), Buffer.byteLength(parts.join('')));
  assert.equal(Buffer.from(wholeBody({ body: pieces }) ?? []).toString(), parts.join(''));
});
