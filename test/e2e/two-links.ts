/** A pod that serves its name and 30 MB over both families, on the node of that name. */
export const servingPod = (name: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  nodeName: l-${name}
  terminationGracePeriodSeconds: 0
  tolerations: [{operator: Exists}]
  containers:
  - name: busybox
    image: busybox
    command:
    - sh
    - -c
    - |
      mkdir /www && echo "this is ${name}" >/www/index.html && dd if=/dev/urandom of=/www/large bs=1M count=30
      exec httpd -f -p '[::]:80' -h /www
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: NodePort, ipFamilyPolicy: RequireDualStack, selector: {app: ${name}}, ports: [{port: 80}]}
---
`;

/** Pods that are labelled as clients may reach the pod \`near\`, others may not. */
export const onlyClients = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-clients}
spec:
  podSelector: {matchLabels: {app: near}}
  ingress: [{from: [{podSelector: {matchLabels: {client: "yes"}}}]}]
`;

/**
 * What a provider's router does to packets with addresses that it did not give out: it drops them, and counts. A reply that comes back by
 * another way than the request went would be one of them.
 */
export const strictRouter = `
table inet strict {
  chain forward {
    type filter hook forward priority 0;
    meta iifname br0 meta oifname br0 accept comment "a bridge's packets pass here, too"
    ip saddr 10.244.0.0/16 counter drop
    ip daddr 10.244.0.0/16 counter drop
    ip6 saddr fd00:10:244::/48 counter drop
    ip6 daddr fd00:10:244::/48 counter drop
  }
}
`;
