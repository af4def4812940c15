package kubelet

import (
	"fmt"
	"net/netip"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// addresses hands out the addresses of a network, one to each owner. It goes round, so that an address which became
// free is not at once someone else's: what remembers it then finds nobody, as in most real clusters.
type addresses struct {
	network netip.Prefix

	mu    sync.Mutex
	last  netip.Addr
	owner map[netip.Addr]types.UID
	taken map[types.UID]netip.Addr
}

func newAddresses(network netip.Prefix) *addresses {
	return &addresses{
		network: network,
		last:    network.Masked().Addr().Next(), // the first one is left to the node's bridge
		owner:   map[netip.Addr]types.UID{},
		taken:   map[types.UID]netip.Addr{},
	}
}

// take gives the owner an address; asking again gives the same one.
func (a *addresses) take(owner types.UID) (netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if addr, ok := a.taken[owner]; ok {
		return addr, nil
	}
	first := a.network.Masked().Addr().Next()
	for addr := a.last.Next(); ; addr = addr.Next() {
		if !a.network.Contains(addr.Next()) { // the very last one is the broadcast address
			addr = first.Next()
		}
		if _, used := a.owner[addr]; !used {
			a.last = addr
			a.owner[addr], a.taken[owner] = owner, addr
			return addr, nil
		}
		if addr == a.last {
			return netip.Addr{}, fmt.Errorf("no address of %s is free: use more nodes or larger networks", a.network)
		}
	}
}

// reserve notes that the owner has an address already, which may be outside this network.
func (a *addresses) reserve(addr netip.Addr, owner types.UID) {
	if !a.network.Contains(addr) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owner[addr], a.taken[owner] = owner, addr
}

// release frees what the owner has, if anything.
func (a *addresses) release(owner types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if addr, ok := a.taken[owner]; ok {
		delete(a.owner, addr)
		delete(a.taken, owner)
	}
}
