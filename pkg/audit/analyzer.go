package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Phase is when an analyser runs.
type Phase int

// Phases: what stands in clauses, what remains of them, and what goes wrong for these
// reasons or others.
const (
	clauses Phase = iota
	remaining
	outcomes
	phases
)

// Analyzer finds one kind of fault.
type Analyzer struct {
	// Code is stable: NG001. Name says the same in words, with dashes.
	Code, Name string
	// Title is what is wrong, in a few words.
	Title    string
	Severity report.Severity
	// Security: the fault opens something, rather than breaks it.
	Security bool
	// Doc says what is found, Why why it hurts, and Mend how to mend it: plain text.
	Doc, Why, Mend string
	// Sources are the pages that say so.
	Sources []string
	// Others are the ids that other tools and benchmarks have for the same, or nearly so.
	Others []string
	// Phase orders analysers of which one leaves alone what another has found.
	Phase Phase
	Run   func(*Pass)
}

// Rule is the analyser as reports have it.
func (a *Analyzer) Rule() report.FindingRule {
	return report.FindingRule{
		Code: a.Code, Name: a.Name, Title: a.Title, Severity: a.Severity, Security: a.Security,
		Help: a.Doc + "\n\n" + a.Why + "\n\n**To mend it:** " + a.Mend, Sources: a.Sources, Others: a.Others,
	}
}

// Validate says what is missing of analysers.
func Validate(all []*Analyzer) error {
	var errs []error
	seen := map[string]bool{}
	for _, a := range all {
		bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(a.Code+": "+format, args...)) }
		if !regexp.MustCompile(`^NG\d{3}$`).MatchString(a.Code) || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(a.Name) {
			bad("code or name %q has another form", a.Name)
		}
		if seen[a.Code] || seen[a.Name] {
			bad("code or name is taken")
		}
		seen[a.Code], seen[a.Name] = true, true
		if !slices.Contains(report.Severities(), a.Severity) || a.Title == "" || a.Doc == "" || a.Why == "" || a.Mend == "" || len(a.Sources) == 0 || a.Run == nil {
			bad("something is missing")
		}
		for _, s := range a.Sources {
			if !strings.HasPrefix(s, "https://") {
				bad("source %q is no page", s)
			}
		}
	}
	return errors.Join(errs...)
}

// Find returns the analyser of a code, in any case.
func Find(code string) (*Analyzer, error) {
	var close []string
	for _, a := range All() {
		if strings.EqualFold(a.Code, code) || strings.EqualFold(a.Name, code) {
			return a, nil
		}
		if strings.Contains(a.Name, strings.ToLower(code)) && code != "" {
			close = append(close, a.Code+" ("+a.Name+")")
		}
	}
	if len(close) > 0 {
		return nil, fmt.Errorf("no finding has the code %q; did you mean %s?", code, strings.Join(close, " or "))
	}
	all := All()
	return nil, fmt.Errorf("no finding has the code %q; there are %s to %s", code, all[0].Code, all[len(all)-1].Code)
}

// fingerprint is what stays the same of a finding when lines move.
func fingerprint(f *report.Finding, key string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Code, f.Object.Kind, f.Object.Group, f.Object.Namespace, f.Object.Name, cmp.Or(key, f.Path)}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
