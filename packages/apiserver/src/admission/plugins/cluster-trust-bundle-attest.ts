import type { ClusterTrustBundle } from '@typernetes/api/certificates/v1beta1';
import type { Authorize } from '../../authorization/authorizer.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { refusal } from '../request-target.ts';
import { maySign } from './certificate-requests.ts';

/** Publishing the trust anchors of a signer takes the verb `attest` on it. */
export function clusterTrustBundleAttest({ authorize }: { readonly authorize: Authorize }): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    concerns: ({ operation, resource, subresource }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      subresource === '' &&
      resource.group === 'certificates.k8s.io' &&
      resource.plural === 'clustertrustbundles',
    validate: async (request) => {
      const { spec } = request.object as unknown as ClusterTrustBundle;
      const old = (request.oldObject as ClusterTrustBundle | undefined)?.spec;
      // The garbage collector, for example, only updates metadata.
      if (old && JSON.stringify(old) === JSON.stringify(spec)) return;
      if (!spec.signerName || (await maySign(request, 'attest', spec.signerName, authorize))) return;
      throw refusal(request, `user not permitted to attest for signerName ${JSON.stringify(spec.signerName)}`);
    },
  };
}
