import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileOfVolume, variableIn } from './env-file.ts';

const text = `# made by an init container

A='one'
  B='two
lines # and no comment' # a comment
EMPTY=''
`;

test('values are single-quoted and taken literally', () => {
  assert.equal(variableIn(text, 'A'), 'one');
  assert.equal(variableIn(text, 'B'), 'two\nlines # and no comment');
  assert.equal(variableIn(text, 'EMPTY'), '');
  assert.equal(variableIn(text, 'C'), undefined);
});

for (const [wrong, problem] of [
  ['\nA', "at line 2: missing '='"],
  ["A ='x'", "at line 1: whitespace is not allowed in the variable name or before '='"],
  ["='x'", 'at line 1: empty variable name'],
  ['A=x', 'at line 1: value must be enclosed in single quotes'],
  ["A='x", 'at line 1: unclosed single quote'],
  ["A='x' y", 'at line 1: unexpected content after closing quote'],
] as const)
  test(`refuses ${JSON.stringify(wrong)}`, () => {
    assert.throws(() => variableIn(wrong, 'Z'), { message: `invalid environment variable format ${problem}` });
  });

test('reads a file from its volume, and from nowhere else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'env-file-'));
  try {
    await writeFile(join(folder, 'file'), text);
    await symlink('/etc/passwd', join(folder, 'link'));
    assert.equal(await fileOfVolume(folder, 'file'), text);
    assert.equal(await fileOfVolume(folder, 'missing'), undefined);
    await assert.rejects(fileOfVolume(folder, 'link'), { message: 'path "link" leads out of its volume' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
