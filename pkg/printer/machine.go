package printer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// jsonFormat is the versioned API: the report itself, laid out as kubectl does.
type jsonFormat struct{}

func (jsonFormat) explanation(b *bytes.Buffer, r *report.Explanation) error { return asJSON(b, r) }
func (jsonFormat) permission(b *bytes.Buffer, r *report.Permission) error   { return asJSON(b, r) }
func (jsonFormat) reach(b *bytes.Buffer, r *report.Reach) error             { return asJSON(b, r) }
func (jsonFormat) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error     { return asJSON(b, r) }
func (jsonFormat) version(b *bytes.Buffer, r *report.Version) error         { return asJSON(b, r) }

// yamlFormat is the same API in YAML.
type yamlFormat struct{}

func (yamlFormat) explanation(b *bytes.Buffer, r *report.Explanation) error { return asYAML(b, r) }
func (yamlFormat) permission(b *bytes.Buffer, r *report.Permission) error   { return asYAML(b, r) }
func (yamlFormat) reach(b *bytes.Buffer, r *report.Reach) error             { return asYAML(b, r) }
func (yamlFormat) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error     { return asYAML(b, r) }
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
	data, restore := withoutHidden(data)
	if data, err = yaml.JSONToYAML(data); err != nil {
		return err
	}
	b.WriteString(restore.Replace(string(data)))
	return nil
}

// withoutHidden puts plain words in the place of those strings of a JSON text
// that hold hidden runes, which YAML encoders pass on as they are. The replacer
// puts them back, quoted, into a YAML text.
func withoutHidden(data []byte) ([]byte, *strings.Replacer) {
	word := "hidden"
	for bytes.Contains(data, []byte(word)) {
		word += "0"
	}
	var out []byte
	var pairs []string
	for len(data) > 0 {
		start := bytes.IndexByte(data, '"')
		if start < 0 {
			break
		}
		end := start + 1
		for data[end] != '"' {
			if data[end] == '\\' {
				end++
			}
			end++
		}
		out = append(out, data[:start]...)
		literal := data[start : end+1]
		data = data[end+1:]
		var text string
		if json.Unmarshal(literal, &text) == nil && strings.ContainsFunc(text, hidden) {
			name := fmt.Sprintf("%sx%dx", word, len(pairs))
			pairs = append(pairs, name, quotedYAML(text))
			literal = []byte(`"` + name + `"`)
		}
		out = append(out, literal...)
	}
	return append(out, data...), strings.NewReplacer(pairs...)
}
