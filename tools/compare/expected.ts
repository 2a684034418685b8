import type { Difference } from './difference.ts';
import { causeExpectations } from './expected-causes.ts';
import { ownerExpectations } from './expected-owners.ts';
import {
  all,
  any,
  at,
  type Expectation,
  inWork,
  onlyOurs,
  ours,
  oursSomewhere,
  sameBut,
  sameOutcome,
  theirs,
  theirsSomewhere,
} from './matchers.ts';
import { olderPath } from './older-versions.ts';

/** Differences that sixteen releases explain. Remove a rule that no longer explains anything. */
const expectations: readonly Expectation[] = [
  ...ownerExpectations,
  ...causeExpectations,
  {
    reason: 'what was made by older versions leaves its dependents behind when it is deleted, and so is the answer',
    is: any(
      all(({ method }) => method === 'DELETE', at(/.*/, /cronjobs\//)),
      all(any(inWork('deletions'), inWork('watches')), at(/.*/, /cronjobs/)),
    ),
  },
  { reason: 'handlers of the peer fail where ours answer', is: ({ codes }) => codes[1] === 0 },
  {
    reason: 'values in messages are JSON since 1.33, Go’s own syntax before',
    source: 'apimachinery/pkg/util/validation/field/errors.go',
    is: all(
      sameOutcome,
      theirs(
        /(Invalid|Unsupported|Duplicate) value: (0x|"null"|&?\[\]|&?map\[|\d{4}-\d\d-\d\d \d\d:|[\w.]+\.?[A-Z]\w+[{(])|core\.\w+(Spec|Source)\{/,
      ),
    ),
  },
  {
    reason: 'decoders say what does not fit in other words since 1.21',
    is: theirs(/error found in #|cannot convert float64|unexpected character|in scheme "k8s\.io\//),
  },
  {
    reason: 'rules have other words by now',
    is: sameBut(
      [/ \([^)]*; [^)]*\)/g, ''],
      [/characters/g, 'bytes'],
      [/ of [0-9a-zA-Z.]+$/g, ''],
      [/must not contain dots/g, 'a lowercase RFC 1123 label'],
      [/(a lowercase RFC 1123 label) must consist of.*$/g, '$1'],
      [/may not be more than/g, 'must have at most'],
      [/: must not be empty$/g, ''],
      [/spec\.LoadBalancerSourceRanges/g, 'spec.loadBalancerSourceRanges'],
      [/FieldValueTypeInvalid/g, 'FieldValueInvalid'],
    ),
  },
  {
    reason: 'labels in selectors are refused as fields since 1.21',
    is: theirs(/^unable to parse requirement: |^strconv\.ParseInt/),
  },
  {
    reason: 'limits of schemas have causes of their own since 1.29: TooLong, TooMany',
    source: 'apiextensions-apiserver/pkg/apiserver/validation/validation.go, kubeOpenAPIResultToFieldErrors',
    is: theirs(
      / in body should (be at (most|least)|have at (most|least))|"must not validate the schema|in body must be of type/,
    ),
  },
  {
    reason: 'revisions that are none are a 400, not a 500',
    is: theirs(/^resourceVersion: Invalid value|mvcc: required revision/),
  },
  { reason: 'matches of a watch belong to sendInitialEvents since 1.27', is: theirs(/resourceVersionMatch/) },
  {
    reason: 'objects count their generations: pod templates, jobs, pods, drivers',
    source: 'defaults.md',
    is: at(/\/metadata\/generation$/),
  },
  {
    reason: 'labels and fields that newer releases add to jobs, namespaces, services, drivers, signing requests',
    is: at(
      /batch\.kubernetes\.io|controller-uid|kubernetes\.io\/metadata\.name|\/metadata\/labels$|manualSelector|ipFamil|externalTrafficPolicy|requiresRepublish|spec\/extra|dataSourceRef|secrets\/\d+/,
    ),
  },
  {
    reason: 'shares of priority levels have another name',
    source: 'types.json, flowcontrol/v1',
    is: at(/ConcurrencyShares/),
  },
  {
    reason: 'parameters of ingress classes have a scope by default since 1.22',
    source: 'defaults.md',
    is: at(/\/spec\/parameters\//),
  },
  {
    reason: 'columns that were added or went since 1.20',
    is: at(
      /order$|(columns|cells)\/(VolumeAttributesClass|Secrets|Status|Timezone|RequestedDuration|PreemptionPolicy|TokenRequests|RequiresRepublish|Selector|Restarts|Count|Kernel-Version)/,
    ),
  },
  {
    reason: 'unreadable timeouts are refused before anything else since 1.21, negative ones mean none',
    is: ({ path }) => /[?&]timeout=(x|-1s)/.test(path),
  },
  {
    reason: 'patches of other types than those that are taken say so in other words',
    is: any(theirs(/^415: Unsupported/), ({ codes, where }) => codes[0] === 415 && where === '/details'),
  },
  {
    reason: 'token requests are named after their account since 1.30, and checked in another order',
    is: ({ path }) => path.endsWith('/token'),
  },
  { reason: 'bindings name the pod since 1.22', is: at(/.*/, /binding/) },
  {
    reason: 'services that are deleted are the answer since 1.24',
    is: all(({ method }) => method === 'DELETE', at(/.*/, /services\//)),
  },
  {
    reason: 'autoscaling/v2 leaves conditions out where there are none',
    source: 'types.json, autoscaling/v2',
    is: at(/\/status\/conditions$/, /horizontalpod/),
  },
  {
    reason: 'currentReplicas of autoscaling/v2 are left out where they are 0',
    source: 'types.json, autoscaling/v2',
    is: at(/currentReplicas$/),
  },
  {
    reason: 'a definition has an answer before its loop has looked at it',
    is: at(/^\/status\//, /customresourcedefinitions/),
  },
  {
    reason: 'documents name defaults, values and how lists merge where types say so since 1.21 to 1.29',
    is: all(
      at(/^\/definitions\/.*\/(default|enum|x-kubernetes-[\w-]+|required)(\/|$)/),
      ({ method }) => method === 'GET',
    ),
  },
  {
    reason: 'documents: parts of types have names of their own by now, parts of objects other types',
    is: at(/^\/(definitions|paths)\/.*(\/\$ref|core\.v1\.Handler|ephemeralcontainers\/.*)$/),
  },
  { reason: 'documents: patches may create since 1.22', is: at(/^\/paths.*\/patch\/responses\//) },
  { reason: 'documents: evictions are those of policy/v1 since 1.22', is: at(/\/eviction\/post\/kind\/version$/) },
  { reason: 'discovery: services go together since 1.23', is: at(/^\/resources\/services\/verbs/) },
  { reason: 'documents: reads have no `export` and `exact` since 1.21', is: at(/^\/paths.*\/get\/parameters/) },
  {
    reason: 'discovery names single objects since 1.27, and what is stored has changed its version',
    is: at(/^\/resources\/\w+\/(singularName|storageVersionHash)$/),
  },
  { reason: 'operations are read by the handler since 1.26', is: theirs(/jsonpatch\.Patch$/) },
  { reason: 'nothing is exported since 1.21', is: ({ path, codes }) => path.includes('export') && codes[0] < 300 },
  {
    reason: 'an object’s namespace is looked at before its admission since 1.21',
    is: ({ path, codes }) => path.includes('/missing/') && codes.join() === '400,404',
  },
  {
    reason: 'an object is converted once for each version, and before or after other rules',
    is: all(theirs(/^conversion webhook for /), ({ codes }) => codes[1] === 500 && codes[0] !== 500),
  },
  {
    reason: 'an object is converted once for each version, and before or after other rules',
    is: sameBut([/expected \S+\/v\d/g, ''], [/returned \d+ objects, expected \d+/g, '']),
  },
  {
    reason: 'the peer has a cache of its own for each version of a custom resource, which begins with its first watch',
    is: theirs(/ERROR too old resource version/),
  },
  {
    reason: 'failures of TLS are told as such since Go 1.20',
    is: sameBut([/tls: failed to verify certificate: /g, '']),
  },
  {
    reason: 'whether an API server is there is not looked up elsewhere since 1.21',
    is: ours(/^failing or missing response from .*: 302$/),
  },
  {
    reason: 'the peer registers a group once it has asked the server behind for its documents',
    is: ({ path, codes, theirs: text }) =>
      /\/a\d+\.example\.com/.test(path) && codes[1] === 404 && text === '404 page not found\n',
  },
  { reason: 'certificates have an id since 1.32', is: at(/authentication\.kubernetes\.io(%2f|\/)credential-id$/) },
  { reason: 'quotas name the containers that say too little since 1.27', is: theirs(/failed quota: .* must specify/) },
  { reason: 'a proxy between the peer and nowhere', is: theirs(/resolve_deny/) },
  { reason: 'events name their reporter in the words of their version', is: theirs(/^reportingController\|/) },
  {
    reason: 'sizes of custom resources are judged as sizes, and none where nothing is said',
    is: ({ path }) => /\/things\/\w+\/scale/.test(path),
  },
  {
    reason: 'custom values: all causes are told, with the places in lists, since 1.25',
    is: all(at(/details\/causes/, /\/things/), ({ codes }) => codes.join() === '422,422'),
  },
  {
    reason: 'custom values: types are looked at before owners since 1.25',
    is: all(theirs(/failed to create typed patch object/), ({ codes }) => codes.join() === '422,500'),
  },
  {
    reason: 'objects of another kind are unknown, not inconvertible',
    is: theirs(/unknown conversion$/),
  },
  { reason: 'a job’s labels have other names', is: theirs(/labels\[(controller-uid|job-name)\]/) },
  {
    reason: 'fields that nothing can be selected by: older versions have words of their own',
    is: theirs(/^field label .* not supported for/),
  },
  {
    reason: 'a status keeps what the pod says of its quality',
    source: 'types.json, core/v1.PodStatus',
    is: at(/status\/qosClass$/),
  },
  { reason: 'errors have a part of the object’s name', is: sameBut([/ \([^)]*, Kind=[^)]*\)/g, '']) },
  { reason: 'the group of ingresses in refusals is their own', is: all(at(/details\/group/), theirs(/^extensions$/)) },
  { reason: 'secrets’ missing keys: a path that was spoilt', is: theirs(/data\[%s\]/) },
  {
    reason: 'replacements without a namespace get that of the path since 1.21',
    is: theirs(/metadata\.namespace\|FieldValueRequired|does not match the namespace on the request/),
  },
  {
    reason: 'a service that is replaced keeps its addresses since 1.20.7',
    is: all(at(/causes/, /services/), theirs(/clusterIP|must be specified for an update/)),
  },
  {
    reason: 'a missing path is an error to JSON patches since 1.22',
    is: ({ codes, sent }) => codes[0] === 422 && codes[1] === 200 && sent.includes('json-patch+json'),
  },
  {
    reason: 'roles differ, and so what everybody may do',
    is: any(at(/(resource|nonResource)Rules/), ours(/RBAC: allowed by ClusterRoleBinding "system:/)),
  },
  {
    reason: 'there are more groups of the server’s own',
    is: at(/remainingItemCount/, /apiservices|flowcontrol|clusterroles|leases/),
  },
  {
    reason: 'nodes are not configured by a source since 1.24, and nothing is said of it',
    is: theirsSomewhere(/configSource|NodeConfigSource/),
  },
  {
    reason: 'volumes may be for one pod alone since 1.22',
    is: any(sameBut([/, "ReadWriteOncePod"/g, '']), at(/cells\/Access Modes$/)),
  },
  {
    reason: 'watches whose time is over before they begin: what is told of them is left to chance by the peer',
    is: ({ path }) => /timeoutSeconds=-1/.test(path) && /[?&]watch/.test(path),
  },
  {
    reason: 'claims say from which objects their volumes may come since 1.24',
    is: oursSomewhere(/must be 'PersistentVolumeClaim' when referencing the default apiGroup/),
  },
  {
    reason: 'what may not change is told with both values, without the comparison of the original’s library',
    is: all(sameOutcome, oursSomewhere(/immutable after creation|may not change fields/)),
  },
  {
    reason: 'a watch from a revision that is not known is told to list; upstream lets it wait',
    is: oursSomewhere(/"ERROR".*too large resource version/),
  },
  { reason: 'services have fields to select by since 1.31', is: theirs(/is not a known field selector/) },
  {
    reason: 'the largest revision is -1 to the peer, which then reads the latest',
    is: ({ path, where }) => path.includes('18446744073709551615') && where === '/details/retryAfterSeconds',
  },
  { reason: 'patches that are no JSON are a 400 in other words', is: theirs(/^(Invalid JSON Patch|unexpected EOF)$/) },
  {
    reason: 'what no schema declares cannot be applied since 1.25',
    is: oursSomewhere(/field not declared in schema/),
  },
  {
    reason: 'a hook that redirects has failed; upstream follows it',
    is: ours(/the server responded with the status code 302/),
  },
  {
    reason: 'drivers ask for tokens since 1.20, by default since 1.21',
    source: 'defaults.md',
    is: at(/\/tokenRequests$/),
  },
  {
    reason: 'a pod that goes at once goes with one write',
    is: all(
      inWork('watches'),
      at(/.*/, /\/pods/),
      any(ours(/DELETED|undefined/), theirs(/MODIFIED|DELETED|undefined/)),
    ),
  },
  {
    reason: 'a claim is written anew by the peer with its first patch, whatever that changes',
    is: all(inWork('watches'), at(/.*/, /persistentvolumeclaims/)),
  },
  {
    reason: 'a missing path is an error to JSON patches since 1.22',
    is: ({ codes, sent }) => codes.join() === '422,422' && sent.includes('json-patch+json'),
  },
  {
    reason: 'the peer has no older tables of definitions',
    is: ({ path, sent }) => path.includes('customresourcedefinitions') && sent.includes('v=v1beta1'),
  },
  {
    reason: 'tries allocate addresses since 1.22',
    is: all(at(/\/clusterIPs?(\/|$)/, /services\?.*dryRun/), onlyOurs),
  },
  {
    reason: 'templates of StatefulSets are validated since 1.33',
    source: 'pkg/apis/apps/validation/validation.go, StatefulSetValidationOptions',
    is: all(
      ({ path, codes }) => path.includes('/statefulsets') && codes[0] === 422,
      oursSomewhere(/spec\.(template|volumeClaimTemplates)/),
    ),
  },
  {
    reason: 'bindings hand their labels to the pod since 1.33',
    is: all(inWork('parts'), at(/metadata\/labels\/l$/, /pods/)),
  },
  {
    reason: 'the peer does not take items twice from appliers',
    is: theirs(/failed to create manager for existing fields/),
  },
  {
    reason: 'names of services are relaxed since 1.36',
    is: all(sameOutcome, theirs(/service\.name\|FieldValueInvalid\|.*DNS-1035 label/)),
  },
  {
    reason: 'the peer has a cache of its own for each version of a custom resource, which has no order',
    is: all(
      inWork('conversions'),
      ({ path }) => path.includes('watch='),
      any(onlyOurs, ours(/ADDED|MODIFIED|DELETED/)),
    ),
  },
  {
    reason: 'collections of services are deleted since 1.23',
    is: all(theirs(/does not allow this method/), at(/code/, /services(\?|$)/)),
  },
  {
    reason: 'rare mistakes of YAML are told in words of another library',
    is: sameBut([/yaml: line \d+: [^({]*/g, '']),
  },
  {
    reason: 'a pod has what any of its containers has since 1.28',
    is: all(sameOutcome, theirs(/No (request|limit) is specified/)),
  },
  {
    reason: 'namespaces have their name as a label since 1.21',
    is: oursSomewhere(/metadata\.labels\|FieldValueInvalid/),
  },
  {
    reason: 'ports have a protocol by default for appliers since 1.22',
    is: theirs(/omits key field \\?"protocol\\?"/),
  },
  { reason: 'older versions have longer names', is: theirs(/batch\/v1beta1/) },
  {
    reason: 'older versions leave finalizers behind',
    is: all(at(/metadata\/(remainingItemCount|continue)$/), ({ path }) => olderPath(path) !== path),
  },
  {
    reason: 'what its own controllers write into them comes earlier or later',
    is: any(
      all(
        any(inWork('watches'), inWork('lists'), inWork('tables')),
        at(/.*/, /flowschemas|prioritylevelconfigurations/),
      ),
      at(/^\/status\/conditions/, /flowschemas|prioritylevelconfigurations/),
    ),
  },
  {
    reason: 'parts of a user without a name are a 400 since 1.25, in other words since 1.36',
    is: ({ codes, ours: mine }) =>
      codes.join() === '400,500' && JSON.stringify(mine).includes('without impersonating a user name'),
  },
  {
    reason: 'a service that is replaced keeps its addresses since 1.20.7',
    is: theirsSomewhere(/primary clusterIP can not be unset/),
  },
  {
    reason: 'the status of jobs is validated since 1.30',
    is: all(({ codes }) => codes.join() === '422,200', at(/.*/, /jobs\/[^/]+\/status/)),
  },
  { reason: 'a rule of definitions was told with another name', is: theirs(/set x-preserve-unknown-fields to true/) },
  { reason: 'current values of autoscalers are left out where there are none', is: at(/currentMetrics\/.*\/value$/) },
  {
    reason: 'numbers fit into their format since 1.25',
    is: all(inWork('definitions'), oursSomewhere(/in body must be of type int32/)),
  },
  {
    reason: 'a path was told twice: tolerations of runtime classes, addresses of hosts',
    is: sameBut(
      [/tolerations\.tolerations/g, 'tolerations'],
      [/hostAliases\.ip/g, 'hostAliases.ip'],
      [/must be (a )?valid IP address.*$/g, ''],
      [/\[\d+\]/g, ''],
    ),
  },
  {
    reason: 'what may not change is immutable in one form of words',
    is: theirsSomewhere(/updates to \w+ are forbidden\./),
  },
  {
    reason: 'nulls in lists stay in merge patches since 1.22',
    is: all(inWork('definitions'), oursSomewhere(/must be of type \w+: \\+"null/)),
  },
  {
    reason: 'nodes are not configured by a source since 1.24, and nothing is said of it',
    is: theirsSomewhere(/status\.config\./),
  },
  {
    reason: 'nodes have one range of each family',
    is: oursSomewhere(/may specify no more than one CIDR for each IP family/),
  },
  {
    reason: 'services with external addresses have a policy for their traffic since 1.26',
    is: theirsSomewhere(/ExternalTrafficPolicy can only be set on/),
  },
  { reason: 'addresses are taken before names are, since 1.21', is: oursSomewhere(/provided IP is already allocated/) },
  {
    reason: 'names of ports: the words of the rule are newer',
    source: 'apimachinery/pkg/util/validation/validation.go, IsValidPortName',
    is: theirs(/must contain at least one letter or number/),
  },
  {
    reason: 'drivers may change what tokens they ask for since 1.21',
    is: all(theirsSomewhere(/requiresRepublish|tokenRequests/), at(/.*/, /csidrivers/)),
  },
  {
    reason: 'APIServices that two cases make under one name go at different times',
    is: all(at(/code/, /\/apiservices$/), ({ codes }) => codes.includes(409)),
  },
  {
    reason: 'addresses of services and their families are judged before all the rest since 1.23',
    is: all(at(/causes/, /\/services/), ({ codes }) => codes.join() === '422,422'),
  },
  {
    reason: 'matches of a watch belong to sendInitialEvents since 1.27, and only NotOlderThan does',
    is: ours(/^resourceVersionMatch\|FieldValueNotSupported\|.*: "NotOlderThan"$/),
  },
  {
    reason: 'older versions have longer names: less of a body fits into what is told of it',
    is: all(({ path }) => olderPath(path) !== path, sameBut([/ \(\{.*$/g, ''])),
  },
  {
    reason:
      'audit: events have all of a Status since 1.21, who has which certificate since 1.32, and what has allowed to impersonate since 1.36',
    is: all(inWork('audit'), at(/\/(responseStatus\/\w+|user\/extra|authenticationMetadata)$/), onlyOurs),
  },
  {
    reason: 'audit: whether a watch that ends at once has begun is left to chance by the peer',
    is: all(inWork('audit'), at(/^\/Response(Started|Complete)/), ({ path }) => path.includes('watch=')),
  },
  {
    reason: 'audit: namespaces have their name as a label since 1.21',
    is: all(inWork('audit'), at(/responseObject\/metadata/, /\/namespaces\/[\w-]+$/)),
  },
  {
    reason: 'flows: watches have one since 1.22, and probes one before all others since 1.21',
    is: all(inWork('flows'), ({ path }) => path.includes('watch=') || path === '/healthz'),
  },
  {
    reason: 'events of the newer group may change in their series alone',
    is: all(
      ({ codes }) => codes.join() === '422,200',
      at(/code/, /events\.k8s\.io/),
      oursSomewhere(/field is immutable/),
    ),
  },
  { reason: 'schedules are read by a later parser', is: theirs(/Expected exactly 5 fields/) },
  { reason: 'fields are told as they are written', is: theirs(/^Value\|/) },
  {
    reason: 'targets of autoscalers are told with what is measured since 1.27',
    source: 'printers.md',
    is: at(/cells\/Targets$/),
  },
  {
    reason: 'tolerations may compare numbers since 1.35',
    is: all(at(/causes/, /runtimeclasses/), ({ codes }) => codes.join() === '422,422'),
  },
  {
    reason: 'parameters of ingress classes have a scope since 1.21',
    source: 'pkg/apis/networking/validation/validation.go, validateIngressClassParametersReference',
    is: oursSomewhere(/spec\.parameters\.(scope|namespace)/),
  },
  {
    reason: 'a job’s labels have other names, and its template is compared with all of them',
    is: all(sameOutcome, ours(/^spec\.template(\.metadata\.labels\[batch|\|FieldValueInvalid\|.*field is immutable$)/)),
  },
];

/** Why a difference is expected; undefined where it is not. */
export const expectationOf = (difference: Difference): Expectation | undefined =>
  expectations.find((expectation) => expectation.is(difference));
