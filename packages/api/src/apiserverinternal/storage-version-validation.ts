import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { type Problems, required, wellFormed } from '../meta/field-checks.ts';
import type { ServerStorageVersion, StorageVersion } from './v1alpha1.gen.ts';

/** `v1`, or a version after its group and a slash. */
const versionName =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const versionProblems = (value: string): readonly string[] =>
  versionName.test(value) ? [] : [`must be a version, with its group before it where it has one: ${value}`];

/** Upstream: ValidateStorageVersionStatusUpdate. */
export function validateStorageVersionStatus(next: StorageVersion): FieldProblem[] {
  return [...storageVersionStatusProblems(next)];
}

function* storageVersionStatusProblems({ status = {} }: StorageVersion): Problems {
  const seen = new Set<string>();
  const { storageVersions: servers = [], conditions = [], commonEncodingVersion: common } = status;
  for (const [i, server] of servers.entries()) {
    const at = `status.storageVersions[${i}]`;
    if (seen.has(server.apiServerID)) yield duplicateValue(`${at}.apiServerID`, server.apiServerID);
    seen.add(server.apiServerID);
    yield* serverProblems(server, at);
  }
  yield* commonProblems(servers, common);
  const types = new Map<string, number>();
  for (const [i, { type, reason, message }] of conditions.entries()) {
    const at = `status.conditions[${i}]`;
    const before = types.get(type);
    if (before !== undefined) {
      const detail = `the type of the condition is not unique, it also appears in conditions[${before}]`;
      yield invalidValue(`${at}.type`, type, detail);
    }
    types.set(type, i);
    yield* required(type, `${at}.type`);
    if (!reason) yield requiredValue(`${at}.reason`);
    if (!message) yield requiredValue(`${at}.message`);
  }
}

function* serverProblems(server: ServerStorageVersion, at: string): Problems {
  const { apiServerID, encodingVersion, decodableVersions = [], servedVersions = [] } = server;
  yield* wellFormed(apiServerID, { at: `${at}.apiServerID`, by: subdomainProblems, required: true });
  yield* wellFormed(encodingVersion, { at: `${at}.encodingVersion`, by: versionProblems, required: true });
  for (const [i, version] of decodableVersions.entries()) {
    yield* wellFormed(version, { at: `${at}.decodableVersions[${i}]`, by: versionProblems });
  }
  if (encodingVersion && !decodableVersions.includes(encodingVersion)) {
    const detail = `decodableVersions must include encodingVersion ${encodingVersion}`;
    yield invalidValue(`${at}.decodableVersions`, decodableVersions, detail);
  }
  for (const [i, version] of servedVersions.entries()) {
    if (decodableVersions.includes(version)) continue;
    const detail = `individual served version : ${version} must be included in decodableVersions : [${decodableVersions.join(' ')}]`;
    yield invalidValue(`${at}.servedVersions[${i}]`, version, detail);
  }
}

/** The common version is set exactly when all servers encode in the same version. */
function* commonProblems(servers: readonly ServerStorageVersion[], common: string | undefined): Problems {
  const at = 'status.commonEncodingVersion';
  const written = new Set(servers.map(({ encodingVersion }) => encodingVersion));
  const [actual] = written.size === 1 ? written : [];
  if (common != null && actual === undefined) {
    const detail =
      'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet';
    yield invalidValue(at, common, detail);
  }
  if (actual === undefined || common === actual) return;
  yield invalidValue(
    at,
    common ?? null,
    common == null ? `the common encoding version is ${actual}` : `the actual common encoding version is ${actual}`,
  );
}
