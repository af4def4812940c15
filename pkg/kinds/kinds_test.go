package kinds_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// A row says enough to be read, or noticed, and no two say the same.
func TestRows(t *testing.T) {
	resources, names, words := map[kinds.Resource]bool{}, map[[2]string]bool{}, map[string]string{}
	for _, k := range kinds.All() {
		if resources[k.Resource] || names[[2]string{k.Group, k.Name}] {
			t.Errorf("%s stands twice in the table", k.Resource)
		}
		resources[k.Resource], names[[2]string{k.Group, k.Name}] = true, true
		if kinds.Of(k.Resource) != k || kinds.Named(k.Group, k.Name) != k {
			t.Errorf("%s is not found", k.Resource)
		}
		if k.Verbs != "get" && k.Verbs != "list" && k.Verbs != "get list" {
			t.Errorf("%s: verbs %q", k.Resource, k.Verbs)
		}
		if k.Policy == nil && len(k.Versions) == 0 {
			t.Errorf("%s is read in no version", k.Resource)
		}
		if k.Policy != nil && !strings.HasSuffix(string(k.Resource), "."+k.Group) {
			t.Errorf("%s: several groups have kinds of this name; write PLURAL.GROUP", k.Resource)
		}
		if k.Type == "" {
			continue
		}
		for _, word := range slices.Compact(slices.Sorted(slices.Values([]string{k.Singular(), k.Resource.Plural(), k.Short, k.Type}))) {
			if other := words[word]; other != "" && word != "" {
				t.Errorf("%s is %s and %s", word, other, k.Name)
			}
			words[word] = k.Name
		}
	}
}

func TestCalicoShowsKubernetesPoliciesAsItsOwn(t *testing.T) {
	calico, cilium := kinds.Named("crd.projectcalico.org", "NetworkPolicy"), kinds.Named("cilium.io", "CiliumNetworkPolicy")
	for name, want := range map[string]bool{"knp.default.web": true, "kanp.web": true, "web": false, "knp.other.web": false} {
		if got := calico.Mirrored(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
		if cilium.Mirrored(name) {
			t.Errorf("%s of Cilium", name)
		}
	}
}
