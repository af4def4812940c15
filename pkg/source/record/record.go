package record

import (
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// Of turns a snapshot back into API objects. They are made from what netguard
// keeps of the objects that it read, so that nothing else of these can be in
// them; labels of nodes and workloads, and containers and settings that tell
// nothing about the network plugin, are left out besides.
//
// package files reads the objects as the same snapshot (record_test.go), so that every
// question has the same answer.
func Of(s *snapshot.Snapshot) (*report.Snapshot, error) {
	out := &report.Snapshot{Header: report.NewHeader(recordKind)}
	recordHeader(out, s)
	for _, c := range objects.All() {
		kept, err := c.Objects(s)
		if err != nil {
			return nil, err
		}
		for _, o := range kept {
			out.Objects = append(out.Objects, o)
		}
	}
	for _, o := range s.PolicyObjects() {
		out.Objects = append(out.Objects, objects.PolicyObjectFields(o))
	}
	return out, nil
}

// recordKind is the kind of the document by which a recorded state is known.
const recordKind = "Snapshot"

func recordHeader(out *report.Snapshot, s *snapshot.Snapshot) {
	out.Everything = s.HasEverything()
	for _, n := range s.Reads() {
		out.Read = append(out.Read, recordedNeed(n))
	}
	for _, g := range s.Gaps() {
		out.Unread = append(out.Unread, report.SnapshotGap{
			SnapshotRead: recordedNeed(g.Need), Reason: string(g.Reason), Message: g.Message,
			Group: g.Group, Kind: g.Kind, OnlyDenies: g.OnlyDenies, Takes: g.Takes,
		})
	}
	for _, u := range s.Unmodelled() {
		out.Unevaluated = append(out.Unevaluated, report.SnapshotObject{
			Group: u.Group, Kind: u.Kind, Namespace: u.Namespace, Name: u.Name.Name, OnlyDenies: u.OnlyDenies, ClusterWide: u.ClusterWide,
		})
	}
	for _, n := range s.Namespaces() {
		if n.Undeclared {
			out.Undeclared = append(out.Undeclared, n.Name)
		}
	}
	for _, p := range s.Pods() {
		if at := p.Placement; at != nil {
			out.Placements = append(out.Placements, report.SnapshotPlacement{
				Namespace: p.Namespace, Name: p.Name.Name, Everywhere: at.Everywhere, Tolerates: at.Tolerates,
			})
		}
	}
	for _, p := range s.PolicyObjects() {
		if o := p.Origin; o.File != "" {
			out.Origins = append(out.Origins, report.SnapshotOrigin{
				Resource: string(p.Resource()), Namespace: p.Namespace, Name: p.Name.Name, File: o.File, Line: o.Line, Lines: o.Lines,
			})
		}
	}
	for _, p := range s.Policies() {
		if o := p.Origin; o.File != "" {
			out.Origins = append(out.Origins, report.SnapshotOrigin{
				Namespace: p.Namespace, Name: p.Name.Name, File: o.File, Line: o.Line, Lines: o.Lines,
			})
		}
	}
}

func recordedNeed(n snapshot.Need) report.SnapshotRead {
	return report.SnapshotRead{Resource: string(n.Resource), Namespace: n.Namespace, Name: n.Name, Labels: n.Labels, Fields: n.Fields}
}
