package live

import (
	"maps"
	"os"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// The documented roles permit to read every policy kind that is looked for, and
// nothing but get and list; of ConfigMaps one alone, of Secrets none.
func TestDocumentedRolesFollowTheTable(t *testing.T) {
	for file, clusterWide := range map[string]bool{"clusterrole.yaml": true, "role.yaml": false} {
		text, err := os.ReadFile("../../../docs/rbac/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var role struct{ Rules []rbacv1.PolicyRule }
		if err := yaml.UnmarshalStrict(text, &struct {
			APIVersion, Kind string
			Metadata         map[string]string
			Rules            *[]rbacv1.PolicyRule
		}{Rules: &role.Rules}); err != nil {
			t.Fatal(err)
		}
		// permitted are the resources of groups that hold policies.
		permitted, wanted := map[string]bool{}, map[string]bool{}
		groups := map[string]bool{}
		for _, k := range kinds.Noticed() {
			groups[k.Group] = true
			if clusterWide || !k.Cluster {
				wanted[string(k.Resource)] = true
			}
		}
		for _, r := range role.Rules {
			for _, verb := range r.Verbs {
				if verb != "get" && verb != "list" {
					t.Errorf("%s: verb %s", file, verb)
				}
			}
			for _, resource := range r.Resources {
				if resource == "secrets" || resource == "*" || resource == "configmaps" && !slices.Equal(r.ResourceNames, []string{"cilium-config"}) {
					t.Errorf("%s: permits %s", file, resource)
				}
				for _, group := range r.APIGroups {
					if groups[group] {
						permitted[resource+"."+group] = true
					}
				}
			}
		}
		for _, want := range slices.Sorted(maps.Keys(wanted)) {
			if !permitted[want] {
				t.Errorf("%s: does not permit to list %s", file, want)
			}
		}
	}
}
