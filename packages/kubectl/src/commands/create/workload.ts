import { deployments } from '@typernetes/api/apps/v1';
import { type CronJob, cronjobs } from '@typernetes/api/batch/v1';
import { nameSuffix, type Random } from '@typernetes/base';
import { type ApiObject, apiVersionOf } from '@typernetes/machinery';
import { freshRandom } from '../../fresh-random.ts';
import { type Generated, generatorCommand } from './generator.ts';

const resources = {};

/** A container's name from its image: the part after the last slash, without tag and digest. A name that had to be changed gets a unique suffix. */
export function containerNameOf(image: string, random: Random): string {
  const name = image.replace(/^.*\//, '').replace(/[:@].*$/, '');
  return /[_.]/.test(name) ? `${name.replaceAll(/[_.]/g, '-')}-${nameSuffix(5, random)}` : name;
}

export const createDeploymentCommand = generatorCommand({
  words: 'create deployment',
  failure: 'failed to create deployment:',
  use: 'NAME --image=image -- [COMMAND] [args...]',
  short: 'Create a deployment with the specified name',
  flags: {
    image: { type: 'list', help: 'Image names to run.', default: [] },
    port: { type: 'number', help: 'The containerPort that this deployment exposes.', default: -1 },
    replicas: { type: 'number', short: 'r', help: 'Number of replicas to create.', default: 1 },
  },
  required: ['image'],
  build(name, { flags, rest = [] }) {
    if (flags.image.length > 1 && rest.length > 0) {
      throw new Error('cannot specify multiple --image options and command');
    }
    const labels = { app: name };
    const containers = flags.image.map((image) => {
      const command = rest.length > 0 ? { command: rest } : {};
      return { image, name: containerNameOf(image, freshRandom), ...command, resources };
    });
    const [first] = containers;
    if (flags.port >= 0 && first) Object.assign(first, { ports: [{ containerPort: flags.port }] });
    return {
      apiVersion: apiVersionOf(deployments),
      kind: 'Deployment',
      metadata: { labels },
      spec: {
        replicas: flags.replicas,
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    };
  },
});

export const createCronJobCommand = generatorCommand({
  words: 'create cronjob',
  failure: 'failed to create cronjob:',
  use: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  short: 'Create a cron job with the specified name',
  flags: {
    image: { type: 'string', help: 'Image name to run.', default: '' },
    restart: { type: 'string', help: "job's restart policy. supported values: OnFailure, Never", default: '' },
    schedule: { type: 'string', help: 'A schedule in the Cron format the job should be run with.', default: '' },
  },
  required: ['image', 'schedule'],
  build(name, { flags, rest = [] }) {
    const container = { image: flags.image, name, ...(rest.length > 0 ? { command: rest } : {}), resources };
    return {
      apiVersion: apiVersionOf(cronjobs),
      kind: 'CronJob',
      spec: {
        jobTemplate: {
          metadata: { name },
          spec: {
            template: { metadata: {}, spec: { containers: [container], restartPolicy: flags.restart || 'OnFailure' } },
          },
        },
        schedule: flags.schedule,
      },
      status: {},
    };
  },
});

export const createJobCommand = generatorCommand({
  words: 'create job',
  failure: 'failed to create job:',
  use: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  short: 'Create a job with the specified name',
  flags: {
    from: {
      type: 'string',
      help: 'The name of the resource to create a Job from (only cronjob is supported).',
      default: '',
    },
    image: { type: 'string', help: 'Image name to run.', default: '' },
  },
  async build(name, { flags, rest = [] }, session) {
    if ((flags.image === '') === (flags.from === '')) throw new Error('either --image or --from must be specified');
    if (flags.from === '') {
      const container = { image: flags.image, name, ...(rest.length > 0 ? { command: rest } : {}), resources };
      return jobOf({ spec: { template: { metadata: {}, spec: { containers: [container], restartPolicy: 'Never' } } } });
    }
    if (rest.length > 0) throw new Error('cannot specify --from and command');
    const { parseTypeAndName } = await import('../../resources/arguments.ts');
    // Without a name the argument is read as a type, which may not exist.
    if (!flags.from.includes('/')) await session.resources.byName(flags.from);
    const { type, names } = await parseTypeAndName(flags.from, session.resources);
    const ref = { name: names?.[0] ?? '', namespace: session.namespace };
    const source: ApiObject = await session.client.resource(type).get(ref);
    if (type.kind !== 'CronJob' || type.version !== 'v1')
      throw new Error(`unknown object type *${type.version}.${type.kind}`);
    return jobOfCronJob(source as CronJob);
  },
});

function jobOf(members: Record<string, unknown>): Generated {
  return { apiVersion: 'batch/v1', kind: 'Job', ...members, status: {} };
}

function jobOfCronJob(cronJob: CronJob): Generated {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return jobOf({
    metadata: {
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...metadata?.annotations },
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          controller: true,
          kind: 'CronJob',
          name: cronJob.metadata.name,
          uid: cronJob.metadata.uid,
        },
      ],
    },
    spec,
  });
}
