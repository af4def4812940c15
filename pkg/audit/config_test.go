package audit_test

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/audit"
)

// The schema of the settings has the fields that are read.
func TestConfigSchema(t *testing.T) {
	text, err := os.ReadFile("../../docs/schemas/audit-config.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Properties map[string]struct {
			Items struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	fields := func(of reflect.Type) (out []string) {
		for i := range of.NumField() {
			if tag := of.Field(i).Tag.Get("yaml"); tag != "" {
				out = append(out, tag)
			}
		}
		slices.Sort(out)
		return out
	}
	if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, fields(reflect.TypeFor[audit.Config]())) {
		t.Errorf("the schema has %v", got)
	}
	if got := slices.Sorted(maps.Keys(s.Properties["ignore"].Items.Properties)); !slices.Equal(got, fields(reflect.TypeFor[audit.Ignore]())) {
		t.Errorf("ignore has %v", got)
	}
}
