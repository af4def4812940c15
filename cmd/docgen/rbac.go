package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// rbacFiles is the directory of the roles.
const rbacFiles = "docs/rbac"

// roles are the roles that permit what netguard reads, from the table of kinds.
func roles() map[string]string {
	return map[string]string{
		path.Join(rbacFiles, "clusterrole.yaml"): clusterRoleHead + rules(kinds.All(), true),
		path.Join(rbacFiles, "role.yaml"): roleHead + rules(slices.DeleteFunc(slices.Clone(kinds.All()), func(k *kinds.Kind) bool {
			return k.Cluster || k.Only != ""
		}), false),
	}
}

const generatedRole = "# Written by cmd/docgen (make docs). Change pkg/kinds/table.go instead.\n#\n"

const clusterRoleHead = generatedRole + `# What ` + "`kubectl netguard`" + ` reads, and nothing else: it never writes, and never
# reads Secrets. Bind it to whoever may see the whole cluster:
#
#   kubectl apply -f docs/rbac/clusterrole.yaml
#   kubectl create clusterrolebinding netguard --clusterrole=netguard-reader --serviceaccount=NAMESPACE:NAME
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: netguard-reader
rules:
`

const roleHead = generatedRole + `# The same for one namespace. Verdicts within the namespace are complete, unless
# the cluster has cluster-scoped policy kinds. What depends on other namespaces is
# Unknown, with the missing permission, and the exit status is then 3.
#
#   kubectl apply -n NAMESPACE -f docs/rbac/role.yaml
#   kubectl create rolebinding netguard -n NAMESPACE --role=netguard-reader --user=USER
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: netguard-reader
rules:
  # A Role may name namespaces: it then permits to get its own.
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get]
`

// rule is one of a role. Kinds of a group that may be read alike share one, and so
// do groups that have the same kinds.
type rule struct {
	part                     kinds.Part
	noticed                  bool
	groups, resources, names []string
	verbs                    string
}

func rules(of []*kinds.Kind, comments bool) string {
	var all []*rule
	for _, k := range of {
		group := k.Group
		if group == "" {
			group = `""`
		}
		at := slices.IndexFunc(all, func(r *rule) bool {
			return r.part == k.Part && r.noticed == (k.Policy != nil) && r.verbs == k.Verbs && r.groups[0] == group && len(r.names) == 0 && k.Only == ""
		})
		if at < 0 {
			at = len(all)
			all = append(all, &rule{part: k.Part, noticed: k.Policy != nil, groups: []string{group}, verbs: k.Verbs})
		}
		all[at].resources = append(all[at].resources, k.Resource.Plural())
		if k.Only != "" {
			all[at].names = []string{k.Only}
		}
	}
	slices.SortStableFunc(all, func(a, b *rule) int { return int(a.part) - int(b.part) })
	var b strings.Builder
	said := ""
	for i, r := range all {
		if r.groups == nil {
			continue
		}
		for _, other := range all[i+1:] {
			if other.part == r.part && other.noticed == r.noticed && other.verbs == r.verbs && slices.Equal(other.resources, r.resources) {
				r.groups, other.groups = append(r.groups, other.groups...), nil
			}
		}
		if about := aboutRule(r); comments && about != said {
			b.WriteString(about)
			said = about
		}
		fmt.Fprintf(&b, "  - apiGroups: [%s]\n    resources: [%s]\n", strings.Join(r.groups, ", "), strings.Join(r.resources, ", "))
		if r.names != nil {
			fmt.Fprintf(&b, "    resourceNames: [%s]\n", strings.Join(r.names, ", "))
		}
		fmt.Fprintf(&b, "    verbs: [%s]\n", strings.Join(strings.Fields(r.verbs), ", "))
	}
	return b.String()
}

func aboutRule(r *rule) string {
	switch {
	case r.noticed:
		return `  # Policy kinds that are noticed and not evaluated: only the names of their
  # objects are asked for. Kinds that the cluster does not have do no harm here.
`
	case r.part == kinds.Doors:
		return "  # The front door: what sends traffic from outside to Services.\n"
	case r.part == kinds.Policies:
		return "  # What decides about them.\n"
	case r.part == kinds.Settings:
		return "  # Where Cilium says whether it enforces policies.\n"
	default:
		return "  # The ends of connections: pods, what owns them, what sends traffic to them.\n"
	}
}
