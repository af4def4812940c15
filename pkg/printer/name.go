package printer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/address"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// nameFormat prints names alone, one to a line and each once: the policies that
// decide, as `kubectl get -o name` writes them, or the ends that are allowed, as
// netguard takes them.
type nameFormat struct{}

// lines collects distinct lines in order.
type lines struct {
	b    io.StringWriter
	seen map[string]bool
}

func newLines(b io.StringWriter) lines { return lines{b, map[string]bool{}} }

func (l lines) add(s string) {
	if s == "" || l.seen[s] {
		return
	}
	l.seen[s] = true
	_, _ = l.b.WriteString(s + "\n") // buffers keep an error to themselves until they are flushed
}

func (l lines) policy(p report.Object) {
	kind := "networkpolicy.networking.k8s.io"
	if p.Group != "" {
		kind = strings.ToLower(plain(p.Kind)) + "." + plain(p.Group)
	}
	l.add(kind + "/" + plain(p.Name))
}

func (nameFormat) explanation(b *bytes.Buffer, r *report.Explanation) error {
	out := newLines(b)
	for _, a := range r.Answers {
		for _, h := range a.Hops {
			switch {
			case h.DecidedBy != nil:
				out.policy(h.DecidedBy.Policy)
			case h.Verdict == a.Verdict:
				for _, p := range h.Policies {
					out.policy(p.Policy)
				}
			}
		}
	}
	return nil
}

func (nameFormat) permission(b *bytes.Buffer, r *report.Permission) error {
	out := newLines(b)
	for _, rule := range r.DecidedBy {
		out.policy(rule.Policy)
	}
	return nil
}

func (nameFormat) reach(b *bytes.Buffer, r *report.Reach) error {
	out := newLines(b)
	for _, row := range r.Rows {
		allowedEnds(out, row)
	}
	return nil
}

// allowedEnds adds the ends of a row that is allowed.
func allowedEnds(out lines, row report.ReachRow) {
	if row.Verdict != report.Allowed {
		return
	}
	for _, m := range row.Ends {
		if (m.Count < m.Total || m.Incomplete) && m.Count == len(m.Names) && reference.Kind(m.End.Kind).IsWorkload() {
			// Some pods of it are allowed, and these are all that are known.
			for _, name := range m.Names {
				out.add(names{}.object("Pod", m.End.Namespace, name))
			}
			continue
		}
		for _, ref := range references(m.End) {
			out.add(ref)
		}
	}
}

func (nameFormat) connections(b *bufio.Writer, r *report.Map) error {
	out := newLines(b)
	var last report.Object
	for e := range r.AllEdges() {
		if e.Verdict != report.Allowed {
			continue
		}
		from := report.Object{Kind: e.From.Kind, Namespace: e.From.Namespace, Name: e.From.Name}
		if len(e.From.Addresses) == 0 && from == last {
			continue
		}
		last = from
		for _, ref := range references(e.From) {
			out.add(ref)
		}
	}
	return nil
}

func (nameFormat) version(*bytes.Buffer, *report.Version) error {
	return errors.New("a version has no names")
}

// references to an end that can each be typed as an argument.
func references(e report.End) []string {
	n := names{}
	switch e.Kind {
	case kindAddresses:
		var out []string
		for _, a := range e.Addresses {
			out = append(out, prefixes(a)...)
		}
		return out
	default:
		return []string{n.end(e)}
	}
}

// prefixes spells a block such as 10.0.0.0/8 except 10.1.0.0/16 out as CIDRs:
// arguments know no exceptions.
func prefixes(block string) []string {
	cidr, except, some := strings.Cut(block, " except ")
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !some {
		return []string{plain(block)}
	}
	b := address.Block{Prefix: prefix}
	for text := range strings.SplitSeq(except, ",") {
		if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
			b.Except = append(b.Except, p)
		}
	}
	var out []string
	for _, p := range b.Prefixes() {
		out = append(out, p.String())
	}
	return out
}
