import { join } from 'node:path';
import { type DraClaim, type DraDeviceHealth, type DraVersion, draCodecs, draHealthMethod, draMethod } from '../dra.ts';
import { type Handler, serveGrpc } from '../grpc-server.ts';
import { registrationCodecs, registrationMethods } from '../plugin-registration.ts';
import { RuntimeError } from '../runtime-error.ts';

/** A device in the driver's answer for a prepared claim. */
export interface AnsweredDevice {
  readonly requestNames?: readonly string[];
  readonly poolName: string;
  readonly deviceName: string;
  readonly cdiDeviceIds?: readonly string[];
  readonly shareId?: string;
}

export interface DraDriverOptions {
  readonly name: string;
  /** The directory for its registration socket. */
  readonly registryDir: string;
  /** The directory for its own socket, as this process sees it and, if that sees another root, as the kubelet does. */
  readonly socketDir: string;
  readonly seenDir?: string;
  /** Distinguishes instances of the same driver. */
  readonly instance?: string;
  readonly versions?: readonly DraVersion[];
  /** The versions that it registers. */
  readonly supportedVersions?: readonly string[];
  /** Default: one device with the claim's name, for all requests. */
  readonly prepare?: (claim: DraClaim) => readonly AnsweredDevice[] | Promise<readonly AnsweredDevice[]>;
  readonly unprepare?: (claim: DraClaim) => void | Promise<void>;
  /** Reports the health of its devices; without it, the driver does not implement the call. */
  readonly health?: (gone: AbortSignal) => AsyncIterable<readonly DraDeviceHealth[]>;
}

/**
 * A DRA driver in this process, on real sockets. `calls` lists the calls it received, in order; `refused` makes claims
 * fail.
 */
export async function startDraDriver(options: DraDriverOptions) {
  const { name, registryDir, socketDir, seenDir = socketDir, instance = '', versions = ['v1', 'v1beta1'] } = options;
  const calls: string[] = [];
  const registrations: string[] = [];
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
          registrations.push(error);
          return {};
        },
      },
    ],
    registrationCodecs,
  );
  return {
    calls,
    registrations,
    refused,
    /** Closes the connection without deregistering. */
    crash: () => server.close(),
    stop: async () => {
      await registration.close();
      await server.close();
    },
  };
}
