package model_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// A CIDR divides the classes that have an address in it, and nobody where it holds
// all addresses of its family or none.
func TestDivided(t *testing.T) {
	b := snapshot.NewBuilder(nil)
	for name, ips := range map[string][]string{"a": {"10.0.0.1", "fd00::1"}, "b": {"10.0.0.2"}, "c": {"10.1.0.1", "fd00::3"}} {
		p := &snapshot.Pod{Name: snapshot.Name{Namespace: "shop", Name: name}}
		for _, ip := range ips {
			p.IPs = append(p.IPs, netip.MustParseAddr(ip))
		}
		b.AddPod(p)
	}
	b.AddPod(&snapshot.Pod{
		Name: snapshot.Name{Namespace: "shop", Name: "host"}, HostNetwork: true,
		IPs: []netip.Addr{netip.MustParseAddr("10.0.0.9")}, HostIPs: []netip.Addr{netip.MustParseAddr("192.168.0.1")},
	})
	m := model.New(b.Snapshot())
	for cidr, want := range map[string][]int{
		"0.0.0.0/0":           nil,
		"10.0.0.0/8":          {0, 1, 2},
		"10.0.0.0/24":         {0, 1},
		"10.0.0.2/32":         {1},
		"::ffff:10.1.0.0/112": {2},
		"192.168.0.0/16":      {3},
		"172.16.0.0/12":       nil,
		"fd00::/64":           nil,
		"fd00::2/127":         {2},
		"2001:db8::/32":       nil,
	} {
		if got := m.Divided(netip.MustParsePrefix(cidr)); !slices.Equal(got, want) {
			t.Errorf("%s divides %v, want %v", cidr, got, want)
		}
	}
}
