package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// endName is an end as it can be typed: shop/deploy/web.
func endName(e report.End) string {
	short := reference.Kind(e.Kind).Short()
	switch {
	case e.Kind == "NetworkPolicy":
		short = "netpol"
	case short == "":
		short = strings.ToLower(e.Kind)
	}
	if e.Namespace == "" {
		return short + "/" + e.Name
	}
	return e.Namespace + "/" + short + "/" + e.Name
}

func objectName(o report.Object) string {
	return endName(report.End{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name})
}

// list is some names, and how many more there are.
func list(names []string) string {
	const most = 3
	switch n := len(names); {
	case n == 0:
		return "nobody"
	case n == 1:
		return names[0]
	case n <= most:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	default:
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(n-most) + " more"
	}
}

func endNames(ends []report.End) string {
	names := make([]string, len(ends))
	for i, e := range ends {
		names[i] = endName(e)
	}
	return list(names)
}

// refOf names a class's workload, with a port.
func refOf(c *model.Class, p reference.Port) reference.Reference {
	kind := reference.Kind(c.Owner.Kind)
	if kind == "" || !kind.IsWorkload() {
		return reference.Reference{Form: reference.FormObject, Kind: reference.Pod, Namespace: c.Namespace, Name: c.Names[0], Port: p}
	}
	return reference.Reference{Form: reference.FormObject, Kind: kind, Namespace: c.Namespace, Name: c.Owner.Name, Port: p}
}

// refPort is a port as questions have it.
func refPort(number uint16, protocol connset.Protocol) reference.Port {
	return reference.Port{Number: number, Protocol: protocol}
}

// portNumbers are the ports that an item of a rule names on pods that declare some.
func portNumbers(of *policy.Port, declared []snapshot.ContainerPort) []uint16 {
	if of.Name == "" {
		if of.First == 0 || of.First != of.Last {
			return nil
		}
		return []uint16{of.First}
	}
	var out []uint16
	for _, c := range declared {
		if c.Name == of.Name && c.Protocol == of.Protocol {
			out = append(out, c.Port)
		}
	}
	return out
}

// similar tells whether one word may be a slip for the other: a letter or two differ. A
// name that goes on after a dash is another's.
func similar(a, b string) bool {
	longer, shorter := a, b
	if len(a) < len(b) {
		longer, shorter = b, a
	}
	if a == b || len(shorter) < 3 || strings.HasPrefix(longer, shorter+"-") || strings.HasSuffix(longer, "-"+shorter) {
		return false
	}
	return distance(a, b) <= min(2, len(longer)/3)
}

// distance counts the letters by which two words differ; two neighbours that changed
// places are one (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// near is a label that a selector may have meant.
type near struct {
	// want is what the selector asks for, got what there is.
	want, got string
	classes   []*model.Class
}

func (n *near) String() string { return n.got + ", where the selector asks for " + n.want }

// nearest finds pods that fail a selector by one requirement alone, where what they have
// looks like what is asked for: the same key with a similar value, or the same value
// under another key.
func nearest(s *selector.Selector, classes []*model.Class) *near {
	if s == nil {
		return nil
	}
	var out *near
	for _, c := range classes {
		labels := c.Pods[0].Labels
		n := nearLabels(s, labels)
		if n == nil {
			continue
		}
		if out == nil {
			out = n
		}
		if out.want == n.want && out.got == n.got {
			out.classes = append(out.classes, c)
		}
	}
	return out
}

func nearLabels(s *selector.Selector, labels map[string]string) *near {
	known := selector.Known(labels)
	if s.Failed(known) != 1 {
		return nil
	}
	_, failed := s.Explain(known)
	if failed == nil || len(failed.Values) == 0 {
		return nil
	}
	for _, want := range failed.Values {
		if got, ok := labels[failed.Key]; ok {
			if similar(want, got) || strings.EqualFold(want, got) {
				return &near{want: failed.Key + "=" + want, got: failed.Key + "=" + got}
			}
			continue
		}
		for _, key := range sortedKeys(labels) {
			if labels[key] == want && key != model.PodTemplateHash && (len(s.Requirements()) > 1 || nameKey(key) || nameKey(failed.Key)) {
				return &near{want: failed.Key + "=" + want, got: key + "=" + want}
			}
		}
	}
	return nil
}

// nameKey tells whether a label's key is one of those by which charts name an application.
func nameKey(key string) bool {
	return slices.Contains([]string{"app", "name", "k8s-app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", model.MetadataName}, key)
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func ruleRef(x *policy.Policy, path string) report.RuleRef {
	return report.RuleRef{Policy: x.Ref(), Path: path, Location: x.Origin.At(path)}
}

func serviceObject(s *snapshot.Service) report.Object {
	return report.Object{Kind: "Service", Namespace: s.Namespace, Name: s.Name.Name}
}
