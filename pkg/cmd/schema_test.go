package cmd_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// Every report in JSON is as docs/schemas/reports.json says.
func TestReportsFitTheirSchemas(t *testing.T) {
	text, err := os.ReadFile("../../docs/schemas/reports.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Definitions map[string]json.RawMessage `json:"definitions"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*gojsonschema.Schema{}
	seen := map[string]int{}
	check := func(name, report string) {
		var head struct{ Kind string }
		if err := json.Unmarshal([]byte(report), &head); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if all.Definitions[head.Kind] == nil {
			return // an object, such as a policy that scaffold writes
		}
		if schemas[head.Kind] == nil {
			one := fmt.Sprintf(`{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/%s", "definitions": %s}`, head.Kind, definitions(t, text))
			s, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(one))
			if err != nil {
				t.Fatal(err)
			}
			schemas[head.Kind] = s
		}
		result, err := schemas[head.Kind].Validate(gojsonschema.NewStringLoader(report))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, e := range result.Errors() {
			t.Errorf("%s: %s: %s", name, head.Kind, e)
		}
		seen[head.Kind]++
	}
	for _, args := range []string{
		"explain deploy/frontend svc/bankapp-service", "can-reach deploy/frontend svc/bankapp-service", "who-can-reach svc/bankapp-service",
		"reachable-from deploy/frontend", "who-can-reach ing/bankapp", "map", "audit", "version", "verify -f ../../examples/intents/bankapp.yaml",
	} {
		check(args, run(t, "", append(strings.Fields(args), "-n", "bank", "-f", "../../examples/bankapp", "-o", "json")...).stdout)
	}
	goldens, err := filepath.Glob("testdata/scenarios/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	doors, err := filepath.Glob("testdata/scenarios/doors/*/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(goldens, doors...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, report, _ := strings.Cut(string(text), "\n"); strings.HasPrefix(report, "{") && strings.Contains(report, `"kind"`) && json.Valid([]byte(report)) {
			check(file, report)
		}
	}
	for _, kind := range []string{"Explanation", "Permission", "Reach", "FrontDoor", "Map", "Audit", "Verification", "Version"} {
		if seen[kind] == 0 {
			t.Errorf("no %s was checked", kind)
		}
	}
}

func definitions(t *testing.T, text []byte) json.RawMessage {
	t.Helper()
	var all struct {
		Definitions json.RawMessage `json:"definitions"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all.Definitions
}
