package printer

import (
	"bytes"
	"encoding/json"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// jsonFormat is the versioned API: the report itself, laid out as kubectl does.
type jsonFormat struct{}

func (jsonFormat) explanation(b *bytes.Buffer, r *report.Explanation) error { return asJSON(b, r) }
func (jsonFormat) permission(b *bytes.Buffer, r *report.Permission) error   { return asJSON(b, r) }
func (jsonFormat) reach(b *bytes.Buffer, r *report.Reach) error             { return asJSON(b, r) }
func (jsonFormat) connections(b *bytes.Buffer, r *report.Map) error         { return asJSON(b, r) }
func (jsonFormat) version(b *bytes.Buffer, r *report.Version) error         { return asJSON(b, r) }

// yamlFormat is the same API in YAML.
type yamlFormat struct{}

func (yamlFormat) explanation(b *bytes.Buffer, r *report.Explanation) error { return asYAML(b, r) }
func (yamlFormat) permission(b *bytes.Buffer, r *report.Permission) error   { return asYAML(b, r) }
func (yamlFormat) reach(b *bytes.Buffer, r *report.Reach) error             { return asYAML(b, r) }
func (yamlFormat) connections(b *bytes.Buffer, r *report.Map) error         { return asYAML(b, r) }
func (yamlFormat) version(b *bytes.Buffer, r *report.Version) error         { return asYAML(b, r) }

func asJSON(b *bytes.Buffer, r any) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	b.Write(visibleJSON(data))
	b.WriteByte('\n')
	return nil
}

func asYAML(b *bytes.Buffer, r any) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if data, err = yaml.JSONToYAML(data); err != nil {
		return err
	}
	b.Write(data)
	return nil
}
