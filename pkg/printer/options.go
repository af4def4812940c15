package printer

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
)

// Formats, as -o takes them. Text is the default, for eyes, and may change; Table
// is its other name.
const (
	Text    = ""
	Table   = "table"
	Wide    = "wide"
	JSON    = "json"
	YAML    = "yaml"
	Name    = "name"
	CSV     = "csv"
	MD      = "md"
	DOT     = "dot"
	Mermaid = "mermaid"
	SVG     = "svg"
	HTML    = "html"
)

// Kind is a kind of report.
type Kind string

// Kinds of report.
const (
	KindExplanation Kind = "Explanation"
	KindPermission  Kind = "Permission"
	KindReach       Kind = "Reach"
	KindMap         Kind = "Map"
	KindVersion     Kind = "Version"
	KindScaffold    Kind = "Scaffold"
	KindDiff        Kind = "Diff"
)

// Formats lists the values of -o that a kind of report can be printed in, beside
// leaving it out. Help, validation and completion all take them from here.
func Formats(k Kind) []string {
	switch k {
	case KindExplanation:
		return []string{Table, Wide, JSON, YAML, Name}
	case KindReach:
		return []string{Table, Wide, JSON, YAML, Name}
	case KindPermission:
		return []string{Table, JSON, YAML, Name}
	case KindMap:
		return []string{Table, Wide, JSON, YAML, Name, CSV, MD, DOT, Mermaid, SVG, HTML}
	case KindVersion:
		return []string{Table, JSON, YAML}
	case KindDiff:
		return []string{Table, Wide, JSON, YAML, Name, MD}
	case KindScaffold:
		return []string{YAML, JSON, Name}
	}
	return nil
}

// Options say how to print.
type Options struct {
	// Format is Text or one of Formats.
	Format string
	// Template prints instead of a Format; nil for none.
	Template printers.ResourcePrinter
	// Color marks verdicts with ANSI colours.
	Color bool
	// NoHeaders leaves nothing of a table but its rows.
	NoHeaders bool
	// Width of the terminal in columns; 0 means 80.
	Width int
	// Namespace that the user is in by -n: names in it are written without it,
	// as they can be typed. Machine formats always have names in full.
	Namespace string
}

// Validate reports a format in which the kind of report cannot be printed.
func (o Options) Validate(k Kind) error {
	if o.Template != nil || o.Format == Text || slices.Contains(Formats(k), o.Format) {
		return nil
	}
	return fmt.Errorf("unknown output format %.40q: use one of %s, or leave -o out for text", o.Format, strings.Join(Formats(k), ", "))
}

// ShowsGaps reports whether the format has a place for what could not be read.
func (o Options) ShowsGaps() bool {
	switch {
	case o.Template != nil:
		return false // it prints what its author thought of
	case o.Format == JSON, o.Format == YAML:
		return true
	default:
		return (o.Format == Text || o.Format == Table || o.Format == Wide) && !o.NoHeaders
	}
}

func (o Options) width() int {
	if o.Width <= 0 {
		return 80
	}
	return o.Width
}

func (o Options) wide() bool { return o.Format == Wide }
