import type { Files, HttpAnswer, Network, TlsMaterial } from '../host.ts';

/** One member of an etcd cluster. `id` is a 64-bit number in decimal, which JSON carries as text. */
export interface EtcdMember {
  readonly id: string;
  /** "" before its first start. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  /** A learner replicates the data, without a vote. */
  readonly learner: boolean;
}

/** etcd's message of a refused request: `etcdserver: member not found`. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
}

interface WireMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

/**
 * The members of an etcd cluster, read and changed through etcd's JSON gateway (`/v3/cluster/member/...`), which every member of 3.4 and
 * later serves beside gRPC. Each call goes to the endpoints in turn until one answers.
 */
export class EtcdMembers {
  readonly #network: Pick<Network, 'post'>;
  readonly #tls: TlsMaterial;
  readonly #endpoints: readonly string[];

  constructor(network: Pick<Network, 'post'>, options: { tls: TlsMaterial; endpoints: readonly string[] }) {
    this.#network = network;
    this.#tls = options.tls;
    this.#endpoints = options.endpoints;
  }

  async list(signal: AbortSignal): Promise<EtcdMember[]> {
    return members(await this.#call('list', {}, signal));
  }

  /** Adds a learner; resolves to all members, the new one included. */
  async addLearner(peerUrl: string, signal: AbortSignal): Promise<EtcdMember[]> {
    return members(await this.#call('add', { peerURLs: [peerUrl], isLearner: true }, signal));
  }

  /** Promotes a learner to a voter. A member that is a voter already is accepted: the response to the first attempt may have been lost. Rejects while the learner lags behind the leader. */
  async promote(id: string, signal: AbortSignal): Promise<void> {
    await this.#call('promote', { ID: id }, signal).catch((error: unknown) => {
      if (!saysEtcd(error, 'etcdserver: can only promote a learner member')) throw error;
    });
  }

  /** Removes the member; one that no longer exists is fine. */
  async remove(id: string, signal: AbortSignal): Promise<void> {
    await this.#call('remove', { ID: id }, signal).catch((error: unknown) => {
      if (!saysEtcd(error, 'etcdserver: member not found')) throw error;
    });
  }

  async #call(verb: string, body: object, signal: AbortSignal): Promise<Reply> {
    let failure: unknown = new Error('no etcd endpoint is known');
    for (const endpoint of this.#endpoints) {
      let answer: HttpAnswer;
      try {
        const options = { ...this.#tls, timeoutMs: 10_000, signal };
        answer = await this.#network.post(`${endpoint}/v3/cluster/member/${verb}`, JSON.stringify(body), options);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
        continue;
      }
      const reply = replyOf(answer);
      if (answer.status === 200) return reply;
      throw new EtcdError(reply.message ?? `etcd at ${endpoint} answers ${answer.status}`);
    }
    throw failure;
  }
}

interface Reply {
  readonly members?: readonly WireMember[];
  readonly message?: string;
}

/** A proxy may answer in etcd's place, and not in JSON. */
function replyOf({ status, body }: HttpAnswer): Reply {
  try {
    return JSON.parse(body) as Reply;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new EtcdError(`etcd answers ${status}: ${body.trim().slice(0, 200)}`);
  }
}

const saysEtcd = (error: unknown, message: string): boolean => error instanceof EtcdError && error.message === message;

function members(reply: { members?: readonly WireMember[] }): EtcdMember[] {
  return (reply.members ?? []).map((member) => ({
    id: member.ID,
    name: member.name ?? '',
    peerUrls: member.peerURLs ?? [],
    clientUrls: member.clientURLs ?? [],
    learner: member.isLearner ?? false,
  }));
}

/** The client certificate with which a control plane manages members. */
export async function etcdClientMaterial(files: Pick<Files, 'read'>, certificatesDir: string): Promise<TlsMaterial> {
  const read = async (name: string): Promise<string> => {
    const path = `${certificatesDir}/etcd/${name}`;
    const text = await files.read(path);
    if (text === undefined) throw new Error(`couldn't load the certificate file ${path}`);
    return text;
  };
  return {
    ca: await read('ca.crt'),
    cert: await read('healthcheck-client.crt'),
    key: await read('healthcheck-client.key'),
  };
}
