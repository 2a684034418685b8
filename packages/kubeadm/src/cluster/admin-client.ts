import type { ApiClient } from '@typernetes/client';
import type { InitContext } from '../init-context.ts';
import { adminKubeconfig, superAdminKubeconfig } from '../paths.ts';
import { connectByFile } from './connect.ts';
import { patientClient } from './patient-transport.ts';

/** A client with the rights of admin.conf (or super-admin.conf), which `init` has written before. It retries while the server is unavailable, for as long as the timeout of API calls allows. */
export async function clientOf(
  context: Pick<InitContext, 'host' | 'connect' | 'elsewhere' | 'clock' | 'config'>,
  who: 'admin' | 'super-admin' = 'admin',
): Promise<ApiClient> {
  const path = context.elsewhere?.kubeconfig ?? (who === 'admin' ? adminKubeconfig : superAdminKubeconfig);
  const client = await connectByFile(path, { files: context.host.files, connect: context.connect });
  const timeoutMs = context.config.timeouts.kubernetesApiCallMs;
  return patientClient(client, { clock: context.clock, timeoutMs });
}
