package printer

import (
	"bufio"
	"bytes"
	"io"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// format is a way to print every kind of report: a new kind does not compile
// until each format has it.
type format interface {
	explanation(*bytes.Buffer, *report.Explanation) error
	permission(*bytes.Buffer, *report.Permission) error
	reach(*bytes.Buffer, *report.Reach) error
	frontDoor(*bytes.Buffer, *report.FrontDoor) error
	diagram
	version(*bytes.Buffer, *report.Version) error
	scaffold(*bytes.Buffer, *report.Scaffold) error
	diff(*bytes.Buffer, *report.Diff) error
}

// diagram is a way to print maps, edge by edge where it can: they may be too big
// to be held.
type diagram interface {
	connections(*bufio.Writer, *report.Map) error
}

func (o Options) format() format {
	if o.Template != nil {
		return templateFormat{o.Template}
	}
	switch o.Format {
	case JSON:
		return jsonFormat{}
	case YAML:
		return yamlFormat{}
	case Name:
		return nameFormat{}
	default:
		return text{Options: o}
	}
}

func (o Options) diagram() diagram {
	if o.Template != nil {
		return o.format()
	}
	switch o.Format {
	case CSV:
		return csvFormat{}
	case MD:
		return markdown{}
	case DOT:
		return dot{}
	case Mermaid:
		return mermaid{}
	case SVG:
		return svgFormat{}
	case HTML:
		return htmlFormat{}
	default:
		return o.format()
	}
}

// Explanation prints the answer of explain.
func Explanation(w io.Writer, r *report.Explanation, o Options) error {
	return write(w, o, KindExplanation, r, o.format().explanation)
}

// Permission prints the answer of can-reach: one line that starts with yes, no
// or unknown.
func Permission(w io.Writer, r *report.Permission, o Options) error {
	return write(w, o, KindPermission, r, o.format().permission)
}

// Reach prints the answer of who-can-reach and of reachable-from.
func Reach(w io.Writer, r *report.Reach, o Options) error {
	return write(w, o, KindReach, r, o.format().reach)
}

// FrontDoor prints the answer of who-can-reach for an Ingress, Gateway or route.
func FrontDoor(w io.Writer, r *report.FrontDoor, o Options) error {
	return write(w, o, KindReach, r, o.format().frontDoor)
}

// Map prints the answer of map. It is written while its edges are made: what an
// error leaves is not all.
func Map(w io.Writer, r *report.Map, o Options) error {
	if err := o.Validate(KindMap); err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	if err := o.diagram().connections(b, r); err != nil {
		return err
	}
	return b.Flush()
}

// Version prints the answer of version.
func Version(w io.Writer, r *report.Version, o Options) error {
	return write(w, o, KindVersion, r, o.format().version)
}

// write renders the report whole, so that an error leaves nothing half-printed.
func write[R any](w io.Writer, o Options, k Kind, r R, render func(*bytes.Buffer, R) error) error {
	if err := o.Validate(k); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := render(&b, r); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
