import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Manifests for the comparisons with upstream. */
const files: Readonly<Record<string, string>> = {
  'cm.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {app: x}}
data: {a: "1"}
`,
  'cm2.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: two, labels: {app: x}}
data: {a: "1"}
`,
  'both.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {app: x}}
data: {a: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, labels: {app: x}}
data: {a: "1"}
`,
  'cmb.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {app: x}}
data: {a: "2"}
`,
  'pod.yaml': `apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: x}}
spec: {containers: [{name: c, image: nginx}]}
`,
  'podb.yaml': `apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: x}}
spec: {containers: [{name: other, image: nginx}]}
`,
  'dep.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80, name: http}]}]}
`,
  'ns.yaml': `apiVersion: v1
kind: Namespace
metadata: {name: team, labels: {app: x}}
`,
  'bad.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: Bad_Name}
data: {a: 1}
`,
  'nokind.yaml': `apiVersion: v1
metadata: {name: a}
`,
  'csr.yaml': `apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: nosuch}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
`,
  'placed.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: default}
`,
  'elsewhere.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: nosuch, namespace: default}
`,
  'crd.yaml': `apiVersion: example.com/v1
kind: Widget
metadata: {name: a}
`,
};

/** A directory with these manifests; `inFolder` prefixes their names in the lines, after `-f`. */
export function fixtureFolder(): Disposable & { inFolder(script: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-fixtures-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    inFolder: (script) => script.replace(/(?<=-f )[a-z0-9]+\.yaml/g, (name) => join(folder, name)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
