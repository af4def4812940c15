package printer

import (
	"bufio"
	"cmp"
	"fmt"

	"github.com/kubectl-netguard/netguard/pkg/printer/picture"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// maxLines is how many connections a picture shows one by one; of more, namespaces are drawn
// in the place of what is in them.
const maxLines = 600

// Pictures, in the languages of those that draw them.
type (
	svgFormat  struct{}
	htmlFormat struct{}
	dot        struct{}
	mermaid    struct{}
)

func (svgFormat) connections(w *bufio.Writer, r *report.Map) error {
	return picture.SVG(w, fewLines(r))
}

func (htmlFormat) connections(w *bufio.Writer, r *report.Map) error {
	return picture.HTML(w, fewLines(r))
}

func (dot) connections(w *bufio.Writer, r *report.Map) error { return picture.DOT(w, pictureOf(r)) }

func (mermaid) connections(w *bufio.Writer, r *report.Map) error {
	return picture.Mermaid(w, pictureOf(r))
}

// fewLines is a picture that can be looked at.
func fewLines(r *report.Map) *picture.Picture {
	if _, more := firstEdges(r, maxLines); more {
		return foldedPicture(r)
	}
	return pictureOf(r)
}

// pictureOf is a map as boxes and lines.
func pictureOf(r *report.Map) *picture.Picture {
	g := newGraph(r)
	out := &picture.Picture{Title: "Who may talk with whom", Note: pictureNote(r)}
	out.Lines = func(yield func(picture.Line) bool) {
		for e := range r.AllEdges() {
			if !yield(picture.Line{From: g.id(e.From), To: g.id(e.To), Label: plain(edgeLabel(e)), Open: e.Verdict != report.Allowed}) {
				return
			}
		}
	}
	for _, group := range g.groups {
		made := picture.Group{Name: plain(group.namespace)}
		for _, n := range group.nodes {
			made.Nodes = append(made.Nodes, picture.Node{ID: n.id, Label: plain(n.label), Door: frontDoor(n.kind), Outside: group.namespace == ""})
		}
		out.Groups = append(out.Groups, made)
	}
	return out
}

// foldedPicture has a box for each namespace, and says of how many connections a line is.
func foldedPicture(r *report.Map) *picture.Picture {
	type line struct{ from, to string }
	count, open := map[line]int{}, map[line]int{}
	ids := map[string]string{}
	out := &picture.Picture{Title: "Which namespaces may talk with which"}
	inside, outside := picture.Group{Name: "namespaces"}, picture.Group{}
	id := func(e report.End) string {
		label := cmp.Or(e.Namespace, names{escape: same}.node(e))
		key := e.Namespace + "\x00" + label
		if ids[key] == "" {
			ids[key] = fmt.Sprintf("n%d", len(ids)+1)
			group := &inside
			if e.Namespace == "" {
				group = &outside
			}
			group.Nodes = append(group.Nodes, picture.Node{ID: ids[key], Label: plain(label), Outside: e.Namespace == ""})
		}
		return ids[key]
	}
	var order []line
	edges := 0
	for e := range r.AllEdges() {
		l := line{id(e.From), id(e.To)}
		if count[l] == 0 {
			order = append(order, l)
		}
		count[l]++
		edges++
		if e.Verdict != report.Allowed {
			open[l]++
		}
	}
	out.Lines = func(yield func(picture.Line) bool) {
		for _, l := range order {
			label := fmt.Sprintf("%d connections between workloads, %d of them not known", count[l], open[l])
			if !yield(picture.Line{From: l.from, To: l.to, Label: label, Open: open[l] == count[l]}) {
				return
			}
		}
	}
	out.Groups = []picture.Group{outside, inside}
	out.Note = fmt.Sprintf("%d connections between workloads, by namespace: -n NAMESPACE draws one. ", edges) + pictureNote(r)
	return out
}

func pictureNote(r *report.Map) string {
	note := "Solid: policies allow it. Dashed: not known. No line: denied."
	if len(r.Gaps) > 0 {
		note += fmt.Sprintf(" Not all could be read (%d reads).", len(r.Gaps))
	}
	if line := (names{escape: same}).enforcement(r.Enforcement); line != "" {
		note += " " + plain(line)
	}
	return note
}
