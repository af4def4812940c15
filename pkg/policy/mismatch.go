package policy

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// mismatch puts the failure of a peer clause into the report's terms.
func (p *Peer) mismatch(e *Endpoint, f failure) *report.Mismatch {
	out := &report.Mismatch{Reason: f.reason, Path: p.Path}
	switch f.reason {
	case report.NamespaceDiffers:
		out.Want, out.Got = p.Home, e.Namespace
	case report.NamespaceLabel:
		labelMismatch(out, p.Path+"."+cmp.Or(p.NamespacesAt, "namespaceSelector"), f.requirement, e.NamespaceLabels)
	case report.PodLabel:
		labelMismatch(out, p.Path+"."+cmp.Or(p.PodsAt, "podSelector"), f.requirement, e.Labels)
	case report.ClauseUnclear:
		out.Want = p.Unclear
	case report.NotANode:
		out.Path, out.Want = p.Path+".nodes", orBraces(p.Nodes.Selector)
	case report.OutsideIPBlock, report.PodsNotInIPBlock, report.NodesNotInIPBlock:
		if p.Block == nil {
			out.Path = p.Path + ".networks"
			for i, n := range p.Networks {
				if i > 0 {
					out.Want += ","
				}
				out.Want += n.String()
			}
			break
		}
		out.Path, out.Want = p.Path+".ipBlock.cidr", p.Block.CIDR.String()
	case report.InExcept:
		out.Path, out.Want = fmt.Sprintf("%s.ipBlock.except[%d]", p.Path, f.except), p.Block.Except[f.except].String()
	case report.LabelsUnread:
		out.Key = f.requirement.Key
	default:
	}
	if p.Addressed() && e.AddressKnown() {
		out.Got = e.Addresses.String()
	}
	return out
}

func labelMismatch(out *report.Mismatch, path string, failed *selector.Requirement, labels selector.Labels) {
	if labels.Partial {
		// One of [selector.Labels.Not]: what there is instead was not read.
		out.Path, out.Want = path, failed.String()
		if failed.Plain {
			out.Path, out.Key, out.Want = path+"."+failed.Path, failed.Key, failed.Values[0]
		}
		return
	}
	got, has := labels.Set[failed.Key]
	out.Path, out.Key, out.Got, out.Absent = path+"."+failed.Path, failed.Key, got, !has
	out.Want = strings.Join(failed.Values, ",")
	if !failed.Plain {
		out.Want = failed.String()
	}
}

// mismatch puts the failure of a port clause into the report's terms.
func (p *Port) mismatch(protocol connset.Protocol, port uint16, f failure) *report.Mismatch {
	out := &report.Mismatch{Reason: f.reason, Path: p.Path + ".port", Got: strconv.Itoa(int(port))}
	switch f.reason {
	case report.Protocol:
		out.Path, out.Want, out.Got = p.Path+".protocol", string(p.Protocol), string(protocol)
	case report.Port:
		out.Want = p.numbers()
		if p.Name != "" {
			out.Want = fmt.Sprintf("%s (%d)", p.Name, f.named)
		}
	case report.PortName:
		out.Want, out.Absent = p.Name, true
	case report.PortUnread:
		out.Want, out.Got = p.Name, ""
		if p.Name == "" {
			out.Want = p.numbers()
		}
	default:
		out.Want = p.Name
	}
	return out
}

func (p *Port) numbers() string {
	if p.First == p.Last {
		return strconv.Itoa(int(p.First))
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}
