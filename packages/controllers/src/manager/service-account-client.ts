import { serviceaccounts } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import { type ApiClient, type ApiRequest, restClient, type Transport } from '@typernetes/client';
import { isAlreadyExists, isNotFound, parseTime } from '@typernetes/machinery';

interface ServiceAccountClientOptions {
  /** May create service accounts and tokens in kube-system. */
  readonly owner: ApiClient;
  /** Has no credentials of its own. */
  readonly anonymous: Transport;
  readonly name: string;
  readonly clock: Clock;
}

const namespace = 'kube-system';
const lifetimeSeconds = 3600;

/** A client that acts as a service account of kube-system. The account and its token are made with the first request. */
export function serviceAccountClient({ owner, anonymous, name, clock }: ServiceAccountClientOptions): ApiClient {
  let minted: { readonly value: Promise<string>; readonly renewAt: number } | undefined;

  const mint = async (): Promise<string> => {
    const accounts = owner.resource(serviceaccounts);
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: lifetimeSeconds },
    };
    const ask = () =>
      accounts.createSubresource<{ status: { token: string; expirationTimestamp: string } }>(
        { namespace, name },
        'token',
        request,
      );
    const answer = await ask().catch(async (error: unknown) => {
      if (!isNotFound(error)) throw error;
      await accounts.create({ metadata: { namespace, name } }).catch((refused: unknown) => {
        if (!isAlreadyExists(refused)) throw refused;
      });
      return ask();
    });
    const { token, expirationTimestamp } = answer.status;
    const lifetimeMs = Math.max(0, parseTime(expirationTimestamp) - clock.now()) || lifetimeSeconds * 1000;
    minted = { value: Promise.resolve(token), renewAt: clock.monotonic() + lifetimeMs * 0.8 };
    return token;
  };

  const token = (): Promise<string> => {
    if (minted && clock.monotonic() < minted.renewAt) return minted.value;
    const value = mint().catch((error: unknown) => {
      minted = undefined;
      throw error;
    });
    minted = { value, renewAt: Number.POSITIVE_INFINITY }; // whoever asks meanwhile waits for the same token
    return value;
  };

  const signed = async (request: ApiRequest): Promise<ApiRequest> => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${await token()}` },
  });

  return restClient({
    async request(request) {
      const response = await anonymous.request(await signed(request));
      if (response.status !== 401) return response;
      // The account was recreated, or the server's keys have changed: retry once with a new token.
      for await (const _ of response.body);
      minted = undefined;
      return anonymous.request(await signed(request));
    },
    upgrade: async (request) => anonymous.upgrade(await signed(request)),
    close: () => anonymous.close(),
  });
}
