package frontdoor

import (
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// byUser takes the user's word.
func (f *finder) byUser(controllers []reference.Reference) {
	for _, r := range controllers {
		found, err := f.userParties(r)
		if err != nil {
			f.plane.Problem, f.plane.Detail = report.ControllerUnknown, err.Error()
			return
		}
		f.note(report.StepUser, len(found) > 0, "--controller "+r.String())
		f.plane.Parties = append(f.plane.Parties, found...)
		if r.Form == reference.FormAddress {
			f.plane.Direct = true
		}
	}
	switch {
	case f.stopped():
		return
	case f.unseen != nil: // other pods may have these labels too
		f.plane.Parties, f.plane.Problem, f.plane.Detail = nil, report.NotRead, f.unseen.Permission()
		return
	case len(f.plane.Parties) == 0:
		f.plane.Problem, f.plane.Detail = report.ControllerUnknown, "--controller names no pod that runs"
		return
	}
	f.entry()
}

func (f *finder) userParties(r reference.Reference) ([]model.Party, error) {
	if r.Form != reference.FormLabels {
		return f.m.Resolve(r)
	}
	// Labels select existing pods here, in whatever namespace they are.
	f.look(labelled("", r.Labels)...)
	var out []model.Party
	for _, p := range f.m.Pods() {
		if !p.Finished() && carries(p.Labels, r.Labels) {
			out = append(out, model.Party{Pod: p})
		}
	}
	return out, nil
}
