import type { Pod } from '@typernetes/api/core/v1';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { containersOf } from '../pod-references.ts';
import { targetOf } from '../request-target.ts';

/** No pod uses an image that another user pulled to its node: every start asks the registry with the pod's own credentials. */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  concerns: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') &&
    ['pods', 'pods/ephemeralcontainers'].includes(targetOf(request)),
  admit: ({ object }) => {
    for (const container of containersOf((object as Pod).spec)) container.imagePullPolicy = 'Always';
  },
};
