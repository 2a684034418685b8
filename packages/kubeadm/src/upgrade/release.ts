import { version } from '@typernetes/base';

/** A release of Kubernetes and, if given, of this project: `v1.36.2+typernetes.0.1.0`, or its image tag. */
export interface Release {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `rc.1`; "" for a final release. */
  readonly preRelease: string;
  /** This project's version; undefined in upstream's versions. */
  readonly build: readonly number[] | undefined;
}

const pattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-((?:alpha|beta|rc)[.\d]*))?(?:[+-]typernetes\.(\d+(?:\.\d+)*))?(?:\+\S*)?$/;

/** Undefined if the text is not a version. */
export function parseRelease(text: string): Release | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const [, major, minor, patch, preRelease = '', build] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    preRelease,
    build: build?.split('.').map(Number),
  };
}

/** Negative if `a` is older. Builds of the same Kubernetes release are compared by this project's version, if both have one. */
export function compareReleases(a: Release, b: Release): number {
  const core = compareNumbers([a.major, a.minor, a.patch], [b.major, b.minor, b.patch]);
  if (core !== 0) return core;
  if (a.preRelease !== b.preRelease) {
    if (a.preRelease === '' || b.preRelease === '') return a.preRelease === '' ? 1 : -1;
    return a.preRelease < b.preRelease ? -1 : 1;
  }
  return a.build && b.build ? compareNumbers(a.build, b.build) : 0;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Resolves a version on the command line: labels, and versions without this project's part, mean this release if they match it. */
export function wantedVersion(text: string): string {
  if (/^(stable|latest)(-1(\.\d+)?)?$/.test(text)) return version;
  const release = parseRelease(text);
  const own = parseRelease(version);
  if (release && own && release.build === undefined && compareReleases(release, own) === 0) return version;
  return /^\d/.test(text) ? `v${text}` : text;
}
