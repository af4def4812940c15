package objects

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func TestAddressesThatAreNoneAreIgnored(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1":         "[10.0.0.1]",
		"010.000.000.001":  "[10.0.0.1]",
		"::ffff:10.0.0.1":  "[10.0.0.1]",
		"fd00:0:0::1":      "[fd00::1]",
		"fe80::1%eth0":     "[]",
		"":                 "[]",
		"None":             "[]",
		"10.0.0.1/24":      "[]",
		"\x1b[31m":         "[]",
		"1.2.3.4.5":        "[]",
		"99999999999.1.1.": "[]",
	} {
		if got := fmt.Sprint(appendIP(nil, text)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestPodAddressesFallBackToTheSingleOnes(t *testing.T) {
	pod := Pod(&corev1.Pod{Status: corev1.PodStatus{PodIP: "10.0.0.1", HostIP: "192.168.0.1"}})
	if fmt.Sprint(pod.IPs, pod.HostIPs) != "[10.0.0.1] [192.168.0.1]" {
		t.Errorf("got %v %v", pod.IPs, pod.HostIPs)
	}
}

func TestTheOwnerIsTheController(t *testing.T) {
	yes := true
	pod := Pod(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{
		{Kind: "Namespace", Name: "n"}, {Kind: "ReplicaSet", Name: "r", Controller: &yes},
	}}})
	if pod.Owner != (snapshot.Owner{Kind: "ReplicaSet", Name: "r"}) {
		t.Errorf("got %v", pod.Owner)
	}
}

func TestServices(t *testing.T) {
	for name, tt := range map[string]struct {
		spec corev1.ServiceSpec
		want string
	}{
		"headless": {corev1.ServiceSpec{ClusterIP: "None", ClusterIPs: []string{"None"}},
			"ClusterIP headless=true [] [] [] "},
		"dual stack": {corev1.ServiceSpec{ClusterIP: "10.0.0.1", ClusterIPs: []string{"10.0.0.1", "fd00::1"}},
			"ClusterIP headless=false [10.0.0.1 fd00::1] [] [] "},
		"cluster IP of an old server": {corev1.ServiceSpec{ClusterIP: "10.0.0.1"},
			"ClusterIP headless=false [10.0.0.1] [] [] "},
		"ExternalName has no addresses": {corev1.ServiceSpec{Type: "ExternalName", ExternalName: "e", ClusterIP: "None", Selector: map[string]string{"a": "b"}},
			"ExternalName headless=false [] [] [] e"},
		"ports": {corev1.ServiceSpec{Ports: []corev1.ServicePort{
			{Port: 80}, {Port: 81, TargetPort: intstr.FromInt32(8081), Protocol: "UDP"}, {Port: 82, TargetPort: intstr.FromString("http")},
			{Port: 70000}, {Port: 83, TargetPort: intstr.FromInt32(70000)},
		}},
			"ClusterIP headless=false [] [{ TCP 80 80  0} { UDP 81 8081  0} { TCP 82 0 http 0}] [] "},
		"source ranges": {corev1.ServiceSpec{LoadBalancerSourceRanges: []string{" 10.0.0.1/8 ", "nonsense", "fd00::/8"}},
			"ClusterIP headless=false [] [] [10.0.0.0/8 fd00::/8] "},
	} {
		s := Service(&corev1.Service{Spec: tt.spec})
		got := fmt.Sprintf("%s headless=%t %v %v %v %s", s.Type, s.Headless, s.ClusterIPs, s.Ports, s.LoadBalancerRanges, s.ExternalName)
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestEndpointsOfOtherThings(t *testing.T) {
	for name, tt := range map[string]struct {
		ref  *corev1.ObjectReference
		want string
	}{
		"no target":             {nil, ""},
		"a pod":                 {&corev1.ObjectReference{Kind: "Pod", Namespace: "a", Name: "p"}, "a/p"},
		"a pod elsewhere":       {&corev1.ObjectReference{Kind: "Pod", Namespace: "b", Name: "p"}, "b/p"},
		"something not a pod":   {&corev1.ObjectReference{Kind: "Node", Name: "p"}, ""},
		"a pod of no namespace": {&corev1.ObjectReference{Kind: "Pod", Name: "p"}, "a/p"},
	} {
		e := endpoint(&discoveryv1.Endpoint{TargetRef: tt.ref}, "a")
		if got := e.PodName("a").String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
