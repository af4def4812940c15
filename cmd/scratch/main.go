package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/source"
)

func main() {
	s, err := source.NewManifests(source.ManifestOptions{Filenames: []string{os.Args[1]}, Namespace: "bank", In: os.Stdin})
	if err != nil {
		panic(err)
	}
	snap, err := s.Load(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	m := model.New(snap)
	var refs []reference.Reference
	for _, a := range os.Args[3:] {
		r, err := reference.Parse(a, "bank")
		if err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		refs = append(refs, r)
	}
	var out any
	switch os.Args[2] {
	case "explain":
		out, err = query.Explain(m, refs[0], refs[1], query.Options{})
	case "who":
		out, err = query.WhoCanReach(m, refs[0], query.Options{})
	case "from":
		out, err = query.ReachableFrom(m, refs[0], query.Options{})
	case "map":
		out = query.Map(m, query.Scope{Labels: selector.Everything()}, query.Options{})
	}
	if err != nil {
		fmt.Println(err)
	}
	t, _ := json.MarshalIndent(out, "", " ")
	fmt.Println(string(t))
}
