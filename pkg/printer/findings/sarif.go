package findings

import (
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as far as code scanning
// reads it (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning):
// every result needs a physical location with a region, or the whole file is refused.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Automation struct {
			ID string `json:"id"`
		} `json:"automationDetails"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifRule struct {
		ID      string    `json:"id"`
		Name    string    `json:"name"`
		Short   sarifText `json:"shortDescription"`
		Full    sarifText `json:"fullDescription"`
		Help    sarifText `json:"help"`
		HelpURI string    `json:"helpUri,omitempty"`
		Default struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
		Properties struct {
			Tags      []string `json:"tags"`
			Precision string   `json:"precision"`
			Severity  string   `json:"security-severity,omitempty"`
		} `json:"properties"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// maxResults is how many results of a run code scanning takes; those beyond are the least
// serious.
const maxResults = 5000

// sarif writes results of rules. What names the kind of run, such as audit.
func sarif(w io.Writer, what, version string, rules []report.FindingRule, all []result) error {
	run := sarifRun{ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	run.Automation.ID = "netguard/" + what + "/"
	run.Tool.Driver = sarifDriver{Name: "kubectl-netguard", Version: version, URI: "https://github.com/kubectl-netguard/netguard", Rules: []sarifRule{}}
	index := map[string]int{}
	for i, r := range rules {
		index[r.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(r))
	}
	for _, r := range all {
		if r.passed || len(run.Results) == maxResults {
			continue
		}
		out := sarifResult{
			RuleID: r.rule, RuleIndex: index[r.rule], Level: level(r.severity), Message: sarifText{Text: printer.Plain(r.message())},
			Fingerprints: map[string]string{"primaryLocationLineHash": r.fingerprint + ":1"},
		}
		if r.justification != "" {
			out.Suppressions = []sarifSuppression{{Kind: "external", Justification: printer.Plain(r.justification)}}
		}
		l := sarifLocation{Logical: []sarifLogical{{Name: r.object.Name, Full: qualified(r.object), Kind: "resource"}}}
		l.Physical.Artifact.URI, l.Physical.Region.StartLine = r.uri(), max(r.line, 1)
		out.Locations = []sarifLocation{l}
		run.Results = append(run.Results, out)
	}
	data, err := json.MarshalIndent(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	}, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

func sarifRuleOf(r report.FindingRule) sarifRule {
	full, _, _ := strings.Cut(r.Help, "\n\n")
	if len(full) > 1024 {
		full = full[:1021] + "..."
	}
	help := r.Help
	for _, s := range r.Sources {
		help += "\n\n" + s
	}
	out := sarifRule{
		ID: r.Code, Name: r.Name, Short: sarifText{Text: r.Title}, Full: sarifText{Text: full},
		Help: sarifText{Text: help, Markdown: help},
	}
	if len(r.Sources) > 0 {
		out.HelpURI = r.Sources[0]
	}
	out.Default.Level = level(r.Severity)
	out.Properties.Tags, out.Properties.Precision = []string{"kubernetes", "network-policy"}, "very-high"
	if r.Security {
		out.Properties.Tags = append(out.Properties.Tags, "security")
		out.Properties.Severity = securitySeverity(r.Severity)
	}
	return out
}

// level is a severity as SARIF has it.
func level(s report.Severity) string {
	switch s {
	case report.Critical, report.High:
		return "error"
	case report.Medium:
		return "warning"
	default:
		return "note"
	}
}

// securitySeverity is a severity on the scale of CVSS: over 9.0 is shown as critical, 7.0
// to 8.9 as high, 4.0 to 6.9 as medium.
func securitySeverity(s report.Severity) string {
	switch s {
	case report.Critical:
		return "9.5"
	case report.High:
		return "8.0"
	case report.Medium:
		return "5.5"
	case report.Low:
		return "3.0"
	default:
		return "1.0"
	}
}

// uri is where the object stands: its file or, on a cluster, a name that stays the same.
func (r *result) uri() string {
	if r.file != "" && r.file != "-" && !strings.Contains(r.file, " ") {
		u := url.URL{Path: strings.TrimPrefix(strings.ReplaceAll(r.file, `\`, "/"), "./")}
		if strings.Contains(r.file, "://") {
			return r.file
		}
		return u.EscapedPath()
	}
	u := url.URL{Path: path.Join(strings.ToLower(r.object.Kind), r.object.Namespace, r.object.Name+".yaml")}
	return u.EscapedPath()
}

func qualified(o report.Object) string {
	return path.Join(o.Kind, o.Namespace, o.Name)
}
