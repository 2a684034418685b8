import { all, at, type Expectation, onlyTheirs, ours, oursSomewhere, sameBut, theirs } from './matchers.ts';

/** Differences of what is wrong with an object, and of where it is told. */
export const causeExpectations: readonly Expectation[] = [
  {
    reason: 'ephemeral containers have their own rules since 1.23, and no place in a list of their own',
    source: 'pkg/apis/core/validation/validation.go, validateEphemeralContainers',
    is: all(at(/causes/), (difference) => [ours, theirs].some((of) => of(/ephemeralContainers\[\d+\]/)(difference))),
  },
  {
    reason: 'templates of StatefulSets are validated since 1.33, with all else that is wrong',
    source: 'pkg/apis/apps/validation/validation.go, StatefulSetValidationOptions',
    is: all(at(/causes/, /\/statefulsets/), oursSomewhere(/^"spec\.template\./)),
  },
  {
    reason: 'wrong probes of init containers that may not have any are not told since 1.28',
    source: 'pkg/apis/core/validation/validation.go, validateInitContainers',
    is: all(at(/causes/), onlyTheirs, theirs(/initContainers\[\d+\]\.(lifecycle|\w+Probe)/)),
  },
  {
    reason: 'environments may come from files since 1.34, block devices from ephemeral claims since 1.25',
    source: 'pkg/apis/core/validation/validation.go, validateEnvVarValueFrom, ValidateVolumeDevices',
    is: sameBut([/,? (or )?`(secretKeyRef|fileKeyRef)`/g, ''], [/ or Ephemeral for block mode/g, ' for block mode']),
  },
  {
    reason: 'limits of autoscalers have other words',
    source: 'pkg/apis/autoscaling/validation/validation.go, validateHorizontalPodAutoscalerSpec',
    is: all(at(/causes/), ours(/^spec\.maxReplicas\|FieldValueInvalid\|.*must be greater than or equal to 1$/)),
  },
  {
    reason:
      'of what an autoscaler measures otherwise than it says, all is told; the peer leaves out what it has no type for',
    source: 'pkg/apis/autoscaling/validation/validation.go, validateMetricSpec',
    is: all(at(/causes/, /horizontalpod/), ours(/must populate the given metric source only$/)),
  },
  {
    reason: 'a driver may change much of itself since 1.20 to 1.25, and its tokens are validated with the rest',
    source: 'pkg/apis/storage/validation/validation.go, ValidateCSIDriverUpdate',
    is: ({ path, codes }) => path.includes('/csidrivers') && codes[0] < 300 !== codes[1] < 300,
  },
  {
    reason:
      'an empty value of bytes is none to upstream once it went through a strategic patch or an application, so immutable objects with one refuse any',
    source: 'apimachinery/pkg/runtime/converter.go, sliceFromUnstructured',
    is: all(at(/causes/, /configmaps|secrets/), onlyTheirs, theirs(/^(binaryData|data)\|FieldValueForbidden/)),
  },
  {
    reason: 'names that are given beside a prefix clash as if they had been generated, a 409 since 1.28',
    source: 'apiserver/pkg/registry/rest/create.go, CheckGeneratedNameError',
    is: ({ codes, sent }) => codes.join() === '409,500' && sent.includes('generateName'),
  },
  {
    reason: 'most of an autoscaler has to be there since 1.26',
    source: 'pkg/apis/autoscaling/validation/validation.go, validateHorizontalPodAutoscalerSpec',
    is: oursSomewhere(/maxReplicas.*(must be set and greater than 0|must be greater than or equal to 1)/),
  },
  {
    reason: 'targets of autoscalers name a group since 1.27',
    source: 'pkg/apis/autoscaling/validation/validation.go, ValidateAPIVersion',
    is: ({ ours: mine }) => JSON.stringify(mine ?? '').includes('apiVersion must specify API group'),
  },
  {
    reason: 'quotas have more scopes since 1.22 and 1.31',
    source: 'types.json, core/v1.ResourceQuotaScope',
    is: theirs(/(VolumeAttributesClass|CrossNamespacePodAffinity).*unsupported scope/),
  },
];
