import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchingCredentials } from './credentials.ts';
import { matchesImage } from './match-image.ts';

for (const [pattern, image, matches] of [
  ['registry.example.com', 'registry.example.com/app', true],
  ['registry.example.com', 'registry.example.com:5000/app', false],
  ['registry.example.com:5000', 'registry.example.com:5000/app', true],
  ['*.example.com', 'registry.example.com/app', true],
  ['*.example.com', 'a.registry.example.com/app', false],
  ['*.*.example.com', 'a.registry.example.com/app', true],
  ['*.example.*', 'registry.example.org/app', true],
  ['reg*.example.com', 'registry.example.com/app', true],
  ['registry-?.example.com', 'registry-2.example.com/app', true],
  ['registry-[ab].example.com', 'registry-c.example.com/app', false],
  ['registry-[ab', 'registry-a/app', false],
  ['registry.example.com/team', 'registry.example.com/team/app', true],
  ['registry.example.com/team', 'registry.example.com/other/app', false],
  ['registry.example.com', 'registryXexample.com/app', false],
  ['123456789.dkr.ecr.*.amazonaws.com', '123456789.dkr.ecr.eu-west-1.amazonaws.com/app', true],
] as const) {
  test(`${pattern} ${matches ? 'matches' : 'does not match'} ${image}`, () => {
    assert.equal(matchesImage(pattern, image), matches);
  });
}

test('orders credentials from most to least specific, whatever their original order', () => {
  const entries = {
    'https://index.docker.io/v1/': { auth: Buffer.from('kim:docker:x').toString('base64') },
    'r.io': { username: 'all', password: 'a' },
    'https://r.io/v2/team': { username: 'none', password: 'n' },
    'r.io/team': { username: 'team', password: 't' },
    '*.io': { username: 'any', password: 'y' },
  };
  const users = (image: string) => matchingCredentials(entries, image).map(({ username }) => username);
  assert.deepEqual(users('r.io/team/app:1'), ['team', 'all', 'any']);
  assert.deepEqual(matchingCredentials(entries, 'nginx'), [
    { username: 'kim', password: 'docker:x', serverAddress: 'docker.io' },
    { username: 'any', password: 'y', serverAddress: '*.io' },
  ]);
});
