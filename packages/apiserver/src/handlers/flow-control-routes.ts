import type { PriorityLevel, Waiting } from '../flowcontrol/priority-level.ts';
import { textReply } from '../request/reply.ts';
import type { SystemRoute } from './system-routes.ts';

const root = '/debug/api_priority_and_fairness/';

/** The dumps of priority levels, queues and waiting requests, in upstream's columns. */
export function flowControlRoutes(levels: () => readonly PriorityLevel[]): SystemRoute {
  return ({ request }) => {
    if (!request.path.startsWith(root)) return undefined;
    switch (request.path.slice(root.length)) {
      case 'dump_priority_levels':
        return textReply(200, aligned(levelRows(levels())));
      case 'dump_queues':
        return textReply(200, aligned(queueRows(levels())));
      case 'dump_requests':
        return textReply(
          200,
          aligned(requestRows(levels(), (request.query.get('includeRequestDetails') ?? '') !== '')),
        );
      default:
        return undefined;
    }
  };
}

type Row = readonly (string | number | boolean)[];

function levelRows(levels: readonly PriorityLevel[]): Row[] {
  return [
    [
      'PriorityLevelName',
      'ActiveQueues',
      'IsIdle',
      'IsQuiescing',
      'WaitingRequests',
      'ExecutingRequests',
      'DispatchedRequests',
      'RejectedRequests',
      'TimedoutRequests',
      'CancelledRequests',
    ],
    ...levels.map(({ name, queues, waiting, executing, quiescing, counts }) => [
      name,
      queues.filter((queue) => queue.waiting.length > 0).length,
      waiting === 0 && executing === 0,
      quiescing,
      waiting,
      executing,
      counts.dispatched,
      counts.rejected,
      counts.timedOut,
      counts.cancelled,
    ]),
  ];
}

function queueRows(levels: readonly PriorityLevel[]): Row[] {
  return [
    [
      'PriorityLevelName',
      'Index',
      'PendingRequests',
      'ExecutingRequests',
      'SeatsInUse',
      'NextDispatchR',
      'InitialSeatsSum',
      'MaxSeatsSum',
      'TotalWorkSum',
    ],
    ...levels.flatMap(({ name, queues }) =>
      queues.map((queue, i) => {
        const seats = queue.waitingSeats;
        const next = `${queue.nextStart.toFixed(8)}ss`;
        return [
          name,
          i,
          queue.waiting.length,
          queue.executing,
          queue.seatsInUse,
          next,
          seats,
          seats,
          `${(seats * 0.003).toFixed(8)}ss`,
        ];
      }),
    ),
  ];
}

function requestRows(levels: readonly PriorityLevel[], withDetails: boolean): Row[] {
  const details = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'];
  return [
    [
      'PriorityLevelName',
      'FlowSchemaName',
      'QueueIndex',
      'RequestIndexInQueue',
      'FlowDistingsher',
      'ArriveTime',
      'InitialSeats',
      'FinalSeats',
      'AdditionalLatency',
      ...(withDetails ? details : []),
    ],
    ...levels.flatMap(({ name, queues }) =>
      queues.flatMap((queue, i) =>
        queue.waiting.map((one, j) => [
          name,
          one.schema,
          i,
          j,
          one.distinguisher,
          new Date(one.arrivedAt).toISOString(),
          one.width,
          0,
          '0s',
          ...(withDetails ? detailsOf(one) : []),
        ]),
      ),
    ),
  ];
}

function detailsOf({ about }: Waiting): string[] {
  const { info, user } = about;
  const version = info.apiGroup === '' ? info.apiVersion : `${info.apiGroup}/${info.apiVersion}`;
  return [user.username, info.verb, info.path, info.namespace, info.name, version, info.resource, info.subresource];
}

/** Columns of at least eight characters, separated by a comma and a space. */
function aligned(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell, i) => (i < row.length - 1 ? `${cell},` : String(cell))));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(8, ...cells.map((row) => (row[i]?.length ?? 0) + 1)));
  return cells
    .map((row) => `${row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join('')}\n`)
    .join('');
}
