package audit

import (
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

func doorShutOut() *Analyzer {
	return &Analyzer{
		Code: "NG001", Name: "door-shut-out", Severity: report.High, Phase: outcomes,
		Title: "Policies keep an Ingress or Gateway from its backend",
		Doc:   "The pods that carry the traffic of an Ingress, Gateway or route may not connect to the backend's pods, or clients outside may not connect to them: no policy that isolates the backend has a rule for them.",
		Why:   "Requests wait for a connection that is never made; clients see a gateway timeout (504 or 503). Rules that name the application's own clients are easily written and tested from inside, where everything works.",
		Mend:  "Add a rule for the pods of the controller, with a namespaceSelector for its namespace: they live in another one than the backend. `kubectl netguard scaffold ingress/NAME` writes it; the finding's fix has been evaluated.",
		Sources: []string{
			"https://github.com/kubernetes/kubernetes/issues/112467",
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
		},
		Others: []string{"kube-linter dangling-ingress (nearly)"},
		Run: func(p *Pass) {
			if !p.Enforced() {
				return
			}
			for _, d := range p.Doors() {
				p.shutBackends(d)
				p.shutEntry(d)
			}
		},
	}
}

// shutBackends are the backends that the door's data plane may not connect to.
func (p *Pass) shutBackends(d *report.Door) {
	for _, b := range d.Backends {
		if b.Mirror || b.Verdict != report.Denied || !b.Reason.ByPolicy() || disputed(b.Answers) {
			continue
		}
		if f := p.cause(b.Answers); f != nil {
			f.Ends, f.Severity = append(f.Ends, doorEnd(d)), report.High
			if f.Fix == nil {
				f.Fix = b.Fix
			}
			continue
		}
		f := found{key: objectName(b.Service) + ":" + b.Port}
		f.Object, f.Fix, f.By = d.Object, b.Fix, decided(b.Answers)
		if len(b.Routes) > 0 {
			f.Object, f.Path = b.Routes[0].By, b.Routes[0].Field
		}
		f.Ends = []report.End{{Kind: "Service", Namespace: b.Service.Namespace, Name: b.Service.Name, Port: b.Port}}
		carrier := "what carries its traffic"
		if len(d.DataPlane) > 0 {
			carrier = endName(d.DataPlane[0].End)
		}
		f.Message = fmt.Sprintf("%s may not connect to the pods of %s port %s: no rule of %s lets %s in",
			objectName(d.Object), objectName(b.Service), b.Port, policyNames(f.By), carrier)
		if b.Partly {
			f.Message += ", but for some of them"
		}
		if b.ClientSees != "" {
			f.Message += "; clients see " + b.ClientSees
		}
		p.report(f)
	}
}

// shutEntry is a door that no client outside gets to.
func (p *Pass) shutEntry(d *report.Door) {
	if len(d.Outside) == 0 || len(d.DataPlane) == 0 || disputed(d.Outside) {
		return
	}
	for _, a := range d.Outside {
		if a.Verdict != report.Denied || !a.Reason.ByPolicy() {
			return
		}
	}
	if f := p.cause(d.Outside); f != nil {
		f.Ends, f.Severity = append(f.Ends, doorEnd(d)), report.High
		return
	}
	f := found{key: "entry"}
	f.Object, f.Fix, f.By, f.Ends = d.Object, d.Fix, decided(d.Outside), []report.End{d.DataPlane[0].End}
	f.Message = fmt.Sprintf("no client outside may connect to %s, which carries the traffic of %s: no rule of %s lets them in",
		endName(d.DataPlane[0].End), objectName(d.Object), policyNames(f.By))
	p.report(f)
}

func policyNames(by []report.RuleRef) string {
	names := make([]string, len(by))
	for i, r := range by {
		names[i] = objectName(r.Policy)
	}
	if len(names) == 0 {
		return "the policies"
	}
	return list(names)
}
