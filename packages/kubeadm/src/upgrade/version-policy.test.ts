import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@typernetes/base';
import { compareReleases, parseRelease, wantedVersion } from './release.ts';
import { type VersionFacts, versionProblems } from './version-policy.ts';

const facts: VersionFacts = {
  target: 'v1.36.2+typernetes.0.2.0',
  cluster: 'v1.36.2+typernetes.0.1.0',
  kubeadm: 'v1.36.2+typernetes.0.2.0',
  kubelets: ['v1.36.2+typernetes.0.1.0'],
  allowExperimental: false,
  allowReleaseCandidates: false,
};

test('allows upgrades to the next build and to the same build', () => {
  assert.deepEqual(versionProblems(facts), { mandatory: [], skippable: [] });
  assert.deepEqual(versionProblems({ ...facts, cluster: facts.target }), { mandatory: [], skippable: [] });
  assert.deepEqual(versionProblems({ ...facts, cluster: 'v1.35.9' }), { mandatory: [], skippable: [] });
});

test("refuses version skews in upstream's words, and downgrades always", () => {
  const cases: [Partial<VersionFacts>, 'mandatory' | 'skippable', RegExp][] = [
    [{ cluster: 'v1.34.1' }, 'mandatory', /is too high; kubeadm can upgrade only 1 minor version at a time/],
    [{ cluster: 'v1.36.2+typernetes.0.3.0' }, 'mandatory', /downgrades are not supported/],
    [{ cluster: 'v1.37.0' }, 'mandatory', /downgrades are not supported/],
    [
      { target: 'v1.36.3' },
      'mandatory',
      /is higher than the kubeadm version "v1.36.2\+typernetes.0.2.0". Upgrade kubeadm first/,
    ],
    [
      { target: 'v1.37.0' },
      'mandatory',
      /at least one minor release higher than the kubeadm minor release \(37 > 36\)/,
    ],
    [{ target: 'v1.36.2+typernetes.0.1.5' }, 'mandatory', /can only be used to upgrade to/],
    [{ target: 'soon' }, 'mandatory', /"soon" is not a version/],
    [
      { target: 'v1.36.3-rc.1', kubeadm: 'v1.36.3-rc.1' },
      'skippable',
      /is an unstable version and such upgrades weren't allowed/,
    ],
    [{ kubelets: ['v1.32.0', 'v1.33.0'] }, 'skippable', /too old that have these versions \[v1.32.0\]$/],
  ];
  for (const [change, kind, message] of cases) {
    const problems = versionProblems({ ...facts, ...change });
    assert.match(problems[kind].join('\n'), message);
    assert.equal(problems.mandatory.length + problems.skippable.length, 1, JSON.stringify(problems));
  }
  const candidate = { target: 'v1.36.3-rc.1', kubeadm: 'v1.36.3-rc.1', allowReleaseCandidates: true };
  assert.deepEqual(versionProblems({ ...facts, ...candidate }).skippable, []);
});

test('compares versions numerically; image tags are versions too', () => {
  const order = ['v1.9.0', 'v1.36.2-rc.1', 'v1.36.2+typernetes.0.1.0', 'v1.36.2-typernetes.0.1.1', 'v1.36.10'];
  const releases = order.map((text) => parseRelease(text) ?? assert.fail(text));
  for (const [i, release] of releases.entries()) {
    for (const [j, other] of releases.entries())
      assert.equal(Math.sign(compareReleases(release, other)), Math.sign(i - j));
  }
  assert.equal(parseRelease('1.36'), undefined);
  assert.equal(wantedVersion('stable'), version);
  assert.equal(wantedVersion(version.split('+')[0] ?? ''), version);
  assert.equal(wantedVersion('1.35.0'), 'v1.35.0');
});
