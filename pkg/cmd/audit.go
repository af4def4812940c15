package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/kubectl-netguard/netguard/pkg/audit"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/printer/findings"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// auditOptions ask what is wrong.
type auditOptions struct {
	*globals
	out           *output
	allNamespaces bool
	failOn        string
	baseline      string
	config        string
	explain       string
	only          []string
	doors         controllers

	home  string
	audit audit.Options
	fail  report.Severity
	known audit.Baseline
	rules *audit.Config
	one   *audit.Analyzer
}

func newAudit(g *globals) *cobra.Command {
	o := &auditOptions{globals: g, out: newOutput(findings.AuditFormats())}
	c := o.answers(&cobra.Command{
		Use:   "audit [ns/NAME]",
		Short: "Find what is wrong with policies: broken, open, needless, retired",
		Long: templates.LongDesc(`
			Find what is wrong with the policies of a namespace, of a cluster (-A) or of manifests: doors whose
			controller is shut out, rules that name the Service's port or select nobody, workloads that nothing
			isolates, databases that everybody can connect to, policies that nothing enforces.

			Findings are proven by verdicts: what could not be read or is not modelled is no finding. Each has a
			stable code, which --explain explains, and where a change of policies mends it, that change, which
			has been evaluated.

			A finding is left alone by the annotation netguard.dev/ignore: "CODE: REASON" on a NetworkPolicy (in
			manifests: on every object, and on its namespace), or by --config, a file of kind AuditConfig. --baseline leaves out what an
			earlier -o json has.`) + auditExit,
		Example: templates.Examples(`
			# What is wrong in a namespace
			kubectl netguard audit ns/bank

			# In CI, for code scanning; only what is new fails
			kubectl netguard audit -f manifests/ -R -o sarif --fail-on high --baseline baseline.json

			# What a code means
			kubectl netguard audit --explain NG002`),
		Args: cobra.MaximumNArgs(1),
	}, question{out: o.out, parse: o.parse, answer: o.answer})
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "All namespaces")
	c.Flags().StringVar(&o.failOn, "fail-on", "low", "Exit with status 1 where a finding is of this severity or a higher one: critical, high, medium, low, info or none")
	c.Flags().StringVar(&o.baseline, "baseline", "", "Leave out the findings of this file, which an earlier -o json has written")
	c.Flags().StringVar(&o.config, "config", "", "Read from this file what to leave alone, and other severities (kind AuditConfig)")
	c.Flags().StringVar(&o.explain, "explain", "", "Explain a code, such as NG002, and look at nothing")
	c.Flags().StringSliceVar(&o.only, "only", nil, "Look for these codes only")
	o.doors.addFlags(c)
	c.ValidArgsFunction = o.completeNamespace
	cobra.CheckErr(c.RegisterFlagCompletionFunc("explain", completeCodes))
	cobra.CheckErr(c.RegisterFlagCompletionFunc("only", completeCodes))
	cobra.CheckErr(c.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"critical", "high", "medium", "low", "info", "none"}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func completeCodes(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, a := range audit.All() {
		out = append(out, cobra.CompletionWithDesc(a.Code, a.Title))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeNamespace offers ns/NAME.
func (o *auditOptions) completeNamespace(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if !strings.HasPrefix(typed, "ns/") {
		return []cobra.Completion{"ns/"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return o.completeEnds(1, nil)(c, args, typed)
}

func (o *auditOptions) parse(args []string) error {
	var err error
	if o.explain != "" {
		if len(args) > 0 {
			return errors.New("--explain looks at nothing: leave out " + args[0])
		}
		o.one, err = audit.Find(o.explain)
		return err
	}
	o.audit = audit.Options{Options: query.Options{Strict: o.strict}}
	if o.home, err = o.namespace(); err != nil {
		return err
	}
	switch {
	case len(args) == 1:
		r, err := reference.Parse(args[0], o.home)
		if err != nil {
			return err
		}
		if r.Form != reference.FormObject || r.Kind != reference.Namespace {
			return fmt.Errorf("%s is no namespace; audit takes ns/NAME. For one workload: kubectl netguard who-can-reach %s", args[0], args[0])
		}
		if o.allNamespaces {
			return fmt.Errorf("%s and -A exclude each other", args[0])
		}
		o.audit.Namespace = r.Name
	case !o.allNamespaces && (*o.globals.config.Namespace != "" || !o.offline()):
		o.audit.Namespace = o.home
	}
	for _, code := range o.only {
		a, err := audit.Find(code)
		if err != nil {
			return fmt.Errorf("--only: %w", err)
		}
		o.audit.Only = append(o.audit.Only, a.Code)
	}
	if err := o.doors.parse(o.home); err != nil {
		return err
	}
	o.audit.Controllers = o.doors.refs
	if o.fail = "none"; o.failOn != "none" {
		if o.fail, err = audit.ParseSeverity(o.failOn); err != nil {
			return fmt.Errorf("--fail-on: %w, none", err)
		}
	}
	return o.settings()
}

// settings reads the files that say what is left alone.
func (o *auditOptions) settings() error {
	if o.config != "" {
		text, err := os.ReadFile(o.config)
		if err != nil {
			return fmt.Errorf("--config: %w", err)
		}
		if o.rules, err = audit.ReadConfig(o.config, text); err != nil {
			return fmt.Errorf("--config: %w", err)
		}
	}
	if o.baseline != "" {
		text, err := os.ReadFile(o.baseline)
		if err != nil {
			return fmt.Errorf("--baseline: %w", err)
		}
		if o.known, err = audit.ReadBaseline(o.baseline, text); err != nil {
			return fmt.Errorf("--baseline: %w", err)
		}
	}
	return nil
}

func (o *auditOptions) answer(ctx context.Context) (*reply, error) {
	if o.one != nil {
		return &reply{print: func(w io.Writer, options printer.Options) error {
			return findings.Rule(w, o.one.Rule(), options)
		}}, nil
	}
	m, err := o.load(ctx, plan.Question{Home: o.home, Namespaces: []string{o.audit.Namespace}, Services: true, Controllers: o.doors.refs})
	if err != nil {
		return nil, err
	}
	if ns := o.audit.Namespace; ns != "" {
		var missing *model.NotFoundError
		if _, err := m.Resolve(reference.Reference{Form: reference.FormObject, Kind: reference.Namespace, Name: ns}); errors.As(err, &missing) {
			return nil, err
		}
	}
	if err := audit.BadIgnores(m); err != nil {
		return nil, err
	}
	r := audit.Run(m, o.audit)
	audit.Settle(r, m.Snapshot, o.rules, o.known)
	for i := range r.Findings {
		r.Findings[i].File = fromHere(r.Findings[i].File)
	}
	return &reply{
		enforcement: &r.Enforcement, gaps: r.Gaps, status: audited(r, o.fail),
		print: func(w io.Writer, options printer.Options) error { return findings.Audit(w, r, options, version()) },
	}, nil
}

// audited is the exit status of an audit: a finding that counts is a proof, whatever could
// not be read besides.
func audited(r *report.Audit, fail report.Severity) error {
	for _, f := range r.Findings {
		if fail != "none" && f.Severity.AtLeast(fail) {
			return statusError(ExitNo)
		}
	}
	return complete(len(r.Gaps) == 0)
}

// fromHere is a file as it is called from the working directory: code scanning knows files
// by their paths in the repository.
func fromHere(file string) string {
	if !filepath.IsAbs(file) {
		return file
	}
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	if short, err := filepath.Rel(here, file); err == nil && !strings.HasPrefix(short, "..") {
		return short
	}
	return file
}
