package hostile

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// verdicts are what a report says of which connections: each has a key of its own, however the report groups them.
type verdicts map[string]report.Verdict

// verdictsOf reads a report. It knows a report's gaps, too.
func verdictsOf(text string) (verdicts, []report.Gap, error) {
	var head report.Header
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return nil, nil, err
	}
	out := verdicts{}
	switch head.Kind {
	case "Permission":
		r := report.Permission{}
		err := json.Unmarshal([]byte(text), &r)
		out["the answer"] = r.Verdict
		return out, r.Gaps, err
	case "Explanation":
		r := report.Explanation{}
		err := json.Unmarshal([]byte(text), &r)
		out["the answer"] = r.Verdict
		out.answers("", r.Answers)
		return out, r.Gaps, err
	case "Reach":
		r := report.Reach{}
		err := json.Unmarshal([]byte(text), &r)
		out.rows("", r.Rows)
		return out, r.Gaps, err
	case "FrontDoor":
		r := report.FrontDoor{}
		err := json.Unmarshal([]byte(text), &r)
		for _, d := range r.Doors {
			door := fmt.Sprint(d.Object, " ")
			out[door] = d.Verdict
			out.answers(door, d.Outside)
			for _, b := range d.Backends {
				backend := fmt.Sprint(door, b.Service, b.Port, " ")
				out[backend] = b.Verdict
				out.answers(backend, b.Answers)
				out.rows(backend, b.Inside)
				for _, w := range b.Around {
					out[fmt.Sprint(backend, w.Kind, w.Object, w.Port, w.From)] = w.Verdict
				}
			}
		}
		return out, r.Gaps, err
	case "Map":
		var r struct {
			Edges []report.Edge
			Gaps  []report.Gap
		}
		err := json.Unmarshal([]byte(text), &r)
		for _, e := range r.Edges {
			out[fmt.Sprintf("%v to %v", e.From, e.To)] = e.Verdict
		}
		return out, r.Gaps, err
	case "Diff":
		r := report.Diff{}
		err := json.Unmarshal([]byte(text), &r)
		return out, r.Gaps, err
	case "Version":
		r := report.Version{}
		err := json.Unmarshal([]byte(text), &r)
		if r.Access != nil && r.Access.Unchecked != "" {
			r.Gaps = append(r.Gaps, report.Gap{Needs: "access reviews", Reason: "Failed", Message: r.Access.Unchecked})
		}
		return out, r.Gaps, err
	case "List": // of scaffolded policies, which are proven or not printed
		return out, nil, nil
	}
	return nil, nil, fmt.Errorf("no kind of report: %q", head.Kind)
}

func (v verdicts) answers(of string, answers []report.Answer) {
	for _, a := range answers {
		for _, source := range each(a.Source) {
			for _, target := range each(a.Target) {
				for _, p := range a.Ports {
					v[fmt.Sprintf("%s%s to %s %s %d", of, source, target, p.Protocol, p.Pod)] = a.Verdict
				}
			}
		}
	}
}

func (v verdicts) rows(of string, rows []report.ReachRow) {
	for _, r := range rows {
		for _, e := range r.Ends {
			for _, end := range each(e) {
				for _, p := range r.Ports {
					v[fmt.Sprintf("%s%s %s %d", of, end, p.Protocol, p.Pod)] = r.Verdict
				}
			}
		}
	}
}

// each pod, or the end itself where its pods have no names.
func each(m report.Members) []string {
	end := strings.TrimSpace(fmt.Sprint(m.End.Kind, " ", m.End.Namespace, " ", m.End.Name, m.End.Labels, m.End.Addresses))
	if len(m.Names) == 0 {
		return []string{end}
	}
	var out []string
	for _, name := range m.Names {
		out = append(out, end+" "+name)
	}
	return out
}

// contradiction is a connection of which got says for certain what want does not.
func contradiction(want, got verdicts) string {
	for key, v := range got {
		if known, ok := want[key]; ok && v != report.Unknown && v != known {
			return fmt.Sprintf("%s: %s, and %s without the fault", key, v, known)
		}
	}
	return ""
}
