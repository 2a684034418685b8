import type { Container, Volume } from '@typernetes/api/core/v1';
import { procMount, seccompOffenders } from './baseline-checks.ts';
import {
  allContainers,
  byAnyone,
  byContainers,
  type Check,
  containers,
  except,
  type Find,
  hasOwnUsers,
  isWindows,
  offenders,
  plural,
  quoted,
  sorted,
} from './check.ts';

const escalation: Find = ({ spec }) =>
  byContainers(
    'allowPrivilegeEscalation != false',
    offenders(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false),
    'must set securityContext.allowPrivilegeEscalation=false',
  );

const capabilities: Find = ({ spec }) => {
  const keeps = offenders(spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const extra = (one: Container): string[] =>
    (one.securityContext?.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
  const adds = offenders(spec, (one) => extra(one).length > 0);
  const named = quoted(sorted(allContainers(spec).flatMap(extra)));
  const details = [
    ...(keeps.length > 0 ? [`${containers(keeps)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adds.length > 0 ? [`${containers(adds)} must not include ${named} in securityContext.capabilities.add`] : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const allowedVolumes: ReadonlySet<string> = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
);

const volumes: Find = ({ spec }) => {
  const typeOf = (volume: Volume): string => Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const names = bad.map(({ name }) => name);
  const types = sorted(bad.map(typeOf));
  const who = `${plural('volume', 'volumes', bad.length)} ${quoted(names)} ${plural('uses', 'use', bad.length)}`;
  const what = `restricted volume ${plural('type', 'types', types.length)} ${quoted(types)}`;
  return { reason: 'restricted volume types', detail: `${who} ${what}` };
};

const runAsNonRoot: Find = ({ spec }) => {
  const reason = 'runAsNonRoot != true';
  const ofPod = spec.securityContext?.runAsNonRoot;
  const explicit = byAnyone(
    reason,
    {
      pod: ofPod === false,
      names: offenders(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false),
    },
    () => 'must not set securityContext.runAsNonRoot=false',
  );
  if (explicit || ofPod === true) return explicit;
  const silent = offenders(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${containers(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Find = ({ spec }) =>
  byAnyone(
    'runAsUser=0',
    {
      pod: spec.securityContext?.runAsUser === 0,
      names: offenders(spec, ({ securityContext }) => securityContext?.runAsUser === 0),
    },
    () => 'must not set runAsUser=0',
  );

const seccomp: Find = (pod) => {
  const explicit = seccompOffenders(pod);
  const { spec } = pod;
  if (explicit || spec.securityContext?.seccompProfile) return explicit;
  const silent = offenders(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  const must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: 'seccompProfile', detail: `pod or ${containers(silent)} ${must}` };
};

/** The checks of the level restricted beyond baseline, in the order of their reports. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      [8, escalation],
      [25, except(isWindows, escalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    versions: [
      [22, capabilities],
      [25, except(isWindows, capabilities)],
    ],
    overrides: 'capabilities_baseline',
  },
  { id: 'procMount_restricted', versions: [[35, procMount]], overrides: 'procMount' },
  { id: 'restrictedVolumes', versions: [[0, volumes]] },
  {
    id: 'runAsNonRoot',
    versions: [
      [0, runAsNonRoot],
      [35, except(hasOwnUsers, runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      [23, runAsUser],
      [35, except(hasOwnUsers, runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    versions: [
      [19, seccomp],
      [25, except(isWindows, seccomp)],
    ],
    overrides: 'seccompProfile_baseline',
  },
];
