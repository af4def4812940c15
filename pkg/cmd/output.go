package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// output is -o, its templates and --no-headers of one command.
type output struct {
	format    string
	noHeaders bool
	formats   []string
	// oneLine: the answer takes one line of text.
	oneLine   bool
	templates *genericclioptions.KubeTemplatePrintFlags
	// template is what validate made of a format such as jsonpath={.verdict}.
	template printers.ResourcePrinter
}

func newOutput(formats []string) *output {
	return &output{formats: formats, templates: genericclioptions.NewKubeTemplatePrintFlags()}
}

// allowed are all values of -o.
func (o *output) allowed() []string {
	return append(slices.Clone(o.formats), templateFormats()...)
}

// templateFormats are kubectl's that take a template; it has two older names for
// go-template.
func templateFormats() []string {
	return []string{"jsonpath", "jsonpath-as-json", "jsonpath-file", "go-template", "go-template-file"}
}

func (o *output) addFlags(c *cobra.Command) {
	c.Flags().StringVarP(&o.format, "output", "o", "", "Output format. One of: ("+strings.Join(o.allowed(), ", ")+")")
	c.Flags().BoolVar(&o.noHeaders, "no-headers", false, "Print no column headers")
	o.templates.AddFlags(c)
	// kubectl's texts, shorter.
	c.Flags().Lookup("template").Usage = "Template of -o jsonpath or go-template, or the path of that of -o jsonpath-file or go-template-file, where -o itself has none"
	c.Flags().Lookup("allow-missing-template-keys").Usage = "Leave out what a template asks for and the report does not have, instead of failing"
	cobra.CheckErr(c.RegisterFlagCompletionFunc("output", o.complete))
}

// complete offers all formats; behind those with a template goes the template.
func (o *output) complete(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	directive := cobra.ShellCompDirectiveNoFileComp
	for _, f := range o.formats {
		if strings.HasPrefix(f, typed) {
			out = append(out, f)
		}
	}
	plain := len(out)
	for _, f := range templateFormats() {
		if strings.HasPrefix(f+"=", typed) {
			out = append(out, f+"=")
		}
	}
	if plain == 0 && len(out) > 0 {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return out, directive
}

// validate checks -o and parses its template, before anything is read.
func (o *output) validate() error {
	format := o.format
	if format == "" && *o.templates.TemplateArgument != "" {
		format = "go-template" // as in kubectl
	}
	if format == "" || slices.Contains(o.formats, format) {
		return nil
	}
	template, err := o.templates.ToPrinter(format)
	switch {
	case genericclioptions.IsNoCompatiblePrinterError(err):
		return fmt.Errorf("unable to match a printer suitable for the output format %q; allowed formats are: %s", o.format, strings.Join(o.allowed(), ", "))
	case err != nil:
		return fmt.Errorf("-o %s: %w", format, err)
	}
	o.template = template
	return nil
}

// print returns the printer's options.
func (g *globals) print(o *output, home string) printer.Options {
	out := printer.Options{
		Format: o.format, NoHeaders: o.noHeaders, Namespace: home, Width: g.env.Width, Template: o.template,
		Color: g.env.Width > 0 && g.env.Getenv("NO_COLOR") == "" && g.env.Getenv("TERM") != "dumb",
	}
	if out.Template != nil {
		out.Format = printer.Text
	}
	return out
}

// noteGaps tells on standard error what could not be read, where the format of
// the answer has no place for it.
func (g *globals) noteGaps(o printer.Options, gaps []report.Gap) {
	if o.ShowsGaps() {
		return
	}
	for _, gap := range gaps {
		text := "note: not complete: cannot " + gap.Needs
		if gap.Message != "" {
			text += ": " + gap.Message
		}
		fmt.Fprintln(g.ErrOut, oneLine(text)) //nolint:errcheck // a note that cannot be written is no failure
	}
}
