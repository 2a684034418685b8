import { container, forbidden, holds, invalid, on, podSpec, required, unsupported } from '../testing/rule-cases.ts';
import * as rules from '../validation.ts';

const pod = { metadata: { name: 'web' }, spec: podSpec };
const at = 'spec.containers[0]';

holds('pods', pod, on(rules.validatePod), [
  ['spec.terminationGracePeriodSeconds', undefined, required('spec.terminationGracePeriodSeconds')],
  ['spec.restartPolicy', 'Maybe', unsupported('spec.restartPolicy', '"Maybe"', '"Always", "OnFailure", "Never"')],
  [
    'spec.dnsPolicy',
    'X',
    unsupported('spec.dnsPolicy', '"X"', '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'),
  ],
  [
    'spec.activeDeadlineSeconds',
    0,
    invalid('spec.activeDeadlineSeconds', '0', 'must be between 1 and 2147483647, inclusive'),
  ],
  ['spec.hostname', 'A', 'spec.hostname: Invalid value: "A"'],
  ['spec.subdomain', 'A', 'spec.subdomain: Invalid value: "A"'],
  ['spec.nodeName', 'A', 'spec.nodeName: Invalid value: "A"'],
  ['spec.serviceAccountName', 'A', 'spec.serviceAccountName: Invalid value: "A"'],
  ['spec.priorityClassName', 'A', 'spec.priorityClassName: Invalid value: "A"'],
  ['spec.runtimeClassName', 'A', 'spec.runtimeClassName: Invalid value: "A"'],
  ['spec.nodeSelector', { 'a b': 'c' }, 'spec.nodeSelector: Invalid value: "a b"'],
  ['spec.preemptionPolicy', 'X', unsupported('spec.preemptionPolicy', '"X"', '"PreemptLowerPriority", "Never"')],
  ['spec.readinessGates', [{ conditionType: 'a b' }], 'spec.readinessGates[0].conditionType: Invalid value: "a b"'],
  ['spec.schedulingGates', [{ name: 'a' }, { name: 'a' }], 'spec.schedulingGates[1]: Duplicate value: "a"'],
  [
    'spec.hostAliases',
    [{ ip: 'x' }],
    'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  ['spec.hostAliases', [{ ip: '1.2.3.4', hostnames: ['A'] }], 'spec.hostAliases[0].hostnames[0]: Invalid value: "A"'],
  [
    'spec.overhead',
    { cpu: '-1' },
    'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'spec.overhead',
    { foo: '1' },
    'spec.overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
  ],
  [
    'spec.ephemeralContainers',
    [{ ...container, name: 'e' }],
    forbidden('spec.ephemeralContainers', 'cannot be set on create'),
  ],
  [
    'spec.dnsConfig',
    { nameservers: ['x'] },
    'spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address',
  ],
  ['spec.dnsConfig', { options: [{}] }, required('spec.dnsConfig.options[0]', 'must not be empty')],
  [
    'spec.securityContext',
    { fsGroup: -1 },
    invalid('spec.securityContext.fsGroup', '-1', 'must be between 0 and 2147483647, inclusive'),
  ],
  [
    'spec.securityContext',
    { supplementalGroups: [-1] },
    'spec.securityContext.supplementalGroups[0]: Invalid value: -1',
  ],
  ['spec.securityContext', { sysctls: [{ name: '' }] }, required('spec.securityContext.sysctls[0].name')],
  [
    'spec.securityContext',
    { sysctls: [{ name: 'a b', value: '1' }] },
    'spec.securityContext.sysctls[0].name: Invalid value: "a b": must have at most 253 characters and match regex',
  ],
  [
    'spec.securityContext',
    {
      sysctls: [
        { name: 'a.b', value: '1' },
        { name: 'a.b', value: '1' },
      ],
    },
    'spec.securityContext.sysctls[1].name: Duplicate value: "a.b"',
  ],
  [
    'spec.securityContext',
    { fsGroupChangePolicy: 'X' },
    unsupported('spec.securityContext.fsGroupChangePolicy', '"X"', '"Always", "OnRootMismatch"'),
  ],
  [
    'spec.securityContext',
    { supplementalGroupsPolicy: 'X' },
    unsupported('spec.securityContext.supplementalGroupsPolicy', '"X"', '"Merge", "Strict"'),
  ],
  [
    'spec.securityContext',
    { seccompProfile: { type: 'X' } },
    unsupported('spec.securityContext.seccompProfile.type', '"X"', '"Localhost", "RuntimeDefault", "Unconfined"'),
  ],
  [
    'spec.securityContext',
    { seccompProfile: { type: 'Localhost' } },
    required('spec.securityContext.seccompProfile.localhostProfile', 'must be set when seccomp type is Localhost'),
  ],
  [
    'spec.securityContext',
    { fsGroupChangePolicy: '' },
    unsupported('spec.securityContext.fsGroupChangePolicy', '""', '"Always", "OnRootMismatch"'),
  ],
  ['spec.hostAliases', [{ ip: '1.2.3.4', hostnames: [''] }], 'spec.hostAliases[0].hostnames[0]: Invalid value: ""'],
  [`${at}.envFrom`, [{ configMapRef: { name: 'A_b' } }], `${at}.envFrom[0].configMapRef.name: Invalid value: "A_b"`],
  [`${at}.envFrom`, [{}], invalid(`${at}.envFrom`, '""', 'must specify one of: `configMapRef` or `secretRef`')],
  [
    `${at}.env`,
    [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v7', fieldPath: 'metadata.name' } } }],
    invalid(
      `${at}.env[0].valueFrom.fieldRef.fieldPath`,
      '"metadata.name"',
      'error converting fieldPath: unsupported pod version: v7',
    ),
  ],
  [
    `${at}.env`,
    [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '5' } } }],
    invalid(
      `${at}.env[0].valueFrom.resourceFieldRef.divisor`,
      '"limits.cpu"',
      "only divisor's values 1m and 1 are supported with the cpu resource",
    ),
  ],
  ['spec.os', { name: 'x' }, unsupported('spec.os.name', '"x"', '"linux", "windows"')],
  ['spec.containers', [], required('spec.containers')],
  ['spec.initContainers', [{ ...container }], 'spec.initContainers[0].name: Duplicate value: "main"'],
  [
    'spec.initContainers',
    [{ ...container, name: 'i', readinessProbe: { exec: { command: ['a'] } } }],
    forbidden(
      'spec.initContainers[0].readinessProbe',
      'may not be set for init containers without restartPolicy=Always',
    ),
  ],
  [
    'spec.tolerations',
    [{ operator: 'Equal' }],
    invalid(
      'spec.tolerations[0].operator',
      '"Equal"',
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ),
  ],
  [
    'spec.tolerations',
    [{ key: 'a', operator: 'Exists', value: 'x' }],
    'spec.tolerations[0].operator: Invalid value: {"Key":"a","Operator":"Exists","Value":"x","Effect":"","TolerationSeconds":null}: value must be empty when `operator` is \'Exists\'',
  ],
  [
    'spec.tolerations',
    [{ key: 'a', operator: 'Exists', tolerationSeconds: 1 }],
    'spec.tolerations[0].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
  ],
  [
    'spec.tolerations',
    [{ key: 'a', operator: 'X' }],
    unsupported('spec.tolerations[0].operator', '"X"', '"Equal", "Exists"'),
  ],
  [
    'spec.tolerations',
    [{ key: 'a', operator: 'Gt', value: '07' }],
    'spec.tolerations[0].value: Invalid value: "07": must be a valid decimal integer in canonical form',
  ],
  [
    'spec.tolerations',
    [{ key: 'a', operator: 'Lt' }],
    'spec.tolerations[0].value: Invalid value: "": must be non-empty',
  ],
  [
    'spec.affinity',
    { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '' }] } },
    required(
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
      'can not be empty',
    ),
  ],
  [
    'spec.affinity',
    { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', namespaces: ['A'] }] } },
    'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespace: Invalid value: "A"',
  ],
  [
    'spec.affinity',
    { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', matchLabelKeys: ['x'] }] } },
    forbidden(
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys',
      'must not be specified when labelSelector is not set',
    ),
  ],
  [
    'spec.topologySpreadConstraints',
    [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }],
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ],
  [
    'spec.topologySpreadConstraints',
    [{ maxSkew: 1, topologyKey: '', whenUnsatisfiable: 'DoNotSchedule' }],
    required('spec.topologySpreadConstraints[0].topologyKey', 'can not be empty'),
  ],
  [
    'spec.topologySpreadConstraints',
    [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'X' }],
    unsupported('spec.topologySpreadConstraints[0].whenUnsatisfiable', '"X"', '"DoNotSchedule", "ScheduleAnyway"'),
  ],
  [
    'spec.topologySpreadConstraints',
    [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: '' }],
    unsupported('spec.topologySpreadConstraints[0].whenUnsatisfiable', '""', '"DoNotSchedule", "ScheduleAnyway"'),
  ],
  [
    'spec.topologySpreadConstraints',
    [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 1 }],
    'spec.topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
  ],
  [
    'spec.topologySpreadConstraints',
    [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', nodeAffinityPolicy: 'X' }],
    unsupported('spec.topologySpreadConstraints[0].nodeAffinityPolicy', '"X"', '"Honor", "Ignore"'),
  ],
  ['spec.resourceClaims', [{ name: 'a' }], 'spec.resourceClaims[0]: Invalid value'],
  [`${at}.name`, '', required(`${at}.name`)],
  [`${at}.image`, '', required(`${at}.image`)],
  [`${at}.image`, ' a', invalid(`${at}.image`, '" a"', 'must not have leading or trailing whitespace')],
  [`${at}.imagePullPolicy`, 'X', unsupported(`${at}.imagePullPolicy`, '"X"', '"Always", "IfNotPresent", "Never"')],
  [`${at}.ports`, [{ containerPort: 0, protocol: 'TCP' }], required(`${at}.ports[0].containerPort`)],
  [
    `${at}.ports`,
    [{ containerPort: 99999, protocol: 'TCP' }],
    invalid(`${at}.ports[0].containerPort`, '99999', 'must be between 1 and 65535, inclusive'),
  ],
  [
    `${at}.ports`,
    [{ containerPort: 1, protocol: 'X' }],
    unsupported(`${at}.ports[0].protocol`, '"X"', '"SCTP", "TCP", "UDP"'),
  ],
  [`${at}.env`, [{ name: '' }], required(`${at}.env[0].name`)],
  [
    `${at}.env`,
    [{ name: 'a', value: 'x', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    invalid(`${at}.env[0].valueFrom`, '""', 'may not be specified when `value` is not empty'),
  ],
  [
    `${at}.env`,
    [{ name: 'a', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'x' } } }],
    `${at}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "x"`,
  ],
  [
    `${at}.env`,
    [{ name: 'a', valueFrom: { secretKeyRef: { name: 'a' } } }],
    required(`${at}.env[0].valueFrom.secretKeyRef.key`),
  ],
  [`${at}.volumeMounts`, [{ name: 'x', mountPath: '/a' }], `${at}.volumeMounts[0].name: Not found: "x"`],
  [`${at}.volumeMounts`, [{ name: 'x', mountPath: '' }], required(`${at}.volumeMounts[0].mountPath`)],
  [`${at}.livenessProbe`, {}, required(`${at}.livenessProbe`, 'must specify a handler type')],
  [
    `${at}.livenessProbe`,
    { exec: { command: ['a'] }, successThreshold: 2 },
    invalid(`${at}.livenessProbe.successThreshold`, '2', 'must be 1'),
  ],
  [
    `${at}.securityContext`,
    { privileged: true, allowPrivilegeEscalation: false },
    `${at}.securityContext: Invalid value: {`,
  ],
  [
    `${at}.securityContext`,
    { procMount: 'X' },
    unsupported(`${at}.securityContext.procMount`, '"X"', '"Default", "Unmasked"'),
  ],
  [
    `${at}.resources`,
    { limits: { foo: '1' } },
    `${at}.resources.limits[foo]: Invalid value: "foo": must be a standard resource`,
  ],
  [
    `${at}.resources`,
    { limits: { cpu: '1' }, requests: { cpu: '2' } },
    `${at}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
  ],
  [
    `${at}.resources`,
    { limits: { 'a.com/x': '1500m' } },
    `${at}.resources.limits[a.com/x]: Invalid value: "1500m": must be an integer`,
  ],
  [
    `${at}.resources`,
    { requests: { 'a.com/x': '1' } },
    required(`${at}.resources.limits`, 'Limit must be set for non overcommitable resources'),
  ],
  ['spec.volumes', [{ name: 'a' }], required('spec.volumes[0]', 'must specify a volume type')],
  [
    'spec.volumes',
    [{ name: 'a', emptyDir: {}, hostPath: { path: '/a' } }],
    forbidden('spec.volumes[0].hostPath', 'may not specify more than 1 volume type'),
  ],
  [
    'spec.volumes',
    [{ name: 'a', hostPath: { path: '/a', type: 'X' } }],
    'spec.volumes[0].hostPath.type: Unsupported value: "X"',
  ],
  [
    'spec.volumes',
    [{ name: 'a', projected: { sources: [{}, { secret: { name: 'a' }, configMap: { name: 'a' } }] } }],
    forbidden('spec.volumes[0].projected.sources[1]', 'may not specify more than 1 volume type per source'),
  ],
  [
    'spec.volumes',
    [
      {
        name: 'a',
        projected: {
          sources: [
            { configMap: { name: 'map', items: [{ key: 'k', path: 'p' }] } },
            { secret: { name: 'secret', items: [{ key: 'k', path: 'p' }] } },
          ],
        },
      },
    ],
    invalid('spec.volumes[0].projected', '"secret"', 'conflicting duplicate paths'),
  ],
  [
    'spec.volumes',
    [{ name: 'a', projected: { sources: [{ serviceAccountToken: { path: '' } }] } }],
    required('spec.volumes[0].projected.path'),
  ],
  [
    'spec.volumes',
    [
      {
        name: 'a',
        downwardAPI: { items: [{ path: 'p', resourceFieldRef: { containerName: 'c', resource: 'limits.gpu' } }] },
      },
    ],
    'spec.volumes[0].downwardAPI.resourceFieldRef.resource: Unsupported value: "limits.gpu"',
  ],
  ['spec.volumes', [{ name: 'a', secret: { secretName: '' } }], required('spec.volumes[0].secret.secretName')],
  [
    'spec.volumes',
    [{ name: 'a', secret: { secretName: 'a', defaultMode: 9999 } }],
    invalid(
      'spec.volumes[0].secret.defaultMode',
      '9999',
      'must be a number between 0 and 0777 (octal), both inclusive',
    ),
  ],
  ['spec.volumes', [{ name: 'a', nfs: { server: '', path: '' } }], required('spec.volumes[0].nfs.server')],
  ['spec.volumes', [{ name: 'a', csi: { driver: '' } }], required('spec.volumes[0].csi.driver')],
  [
    'spec.volumes',
    [{ name: 'a', persistentVolumeClaim: { claimName: '' } }],
    required('spec.volumes[0].persistentVolumeClaim.claimName'),
  ],
  [
    'metadata.annotations',
    { 'controller.kubernetes.io/pod-deletion-cost': 'x' },
    'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer',
  ],
  [
    'metadata.annotations',
    { 'kubernetes.io/config.mirror': 'x' },
    'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
  ],
]);
