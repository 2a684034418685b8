/** The chapter 第一个容器化应用: an application from its first manifest to its removal, typed with upstream's kubectl and with ours. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { eventually } from '../eventually.ts';
import { assertAlike } from './alike.ts';
import { lowestAndHighest, podLines } from './rollout-watch.ts';
import { type KubectlOrigin, kubectlOrigins, openWalkthrough, type Shell, type Walkthrough } from './walkthrough.ts';

const worker = 'app-worker';
const podNames = "kubectl get pods -l app=nginx -o jsonpath='{.items[*].metadata.name}'";

/** The containers and sandboxes in the worker's containerd, one per line. */
const containersOf = (shell: Shell): Promise<string> => shell.run('ctr -n k8s.io containers list -q');

describe('the first application', () => {
  let walkthrough: Walkthrough;
  let node: Shell;
  const shells = new Map<KubectlOrigin, Shell>();
  const shellOf = (kubectl: KubectlOrigin): Shell => shells.get(kubectl) ?? assert.fail();

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.typernetes.run('cluster', 'create', 'app');
    node = walkthrough.inMachine(worker);
    for (const kubectl of kubectlOrigins) shells.set(kubectl, walkthrough.onHost('app', { kubectl }));
  });
  after(() => walkthrough?.close());

  for (const kubectl of kubectlOrigins) {
    describe(`kubectl: ${kubectl}`, () => {
      let containersBefore: string;

      /** The names of the pods once the Deployment is complete, by the chapter's label. */
      async function settledPods(): Promise<string[]> {
        const shell = shellOf(kubectl);
        await shell.run('kubectl rollout status deployment/nginx-deployment --timeout=180s');
        return eventually(async () => {
          const names = (await shell.run(podNames)).split(' ');
          assert.equal(names.length, 2);
          return names;
        });
      }

      test('create makes the Deployment and its two pods', async () => {
        const shell = shellOf(kubectl);
        containersBefore = await containersOf(node);
        const output = await shell.run('kubectl create -f nginx-deployment.yaml');
        assert.equal(output, 'deployment.apps/nginx-deployment created\n');
        await settledPods();
        const [heading = '', ...rows] = (await shell.run('kubectl get pods -l app=nginx')).trim().split('\n');
        assert.match(heading, /^NAME +READY +STATUS +RESTARTS +AGE$/);
        assert.equal(rows.length, 2);
        for (const row of rows) assert.match(row, /^nginx-deployment-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\d+s$/);
        const again = await shell.attempt('kubectl create -f nginx-deployment.yaml');
        assert.deepEqual(again, {
          exitCode: 1,
          stdout: '',
          stderr:
            'Error from server (AlreadyExists): error when creating "nginx-deployment.yaml": deployments.apps "nginx-deployment" already exists\n',
        });
      });

      test('describe shows how the pod was started, image pull included', async () => {
        const shell = shellOf(kubectl);
        const descriptions = await Promise.all(
          (await settledPods()).map((name) => shell.run(`kubectl describe pod ${name}`)),
        );
        for (const text of descriptions) {
          assert.match(text, new RegExp(`^Node: +${worker}/`, 'm'));
          assert.match(text, /^Labels: +app=nginx\n +pod-template-hash=/m);
          assert.match(text, /^Status: +Running$/m);
          assert.match(text, /^Controlled By: +ReplicaSet\/nginx-deployment-/m);
          assert.match(text, /Scheduled .* default-scheduler +Successfully assigned default\/nginx-deployment-/);
          assert.match(text, /Normal +Started .* kubelet +spec\.containers\{nginx\}: Container started$/m);
        }
        const pulls = [
          /Normal +Pulling .* kubelet .*Pulling image "nginx:1\.7\.9"\n/,
          /Normal +Pulled .* Successfully pulled image "nginx:1\.7\.9" in \d.* Image size: \d+ bytes\.\n/,
          /Normal +Created .* Container created\n/,
        ];
        assert.ok(descriptions.some((text) => pulls.every((pull) => pull.test(text))));
      });

      test('apply updates it to nginx 1.8 pod by pod', async () => {
        const shell = shellOf(kubectl);
        const watch = shell.start(`exec kubectl get pods -l app=nginx -w -o jsonpath='${podLines}'`);
        let seen = '';
        watch.child.stdout?.on('data', (text: string) => {
          seen += text;
        });
        await eventually(() => assert.equal(seen.trim().split('\n').length, 2));
        await shell.run('sed -i s/nginx:1.7.9/nginx:1.8/ nginx-deployment.yaml');
        const applied = await shell.run('kubectl apply -f nginx-deployment.yaml');
        assert.equal(applied, 'deployment.apps/nginx-deployment configured\n');
        const names = await settledPods();
        const status = await shell.run('kubectl rollout status deployment/nginx-deployment');
        assert.equal(status, 'deployment "nginx-deployment" successfully rolled out\n');
        await eventually(() => {
          for (const name of names) assert.match(seen, new RegExp(`^${name} +True$`, 'm'));
        });
        watch.child.kill();
        await watch.outcome;
        // A quarter of two, rounded down, may be unavailable; a quarter of two, rounded up, may be extra.
        assert.deepEqual(lowestAndHighest(seen, { replicas: 2 }), { available: 2, active: 3 });
        const images = await shell.run(
          "kubectl get pods -l app=nginx -o jsonpath='{.items[*].spec.containers[0].image}'",
        );
        assert.equal(images, 'nginx:1.8 nginx:1.8');
        const unchanged = await shell.run('kubectl apply -f nginx-deployment.yaml');
        assert.equal(unchanged, 'deployment.apps/nginx-deployment unchanged\n');
      });

      test('its history can be read and undone, and replace goes forward again', async () => {
        const shell = shellOf(kubectl);
        assert.equal(
          await shell.run('kubectl rollout history deployment/nginx-deployment'),
          'deployment.apps/nginx-deployment \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n',
        );
        const image = "kubectl get deployment nginx-deployment -o jsonpath='{.spec.template.spec.containers[0].image}'";
        const undone = await shell.run('kubectl rollout undo deployment/nginx-deployment');
        assert.equal(undone, 'deployment.apps/nginx-deployment rolled back\n');
        assert.equal(await shell.run(image), 'nginx:1.7.9');
        await settledPods();
        const replaced = await shell.run('kubectl replace -f nginx-deployment.yaml');
        assert.equal(replaced, 'deployment.apps/nginx-deployment replaced\n');
        assert.equal(await shell.run(image), 'nginx:1.8');
        await settledPods();
      });

      test('exec runs commands in a pod: with a terminal, with input, with their exit codes', async () => {
        const shell = shellOf(kubectl);
        const [pod] = await settledPods();
        const typed = await shell.attempt(`script -qec 'kubectl exec -it ${pod} -- /bin/bash' /dev/null`, {
          input: 'tty\nls /usr/share/nginx/html\nexit 7\n',
          staysOpen: true,
        });
        assert.equal(typed.exitCode, 7, typed.stdout);
        assert.match(typed.stdout, /\/dev\/pts\/\d/);
        assert.match(typed.stdout, /index\.html/);
        const piped = await shell.attempt(`kubectl exec -i ${pod} -- sh -c 'tr a-z A-Z; echo done >&2; exit 3'`, {
          input: 'one\ntwo',
        });
        assert.deepEqual(piped, {
          exitCode: 3,
          stdout: 'ONE\nTWO',
          stderr: 'done\ncommand terminated with exit code 3\n',
        });
        const wrong = await shell.attempt(`kubectl exec ${pod} -- nosuch`);
        assert.equal(wrong.exitCode, 1);
        assert.match(wrong.stderr, /executable file `?nosuch`? not found in \$PATH/);
      });

      test('logs -f follows what the container says', async () => {
        const shell = shellOf(kubectl);
        const [pod] = await settledPods();
        const following = shell.start(`exec kubectl logs -f --tail=1 ${pod}`);
        let said = '';
        following.child.stdout?.on('data', (text: string) => {
          said += text;
        });
        for (const word of ['first', 'second']) {
          await shell.run(`kubectl exec ${pod} -- sh -c 'echo ${word} > /proc/1/fd/1'`);
          await eventually(() => assert.match(said, new RegExp(`^${word}$`, 'm')));
        }
        following.child.kill();
        await following.outcome;
        assert.match(await shell.run(`kubectl logs ${pod}`), /^first\nsecond$/m);
      });

      test('a volume of its own appears in the description and in the container', async () => {
        const shell = shellOf(kubectl);
        await shell.run('cp nginx-deployment-volume.yaml nginx-deployment.yaml');
        await shell.run('kubectl apply -f nginx-deployment.yaml');
        const [pod] = await settledPods();
        const text = await shell.run(`kubectl describe pod ${pod}`);
        assert.match(text, /^ {4}Mounts:\n {6}\/usr\/share\/nginx\/html from nginx-vol \(rw\)$/m);
        assert.match(
          text,
          /^Volumes:\n {2}nginx-vol:\n {4}Type: +EmptyDir \(a temporary directory that shares a pod's lifetime\)$/m,
        );
        assert.equal(await shell.run(`kubectl exec ${pod} -- ls /usr/share/nginx/html`), '');
      });

      test('pods serve a directory of the node', async () => {
        const shell = shellOf(kubectl);
        await node.run(`mkdir -p /var/data && echo 'from the node, ${kubectl}' > /var/data/index.html`);
        await shell.run('kubectl apply -f nginx-deployment-hostpath.yaml');
        for (const pod of await settledPods()) {
          const text = await shell.run(`kubectl describe pod ${pod}`);
          assert.match(text, /^ {4}Type: +HostPath \(bare host directory volume\)\n {4}Path: +\/var\/data$/m);
          assert.equal(await shell.run(`kubectl exec ${pod} -- curl -s localhost`), `from the node, ${kubectl}\n`);
        }
      });

      test('scale changes the number of pods', async () => {
        const shell = shellOf(kubectl);
        for (const replicas of [3, 1]) {
          const output = await shell.run(`kubectl scale deployment/nginx-deployment --replicas=${replicas}`);
          assert.equal(output, 'deployment.apps/nginx-deployment scaled\n');
          await eventually(async () => assert.equal((await shell.run(podNames)).split(' ').length, replicas));
        }
      });

      test('delete removes everything', async () => {
        const shell = shellOf(kubectl);
        const output = await shell.run('kubectl delete -f nginx-deployment.yaml');
        assert.match(output, /^deployment\.apps "nginx-deployment" deleted(?: from default namespace)?\n$/);
        await eventually(async () => {
          const { stdout, stderr } = await shell.attempt('kubectl get deployments,replicasets,pods');
          assert.deepEqual([stdout, stderr], ['', 'No resources found in default namespace.\n']);
        });
        await eventually(async () => assert.equal(await containersOf(node), containersBefore));
        // The next reader finds a node that has to pull again.
        await node.run('ctr -n k8s.io images list -q | grep nginx | xargs ctr -n k8s.io images rm');
      });
    });
  }

  test('both kubectls print the same', async () => {
    const shell = shellOf('upstream');
    await shell.run('kubectl apply -f nginx-deployment-hostpath.yaml -f nginx-service.yaml');
    await shell.run('kubectl rollout status deployment/nginx-deployment --timeout=180s');
    const [pod] = (await shell.run(podNames)).split(' ');
    const lines = [
      'kubectl get pods',
      'kubectl get pods -l app=nginx',
      'kubectl create -f nginx-deployment.yaml',
      'kubectl get pods -o wide',
      'kubectl get all --show-labels',
      `kubectl get pod ${pod} -o yaml`,
      `kubectl get pod ${pod} -o json`,
      'kubectl get deployments,replicasets,services,endpoints -o name',
      "kubectl get pods -o custom-columns='NAME:.metadata.name,IMAGE:.spec.containers[0].image'",
      'kubectl get pods -A --sort-by=.metadata.name',
      `kubectl describe pod ${pod}`,
      'kubectl describe deployment nginx-deployment',
      'kubectl describe replicasets -l app=nginx',
      'kubectl describe service nginx',
      'kubectl describe pods -n kube-system',
      'kubectl get pod nosuch',
      'kubectl get nosuch',
      'kubectl describe pod nosuch',
      'kubectl get pods -l app=nosuch',
      'kubectl logs nosuch',
      'kubectl exec nosuch -- true',
      `kubectl exec ${pod} -c nosuch -- true`,
      `kubectl logs ${pod} -c nosuch`,
      'kubectl delete pod nosuch',
    ];
    for (const line of lines) await assertAlike(line, { upstream: shell, ours: shellOf('ours') });
  });

  test('a NetworkPolicy lets in the pods it names, the node itself, and nobody else', async () => {
    const shell = shellOf('upstream');
    const [asking, asked] = (await shell.run(podNames)).split(' ');
    const address = await shell.run(`kubectl get pod ${asked} -o jsonpath='{.status.podIP}'`);
    const answer = (): Promise<string> =>
      shell.run(
        `kubectl exec ${asking} -- curl -s --max-time 1 -o /dev/null -w '%{http_code}' http://${address}/ || true`,
      );
    assert.equal(await answer(), '200');
    await shell.run('kubectl apply -f -', {
      input: JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'friends' },
        spec: {
          podSelector: { matchLabels: { app: 'nginx' } },
          ingress: [{ from: [{ podSelector: { matchLabels: { role: 'friend' } } }], ports: [{ port: 80 }] }],
        },
      }),
    });
    await eventually(async () => assert.equal(await answer(), '000'));
    assert.equal(await node.run(`curl -s -o /dev/null -w '%{http_code}' http://${address}/`), '200');
    await shell.run(`kubectl label pod ${asking} role=friend`);
    await eventually(async () => assert.equal(await answer(), '200'));
    await shell.run(`kubectl label pod ${asking} role-`);
    await eventually(async () => assert.equal(await answer(), '000'));
    await shell.run('kubectl delete networkpolicy friends');
    await eventually(async () => assert.equal(await answer(), '200'));
    assert.doesNotMatch(await node.run('nft list tables'), /typernetes/);
  });

  test('an Ingress serves it to the outside, on every node, and a new version loses no request', async () => {
    const shell = shellOf('upstream');
    const addon = resolve(import.meta.dirname, '../../addons/ingress.yaml');
    await shell.run(`kubectl apply -f ${addon}`);
    const now = Date.now();
    const validity = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
    const ca = await createAuthority({ commonName: 'shop-ca', ...validity });
    const { certificate, privateKey } = await createLeaf(ca, {
      commonName: 'shop',
      dnsNames: ['safe.example'],
      usages: ['server auth'],
      ...validity,
    });
    walkthrough.write(worker, '/root/shop-ca.crt', ca.certificate);
    const secret = { 'tls.crt': certificate, 'tls.key': privateKey };
    await shell.run('kubectl create -f -', {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'shop' },
        type: 'kubernetes.io/tls',
        stringData: secret,
      }),
    });
    await shell.run(
      'kubectl create ingress shop --rule="shop.example/*=nginx:80" --rule="safe.example/*=nginx:80,tls=shop" --annotation=nginx.ingress.kubernetes.io/server-snippet=x',
    );
    // Valid as a regular expression in JavaScript, but not in nginx; the rest of its host is served.
    await shell.run(
      'kubectl create ingress odd --rule="shop.example/(?<\\$a>x)*=nginx:80" --annotation=nginx.ingress.kubernetes.io/use-regex=true',
    );
    await shell.run('kubectl -n kube-system rollout status daemonset/typernetes-ingress --timeout=180s');
    const addresses = (
      await shell.run("kubectl get nodes -o jsonpath='{.items[*].status.addresses[0].address}'")
    ).split(' ');
    await eventually(async () =>
      assert.match(
        await shell.run('kubectl get ingress shop'),
        new RegExp(`^shop +nginx +shop.example,safe.example +${addresses.sort().join(',')} +80, 443 `, 'm'),
      ),
    );
    const code = "curl -s -o /dev/null -w '%{http_code}'";
    for (const address of addresses) {
      const asked = (line: string): Promise<string> => node.run(line);
      await eventually(async () =>
        assert.equal(await asked(`${code} -H 'Host: shop.example' http://${address}/`), '200', address),
      );
      assert.equal(await asked(`${code} http://${address}/`), '404');
      assert.equal(await asked(`${code} -H 'Host: safe.example' http://${address}/`), '308');
      const trusted = `--cacert /root/shop-ca.crt --resolve safe.example:443:${address} https://safe.example/`;
      assert.equal(await asked(`${code} ${trusted}`), '200');
    }
    await eventually(async () =>
      assert.match(
        await shell.run('kubectl describe ingress shop'),
        /Warning +Rejected .*annotation nginx.ingress.kubernetes.io\/server-snippet is not known here and has no effect/,
      ),
    );
    await eventually(async () =>
      assert.match(
        await shell.run('kubectl describe ingress odd'),
        /Warning +Rejected .*path "\/\(\?<\$a>x\)" is not served: nginx: pcre2_compile\(\) failed: /,
      ),
    );
    // A pod that ends at once is gone before anybody can notice.
    const waits = {
      spec: {
        template: { spec: { containers: [{ name: 'nginx', lifecycle: { preStop: { sleep: { seconds: 5 } } } }] } },
      },
    };
    await shell.run(`kubectl patch deployment nginx-deployment -p '${JSON.stringify(waits)}'`);
    await shell.run('kubectl rollout status deployment/nginx-deployment --timeout=180s');
    // Pods that ended without waiting may still get requests for a moment.
    await eventually(async () => {
      for (let time = 0; time < 4; time++)
        assert.equal(
          await node.run(`${code} --max-time 2 -H 'Host: shop.example' http://${addresses[0]}/ || true`),
          '200',
        );
    });
    const asking = node.run(
      `while [ ! -e /root/enough ]; do ${code} -H 'Host: shop.example' http://${addresses[0]}/; echo; done | sort | uniq -c`,
    );
    await shell.run('kubectl rollout restart deployment/nginx-deployment');
    await shell.run('kubectl rollout status deployment/nginx-deployment --timeout=180s');
    await node.run('touch /root/enough');
    assert.match(await asking, /^ +\d+ 200\n$/);
  });
});
