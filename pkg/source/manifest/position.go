package manifest

import (
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// maxPositions bounds how many fields of one object get a line: aliases can make
// a small document describe a huge tree.
const maxPositions = 50_000

// positions tells at which line of a file each field of an object stands.
type positions struct {
	file  string
	first int // line of the file that the nodes' line 1 is
	lines map[string]int
	// repeated are the paths of keys that a mapping has twice.
	repeated []string
	budget   int
}

// Origin locates the object; JSON is read as the YAML it is. It also returns the
// paths of fields that stand in the text twice.
func (o *Object) Origin() (snapshot.Origin, []string) {
	n, first := o.node()
	if n == nil {
		return snapshot.Origin{File: o.doc.file, Line: o.doc.line}, nil
	}
	p := positions{file: o.doc.file, first: first, lines: map[string]int{}, budget: maxPositions}
	p.mapping("", n, 0)
	return snapshot.Origin{File: o.doc.file, Line: p.line(n), Lines: p.lines}, p.repeated
}

func (p *positions) line(n *yaml.Node) int { return p.first + n.Line - 1 }

// set gives path the line where its text begins: a mapping's key, or a list's item.
func (p *positions) set(path string, n *yaml.Node) {
	if _, ok := p.lines[path]; !ok {
		p.lines[path] = p.line(n)
		p.budget--
	}
}

func (p *positions) value(path string, n *yaml.Node, depth int) {
	// Depth bounds an alias that contains itself.
	if p.budget <= 0 || depth > 100 {
		return
	}
	switch n.Kind {
	case yaml.AliasNode:
		p.value(path, n.Alias, depth+1)
	case yaml.MappingNode:
		p.mapping(path, n, depth+1)
	case yaml.SequenceNode:
		for i, item := range n.Content {
			at := path + "[" + strconv.Itoa(i) + "]"
			p.set(at, item)
			p.value(at, item, depth+1)
		}
	}
}

func (p *positions) mapping(path string, n *yaml.Node, depth int) {
	n = follow(n)
	if n == nil || n.Kind != yaml.MappingNode || p.budget <= 0 || depth > 100 {
		return
	}
	var merged []*yaml.Node
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		at := Join(path, key.Value)
		if seen[key.Value] {
			p.repeated = append(p.repeated, at)
			p.lines[at] = p.line(key)
			continue
		}
		seen[key.Value] = true
		p.set(at, key)
		p.value(at, value, depth)
	}
	for _, value := range merged { // the mapping's own keys win, as in YAML
		for _, from := range mergeSources(value) {
			inner := positions{file: p.file, first: p.first, lines: map[string]int{}, budget: p.budget}
			inner.mapping(path, from, depth+1)
			p.budget = inner.budget
			for at, line := range inner.lines {
				if _, ok := p.lines[at]; !ok {
					p.lines[at] = line
				}
			}
		}
	}
}

func mergeSources(n *yaml.Node) []*yaml.Node {
	if n = follow(n); n != nil && n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func follow(n *yaml.Node) *yaml.Node {
	for range 10 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// parseNode reads a document's structure; nil when it has none or is no YAML.
func parseNode(text []byte) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return nil, nil
	}
	return follow(root.Content[0]), nil
}

// child returns the value of a mapping's key, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n = follow(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// itemNodes are the nodes of the objects in a document, in the order in which
// the builder flattens them: the items of whatever has items, or the object
// itself. A List inside a List comes after the plain items, as in
// resource.FlattenListVisitor.
func itemNodes(root *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	queue := []*yaml.Node{root}
	for len(queue) > 0 && len(out) < maxPositions {
		n := follow(queue[0])
		queue = queue[1:]
		items := follow(child(n, "items"))
		if items == nil || items.Kind != yaml.SequenceNode {
			out = append(out, n)
			continue
		}
		queue = append(queue, items.Content...)
	}
	return out
}

// jsonType names a node's type as encoding/json does.
func jsonType(n *yaml.Node) string {
	switch n = follow(n); {
	case n == nil:
		return ""
	case n.Kind == yaml.MappingNode:
		return "object"
	case n.Kind == yaml.SequenceNode:
		return "array"
	case n.Tag == "!!bool":
		return "bool"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "number"
	case n.Tag == "!!null":
		return "null"
	default:
		return "string"
	}
}

// find returns the first node at a path without list indices (spec.ingress.ports)
// that has the given type, with its full path; encoding/json names the mapping
// when one of its values is wrong. The type "" is any.
func find(n *yaml.Node, path, steps, wanted string, depth int) (string, *yaml.Node) {
	if n = follow(n); n == nil || depth > 100 {
		return "", nil
	}
	if steps == "" && (jsonType(n) == wanted || wanted == "") {
		return path, n
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, item := range n.Content {
			if at, hit := find(item, path+"["+strconv.Itoa(i)+"]", steps, wanted, depth+1); hit != nil {
				return at, hit
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if steps == "" && jsonType(n.Content[i+1]) == wanted {
				return Join(path, key), n.Content[i+1]
			}
			rest, ok := strings.CutPrefix(steps, key)
			if !ok || key == "" || rest != "" && rest[0] != '.' {
				continue
			}
			if at, hit := find(n.Content[i+1], Join(path, key), strings.TrimPrefix(rest, "."), wanted, depth+1); hit != nil {
				return at, hit
			}
		}
	}
	return "", nil
}
