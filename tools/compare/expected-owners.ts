import { all, any, at, type Expectation, inWork, isOneField, onlyOurs, onlyTheirs, ours, theirs } from './matchers.ts';

/** Differences of who owns what, and of what is owned. */
export const ownerExpectations: readonly Expectation[] = [
  {
    reason: 'owners: empty structs and maps that are applied are owned since 1.22, and so in conflict',
    is: all(at(/causes/), onlyOurs, ours(/^\.metadata\.(labels|annotations)\|FieldManagerConflict/)),
  },
  {
    reason: 'owners: lists that are empty are none to whoever compares since 1.29',
    source: 'structured-merge-diff/v6/value/reflectcache.go, CanOmit',
    is: all(at(/managedFields\/\w+ (Update|Apply)/, /networkpolicies/), ({ sent }) => sent.includes('[]')),
  },
  {
    reason: 'owners: empty structs and maps that are applied are owned since 1.22',
    is: all(at(/managedFields\/\w+ Apply/), onlyOurs, ({ ours: fields }) => isOneField(fields)),
  },
  {
    reason: 'owners: the peer gives members of maps back to whoever made the map',
    source: 'structured-merge-diff/v6/typed/reconcile_schema.go: what becomes granular counts as having always been so',
    is: all(
      at(
        /managedFields\/\w+ Update\/.*f:(labels|annotations|data|nodeSelector|matchLabels|overhead|limits|requests)(\/|$)/,
      ),
      onlyTheirs,
    ),
  },
  {
    reason: 'owners: the peer tracks nothing of objects that have an item of a list twice',
    is: all(at(/managedFields$/), onlyOurs, ({ codes }) => codes[0] === codes[1]),
  },
  {
    reason: 'owners: references are owned as a whole since 1.21',
    source: 'types.json: ObjectReference and OwnerReference are atomic',
    is: any(
      at(/managedFields\/.*f:(involvedObject|related|regarding|secrets|ownerReferences)/),
      ours(/^\.regarding\|FieldManagerConflict/),
    ),
  },
  {
    reason: 'owners: what may be anything is owned member by member since 1.22',
    is: at(/managedFields\/.*f:data/, /controllerrevisions/),
  },
  {
    reason: 'owners: what is asked for in a signing request is nobody’s since 1.22',
    is: any(
      at(/managedFields/, /certificatesigningrequests/),
      ({ path, codes }) => path.includes('certificatesigningrequests') && codes.join() === '200,409',
    ),
  },
  {
    reason: 'owners: a namespace’s own label belongs to who made it, since 1.21',
    is: at(/managedFields\/.*/, /\/api\/v1\/namespaces(\/[a-z]\d+(-\d+)?)?(\/\w+)?(\?|$)/),
  },
  { reason: 'owners: reviews have none since 1.21', is: at(/managedFields/, /reviews/) },
  {
    reason: 'owners: parts of objects reset the rest of them since 1.21',
    is: at(/managedFields\/.*f:spec|managedFields\/f Apply/, /\/(status|scale)(\?|$)/),
  },
  {
    reason: 'owners: types of custom resources come from their schemas since 1.25: atomic maps, nulls, unknown fields',
    is: at(/managedFields/, /\/things/),
  },
  {
    reason: 'what may be anything is applied member by member since 1.22',
    parts: true,
    is: all(inWork('definitions'), at(/\/spec\/[^/]+$/, /\/things/), onlyOurs, ({ sent }) =>
      sent.includes('apply-patch'),
    ),
  },
  {
    reason: 'parameters of ingress classes leave out what is not given since 1.21',
    is: at(/f:parameters\/f:(apiGroup|scope)$/),
  },
  { reason: 'data sources are owned as a whole since 1.21', is: theirs(/\.spec\.dataSource\.(apiGroup|kind|name)/) },
  {
    reason: 'owners: the status of priority levels leaves metadata to others since 1.21',
    is: at(/managedFields\/.*f:metadata/, /prioritylevelconfigurations|flowschemas/),
  },
  {
    reason: 'the older version keeps more of an autoscaler in annotations',
    is: at(/managedFields\/.*f:metadata/, /autoscaling\/v1/),
  },
  {
    reason: 'owners: empty structs and maps that are applied stay as long as they are owned, since 1.22',
    parts: true,
    is: all(onlyOurs, ({ ours: value, sent }) => JSON.stringify(value) === '{}' && sent.includes('apply-patch')),
  },
];
