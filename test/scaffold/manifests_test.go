package scaffold

import "fmt"

const readerRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: netguard-reader}
rules:
- apiGroups: ["", apps, batch, networking.k8s.io, discovery.k8s.io, gateway.networking.k8s.io, policy.networking.k8s.io, apiextensions.k8s.io]
  resources: ["*"]
  verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: netguard-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: netguard-reader}
subjects: [{kind: User, name: reader, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: v1
kind: Namespace
metadata: {name: bank}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: bank, name: netguard-tenant}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: netguard-reader}
subjects: [{kind: User, name: tenant, apiGroup: rbac.authorization.k8s.io}]
`

// gatewayCRDs are as much of the Gateway API as is read.
var gatewayCRDs = crd("Gateway", "gateways", "Namespaced") + crd("GatewayClass", "gatewayclasses", "Cluster") + crd("HTTPRoute", "httproutes", "Namespaced")

func crd(kind, plural, scope string) string {
	return fmt.Sprintf(`---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: %[2]s.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api/pull/3328"}
spec:
  group: gateway.networking.k8s.io
  scope: %[3]s
  names: {kind: %[1]s, plural: %[2]s, singular: %[4]s, listKind: %[1]sList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`, kind, plural, scope, plural[:len(plural)-1])
}

func namespace(name, labels string) string {
	return fmt.Sprintf("---\n{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {%s}}}\n", name, labels)
}

// app is a Deployment with a Service of its name, port 80.
func app(namespace, name string, port int) string {
	return fmt.Sprintf(`---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: %[1]s, name: %[2]s}
spec:
  replicas: 2
  selector: {matchLabels: {app: %[2]s}}
  template:
    metadata: {labels: {app: %[2]s}}
    spec: {containers: [{name: c, image: registry.example/c, ports: [{containerPort: %[3]d}]}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: %[1]s, name: %[2]s}
spec: {selector: {app: %[2]s}, ports: [{port: 80, targetPort: %[3]d}]}
`, namespace, name, port)
}

// ingress takes a namespace, a name, a class and paths.
const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {namespace: %s, name: %s}
spec:
  ingressClassName: %s
  rules:
  - http:
      paths:
%s`

func path(path, service string) string {
	return fmt.Sprintf("      - {path: %s, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}\n", path, service)
}

const openToClients = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: three, name: clients-everywhere}
spec:
  podSelector: {matchLabels: {app: two}}
  ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]
`

const edgeController = `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: edge}
spec: {controller: example.com/edge}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {namespace: edge, name: edge-controller}
spec:
  selector: {matchLabels: {app: edge}}
  template:
    metadata: {labels: {app: edge}}
    spec:
      hostNetwork: true
      tolerations: [{operator: Exists}]
      containers: [{name: c, image: registry.example/edge, args: [--controller-class=example.com/edge], ports: [{containerPort: 80}]}]
`

const gatewayManifests = `---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: example}
spec: {controllerName: example.com/gateway}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {namespace: gw, name: public}
spec:
  gatewayClassName: example
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {namespace: gw, name: api}
spec:
  parentRefs: [{name: public}]
  rules: [{backendRefs: [{name: api, port: 80}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: gw, name: public-proxy}
spec:
  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: public}}
  template:
    metadata: {labels: {gateway.networking.k8s.io/gateway-name: public}}
    spec: {containers: [{name: c, image: registry.example/proxy, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: gw, name: public-proxy}
spec:
  type: NodePort
  selector: {gateway.networking.k8s.io/gateway-name: public}
  ports: [{name: http, port: 80}]
`

const clusterDNS = `---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: kube-system, name: coredns}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec: {containers: [{name: c, image: registry.example/dns, ports: [{name: dns, containerPort: 1053, protocol: UDP}, {name: dns-tcp, containerPort: 1053}]}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: kube-system, name: kube-dns}
spec:
  selector: {k8s-app: kube-dns}
  ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: dns-tcp}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {namespace: kube-system, name: node-local-dns}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec: {hostNetwork: true, tolerations: [{operator: Exists}], containers: [{name: c, image: registry.example/dns, ports: [{containerPort: 53, protocol: UDP}]}]}
`

const clientWithoutEgress = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shut, name: no-egress}
spec: {podSelector: {matchLabels: {app: client}}, policyTypes: [Egress]}
`
