package picture

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"
)

//go:embed style.css
var style string

// SVG writes the still picture.
func SVG(w io.Writer, p *Picture) error {
	b := bufio.NewWriter(w)
	p.svg(b, place(p), `<style>`+style+`</style>`)
	b.WriteByte('\n') //nolint:errcheck // Flush tells
	return b.Flush()
}

// text is text of markup: what names hold stays text.
func text(s string) string { return html.EscapeString(s) }

func (p *Picture) svg(b *bufio.Writer, l *layout, head string) {
	put := func(format string, args ...any) { fmt.Fprintf(b, format, args...) } //nolint:errcheck // Flush tells
	put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="group" aria-label="%s" font-family="system-ui, sans-serif" font-size="13">`,
		l.w, l.h+24, l.w, l.h+24, text(p.Title))
	put("%s<title>%s</title>", head, text(p.Title))
	for _, kind := range []string{"allowed", "open"} {
		put(`<marker id="to-%s" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head %s" d="M0 0 8 4 0 8z"/></marker>`, kind, kind)
	}
	put("\n<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n")
	for i, g := range p.Groups {
		if g.Name == "" {
			continue
		}
		r := l.groups[i]
		put(`<g class="group" data-group="%s"><rect class="space" x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="8"/>`, text(g.Name), r.x, r.y, r.w, r.h)
		put("<text class=\"name\" x=\"%.0f\" y=\"%.0f\">%s</text></g>\n", r.x+12, r.y+18, text(g.Name))
	}
	count := map[string][2]int{}
	for line := range p.Lines {
		from, to := count[line.From], count[line.To]
		from[1]++
		count[line.From] = from
		if line.From == line.To {
			to = from
		}
		to[0]++
		count[line.To] = to
		p.line(put, l, line)
	}
	for _, g := range p.Groups {
		for _, n := range g.Nodes {
			r := l.nodes[n.ID]
			class, radius := "node", 4
			switch {
			case n.Door:
				class, radius = "node door", 16
			case n.Outside:
				class, radius = "node outside", 16
			}
			put(`<g class="%s" id="%s" data-group="%s" tabindex="0" role="button" aria-label="%s: reached by %d, reaches %d">`,
				class, text(n.ID), text(g.Name), text(n.Label), count[n.ID][0], count[n.ID][1])
			put(`<rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="%d"/>`, r.x, r.y, r.w, r.h, radius)
			put("<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text></g>\n", r.x+r.w/2, r.y+21, text(n.Label))
		}
	}
	put("<text class=\"note\" x=\"%d\" y=\"%.0f\">%s</text>\n</svg>", groupGap/2, l.h+12, text(p.Note))
}

// line draws a curve that leaves and enters at the sides that face each other.
func (p *Picture) line(put func(string, ...any), l *layout, line Line) {
	a, b := l.nodes[line.From], l.nodes[line.To]
	class := "allowed"
	if line.Open {
		class = "open"
	}
	put(`<path class="line %s" data-from="%s" data-to="%s" data-label="%s" marker-end="url(#to-%s)" d="`,
		class, text(line.From), text(line.To), text(line.Label), class)
	ax, ay := a.middle()
	bx, by := b.middle()
	switch {
	case line.From == line.To:
		x, y := a.x+a.w, a.y
		put("M%.0f %.0fc24 -18 24 %d 0 %d", x-18, y, nodeHeight, nodeHeight/2)
	case bx > ax+a.w/2+b.w/2:
		put("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", a.x+a.w, ay, a.x+a.w+40, ay, b.x-40, by, b.x, by)
	case bx < ax-a.w/2-b.w/2:
		put("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", a.x, ay, a.x-40, ay, b.x+b.w+40, by, b.x+b.w, by)
	case by > ay: // down on the right, up on the left
		out := 14 + min(40, (by-ay)/8)
		put("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", a.x+a.w, ay, a.x+a.w+out, ay, b.x+b.w+out, by, b.x+b.w, by)
	default:
		out := 14 + min(40, (ay-by)/8)
		put("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", a.x, ay, a.x-out, ay, b.x-out, by, b.x, by)
	}
	put("\"><title>%s</title></path>\n", text(line.Label))
}
