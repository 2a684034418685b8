import { join } from 'node:path';
import { type DraClaim, type DraDeviceHealth, type DraVersion, draCodecs, draHealthMethod, draMethod } from '../dra.ts';
import { type Handler, serveGrpc } from '../grpc-server.ts';
import { registrationCodecs, registrationMethods } from '../plugin-registration.ts';
import { RuntimeError } from '../runtime-error.ts';

/** What a driver answers for a claim that it has made ready. */
export interface AnsweredDevice {
  readonly requestNames?: readonly string[];
  readonly poolName: string;
  readonly deviceName: string;
  readonly cdiDeviceIds?: readonly string[];
  readonly shareId?: string;
}

export interface DraDriverOptions {
  readonly name: string;
  /** Where its registration socket goes. */
  readonly registryDir: string;
  /** Where its own socket goes, as this process sees it; and the kubelet, if that sees another root. */
  readonly socketDir: string;
  readonly seenDir?: string;
  /** Tells instances of one driver apart. */
  readonly instance?: string;
  readonly versions?: readonly DraVersion[];
  /** What it calls them when it registers. */
  readonly supportedVersions?: readonly string[];
  /** By default a device of the claim's name, for all requests. */
  readonly prepare?: (claim: DraClaim) => readonly AnsweredDevice[] | Promise<readonly AnsweredDevice[]>;
  readonly unprepare?: (claim: DraClaim) => void | Promise<void>;
  /** What it says of its devices' health; without it, it watches over none. */
  readonly health?: (gone: AbortSignal) => AsyncIterable<readonly DraDeviceHealth[]>;
}

/** A driver of dynamic resources in this process, on real sockets. `calls` has what it was asked for, in order; `refused` makes claims fail. */
export async function startDraDriver(options: DraDriverOptions) {
  const { name, registryDir, socketDir, seenDir = socketDir, instance = '', versions = ['v1', 'v1beta1'] } = options;
  const calls: string[] = [];
  const told: string[] = [];
  const refused = new Set<string>();
  const each = async (
    verb: string,
    claims: readonly DraClaim[],
    answer: (claim: DraClaim) => unknown,
  ): Promise<object> => {
    calls.push(`${verb} ${claims.map((claim) => claim.name).join(' ')}`);
    if (refused.has('*')) throw new RuntimeError('Internal', 'the driver is on fire');
    const answers = claims.map(async (claim) => {
      if (refused.has(claim.name)) return [claim.uid, { error: `${claim.name} is on fire` }];
      return [claim.uid, (await answer(claim)) ?? {}];
    });
    return { claims: Object.fromEntries(await Promise.all(answers)) };
  };
  const prepare = options.prepare ?? ((claim: DraClaim) => [{ poolName: 'pool', deviceName: claim.name }]);
  const handlers = versions.flatMap((version): Handler[] => [
    {
      method: draMethod(version, 'NodePrepareResources'),
      answer: ({ claims }: { claims: DraClaim[] }) =>
        each('prepare', claims, async (claim) => ({ devices: await prepare(claim) })),
    },
    {
      method: draMethod(version, 'NodeUnprepareResources'),
      answer: ({ claims }: { claims: DraClaim[] }) => each('unprepare', claims, (claim) => options.unprepare?.(claim)),
    },
  ]);
  const { health } = options;
  if (health)
    handlers.push({
      method: draHealthMethod,
      stream: async function* (_: never, gone: AbortSignal) {
        for await (const devices of health(gone)) yield { devices };
      },
    });
  const socket = `${name}${instance}.sock`;
  const server = await serveGrpc(join(socketDir, socket), handlers, draCodecs);
  const info = {
    type: 'DRAPlugin',
    name,
    endpoint: join(seenDir, socket),
    supportedVersions: options.supportedVersions ?? versions.map((version) => `${version}.DRAPlugin`),
  };
  const registration = await serveGrpc(
    join(registryDir, `${name}${instance}-reg.sock`),
    [
      { method: registrationMethods.info, answer: async () => info },
      {
        method: registrationMethods.notify,
        answer: async ({ error }: { error: string }) => {
          told.push(error);
          return {};
        },
      },
    ],
    registrationCodecs,
  );
  return {
    calls,
    told,
    refused,
    /** It hangs up, but does not say that it goes. */
    crash: () => server.close(),
    stop: async () => {
      await registration.close();
      await server.close();
    },
  };
}
