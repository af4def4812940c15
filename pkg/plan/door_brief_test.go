package plan_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// worldDoors are the doors of a [doorWorld].
func worldDoors() []string {
	return []string{"ingress/web0", "ingress/web1", "ingress/web2", "ns1/gateway/gw", "gateway/other", "httproute/route0", "ns2/httproute/route1"}
}

// userControllers is nothing, or the user's own word on what is behind a door.
func userControllers(t *testing.T, rnd *rand.Rand) []reference.Reference {
	text := []string{"", "", "", "proxy=proxy0", "app=odd", "10.0.0.0/8", "ns/edge", "edge/ds/proxy0", "10.2.0.0", "ns1/svc/proxy0", "10.2.0.0/16"}[rnd.Intn(11)]
	if text == "" {
		return nil
	}
	return []reference.Reference{*ref(t, text)}
}

func frontDoor(t *testing.T, s *snapshot.Snapshot, q plan.Question) *report.FrontDoor {
	t.Helper()
	out, err := query.FrontDoor(model.New(s), *q.Target, query.Options{Controllers: q.Controllers})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// allButInside is what a report says, but for who else gets to the pods: that may be
// said of pods together, and then it is not said either that a rule means them,
// except of those of the pods' own namespace.
func allButInside(t *testing.T, all *snapshot.Snapshot, q plan.Question, r *report.FrontDoor) string {
	t.Helper()
	out := *r
	out.Doors = slices.Clone(out.Doors)
	for i := range out.Doors {
		d := &out.Doors[i]
		d.Backends = slices.Clone(d.Backends)
		for j := range d.Backends {
			b := &d.Backends[j]
			home := ""
			for _, p := range behind(t, all, q, *b) {
				home = p.Namespace
			}
			b.Inside, b.Meant = nil, slices.DeleteFunc(slices.Clone(b.Meant), func(m report.Meant) bool { return m.End.Namespace != home })
		}
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// behind are the pods that a door's backend leads to.
func behind(t *testing.T, s *snapshot.Snapshot, q plan.Question, b report.DoorBackend) []*snapshot.Pod {
	t.Helper()
	doors, err := frontdoor.Open(model.New(s), *q.Target, q.Controllers)
	if err != nil {
		t.Fatal(err)
	}
	var out []*snapshot.Pod
	for _, d := range doors {
		for _, r := range d.Routes {
			if r.Backend != b.Service || r.Port != b.Port {
				continue
			}
			for _, dst := range r.Destinations {
				if dst.Pod != nil && !slices.Contains(out, dst.Pod) {
					out = append(out, dst.Pod)
				}
			}
		}
	}
	return out
}

// carriers are the names of the pods that carry a door's traffic.
func carriers(d report.Door) map[string]bool {
	out := map[string]bool{}
	for _, m := range d.DataPlane {
		for _, name := range m.Names {
			out[snapshot.Name{Namespace: m.End.Namespace, Name: name}.String()] = true
		}
	}
	return out
}

// firstDifference are the lines about the first in which two texts differ.
func firstDifference(got, want string) string {
	x, y := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	around := func(lines []string) string { return strings.Join(lines[max(0, i-12):min(len(lines), i+12)], "\n") }
	return around(x) + "\n--- and of the whole cluster:\n" + around(y)
}

// sameDoor compares a brief answer about a door with the whole one. It returns how
// many pods it compared.
func sameDoor(t *testing.T, all, read *snapshot.Snapshot, q plan.Question, brief, whole *report.FrontDoor) int {
	t.Helper()
	if got, want := allButInside(t, all, q, brief), allButInside(t, all, q, whole); got != want {
		t.Errorf("of %s it is said, from what was read:\n%s", q.Target, firstDifference(got, want))
		return 0
	}
	m := model.New(all)
	compared := 0
	for i, d := range whole.Doors {
		for j, b := range d.Backends {
			var own report.Members
			for _, p := range behind(t, all, q, b) {
				own.Names = append(own.Names, p.Name.Name)
			}
			x, y := &report.Reach{Rows: brief.Doors[i].Backends[j].Inside}, &report.Reach{Rows: b.Inside}
			x.Pods, y.Pods = []report.Members{own}, []report.Members{own}
			saysWhatIs(t, all, x)
			countsWhatIs(t, all, read, x.Rows, carriers(d))
			for _, pod := range all.Pods() {
				if pod.Finished() {
					continue
				}
				got, want := verdictsOn(m, x, pod), verdictsOn(m, y, pod)
				if len(want) > 0 && !slices.Equal(got, want) {
					t.Errorf("%s, %s: of %s the brief answer says %v, the whole one %v", q.Target, b.Service.Name, pod.Name, got, want)
				}
				compared++
			}
		}
	}
	return compared
}

// A brief answer about a door is the whole one, but that it may speak of pods
// together, and says of every pod what the whole one says.
func TestBriefAnswersAboutDoorsAgreeWithWholeOnes(t *testing.T) {
	compared, read, spared, questions := 0, 0, 0, 0
	for seed := range drawn(100) {
		all := doorWorld(seed)
		rnd := rand.New(rand.NewSource(seed))
		for _, door := range worldDoors() {
			q := plan.Question{Target: ref(t, door), Home: "bank", Controllers: userControllers(t, rnd), Brief: true}
			server := &server{t: t, all: all}
			s := server.load(q)
			compared += sameDoor(t, all, s, q, frontDoor(t, s, q), frontDoor(t, all, q))
			read += len(s.Pods())
			if !s.Has(snapshot.Need{Resource: snapshot.Pods}) {
				spared++
			}
			questions++
			if t.Failed() {
				t.Fatalf("seed %d, %s, controllers %v; read: %v", seed, door, q.Controllers, server.asked)
			}
		}
	}
	t.Logf("%d questions, %d of them without the list of all pods; %d verdicts compared; %d pods read", questions, spared, compared, read)
	if spared < questions/4 {
		t.Errorf("only %d of %d questions did without the list of all pods: nothing was put to the test", spared, questions)
	}
}

// One connection through a door, or from it, has the answer that the whole cluster
// gives, byte for byte.
func TestConnectionsThroughDoorsAgreeWithTheWholeCluster(t *testing.T) {
	spared, questions := 0, 0
	for seed := range drawn(40) {
		all := doorWorld(seed)
		rnd := rand.New(rand.NewSource(seed))
		for _, door := range worldDoors() {
			for _, ends := range [][2]string{{"internet", door}, {"pod/pod0", door}, {"198.51.100.7", door}, {door, "svc/svc"}, {door, "ns/ns1"}, {door, "internet"}} {
				q := plan.Question{Source: ref(t, ends[0]), Target: ref(t, ends[1]), Home: "bank", Controllers: userControllers(t, rnd)}
				server := &server{t: t, all: all}
				s := server.load(q)
				if got, want := doorAnswer(t, s, q), doorAnswer(t, all, q); got != want {
					t.Fatalf("seed %d, %v, controllers %v, from what was read:\n%s\nread: %v", seed, ends, q.Controllers, firstDifference(got, want), server.asked)
				}
				if !s.Has(snapshot.Need{Resource: snapshot.Pods}) {
					spared++
				}
				questions++
			}
		}
	}
	t.Logf("%d questions, %d of them without the list of all pods", questions, spared)
	if spared < questions/4 {
		t.Errorf("only %d of %d questions did without the list of all pods: nothing was put to the test", spared, questions)
	}
}

// podLists are the lists of pods that were asked for.
func podLists(asked []snapshot.Need) string {
	var out []string
	for _, n := range asked {
		if n.Resource != snapshot.Pods || n.Name != "" {
			continue
		}
		text := "pods"
		if n.Namespace != "" {
			text += " in " + n.Namespace
		}
		if with := n.Labels + n.Fields; with != "" {
			text += " with " + with
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// What a question about a door takes of pods, by how its data plane is found: all of
// them only where nothing else tells.
func TestDoorsReadFewPods(t *testing.T) {
	const backends = "pods in shop with app=web; "
	b := snapshot.NewBuilder(read(t, "testdata/doors.yaml"))
	web := *b.Snapshot().Policy(snapshot.Name{Namespace: "shop", Name: "web"})
	web.Spec.Ingress = slices.Clone(web.Spec.Ingress[:1])
	web.Spec.Ingress[0].From = web.Spec.Ingress[0].From[:1] // an ipBlock takes all pods
	b.AddPolicy(&web)
	all := b.Snapshot()
	for door, want := range map[string]string{
		"ingress/by-address":   backends + "pods in edge with app=edge; pods in edge; pods in shop; pods with spec.hostNetwork=true,spec.nodeName=n1",
		"ingress/by-host":      backends + "pods in edge with app=edge; pods in edge; pods in shop; pods with spec.hostNetwork=true,spec.nodeName=n1",
		"ingress/by-node":      backends + "pods with spec.nodeName=n1; pods in edge; pods in shop; pods with spec.hostNetwork=true,spec.nodeName=n1",
		"ingress/by-arguments": backends + "pods",
		"ingress/gce":          backends + "pods in shop; pods in edge with app=edge; pods with spec.hostNetwork=true,spec.nodeName=n1",
		"gateway/by-label":     backends + "pods in shop with gateway.networking.k8s.io/gateway-name=by-label; pods in shop; pods in edge with app=edge; pods with spec.hostNetwork=true,spec.nodeName=n1",
	} {
		server := &server{t: t, all: all}
		server.load(plan.Question{Target: shop(t, door), Home: "shop", Brief: true})
		if got := podLists(server.asked); got != want {
			t.Errorf("%s:\nreads %s\nwant  %s", door, got, want)
		}
	}
}

// A workload of another namespace that a rule names, and admits to another port
// alone, is told by a brief answer too, with the change that lets it in.
func TestABriefAnswerTellsWhomARuleMeans(t *testing.T) {
	b := snapshot.NewBuilder(doorWorld(1))
	b.AddNamespace(&snapshot.Namespace{Name: "shop", Labels: map[string]string{"kubernetes.io/metadata.name": "shop"}})
	b.AddNamespace(&snapshot.Namespace{Name: "clients", Labels: map[string]string{"kubernetes.io/metadata.name": "clients"}})
	pod := func(ns, name string) {
		b.AddPod(&snapshot.Pod{
			Name: snapshot.Name{Namespace: ns, Name: name}, Labels: map[string]string{"app": name}, Phase: snapshot.PhaseRunning, Node: "n1",
			IPs: []netip.Addr{netip.MustParseAddr(fmt.Sprintf("10.9.0.%d", len(b.Snapshot().Pods())))}, Ports: []snapshot.ContainerPort{{Protocol: connset.TCP, Port: 8080}},
		})
	}
	pod("shop", "web")
	pod("clients", "app")
	pod("clients", "other")
	b.AddService(&snapshot.Service{
		Name: snapshot.Name{Namespace: "shop", Name: "web"}, Type: snapshot.ClusterIP, Selector: map[string]string{"app": "web"},
		Ports: []snapshot.ServicePort{{Protocol: connset.TCP, Port: 80, TargetPort: 8080}},
	})
	b.AddEndpointSlice(&snapshot.EndpointSlice{
		Name: snapshot.Name{Namespace: "shop", Name: "web-1"}, Service: "web", AddressType: "IPv4", Ports: []snapshot.EndpointPort{{Protocol: connset.TCP, Port: 8080}},
		Endpoints: []snapshot.Endpoint{{Addresses: []string{b.Snapshot().Pod(snapshot.Name{Namespace: "shop", Name: "web"}).IPs[0].String()}, Pod: "web", Ready: true, Serving: true}},
	})
	b.Add(&snapshot.Ingress{Name: snapshot.Name{Namespace: "shop", Name: "web"}, Class: "gce", Default: &snapshot.IngressBackend{Service: "web", PortNumber: 80}})
	port := intstr.FromInt32(80)
	b.AddPolicy(&snapshot.Policy{Name: snapshot.Name{Namespace: "shop", Name: "web"}, Spec: networkingv1.NetworkPolicySpec{
		Ingress: []networkingv1.NetworkPolicyIngressRule{{
			Ports: []networkingv1.NetworkPolicyPort{{Port: &port}},
			From: []networkingv1.NetworkPolicyPeer{{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "clients"}},
				PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"app": "app"}},
			}},
		}},
	}})
	all := b.Snapshot()
	q := plan.Question{Target: shop(t, "ingress/web"), Home: "shop", Brief: true}
	server := &server{t: t, all: all}
	s := server.load(q)
	got, want := frontDoor(t, s, q).Doors[0].Backends[0].Meant, frontDoor(t, all, q).Doors[0].Backends[0].Meant
	if len(want) != 1 || !reflect.DeepEqual(got, want) {
		t.Errorf("a rule means %+v, in the whole cluster %+v", got, want)
	}
	if s.Has(snapshot.Need{Resource: snapshot.Pods}) || s.Pod(snapshot.Name{Namespace: "clients", Name: "other"}) != nil {
		t.Errorf("too much was read: %v", server.asked)
	}
}

// refusal is lists that somebody may not make.
type refusal struct {
	name      string
	forbidden func(snapshot.Need) bool
}

func refusals() []refusal {
	all := func(r snapshot.Resource) func(snapshot.Need) bool {
		return func(n snapshot.Need) bool { return n.Resource == r && n.Namespace == "" }
	}
	elsewhere := func(r snapshot.Resource) func(snapshot.Need) bool {
		return func(n snapshot.Need) bool { return n.Resource == r && n.Namespace != "bank" && n.Namespace != "shop" }
	}
	return []refusal{
		{"pods of all namespaces", all(snapshot.Pods)}, {"pods elsewhere", elsewhere(snapshot.Pods)},
		{"services of all namespaces", all(snapshot.Services)}, {"endpointslices elsewhere", elsewhere(snapshot.EndpointSlices)},
		{"policies elsewhere", elsewhere(snapshot.NetworkPolicies)}, {"namespaces", all(snapshot.Namespaces)},
		{"nodes", all(snapshot.Nodes)}, {"ingress classes", all(snapshot.IngressClasses)}, {"gateway classes", all(snapshot.GatewayClasses)},
		{"field selectors", func(n snapshot.Need) bool { return n.Fields != "" }},
		{"label selectors", func(n snapshot.Need) bool { return n.Labels != "" }},
		{"owners", func(n snapshot.Need) bool { return n.Resource == snapshot.ReplicaSets }},
		{"anything elsewhere", func(n snapshot.Need) bool {
			return n.Namespace != "bank" && n.Name != "bank" && n.Namespace != "shop" && n.Name != "shop"
		}},
	}
}

// Where something may not be read, a brief answer about a door is as certain as the
// one for which everything is asked, and says what is missing no more often; and no
// verdict on a connection through a door is another than the true one.
func TestRefusedListsLeaveDoorsAsOpenAsTheyWere(t *testing.T) {
	for seed := range drawn(8) {
		all := doorWorld(seed)
		rnd := rand.New(rand.NewSource(seed))
		for _, r := range refusals() {
			for _, door := range worldDoors() {
				q := plan.Question{Target: ref(t, door), Home: "bank", Controllers: userControllers(t, rnd)}
				ask := func(brief bool) (*report.FrontDoor, error) {
					q := q
					q.Brief = brief
					server := &server{t: t, all: all, forbidden: r.forbidden}
					s := server.load(q)
					out, err := query.FrontDoor(model.New(s), *q.Target, query.Options{Controllers: q.Controllers})
					if err != nil {
						return nil, err
					}
					for _, d := range out.Doors {
						for _, b := range d.Backends {
							countsWhatIs(t, all, s, b.Inside, carriers(d))
						}
					}
					return out, nil
				}
				got, err1 := ask(true)
				before, err2 := ask(false)
				if err1 != nil || err2 != nil {
					if fmt.Sprint(err1) != fmt.Sprint(err2) {
						t.Errorf("seed %d, %s without %s: %v, before %v", seed, door, r.name, err1, err2)
					}
					continue
				}
				whole := frontDoor(t, all, q)
				for i, was := range before.Doors {
					switch is := got.Doors[i]; {
					case is.Verdict != was.Verdict && is.Verdict != whole.Doors[i].Verdict:
						t.Errorf("seed %d, %s without %s: %v, before %v, in truth %v", seed, door, r.name, is.Verdict, was.Verdict, whole.Doors[i].Verdict)
					case len(before.Gaps) == 0 && len(got.Gaps) > 0:
						t.Errorf("seed %d, %s without %s: gaps %v, where there were none", seed, door, r.name, got.Gaps)
					}
				}
				c := plan.Question{Source: ref(t, "pod/pod0"), Target: q.Target, Home: "bank", Controllers: q.Controllers}
				explain := func(q plan.Question) (*report.Explanation, error) {
					server := &server{t: t, all: all, forbidden: r.forbidden}
					return query.Explain(model.New(server.load(q)), *q.Source, *q.Target, query.Options{Controllers: q.Controllers})
				}
				x, err1 := explain(c)
				c.Doors = true // takes all lists
				y, err2 := explain(c)
				truth, err := query.Explain(model.New(all), *c.Source, *c.Target, query.Options{Controllers: c.Controllers})
				if err != nil {
					t.Fatal(err)
				}
				if err1 == nil && err2 == nil && x.Verdict != report.Unknown && x.Verdict != y.Verdict && x.Verdict != truth.Verdict {
					t.Errorf("seed %d, pod0 → %s without %s: %v, from all lists %v, in truth %v", seed, door, r.name, x.Verdict, y.Verdict, truth.Verdict)
				}
			}
		}
	}
}
