/** The files that command lines refer to. */
export const manifests: Readonly<Record<string, string>> = {
  'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, labels: {app: x}}\ndata: {a: "1"}\n',
  'a2.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, labels: {app: z}}\ndata: {a: "2", b: x}\n',
  'a.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"app","labels":{"app":"x"}},"data":{"b":"2"}}',
  'b.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api, tier: db}}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80, name: http}]}]}
`,
  'list.yaml': `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: s1, labels: {app: x}}
  stringData: {k: v}
- apiVersion: v1
  kind: Service
  metadata: {name: db, namespace: team, labels: {app: x}}
  spec: {ports: [{port: 80, name: http}], selector: {app: db}}
`,
  'bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\ndata: {a: 1}\nfoo: bar\n',
  'dup.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {x: y}\n',
  'widget.yaml':
    'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w1, labels: {app: web}}\nspec: {size: 3, color: red}\n',
  'rbac.yaml':
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n',
  // Without a namespace, upstream's `auth reconcile` fails.
  'ns-rbac.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: keeper, namespace: team, labels: {a: b}}
rules:
- {apiGroups: ["", apps], resources: [pods, deployments], verbs: [get, list]}
- {nonResourceURLs: [/x], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: keepers, namespace: team}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: keeper}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}, {kind: ServiceAccount, name: robot, namespace: team}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: looker}
rules: [{nonResourceURLs: [/healthz], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: lookers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: looker}
subjects: [{kind: Group, name: all, apiGroup: rbac.authorization.k8s.io}]
`,
  'crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties: {size: {type: integer, minimum: 1}, color: {type: string, description: What it looks like.}}
          status: {type: object, properties: {size: {type: integer}}}
`,
  'kinds.yaml': `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, labels: {app: db}}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: pg}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: agent, env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: ""}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteMany], capacity: {storage: 2Gi}, hostPath: {path: /x}, storageClassName: slow}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: example.com/x
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec: {limits: [{type: Container, default: {memory: 1Gi}}]}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: lock}
spec: {holderIdentity: me}
`,
  'tree/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t1}\n',
  'tree/b-syntax.yaml': 'apiVersion: v1\nkind: [\n',
  'tree/c.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"t2"}}',
  'tree/d-kind.yaml': 'apiVersion: v1\nkind: Nosuch\nmetadata: {name: x}\n',
  'tree/e.txt': 'not read',
  'tree/sub/f.yml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t3}\n---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: t4}\ndata: {a: 1}\n',
  'tree/sub/g-name.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n',
  'tree/z.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t5}\n',
  'multi.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m1}\n---\n# only a comment\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m2}\n---\nfoo: [\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m3}\n',
  'text.yaml': 'just text\n',
  'list-yaml.yaml': '- a\n- b\n',
  'nul.yaml': '',
  'tabs.yaml': 'a:\n\tb: c\n',
  'slash.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: slash}\ndata: {a: "x\\/y", b: "\\x41\\u00e9\\_\\N"}\n',
  'twoerr/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_1}\n',
  'twoerr/b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_2}\n',
  'emptydir/x.txt': 'x',
  'noname.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{image: nginx}]}
`,
  'noport.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{name: http}]}\n',
  'strings.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [nginx]}
`,
  'f.txt': 'text\n',
  'e.env': 'A=1\n# c\nB=two words\n',
  'kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: k-\n',
};

/** What exists before the first random line. */
export const first: readonly string[] = [
  'create namespace team',
  'apply -f FOLDER/crd.yaml',
  'wait --for=condition=Established crd/widgets.example.com --timeout=10s',
  'apply -f FOLDER/widget.yaml',
  'apply -f FOLDER/kinds.yaml',
  'apply -f FOLDER/b.yaml',
  'create deployment web --image=nginx --port=80',
  'create -f FOLDER/a.yaml',
  'run p1 --image=nginx --labels=app=web,tier=db',
  'create serviceaccount robot',
  'create serviceaccount robot -n team',
];
