package objects

import (
	"reflect"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// grant is a kind whose type is its JSON.
type grant struct {
	snapshot.Meta `json:"metadata"`
	Spec          struct {
		From []struct {
			Namespace string `json:"namespace"`
		} `json:"from,omitempty"`
	} `json:"spec"`
}

func (*grant) Resource() snapshot.Resource { return snapshot.ReferenceGrants }

func (g *grant) Renamed(n snapshot.Renamer) snapshot.Object {
	out := *g
	out.Meta = g.Meta.Renamed("ReferenceGrant", n)
	return &out
}

// What such a kind takes is its type: fields that have no place in it are left out
// when it is read, and a recording is what was read.
func TestAKindWhoseTypeIsItsJSON(t *testing.T) {
	codec := own[grant](snapshot.ReferenceGrants)
	list, err := codec.List()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Item([]byte(`{"metadata":{"name":"g","namespace":"a","annotations":{"secret":"x"}},"spec":{"from":[{"namespace":"b","more":1}]}}`)); err != nil {
		t.Fatal(err)
	}
	if list.Item([]byte(`{"metadata":[]}`)) == nil {
		t.Error("metadata that is a list is no error")
	}
	b := snapshot.NewBuilder(nil)
	list.Fill(b)
	s := b.Snapshot()
	if g := snapshot.One[*grant](s, snapshot.ReferenceGrants, snapshot.Name{Namespace: "a", Name: "g"}); g == nil || g.Spec.From[0].Namespace != "b" {
		t.Errorf("read as %+v", g)
	}
	got, err := codec.Objects(s)
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
		"metadata": map[string]any{"name": "g", "namespace": "a"}, "spec": map[string]any{"from": []any{map[string]any{"namespace": "b"}}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("recorded as %v", got)
	}
}
