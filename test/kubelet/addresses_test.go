package kubelet

import (
	"fmt"
	"net/netip"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestAddresses(t *testing.T) {
	a := newAddresses(netip.MustParsePrefix("10.0.0.0/29"))
	take := func(owner types.UID) string {
		t.Helper()
		addr, err := a.take(owner)
		if err != nil {
			return "none"
		}
		return addr.String()
	}
	a.reserve(netip.MustParseAddr("10.0.0.4"), "old")
	a.reserve(netip.MustParseAddr("192.0.2.1"), "elsewhere")

	var got []string
	for i := range 5 {
		got = append(got, take(types.UID(fmt.Sprint(i))))
	}
	if want := "[10.0.0.2 10.0.0.3 10.0.0.5 10.0.0.6 none]"; fmt.Sprint(got) != want {
		t.Errorf("addresses of a small network: got %v, want %s", got, want)
	}
	if again := take("1"); again != "10.0.0.3" {
		t.Errorf("the same owner again: got %s, want 10.0.0.3", again)
	}
	a.release("old")
	a.release("0")
	if next := take("new"); next != "10.0.0.2" {
		t.Errorf("after a release: got %s, want the next free one, going round, 10.0.0.2", next)
	}
	if next := take("newer"); next != "10.0.0.4" {
		t.Errorf("after a release: got %s, want 10.0.0.4", next)
	}
}
