import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Side, sides } from './pair.ts';

/** What both servers write into their audit logs, and how. */
export interface AuditSetting {
  readonly flags: Readonly<Record<Side, readonly string[]>>;
  /** All events written so far. */
  events(side: Side): readonly AuditEvent[];
  remove(): void;
}

export interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly [name: string]: unknown;
}

/** One level for each of the namespaces `a-LEVEL`, and rules that go by other things. */
const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [Panic]
rules:
- level: None
  users: [nobody]
- level: Metadata
  userGroups: [metered]
  verbs: [get, delete]
- level: None
  namespaces: [a-none]
- level: Metadata
  namespaces: [a-metadata]
- level: Request
  namespaces: [a-request]
  omitStages: [RequestReceived]
  resources:
  - group: ""
    resources: [configmaps]
    resourceNames: [c-0, c-1]
  - group: ""
    resources: [pods/*]
- level: Request
  namespaces: [a-request]
  resources:
  - group: ""
    resources: ["*/status"]
  - group: apps
    resources: ["*/scale", deployments]
- level: RequestResponse
  namespaces: [a-response]
  omitStages: [RequestReceived, ResponseStarted]
- level: RequestResponse
  resources:
  - group: ""
    resources: [namespaces]
- level: Metadata
  nonResourceURLs: ["/version", "/healthz*", "/apis/*"]
- level: Metadata
  namespaces: [""]
  resources:
  - group: rbac.authorization.k8s.io
`;

export function auditSetting(): AuditSetting {
  const folder = mkdtempSync(join(tmpdir(), 'compare-audit-'));
  const file = (side: Side): string => join(folder, `${side}.log`);
  writeFileSync(join(folder, 'policy.yaml'), policy);
  const flags = (side: Side): string[] => [
    `--audit-policy-file=${join(folder, 'policy.yaml')}`,
    `--audit-log-path=${file(side)}`,
    '--audit-log-mode=blocking',
  ];
  return {
    flags: { ours: flags(sides[0]), theirs: flags(sides[1]) },
    events: (side) =>
      readFileSync(file(side), 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as AuditEvent),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
