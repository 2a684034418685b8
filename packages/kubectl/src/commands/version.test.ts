import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skewWarning } from './version.ts';

test('warns of a server more than one minor version away', () => {
  const at = (minor: string) => ({ major: '1', minor, gitVersion: '' });
  assert.equal(skewWarning(at('36'), at('35+')), '');
  assert.equal(
    skewWarning(at('36'), at('33')),
    'Warning: version difference between client (1.36) and server (1.33) exceeds the supported minor version skew of +/-1\n',
  );
});
