package audit

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/document"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Config is the settings of audit, kind AuditConfig.
type Config struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	// Ignore are findings to leave alone.
	Ignore []Ignore `yaml:"ignore"`
	// Severity of codes, where another is wanted than their own.
	Severity map[string]string `yaml:"severity"`
	// file that it was read from.
	file string
}

// Ignore are findings to leave alone, and why. What is absent is any; "*" in a name stands
// for any characters.
type Ignore struct {
	Code      string `yaml:"code"`
	Kind      string `yaml:"kind"`
	Namespace string `yaml:"namespace"`
	Name      string `yaml:"name"`
	Reason    string `yaml:"reason"`
}

// ReadConfig reads settings.
func ReadConfig(file string, text []byte) (*Config, error) {
	out := &Config{file: file}
	err := document.Each(file, text, func(c *Config, lines map[string]int) error {
		bad := func(at, format string, args ...any) error {
			return &document.Error{File: file, Line: lines[at], Text: fmt.Sprintf(format, args...)}
		}
		if c.APIVersion != report.APIVersion || c.Kind != "AuditConfig" {
			return bad("", "expected apiVersion: %s and kind: AuditConfig", report.APIVersion)
		}
		for i, x := range c.Ignore {
			at := fmt.Sprintf("ignore[%d]", i)
			if strings.TrimSpace(x.Reason) == "" {
				return bad(at, "%s has no reason: say why it is left alone", at)
			}
			if x.Code != "" {
				if _, err := Find(x.Code); err != nil {
					return bad(at+".code", "%v", err)
				}
			}
			for _, pattern := range []string{x.Namespace, x.Name} {
				if _, err := path.Match(pattern, ""); err != nil {
					return bad(at, "%q: %v", pattern, err)
				}
			}
		}
		for code, severity := range c.Severity {
			if _, err := Find(code); err != nil {
				return bad("severity."+code, "%v", err)
			}
			if _, err := ParseSeverity(severity); err != nil {
				return bad("severity."+code, "%v", err)
			}
		}
		c.file = file
		out = c
		return nil
	})
	return out, err
}

// ParseSeverity reads a severity, in any case.
func ParseSeverity(text string) (report.Severity, error) {
	var names []string
	for _, s := range report.Severities() {
		if strings.EqualFold(string(s), text) {
			return s, nil
		}
		names = append(names, strings.ToLower(string(s)))
	}
	return "", fmt.Errorf("%q is no severity; there are %s", text, strings.Join(names, ", "))
}

// Baseline are the fingerprints of findings that are known.
type Baseline map[string]bool

// ReadBaseline reads what audit -o json, or -o yaml, has written.
func ReadBaseline(file string, text []byte) (Baseline, error) {
	var r report.Audit
	if err := yaml.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if r.Kind != "Audit" || r.APIVersion != report.APIVersion {
		return nil, fmt.Errorf("%s is no baseline: write one with kubectl netguard audit -o json", file)
	}
	out := Baseline{}
	for _, f := range r.Findings {
		out[f.Fingerprint] = true
	}
	for _, s := range r.Suppressed {
		out[s.Finding.Fingerprint] = true
	}
	return out, nil
}

// Settle takes out of a report what is left alone, with the reasons, and what a baseline
// has already.
func Settle(r *report.Audit, s *snapshot.Snapshot, c *Config, b Baseline) {
	var kept []report.Finding
	for _, f := range r.Findings {
		if c != nil {
			if severity, err := ParseSeverity(severityOf(c, f.Code)); err == nil {
				f.Severity = severity
			}
		}
		reason, where := ignored(&f, s)
		if reason == "" && c != nil {
			reason, where = c.ignores(&f)
		}
		switch {
		case reason != "":
			r.Suppressed = append(r.Suppressed, report.Suppressed{Finding: f, Reason: reason, Where: where})
		case b[f.Fingerprint]:
			r.Known++
		default:
			kept = append(kept, f)
		}
	}
	sortFindings(kept)
	r.Findings = slices.Concat([]report.Finding{}, kept)
}

func severityOf(c *Config, code string) string {
	for have, severity := range c.Severity {
		if strings.EqualFold(have, code) {
			return severity
		}
	}
	return ""
}

func (c *Config) ignores(f *report.Finding) (reason, where string) {
	fits := func(pattern, text string) bool {
		ok, err := path.Match(pattern, text)
		return pattern == "" || err == nil && ok
	}
	for _, x := range c.Ignore {
		if (x.Code == "" || strings.EqualFold(x.Code, f.Code)) && (x.Kind == "" || strings.EqualFold(x.Kind, f.Object.Kind)) &&
			fits(x.Namespace, cmp.Or(f.Object.Namespace, namespaceOf(f))) && fits(x.Name, f.Object.Name) {
			return x.Reason, c.file
		}
	}
	return "", ""
}

// namespaceOf is a namespace that is itself what a finding is about.
func namespaceOf(f *report.Finding) string {
	if f.Object.Kind == "Namespace" {
		return f.Object.Name
	}
	return ""
}

// ignored looks for the annotation of the object, and of its namespace.
func ignored(f *report.Finding, s *snapshot.Snapshot) (reason, where string) {
	type of struct{ kind, namespace, name string }
	for _, o := range []of{{f.Object.Kind, f.Object.Namespace, f.Object.Name}, {"Namespace", "", f.Object.Namespace}} {
		name := snapshot.Name{Namespace: o.namespace, Name: o.name}
		text := s.PlaceOf(o.kind, name).Ignore
		if policy := s.Policy(name); o.kind == "NetworkPolicy" && policy != nil {
			text = policy.Ignore
		}
		for _, part := range strings.Split(text, ";") {
			code, why, ok := strings.Cut(part, ":")
			if why = strings.TrimSpace(why); ok && why != "" && strings.EqualFold(strings.TrimSpace(code), f.Code) {
				return why, strings.Trim(strings.Join([]string{o.kind, o.namespace, o.name}, "/"), "/") + " " + snapshot.IgnoreAnnotation
			}
		}
	}
	return "", ""
}

// BadIgnores are annotations that leave nothing alone, since they name no code or no reason.
func BadIgnores(m *model.Model) error {
	var errs []error
	for _, x := range m.Policies() {
		for _, part := range strings.Split(x.Ignore, ";") {
			code, why, ok := strings.Cut(part, ":")
			if strings.TrimSpace(part) == "" {
				continue
			}
			if _, err := Find(strings.TrimSpace(code)); err != nil || !ok || strings.TrimSpace(why) == "" {
				errs = append(errs, fmt.Errorf("NetworkPolicy %s: annotation %s: expected CODE: REASON, not %.60q", x.Name, snapshot.IgnoreAnnotation, strings.TrimSpace(part)))
			}
		}
	}
	return errors.Join(errs...)
}
