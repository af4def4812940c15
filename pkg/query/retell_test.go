package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Policies of several namespaces that say the same are asked about once; what the
// rows tell of each is in its own names, labels and addresses all the same.
func TestSameWordsInOtherNames(t *testing.T) {
	outward := func(spec string) string {
		return policy("a/one", spec) + policy("b/two", spec) + policy("c/three", spec)
	}
	sources := namespace("a", "team: red") + namespace("b", "team: green") + namespace("c", "team: blue") +
		pod("a/p", "10.0.2.1", "n1", "app: p, role: reader", "") + pod("b/p", "10.0.2.2", "n1", "app: p, role: writer", "") +
		pod("c/p", "10.0.2.3", "n1", "app: p", "")
	open := outward("podSelector: {}, policyTypes: [Egress], egress: [{}]")
	for _, c := range []struct {
		name, inward, outward string
		want                  []string
	}{
		{
			"a pod's label", "ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {role: admin}}}]}, {}]", open,
			[]string{
				"Allowed a/p: a/one spec.egress[0], shop/web spec.ingress[1]; PodLabel got reader",
				"Allowed b/p: b/two spec.egress[0], shop/web spec.ingress[1]; PodLabel got writer",
				"Allowed c/p: c/three spec.egress[0], shop/web spec.ingress[1]; PodLabel absent",
			},
		},
		{
			"a pod's address", "ingress: [{from: [{ipBlock: {cidr: 172.16.0.0/12}}]}, {}]", open,
			[]string{
				"Allowed a/p: a/one spec.egress[0], shop/web spec.ingress[1]; OutsideIPBlock got 10.0.2.1/32",
				"Allowed b/p: b/two spec.egress[0], shop/web spec.ingress[1]; OutsideIPBlock got 10.0.2.2/32",
				"Allowed c/p: c/three spec.egress[0], shop/web spec.ingress[1]; OutsideIPBlock got 10.0.2.3/32",
			},
		},
		{
			"a namespace", "ingress: [{from: [{podSelector: {}}]}, {}]", open,
			[]string{
				"Allowed a/p: a/one spec.egress[0], shop/web spec.ingress[1]; NamespaceDiffers want shop got a",
				"Allowed b/p: b/two spec.egress[0], shop/web spec.ingress[1]; NamespaceDiffers want shop got b",
				"Allowed c/p: c/three spec.egress[0], shop/web spec.ingress[1]; NamespaceDiffers want shop got c",
			},
		},
		{
			"at home only", "ingress: [{}]", outward("podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]"),
			[]string{
				"Denied a/p: a/one ; NamespaceDiffers want a got shop",
				"Denied b/p: b/two ; NamespaceDiffers want b got shop",
				"Denied c/p: c/three ; NamespaceDiffers want c got shop",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := cluster(t, world, sources, policy("shop/web", "podSelector: {matchLabels: {app: web}}, "+c.inward), c.outward)
			r, err := query.WhoCanReach(m, ref(t, "web:8080"), query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range r.Rows {
				for _, end := range row.Ends {
					if len(end.Names) == 1 && end.Names[0] == "p" || len(end.Names) == 0 && len(end.End.Name) == 1 {
						got = append(got, rowText(&row, &end))
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}

// rowText is what a row says of one of its ends.
func rowText(r *report.ReachRow, end *report.Members) string {
	var by []string
	for _, d := range r.DecidedBy {
		by = append(by, fmt.Sprintf("%s/%s %s", d.Policy.Namespace, d.Policy.Name, d.Path))
	}
	ns := end.End.Namespace
	if end.End.Kind == "Namespace" {
		ns = end.End.Name
	}
	text := fmt.Sprintf("%v %s/p: %s", r.Verdict, ns, strings.Join(by, ", "))
	if n := r.Nearest; n != nil {
		text += "; " + string(n.Reason)
		if n.Reason == report.NamespaceDiffers {
			text += " want " + n.Want
		}
		if n.Absent {
			return text + " absent"
		}
		text += " got " + n.Got
	}
	return text
}
