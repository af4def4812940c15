package report_test

import (
	"encoding/json"
	"go/ast"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
)

// TestSchemas holds docs/schemas/reports.json against the code: a definition for every
// report and every part of one, from the same types and comments as docs/json.md. -update
// rewrites it. That reports are as it says, the tests of the commands look at.
func TestSchemas(t *testing.T) {
	s := readSource(t)
	definitions := map[string]any{
		"connections": map[string]any{
			"description": "Protocols with their ports; without a port, all of them; with endPort, a range", "type": "array",
			"items": map[string]any{
				"type": "object", "required": []string{"protocol"},
				"properties": map[string]any{
					"protocol": map[string]any{"enum": []string{"TCP", "UDP", "SCTP"}}, "port": map[string]any{"type": "integer"}, "endPort": map[string]any{"type": "integer"},
				},
			},
		},
		"NetworkPolicy": map[string]any{"description": "networking.k8s.io/v1", "type": "object"},
	}
	for _, name := range s.order {
		switch {
		case s.structs[name] != nil:
			definitions[name] = s.schema(t, name)
		case len(s.codes[name]) > 0:
			var values []string
			for _, c := range s.codes[name] {
				values = append(values, c.value)
			}
			// Codes are added in time: those that there are today are examples.
			definitions[name] = map[string]any{"description": s.docs[name], "type": "string", "examples": values}
		}
	}
	definitions["Verdict"] = map[string]any{"description": s.docs["Verdict"], "enum": []string{"Allowed", "Denied", "Unknown"}}
	var reports []any
	for _, name := range kinds {
		reports = append(reports, map[string]any{"$ref": "#/definitions/" + name})
	}
	data, err := json.MarshalIndent(map[string]any{
		"$schema": "http://json-schema.org/draft-07/schema#",
		"$id":     "https://raw.githubusercontent.com/kubectl-netguard/netguard/main/docs/schemas/reports.json",
		"title":   "Reports of kubectl netguard, netguard.dev/v1alpha1",
		"anyOf":   reports, "definitions": definitions,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden.File(t, "../../docs/schemas/reports.json", append(data, '\n'))
}

// schema is a struct's. Fields are only ever added, and so others than these are valid.
func (s *source) schema(t *testing.T, name string) map[string]any {
	t.Helper()
	properties, required := map[string]any{}, []string{}
	s.properties(t, name, properties, &required)
	if slices.Contains(kinds, name) {
		properties["kind"] = map[string]any{"const": name}
		properties["apiVersion"] = map[string]any{"const": "netguard.dev/v1alpha1"}
	}
	out := map[string]any{"type": "object", "description": s.docs[name], "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func (s *source) properties(t *testing.T, name string, properties map[string]any, required *[]string) {
	t.Helper()
	for _, f := range s.structs[name].Fields.List {
		tag := ""
		if f.Tag != nil {
			tag = reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
		}
		key, options, _ := strings.Cut(tag, ",")
		switch {
		case key == "-" || key == "" && options != "inline":
			continue
		case options == "inline":
			s.properties(t, f.Type.(*ast.Ident).Name, properties, required)
			continue
		}
		of := s.schemaOf(f.Type)
		if doc := text(f.Doc, f.Comment); doc != "" && len(f.Names) == 1 {
			if of["$ref"] != nil { // beside which draft 7 looks at nothing
				of = map[string]any{"allOf": []any{of}}
			}
			of["description"] = sentence(f.Names[0].Name, doc)
		}
		properties[key] = of
		if !strings.Contains(options, "omitempty") {
			*required = append(*required, key)
		}
	}
}

func (s *source) schemaOf(e ast.Expr) map[string]any {
	ref := func(name string) map[string]any { return map[string]any{"$ref": "#/definitions/" + name} }
	switch e := e.(type) {
	case *ast.StarExpr:
		return s.schemaOf(e.X)
	case *ast.ArrayType:
		return map[string]any{"type": []string{"array", "null"}, "items": s.schemaOf(e.Elt)}
	case *ast.IndexExpr: // iter.Seq, which is a list in JSON
		return map[string]any{"type": "array", "items": s.schemaOf(e.Index)}
	case *ast.MapType:
		return map[string]any{"type": "object", "additionalProperties": s.schemaOf(e.Value)}
	case *ast.SelectorExpr:
		switch e.Sel.Name {
		case "Set":
			return ref("connections")
		case "NetworkPolicy":
			return ref("NetworkPolicy")
		case "Protocol":
			return map[string]any{"enum": []string{"TCP", "UDP", "SCTP"}}
		default:
			return map[string]any{}
		}
	case *ast.Ident:
		switch e.Name {
		case "string":
			return map[string]any{"type": "string"}
		case "bool":
			return map[string]any{"type": "boolean"}
		case "int", "int32", "uint16":
			return map[string]any{"type": "integer"}
		default:
			if s.structs[e.Name] == nil && len(s.codes[e.Name]) == 0 && e.Name != "Verdict" {
				return map[string]any{}
			}
			return ref(e.Name)
		}
	}
	return map[string]any{}
}
