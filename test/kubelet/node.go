package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"runtime"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Node is a node to stand in for. Addresses and networks are primary family first.
type Node struct {
	Name     string
	IPs      []string
	PodCIDRs []string
	Labels   map[string]string
}

// DefaultNodes are three dual-stack nodes: node-a, node-b and node-c.
func DefaultNodes() []Node {
	var nodes []Node
	for i, name := range []string{"node-a", "node-b", "node-c"} {
		nodes = append(nodes, Node{
			Name:     name,
			IPs:      []string{fmt.Sprintf("10.0.0.%d", 11+i), fmt.Sprintf("fd00:10::%d", 11+i)},
			PodCIDRs: []string{fmt.Sprintf("10.244.%d.0/24", 1+i), fmt.Sprintf("fd00:10:244:%d::/64", 1+i)},
		})
	}
	return nodes
}

// host is a node with its object and the addresses that its pods have.
type host struct {
	Node
	object *corev1.Node
	pods   []*addresses
}

// newHost checks the node and makes its object. execPort is 0 when no command can be run in its pods.
func newHost(node Node, kubeletVersion string, execPort int) (*host, error) {
	h := &host{Node: node}
	for _, cidr := range node.PodCIDRs {
		network, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, fmt.Errorf("node %s: podCIDR: %w", node.Name, err)
		}
		h.pods = append(h.pods, newAddresses(network))
	}
	if len(node.IPs) == 0 || len(node.PodCIDRs) == 0 {
		return nil, fmt.Errorf("node %s: it needs at least one address and one podCIDR", node.Name)
	}
	labels := map[string]string{
		corev1.LabelHostname:   node.Name,
		corev1.LabelOSStable:   "linux",
		corev1.LabelArchStable: runtime.GOARCH,
	}
	for k, v := range node.Labels {
		labels[k] = v
	}
	resources := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("64"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("5000"),
	}
	h.object = &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: labels},
		Spec:       corev1.NodeSpec{PodCIDR: node.PodCIDRs[0], PodCIDRs: node.PodCIDRs},
		Status: corev1.NodeStatus{
			Capacity:    resources,
			Allocatable: resources,
			Conditions:  nodeConditions(),
			// The API server is told to find the kubelet under Hostname, which leaves the other addresses free to look like
			// a real node's.
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: "127.0.0.1"}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(execPort)}},
			NodeInfo: corev1.NodeSystemInfo{
				KubeletVersion:          kubeletVersion,
				OperatingSystem:         "linux",
				Architecture:            runtime.GOARCH,
				OSImage:                 "simulated",
				ContainerRuntimeVersion: "simulated://1.0.0",
			},
		},
	}
	for _, ip := range node.IPs {
		h.object.Status.Addresses = append(h.object.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: ip})
	}
	return h, nil
}

func nodeConditions() []corev1.NodeCondition {
	now := metav1.Now()
	condition := func(kind corev1.NodeConditionType, status corev1.ConditionStatus, reason string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: kind, Status: status, Reason: reason, LastHeartbeatTime: now, LastTransitionTime: now}
	}
	return []corev1.NodeCondition{
		condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory"),
		condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure"),
		condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID"),
		condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady"),
	}
}

// register creates the node, or takes over the one that an earlier stand-in left.
func (h *host) register(ctx context.Context, client kubernetes.Interface) error {
	nodes := client.CoreV1().Nodes()
	_, err := nodes.Create(ctx, h.object, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create node %s: %w", h.Name, err)
	}
	// Patches, since controllers annotate the node meanwhile.
	// Admission taints each new node as not ready, and the controller that takes such taints away does not run.
	noTaints := []byte(`{"spec":{"taints":null}}`)
	if _, err = nodes.Patch(ctx, h.Name, types.MergePatchType, noTaints, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("take the taints from node %s: %w", h.Name, err)
	}
	status, err := json.Marshal(map[string]any{"status": h.object.Status})
	if err != nil {
		return fmt.Errorf("encode status of node %s: %w", h.Name, err)
	}
	if h.object, err = nodes.Patch(ctx, h.Name, types.MergePatchType, status, metav1.PatchOptions{}, "status"); err != nil {
		return fmt.Errorf("set status of node %s: %w", h.Name, err)
	}
	return nil
}
