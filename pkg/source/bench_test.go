package source

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const benchPod = `apiVersion: v1
kind: Pod
metadata:
  name: web-%d
  namespace: shop
  labels: {app: web, tier: front, pod-template-hash: abc}
  annotations: {example.com/a: "some text that is not short", example.com/b: "some more"}
spec:
  serviceAccountName: web
  containers:
  - name: web
    image: registry.example.com/shop/web:1.2.3
    env:
    - {name: A, value: "1"}
    - {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    ports:
    - {name: http, containerPort: 8080, protocol: TCP}
    resources: {limits: {cpu: 100m, memory: 128Mi}, requests: {cpu: 10m, memory: 64Mi}}
    readinessProbe: {httpGet: {path: /, port: http}}
    volumeMounts: [{name: v, mountPath: /v}]
  volumes: [{name: v, emptyDir: {}}]
status:
  phase: Running
  conditions:
  - {type: Ready, status: "True"}
  podIPs: [{ip: 10.0.0.1}]
`

func benchText(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "---\n"+benchPod, i)
	}
	return b.String()
}

// BenchmarkManifests beside BenchmarkPlainDecode: what reading costs on top of
// parsing the YAML into API types.
func BenchmarkManifests(b *testing.B) {
	text := benchText(1000)
	for b.Loop() {
		m, err := NewManifests(ManifestOptions{Filenames: []string{"-"}, In: strings.NewReader(text)})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.Load(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlainDecode(b *testing.B) {
	docs := split("-", []byte(benchText(1000)))
	for b.Loop() {
		for i := range docs {
			var pod corev1.Pod
			if err := yaml.Unmarshal(docs[i].text, &pod); err != nil {
				b.Fatal(err)
			}
		}
	}
}
