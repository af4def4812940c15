package objects

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/kubectl-netguard/netguard/pkg/protolist"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// texts keeps one copy of each text: names of nodes and namespaces stand in every
// pod, and would be a third of what a snapshot of 100,000 pods takes.
type texts map[string]string

func (t texts) shared(text string) string {
	if known, ok := t[text]; ok {
		return known
	}
	t[text] = text
	return text
}

// livePod: an API server that has not said a phase yet (a pod that was just
// created) means Pending; the empty phase is for pods of manifests.
func (t texts) livePod(in *corev1.Pod) *snapshot.Pod {
	out := Pod(in)
	if out.Phase == snapshot.PhaseExpected {
		out.Phase = snapshot.PhasePending
	}
	out.Phase = snapshot.Phase(t.shared(string(out.Phase)))
	out.Namespace = t.shared(out.Namespace)
	out.Node = t.shared(out.Node)
	out.Owner = snapshot.Owner{Kind: t.shared(out.Owner.Kind), Name: t.shared(out.Owner.Name)}
	for i := range out.Ports {
		p := &out.Ports[i]
		p.Name = t.shared(p.Name)
		p.Protocol = protocol(corev1.Protocol(t.shared(string(p.Protocol))))
	}
	return out
}

// livePods converts whole pods. Pods of one workload carry the same labels:
// sharing the maps more than halves what a snapshot takes.
func livePods() func(*corev1.Pod) *snapshot.Pod {
	var (
		t      = texts{}
		labels = map[string]map[string]string{}
		key    []byte
	)
	return func(in *corev1.Pod) *snapshot.Pod {
		out := t.livePod(in)
		key = key[:0]
		for _, k := range slices.Sorted(maps.Keys(out.Labels)) {
			key = append(append(append(append(key, k...), '='), out.Labels[k]...), ',')
		}
		if known, ok := labels[string(key)]; ok {
			out.Labels = known
		} else {
			labels[string(key)] = out.Labels
		}
		return out
	}
}

// podDecoder is decoderOf for pods, of which there are the most. What a pod has of
// its workload is decoded once for all of the workload's pods that follow one
// another, as they do in a list, since their names begin alike; their labels and
// ports are then the same ones in memory.
func podDecoder() (decoder[snapshot.Pod], error) {
	common, err := protolist.FieldsOf(corev1.Pod{}, podTemplateFields()...)
	if err != nil {
		return nil, fmt.Errorf("internal error: %w", err)
	}
	own, err := protolist.FieldsOf(corev1.Pod{}, podFields()...)
	if err != nil {
		return nil, fmt.Errorf("internal error: %w", err)
	}
	var (
		t            = texts{}
		in           corev1.Pod
		kept, latest []byte
		template     *snapshot.Pod
	)
	return func(item []byte) (*snapshot.Pod, error) {
		kept = keep(common, kept[:0], item)
		if template == nil || !bytes.Equal(kept, latest) {
			resetPod(&in)
			if err := in.Unmarshal(kept); err != nil {
				return nil, undecodable(err)
			}
			template = t.livePod(&in)
			if mayControl(&in.Spec) {
				// Its variables and files count too, which few pods are asked for.
				var whole corev1.Pod
				if err := whole.Unmarshal(item); err != nil {
					return nil, undecodable(err)
				}
				template.Programs = programs(&whole)
			}
			kept, latest = latest, kept
		}
		kept = keep(own, kept[:0], item)
		resetPod(&in)
		if err := in.Unmarshal(kept); err != nil {
			return nil, undecodable(err)
		}
		out := t.livePod(&in)
		out.Namespace = template.Namespace
		out.Labels = template.Labels
		out.Owner = template.Owner
		out.DNS = template.DNS
		out.Ports, out.EndedPorts = template.Ports, template.EndedPorts
		out.Programs = template.Programs
		return out, nil
	}, nil
}

// resetPod keeps the room of the lists that every pod has. The conversion keeps
// nothing of them.
func resetPod(in *corev1.Pod) {
	status := &in.Status
	conditions, podIPs, hostIPs := status.Conditions[:0], status.PodIPs[:0], status.HostIPs[:0]
	in.Reset()
	status.Conditions, status.PodIPs, status.HostIPs = conditions, podIPs, hostIPs
}

// liveSlices shares what the endpoints of many slices have in common.
func liveSlices() func(*discoveryv1.EndpointSlice) *snapshot.EndpointSlice {
	t := texts{}
	return func(in *discoveryv1.EndpointSlice) *snapshot.EndpointSlice {
		out := EndpointSlice(in)
		out.Namespace = t.shared(out.Namespace)
		out.AddressType = t.shared(out.AddressType)
		for i := range out.Endpoints {
			out.Endpoints[i].Node = t.shared(out.Endpoints[i].Node)
		}
		return out
	}
}

// podTemplateFields are those that pods of one workload mostly have in common.
func podTemplateFields() []string {
	return []string{
		"metadata.namespace", "metadata.labels",
		"metadata.ownerReferences.kind", "metadata.ownerReferences.name", "metadata.ownerReferences.controller",
		"spec.containers.ports", "spec.containers.image", "spec.containers.command", "spec.containers.args",
		"spec.initContainers.ports", "spec.initContainers.restartPolicy",
		"spec.dnsPolicy", "spec.dnsConfig.nameservers",
	}
}

// podFields are the pod's own.
func podFields() []string {
	return []string{
		"metadata.name", "metadata.deletionTimestamp", "spec.nodeName", "spec.hostNetwork",
		"status.phase", "status.conditions.type", "status.conditions.status",
		"status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs",
	}
}
