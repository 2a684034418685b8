import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoints } from '@typernetes/api/core/v1';
import { deprecationOf } from './deprecations.ts';
import { builtInResources } from './resources.ts';

test('users of a deprecated version are told its last release and its replacement', () => {
  assert.deepEqual(deprecationOf(endpoints), {
    warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    removedRelease: '',
  });
  const notices = builtInResources.flatMap(({ type }) => {
    const notice = deprecationOf(type);
    return notice ? [`${type.plural}.${type.version} ${notice.removedRelease}`.trim()] : [];
  });
  assert.deepEqual(notices.sort(), [
    'clustertrustbundles.v1alpha1 1.37',
    'componentstatuses.v1',
    'deviceclasses.v1beta1 1.38',
    'deviceclasses.v1beta2 1.39',
    'devicetaintrules.v1alpha3 1.39',
    'endpoints.v1',
    'ipaddresses.v1beta1 1.37',
    'leasecandidates.v1alpha2 1.38',
    'leasecandidates.v1beta1 1.39',
    'mutatingadmissionpolicies.v1alpha1 1.38',
    'mutatingadmissionpolicybindings.v1alpha1 1.38',
    'resourceclaims.v1beta1 1.38',
    'resourceclaims.v1beta2 1.39',
    'resourceclaimtemplates.v1beta1 1.38',
    'resourceclaimtemplates.v1beta2 1.39',
    'resourceslices.v1beta1 1.38',
    'resourceslices.v1beta2 1.39',
    'servicecidrs.v1beta1 1.37',
    'volumeattributesclasses.v1beta1 1.37',
  ]);
});
