package query_test

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Where packets from outside may enter by any node, asking about one of those that
// policies see alike says all that asking about each does.
func TestNodesLawOnSeeds(t *testing.T) {
	asked, partly := 0, 0
	for i := range seeds(t, 200) {
		g := generate(fmt.Appendf(nil, "%c nodes %d", rune(i%128), i))
		m := model.New(manyDoors(t, g))
		same := func(what string, got, want any, err, err2 error) {
			t.Helper()
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			asked++
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %s:\n got %+v\nwant %+v\n%s", i, what, got, want, g.manifests(t))
			}
		}
		for _, s := range m.Services() {
			to := ref(t, s.Namespace+"/svc/"+s.Name.Name)
			for _, from := range []string{"internet", "203.0.113.7", "192.168.0.0/30"} {
				got, err := query.Explain(m, ref(t, from), to, query.Options{})
				want, err2 := query.NaiveExplain(m, ref(t, from), to, query.Options{})
				if err == nil {
					got.Fix = nil
				}
				same(from+" to "+to.String(), got, want, err, err2)
				if got.Partly {
					partly++
				}
			}
			got, err := query.WhoCanReach(m, to, query.Options{})
			want, err2 := query.NaiveWhoCanReach(m, to, query.Options{})
			same("everybody to "+to.String(), got, want, err, err2)
		}
	}
	if t.Logf("%d asked, %d partly", asked, partly); partly < asked/10 {
		t.Errorf("too few differ by node: %d of %d", partly, asked)
	}
}

// manyDoors is a generated cluster with more nodes, in the networks that policies
// name, and with an exposed Service for each pod and for all pods of each namespace,
// some of which admit some nodes.
func manyDoors(t *testing.T, g *generator) *snapshot.Snapshot {
	b := snapshot.NewBuilder(g.snapshot(t))
	for n := len(g.nodes); n < 12; n++ {
		net := [][3]byte{{192, 168, 0}, {203, 0, 113}, {10, 0, 0}, {198, 51, 100}}[n%4]
		b.AddNode(&snapshot.Node{Name: fmt.Sprintf("n%d", n), IPs: []netip.Addr{netip.AddrFrom4([4]byte{net[0], net[1], net[2], byte(200 + n)})}})
	}
	addresses := map[snapshot.Name][]netip.Addr{}
	for _, p := range b.Snapshot().Pods() {
		alone, all := snapshot.Name{Namespace: p.Namespace, Name: "to-" + p.Name.Name}, snapshot.Name{Namespace: p.Namespace, Name: "to-all"}
		addresses[alone], addresses[all] = p.IPs, append(addresses[all], p.IPs...)
	}
	for _, name := range slices.SortedFunc(maps.Keys(addresses), snapshot.Name.Compare) {
		text := service(name.String(), "type: "+pick(g, "NodePort", "LoadBalancer")+", ports: [{port: 80, targetPort: 8080}]")
		of := map[string][]string{}
		for _, ip := range addresses[name] {
			family := map[bool]string{true: "IPv4", false: "IPv6"}[ip.Is4()]
			of[family] = append(of[family], fmt.Sprintf("{addresses: ['%s']}", ip))
		}
		for family, endpoints := range of {
			text += slice(name.String(), family, "{port: 8080, protocol: TCP}", strings.Join(endpoints, ", "))
		}
		block := pick(g, "cidr: 192.168.0.0/16", "cidr: 10.0.0.206/31", "cidr: 203.0.113.0/24, except: [203.0.113.204/31]", "cidr: 0.0.0.0/0, except: [192.168.0.1/32, 198.51.100.0/24]")
		more := snapshotOf(t, text, policy(name.Namespace+"/nodes", "podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {"+block+"}}]}]"))
		b.AddService(more.Service(name))
		for _, s := range more.EndpointSlices() {
			b.AddEndpointSlice(s)
		}
		if g.one(2) {
			b.AddPolicy(more.Policies()[0])
		}
	}
	return b.Snapshot()
}
