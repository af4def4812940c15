package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// maxClients is how many clients of a target are written one by one: more than that are
// no list that anybody trims.
const maxClients = 40

// recorded is an intent as it is written; the order of the fields is that of the file.
type recorded struct {
	Name   string   `yaml:"name,omitempty"`
	Door   string   `yaml:"door,omitempty"`
	From   string   `yaml:"from,omitempty"`
	Only   []string `yaml:"only,omitempty"`
	To     string   `yaml:"to,omitempty"`
	Port   string   `yaml:"port,omitempty"`
	Expect string   `yaml:"expect,omitempty"`
}

// Record writes today's connectivity of a namespace as intents: who connects to its
// workloads, that nobody else does, and which doors work. What is not known is left out,
// with a comment.
func Record(m *model.Model, namespace string, o query.Options) (string, error) {
	clients := map[string]map[string]connset.Set{}
	open, doors := map[string]bool{}, map[string]bool{}
	unknown := false
	for e := range query.Map(m, query.Scope{Namespace: namespace}, o).AllEdges() {
		to, ok := endText(e.To)
		if !ok || e.To.Namespace != namespace || reference.Kind(e.To.Kind).IsDoor() {
			continue // of a door it is asked below whether it works
		}
		from, ok := endText(e.From)
		switch {
		case e.Verdict == report.Unknown:
			unknown = true
			continue
		case !ok:
			open[to] = true // somebody whom no reference names, such as a part of the internet
			continue
		}
		doors[from] = reference.Kind(e.From.Kind).IsDoor()
		if clients[to] == nil {
			clients[to] = map[string]connset.Set{}
		}
		clients[to][from] = clients[to][from].Union(e.Connections)
	}
	var out []recorded
	o.Alone = true
	for _, i := range m.Ingresses() {
		r := reference.Reference{Form: reference.FormObject, Kind: reference.Ingress, Namespace: i.Namespace, Name: i.Name.Name}
		answer, err := query.FrontDoor(m, r, o)
		if i.Namespace != namespace || err != nil || len(answer.Doors) == 0 {
			continue
		}
		works := true
		for _, d := range answer.Doors {
			works = works && d.Verdict == report.Allowed
			unknown = unknown || d.Verdict == report.Unknown
		}
		if works {
			out = append(out, recorded{Door: r.String(), Expect: Works})
		}
	}
	for _, to := range sorted(clients) {
		from := sorted(clients[to])
		if len(from) > maxClients {
			continue
		}
		for _, f := range from {
			if doors[f] {
				continue // that its way works is an intent of its own
			}
			for _, p := range portTexts(clients[to][f]) {
				out = append(out, recorded{From: f, To: to, Port: p, Expect: Allow})
			}
		}
		if !open[to] {
			out = append(out, recorded{Only: from, To: to})
		}
	}
	var data strings.Builder
	e := yaml.NewEncoder(&data)
	e.SetIndent(2)
	if err := e.Encode(map[string]any{"intents": out}); err != nil {
		return "", err
	}
	head := fmt.Sprintf("# yaml-language-server: $schema=https://raw.githubusercontent.com/kubectl-netguard/netguard/main/docs/schemas/intents.json\napiVersion: %s\nkind: %s\nnamespace: %s\n", report.APIVersion, Kind, namespace)
	if unknown {
		head += "# Some connections are not known, and are left out.\n"
	}
	if len(out) == 0 {
		return "", fmt.Errorf("namespace %s has no connection that could be recorded", namespace)
	}
	return head + data.String(), nil
}

// endText is an end as a reference; false where none names it.
func endText(e report.End) (string, bool) {
	kind := reference.Kind(e.Kind)
	switch {
	case e.Kind == "Internet" && len(e.Addresses) == 0:
		return "internet", true
	case e.Namespace != "" && e.Name != "" && kind.Short() != "":
		return e.Namespace + "/" + kind.Short() + "/" + e.Name, true
	default:
		return "", false
	}
}

// portTexts are ports as intents have them; one empty text stands for all of them, or
// for too many to list.
func portTexts(s connset.Set) []string {
	var out []string
	for _, p := range []connset.Protocol{connset.TCP, connset.UDP, connset.SCTP} {
		for _, r := range s.Ranges(p) {
			if r.First != r.Last {
				return []string{""}
			}
			out = append(out, fmt.Sprintf("%d/%s", r.First, p))
		}
	}
	if len(out) > 10 {
		return []string{""}
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}
