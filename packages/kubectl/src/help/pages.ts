import { configPages } from './config-pages.ts';
import { createPages } from './create-pages.ts';
import type { HelpPage } from './page.ts';

/** Loaded only when help is asked for. */
export const helpPages: Readonly<Record<string, HelpPage>> = {
  ...configPages,
  ...createPages,
  annotate: {
    text: 'Set or remove annotations of objects.\n\nAn annotation is a name with any text as its value. A name that ends with "-" removes the annotation; what has a value already is changed only with --overwrite.',
    examples: [
      ['Say what a pod is for', "kubectl annotate pods web description='the front page'"],
      ['Of the objects in a file', "kubectl annotate -f pod.yaml description='the front page'"],
      ['Remove it again', 'kubectl annotate pods web description-'],
    ],
  },
  'api-resources': {
    text: 'List the resources that the server has.',
    examples: [
      ['All of them, with their verbs', 'kubectl api-resources -o wide'],
      ['Only those of one group', 'kubectl api-resources --api-group=apps'],
      ['Names of those that can be listed in a namespace', 'kubectl api-resources --verbs=list --namespaced -o name'],
    ],
  },
  'api-versions': {
    text: 'List the API versions of the server, as group/version.',
    examples: [['All', 'kubectl api-versions']],
  },
  apply: {
    text: 'Make objects be as files say: those that are not there are created, others are changed.\n\nWhat was applied is kept in an annotation, so that what is no longer in the file is removed from the object. With --server-side the server does that, by field managers.',
    examples: [
      ['One file', 'kubectl apply -f pod.yaml'],
      ['A folder with a kustomization', 'kubectl apply -k base/'],
      ['Standard input', 'cat pod.json | kubectl apply -f -'],
      [
        'And remove what has the label but is no longer in the file',
        'kubectl apply --prune -f manifest.yaml -l app=shop',
      ],
    ],
  },
  'apply edit-last-applied': {
    text: 'Change the annotation that holds what was applied last, in an editor. The object itself stays as it is.',
    examples: [['Of a deployment', 'kubectl apply edit-last-applied deployment/web']],
  },
  'apply set-last-applied': {
    text: 'Set the annotation that holds what was applied last to what a file says. The object itself stays as it is.',
    examples: [
      ['As in the file', 'kubectl apply set-last-applied -f deploy.yaml'],
      ['Where there is none yet', 'kubectl apply set-last-applied -f deploy.yaml --create-annotation=true'],
    ],
  },
  'apply view-last-applied': {
    text: 'Show what was applied last, from the annotation that holds it.',
    examples: [['As JSON', 'kubectl apply view-last-applied -f deploy.yaml -o json']],
  },
  attach: {
    text: 'Connect to the main process of a container that runs.',
    examples: [
      ['See what it writes', 'kubectl attach web'],
      ['One container of several, with input and a terminal', 'kubectl attach web -c shell -i -t'],
      ['The first pod of a replica set', 'kubectl attach rs/nginx'],
    ],
  },
  auth: { text: 'Ask about permissions.' },
  'auth can-i': {
    text: 'Ask whether something is allowed. The exit code is 0 when it is, 1 when it is not.\n\nVERB is a verb of the API such as get, list or delete; TYPE is a resource; NONRESOURCEURL is a path that begins with "/".',
    examples: [
      ['May I create pods anywhere', 'kubectl auth can-i create pods --all-namespaces'],
      ['May that service account', 'kubectl auth can-i list pods --as=system:serviceaccount:shop:web -n shop'],
      ['What may I do here', 'kubectl auth can-i --list -n shop'],
    ],
  },
  'auth reconcile': {
    text: 'Bring roles and bindings to at least what a file says: missing permissions and subjects are added. With flags, others are removed.',
    examples: [['From a file', 'kubectl auth reconcile -f roles.yaml']],
  },
  'auth whoami': { text: 'Show who the server takes us for.', examples: [['As JSON', 'kubectl auth whoami -o json']] },
  autoscale: {
    text: 'Create a HorizontalPodAutoscaler that keeps the number of pods of a workload between two bounds.',
    examples: [
      ['Between 2 and 10 pods', 'kubectl autoscale deployment web --min=2 --max=10'],
      ['By processor time', 'kubectl autoscale deployment web --max=5 --cpu=80%'],
    ],
  },
  certificate: { text: 'Decide about certificate signing requests.' },
  'certificate approve': {
    text: 'Approve a certificate signing request: its signer issues the certificate then. Look at what it asks for before.',
    examples: [['One', 'kubectl certificate approve csr-sqgzp']],
  },
  'certificate deny': {
    text: 'Deny a certificate signing request: no certificate is issued.',
    examples: [['One', 'kubectl certificate deny csr-sqgzp']],
  },
  'cluster-info': {
    text: 'Show the addresses of the control plane and of services with the label kubernetes.io/cluster-service=true.',
    examples: [['Of the current cluster', 'kubectl cluster-info']],
  },
  'cluster-info dump': {
    text: 'Write out what helps to find out what is wrong with a cluster: objects of kube-system and of the current namespace, and logs of their pods.',
    examples: [
      ['To standard output', 'kubectl cluster-info dump'],
      ['To files of a folder, of all namespaces', 'kubectl cluster-info dump -A --output-directory=/tmp/cluster'],
    ],
  },
  completion: {
    text: 'Print a script that completes command lines of kubectl in a shell: bash, zsh, fish or powershell. The shell has to read it.',
    examples: [
      ['In this bash', 'source <(kubectl completion bash)'],
      ['In every bash', 'kubectl completion bash > ~/.kube/completion.bash.inc'],
      ['In this zsh', 'source <(kubectl completion zsh)'],
      ['In this fish', 'kubectl completion fish | source'],
    ],
  },
  cordon: { text: 'Mark a node as unschedulable.', examples: [['By name', 'kubectl cordon node-1']] },
  cp: {
    text: 'Copy files and folders from and to containers. The container must have tar.',
    examples: [
      ['A folder into a pod', 'kubectl cp /tmp/foo web:/tmp/bar'],
      ['Into one of several containers', 'kubectl cp /tmp/foo web:/tmp/bar -c app'],
      ['From a pod of another namespace', 'kubectl cp shop/web:/tmp/foo /tmp/bar'],
    ],
  },
  debug: {
    text: 'Debug a pod or a node.\n\nA running pod gets an ephemeral container beside its own; with --copy-to a copy of the pod is made, with a container more or another image or command; a node gets a pod in its namespaces that sees its files below /host.',
    examples: [
      ['Join a pod', 'kubectl debug web -it --image=busybox'],
      ['A copy with a debugging container', 'kubectl debug web -it --image=busybox --copy-to=web-debug'],
      ['A copy with another command', 'kubectl debug web -it --copy-to=web-debug --container=app -- sh'],
      ['A copy with other images', 'kubectl debug web --copy-to=web-debug --set-image=*=busybox'],
      ['A node', 'kubectl debug node/node-1 -it --image=busybox'],
    ],
  },
  delete: {
    text: 'Delete objects: those of files, those with names, those with labels, or all of a type.\n\nThey are asked to end within the time that they have; --force does not wait for that and may leave containers running on a node that cannot be reached.',
    examples: [
      ['Of a file', 'kubectl delete -f ./pod.json'],
      ['By types and names', 'kubectl delete pod,service baz foo'],
      ['By label', 'kubectl delete pods,services -l name=myLabel'],
      ['At once', 'kubectl delete pod foo --now'],
      ['All of a type', 'kubectl delete pods --all'],
    ],
  },
  describe: {
    text: 'Show objects in detail, with what belongs to them: events, controllers, pods.\n\nWhere there is no object of the name, those whose names begin with it are shown.',
    examples: [
      ['A node', 'kubectl describe nodes node-1'],
      ['A pod', 'kubectl describe pods/nginx'],
      ['By label', 'kubectl describe pods -l name=myLabel'],
    ],
  },
  diff: {
    text: 'Show what apply would change. The exit code is 0 without a difference, 1 with one, more than 1 after a failure. The program is that of $KUBECTL_EXTERNAL_DIFF, else "diff -u -N".',
    examples: [['Of a file', 'kubectl diff -f pod.json']],
  },
  drain: {
    text: 'Empty a node before maintenance: it is marked unschedulable, and its pods are evicted, or deleted where eviction is not supported.\n\nPods that nobody would create again, and pods with local data, stop it unless flags say otherwise; those of daemon sets stay with --ignore-daemonsets.',
    examples: [
      ['Pods that nobody manages too', 'kubectl drain node-1 --force'],
      ['With fifteen minutes for each pod', 'kubectl drain node-1 --grace-period=900'],
    ],
  },
  edit: {
    text: 'Change objects in an editor: that of $KUBE_EDITOR or $EDITOR, else vi. What was refused is opened again.',
    examples: [
      ['A service', 'kubectl edit svc/web'],
      ['With another editor', 'KUBE_EDITOR="nano" kubectl edit svc/web'],
      ['As JSON, in one version', 'kubectl edit job.v1.batch/once -o json'],
    ],
  },
  events: {
    text: 'List events.',
    examples: [
      ['Of all namespaces', 'kubectl events --all-namespaces'],
      ['Of a pod, and those to come', 'kubectl events --for pod/web --watch'],
      ['Only warnings', 'kubectl events --types=Warning'],
    ],
  },
  exec: {
    text: 'Run a command in a container.',
    examples: [
      ['In the first container of a pod', 'kubectl exec web -- date'],
      ['With a terminal', 'kubectl exec web -c app -i -t -- bash -il'],
      ['In a pod of a deployment', 'kubectl exec deploy/web -- date'],
    ],
  },
  explain: {
    text: 'Describe the fields of resources, as the server describes them by OpenAPI.\n\nA field is named by a path with dots: <type>.<fieldName>[.<fieldName>]',
    examples: [
      ['A resource', 'kubectl explain pods'],
      ['With all fields below it', 'kubectl explain pods --recursive'],
      ['In one version', 'kubectl explain deployments --api-version=apps/v1'],
      ['A field', 'kubectl explain pods.spec.containers'],
    ],
  },
  expose: {
    text: 'Create a service for a pod, service or workload: its selector and ports are taken unless flags give others.',
    examples: [
      ['A deployment', 'kubectl expose deployment nginx --port=80 --target-port=8000'],
      ['A pod, under another name', 'kubectl expose pod web --port=444 --name=frontend'],
    ],
  },
  get: {
    text: 'List objects of one or several types.\n\nA table is printed unless -o asks for something else. Labels and fields select. Objects of the current namespace are shown; -A shows all.',
    examples: [
      ['Pods', 'kubectl get pods'],
      ['With nodes and addresses', 'kubectl get pods -o wide'],
      ['One, as JSON', 'kubectl get -o json pod web-pod-13je7'],
      ['Those of a file', 'kubectl get -f pod.yaml'],
      ['One value', 'kubectl get -o template pod/web --template={{.status.phase}}'],
      ['Several types', 'kubectl get rc,services'],
      ['A subresource', 'kubectl get deployment web --subresource status'],
    ],
  },
  kustomize: {
    text: 'Print the objects of a kustomization. Charts, functions and a few rare fields are left to the program "kustomize", which then has to be installed.',
    examples: [
      ['Of this folder', 'kubectl kustomize'],
      ['Of another', 'kubectl kustomize /home/config/production'],
    ],
  },
  label: {
    text: 'Set or remove labels of objects.\n\nNames and values have at most 63 letters, digits, hyphens, dots and underscores, names perhaps with a domain before a "/". A name that ends with "-" removes the label; what has a value already is changed only with --overwrite.',
    examples: [
      ['Set', 'kubectl label pods foo unhealthy=true'],
      ['Change', 'kubectl label --overwrite pods foo status=unhealthy'],
      ['All pods', 'kubectl label pods --all status=unhealthy'],
      ['Remove', 'kubectl label pods foo bar-'],
    ],
  },
  logs: {
    text: 'Print what containers have written.',
    examples: [
      ['Of a pod with one container', 'kubectl logs nginx'],
      ['Of all containers of pods with a label', 'kubectl logs -l app=nginx --all-containers=true'],
      ['Of the container before the last restart', 'kubectl logs -p -c ruby web-1'],
      ['As it comes', 'kubectl logs -f -c ruby web-1'],
      ['Twenty lines', 'kubectl logs --tail=20 nginx'],
      ['Of the last hour', 'kubectl logs --since=1h nginx'],
    ],
  },
  options: { text: 'List the flags that all commands take.', examples: [['All', 'kubectl options']] },
  patch: {
    text: 'Change fields of objects by a patch: strategic, merge or JSON.',
    examples: [
      ['A node', `kubectl patch node node-1 -p '{"spec":{"unschedulable":true}}'`],
      [
        'An element of a list, by its name',
        `kubectl patch pod web -p '{"spec":{"containers":[{"name":"app","image":"app:2"}]}}'`,
      ],
      [
        'By place',
        `kubectl patch pod web --type='json' -p='[{"op": "replace", "path": "/spec/containers/0/image", "value":"app:2"}]'`,
      ],
      [
        'A subresource',
        `kubectl patch deployment nginx --subresource='scale' --type='merge' -p '{"spec":{"replicas":2}}'`,
      ],
    ],
  },
  alpha: { text: 'Commands about features that are still in alpha, and that clusters do not have by default.' },
  'alpha kuberc': {
    text: 'Show and change the file of preferences: aliases, and other defaults of flags.',
    examples: [
      ['Show it', 'kubectl alpha kuberc view'],
      ['Lists are wide', 'kubectl alpha kuberc set --section defaults --command get --option output=wide'],
      [
        'A command for nodes',
        'kubectl alpha kuberc set --section aliases --name getn --command get --prependarg nodes --option output=wide',
      ],
    ],
  },
  'alpha kuberc set': {
    text: 'Set a default of a flag, or an alias, in the file of preferences.',
    examples: [
      ['Lists are wide', 'kubectl alpha kuberc set --section defaults --command get --option output=wide'],
      [
        'Something else instead',
        'kubectl alpha kuberc set --section defaults --command get --option output=json --overwrite',
      ],
    ],
  },
  'alpha kuberc view': {
    text: 'Show the file of preferences.',
    examples: [
      ['As YAML', 'kubectl alpha kuberc view'],
      ['As JSON', 'kubectl alpha kuberc view --output json'],
    ],
  },
  plugin: { text: 'Plugins are programs named kubectl-NAME on the PATH: "kubectl NAME" runs them.' },
  'plugin list': { text: 'List the plugins on the PATH.', examples: [['All', 'kubectl plugin list']] },
  'port-forward': {
    text: 'Forward local ports to a pod, until it ends.\n\nOf a workload or service one pod is taken.',
    examples: [
      ['Two ports', 'kubectl port-forward pod/web 5000 6000'],
      ['Of a deployment', 'kubectl port-forward deployment/web 5000 6000'],
      ['Of a service, by the name of its port', 'kubectl port-forward service/web 8443:https'],
      ['On other addresses', 'kubectl port-forward --address localhost,10.19.21.23 pod/web 8888:5000'],
      ['On any free port', 'kubectl port-forward pod/web :5000'],
    ],
  },
  proxy: {
    text: 'Serve the API on a local port, with our credentials.',
    examples: [
      ['With files of a folder', 'kubectl proxy --port=8011 --www=./local/www/'],
      ['On a free port', 'kubectl proxy --port=0'],
    ],
  },
  replace: {
    text: 'Put what a file says in place of objects that are there. The file must have the whole object.',
    examples: [
      ['From a file', 'kubectl replace -f ./pod.json'],
      ['Delete and create again', 'kubectl replace --force -f ./pod.json'],
    ],
  },
  rollout: {
    text: 'Manage rollouts of deployments, daemon sets and stateful sets.',
    examples: [
      ['Back to the deployment before', 'kubectl rollout undo deployment/abc'],
      ['How far it is', 'kubectl rollout status daemonset/foo'],
      ['New pods', 'kubectl rollout restart deployment/abc'],
    ],
  },
  'rollout history': {
    text: 'Show the revisions of a workload.',
    examples: [
      ['All', 'kubectl rollout history deployment/abc'],
      ['One in detail', 'kubectl rollout history daemonset/abc --revision=3'],
    ],
  },
  'rollout pause': {
    text: 'Mark a deployment as paused: its controller leaves its pods alone until it is resumed.',
    examples: [['One', 'kubectl rollout pause deployment/nginx']],
  },
  'rollout restart': {
    text: 'Restart the pods of workloads, as a rollout.',
    examples: [
      ['All deployments of a namespace', 'kubectl rollout restart deployment -n shop'],
      ['By label', 'kubectl rollout restart deployment --selector=app=nginx'],
    ],
  },
  'rollout resume': {
    text: 'Resume a deployment that was paused.',
    examples: [['One', 'kubectl rollout resume deployment/nginx']],
  },
  'rollout status': {
    text: 'Show how far a rollout is, until it is done unless --watch=false.',
    examples: [['Of a deployment', 'kubectl rollout status deployment/nginx']],
  },
  'rollout undo': {
    text: 'Go back to an earlier revision of a workload.',
    examples: [
      ['The one before', 'kubectl rollout undo deployment/abc'],
      ['A certain one', 'kubectl rollout undo daemonset/abc --to-revision=3'],
    ],
  },
  run: {
    text: 'Run an image in a pod.',
    examples: [
      ['A pod', 'kubectl run nginx --image=nginx'],
      ['With a port and variables', 'kubectl run web --image=web --port=5701 --env="DNS_DOMAIN=cluster"'],
      ['With a terminal, once', 'kubectl run -i -t busybox --image=busybox --restart=Never --rm'],
      ['Only show it', 'kubectl run nginx --image=nginx --dry-run=client -o yaml'],
    ],
  },
  scale: {
    text: 'Set the size of a workload, under conditions about its size or version if flags give some.',
    examples: [
      ['To three', 'kubectl scale --replicas=3 rs/foo'],
      ['From two to three', 'kubectl scale --current-replicas=2 --replicas=3 deployment/web'],
      ['Several', 'kubectl scale --replicas=5 rc/example1 rc/example2'],
    ],
  },
  set: { text: 'Change parts of objects that are there.' },
  'set env': {
    text: 'Set, remove and list environment variables of the containers of pods and workloads. A name that ends with "-" removes the variable.',
    examples: [
      ['Set', 'kubectl set env deployment/registry STORAGE_DIR=/local'],
      ['List', 'kubectl set env deployment/web --list'],
      ['From a config map, with a prefix', 'kubectl set env --from=configmap/conf --prefix=APP_ deployment/web'],
    ],
  },
  'set image': {
    text: 'Set images of the containers of pods and workloads; * is all of them.',
    examples: [
      ['Of two containers', 'kubectl set image deployment/nginx busybox=busybox nginx=nginx:1.9.1'],
      ['Of every daemon set with it', 'kubectl set image daemonset abc *=nginx:1.9.1'],
    ],
  },
  'set resources': {
    text: 'Set requests and limits of the containers of pods and workloads.',
    examples: [['Limits', 'kubectl set resources deployment nginx -c=nginx --limits=cpu=200m,memory=512Mi']],
  },
  'set selector': {
    text: 'Set the selector of a service.',
    examples: [['By labels', "kubectl set selector service web 'environment=qa'"]],
  },
  'set serviceaccount': {
    text: 'Set the service account of workloads.',
    examples: [['Of a deployment', 'kubectl set serviceaccount deployment nginx web']],
  },
  'set subject': {
    text: 'Add users, groups and service accounts to bindings.',
    examples: [['A service account', 'kubectl set subject clusterrolebinding admin --serviceaccount=shop:web']],
  },
  taint: {
    text: 'Set or remove taints of nodes.\n\nA taint is key=value:effect, the effect NoSchedule, PreferNoSchedule or NoExecute. One that ends with "-" is removed; what is there already is changed only with --overwrite.',
    examples: [
      ['Set', 'kubectl taint nodes foo dedicated=special-user:NoSchedule'],
      ['Remove', 'kubectl taint nodes foo dedicated:NoSchedule-'],
      ['By label', 'kubectl taint node -l myLabel=X dedicated=foo:PreferNoSchedule'],
    ],
  },
  top: { text: 'Show what nodes or pods use of processors and memory. The metrics API has to be there.' },
  'top node': { text: 'Show what nodes use.', examples: [['All', 'kubectl top node']] },
  'top pod': {
    text: 'Show what pods use.',
    examples: [
      ['Of a namespace', 'kubectl top pod --namespace=shop'],
      ['With their containers', 'kubectl top pod web --containers'],
    ],
  },
  uncordon: { text: 'Mark a node as schedulable.', examples: [['By name', 'kubectl uncordon node-1']] },
  version: { text: 'Print the versions of this program and of the server.', examples: [['Both', 'kubectl version']] },
  wait: {
    text: 'Wait until something holds of objects: that they are there, that they are gone, that a condition has a value, or what a JSONPath yields.',
    examples: [
      ['A condition', 'kubectl wait --for=condition=Ready pod/busybox1'],
      ['Another value of it', 'kubectl wait --for=condition=Ready=false pod/busybox1'],
      ['A value', "kubectl wait --for=jsonpath='{.status.phase}'=Running pod/busybox1"],
      ['That it is gone', 'kubectl wait --for=delete pod/busybox1 --timeout=60s'],
    ],
  },
};
