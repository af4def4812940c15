package query

import (
	"net/netip"
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// lookup is whether the source can look the target's name up; nil where there is nothing to
// say. The drafts are the connections behind it, on all ports of DNS.
func (e *engine) lookup(source, target reference.Reference) (*report.Lookup, []*draft) {
	if !model.AsksNames(source, target) {
		return nil, nil
	}
	all, err := e.Resolve(source)
	if err != nil {
		return nil, nil // it is the connection's answer, too
	}
	clients := slices.DeleteFunc(slices.Clone(all), func(p model.Party) bool { return !e.AsksClusterDNS(p) })
	// What else would keep them from it, a policy on the DNS pods, is not their matter.
	if !slices.ContainsFunc(clients, e.isolated) {
		return nil, nil
	}
	service := model.ClusterDNS(e.Snapshot)
	if service == nil {
		return e.unknownDNS(), nil
	}
	if target.Kind == reference.Service && service.Name == (snapshot.Name{Namespace: target.Namespace, Name: target.Name}) {
		return nil, nil // clients are told its address
	}
	asked := reference.Reference{
		Form: reference.FormObject, Kind: reference.Service, Namespace: service.Namespace, Name: service.Name.Name,
		Port: reference.Port{Number: 53},
	}
	servers, err := e.Candidates(asked)
	if err != nil {
		return nil, nil
	}
	drafts := e.answers(clients, servers)
	udp := e.answers(clients, slices.DeleteFunc(slices.Clone(servers), func(d model.Destination) bool { return d.Port.Protocol != connset.UDP }))
	out := &report.Lookup{DNS: report.Object{Kind: "Service", Namespace: service.Namespace, Name: service.Name.Name}, NodeLocal: e.NodeLocalDNS()}
	out.Verdict, out.Partly = overall(udp)
	for _, d := range udp {
		if d.verdict != out.Verdict {
			continue
		}
		out.Reason, out.DecidedBy = d.reason, decidedBy(d.hops)
		if hop := deciding(d.hops, d.verdict, d.reason); hop != nil {
			out.Hop, out.Needs = hop.Kind, hop.Needs
		}
		break
	}
	if out.Verdict == report.Denied && out.Hop != report.HopEgress && out.Hop != report.HopIngress {
		out.Verdict, out.Partly = report.Unknown, false // no policy is in the way
	}
	if out.NodeLocal && e.without(clients, model.NodeDNS) != out.Verdict {
		// Whom pods ask is a setting of the kubelet, and the cache may answer at the Service's
		// own address.
		out.Verdict, out.Partly = report.Unknown, false
	}
	if out.Verdict == report.Denied {
		for _, p := range clients {
			for _, other := range e.OtherDNS(p) {
				if e.without([]model.Party{p}, other) != report.Denied {
					out.Verdict, out.Partly = report.Unknown, false
				}
			}
		}
	}
	return out, drafts
}

// isolated tells whether policies restrict what a pod sends.
func (e *engine) isolated(p model.Party) bool {
	return !p.Unseen && len(e.Binding(p.Pod, report.Egress).Policies()) > 0
}

// without is the verdict on clients that ask a server by its address alone.
func (e *engine) without(clients []model.Party, server netip.Addr) report.Verdict {
	to := model.Destination{
		Party:     model.Party{Block: address.Block{Prefix: netip.PrefixFrom(server, server.BitLen())}},
		Addresses: []netip.Addr{server},
		Port:      report.PortMapping{Protocol: connset.UDP, Pod: 53},
	}
	v, _ := overall(e.answers(clients, []model.Destination{to}))
	return v
}

// unknownDNS is said where no DNS Service is known because it could not be read; where there
// is none, as in an application's own manifests, nothing is.
func (e *engine) unknownDNS() *report.Lookup {
	for _, name := range model.DNSServices() {
		need := snapshot.Need{Resource: snapshot.Services, Namespace: name.Namespace, Name: name.Name}
		if gap := e.GapFor(need); gap != nil {
			return &report.Lookup{
				Reason: report.NotRead, Needs: []string{gap.Need.Permission()},
				DNS: report.Object{Kind: "Service", Namespace: name.Namespace, Name: name.Name},
			}
		}
	}
	return nil
}

// lookupFix is the change that lets the name be looked up, once the model has what lets the
// connection through.
func (e *engine) lookupFix(source, target reference.Reference) *report.Fix {
	found, drafts := e.lookup(source, target)
	if found == nil || found.Verdict != report.Denied {
		return nil
	}
	return fix(e.Model, e.Options, drafts, func(m *model.Model) ([]*draft, error) {
		_, again := (&engine{Model: m, Options: e.Options}).lookup(source, target)
		return again, nil
	})
}
