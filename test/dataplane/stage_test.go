package dataplane

// ports are what every pod listens on, whether it declares them or not.
var ports = []port{{"TCP", 80}, {"TCP", 81}, {"TCP", 8080}, {"UDP", 53}}

// stagePods are the pods of most scenarios: three namespaces, two nodes, a pod that is its node, and those by which is
// seen whether policies have settled.
const stagePods = `
apiVersion: v1
kind: Namespace
metadata: {name: one, labels: {team: red, tier: front}}
---
apiVersion: v1
kind: Namespace
metadata: {name: two, labels: {team: blue}}
---
apiVersion: v1
kind: Namespace
metadata: {name: three, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: marker}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: one, labels: {app: a, pod: a}}
spec:
  nodeName: node-a
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 80}, {name: alt, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: one, labels: {app: b, pod: b}}
spec:
  nodeName: node-b
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Pod
metadata: {name: c, namespace: one, labels: {app: c, pod: a}}
spec:
  nodeName: node-a
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 81}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: two, labels: {app: a, pod: a}}
spec:
  nodeName: node-b
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: two, labels: {app: b, pod: b}}
spec:
  nodeName: node-a
  containers:
  - {name: c, image: x, ports: [{name: alt, containerPort: 80}, {name: http, containerPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: three, labels: {app: a, tier: back}}
spec:
  nodeName: node-a
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: three, labels: {app: b, tier: back}}
spec:
  nodeName: node-b
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: three, labels: {app: a, pod: a}}
spec:
  nodeName: node-a
  hostNetwork: true
  containers:
  - {name: c, image: x, ports: [{name: http, containerPort: 9080, hostPort: 9080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: marker}
spec: {nodeName: node-a, containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: marker}
spec: {nodeName: node-b, containers: [{name: c, image: x}]}
`
