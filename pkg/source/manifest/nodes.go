package manifest

import (
	"bytes"
	"encoding/json"

	yaml "go.yaml.in/yaml/v3"
)

// nodes are the YAML nodes of a document's objects, read when first asked for:
// most objects are never asked where they stand. A dump of a cluster is one List
// of tens of megabytes, so its items are found by their indentation (or, in JSON,
// by the decoder), and only the one in question is parsed.
type nodes struct {
	// count is how many objects the builder found.
	count int
	read  bool
	parts []part
	// whole are the objects' nodes in the whole document, where it has no parts.
	whole []*yaml.Node
}

// part is the text of one object, and the line and the byte of the document it
// begins in.
type part struct {
	line  int
	start int
	text  []byte
	node  *yaml.Node
}

// maxWhole bounds the documents that are parsed as a whole a second time: nodes
// take some thirty times the room of their text.
const maxWhole = 4 << 20

// at returns the node of the object at an index, and the line of the file that the
// node's line 1 is.
func (n *nodes) at(doc *document, index int) (*yaml.Node, int) {
	if !n.read {
		n.read = true
		if n.parts = items(doc.text); len(n.parts) != n.count {
			n.parts = nil
			n.readWhole(doc)
		}
	}
	if index < len(n.parts) {
		p := &n.parts[index]
		if p.node == nil {
			root, err := parseNode(p.text)
			if err == nil && root != nil && root.Kind == yaml.SequenceNode && len(root.Content) == 1 {
				root = follow(root.Content[0])
			}
			if err != nil || root == nil || root.Kind != yaml.MappingNode || child(root, "items") != nil {
				// An alias to another item, or a List in the List.
				n.parts = nil
				n.readWhole(doc)
				return n.at(doc, index)
			}
			p.node = root
		}
		return p.node, doc.line + p.line - 1
	}
	if index < len(n.whole) {
		return n.whole[index], doc.line
	}
	return nil, doc.line
}

func (n *nodes) readWhole(doc *document) {
	if len(doc.text) > maxWhole {
		return
	}
	if root, err := parseNode(doc.text); err == nil && root != nil {
		n.whole = itemNodes(root)
	}
}

// items cuts a List into its items; nil when the text is not a List whose items
// can be told apart without parsing it.
func items(text []byte) []part {
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		return jsonItems(text)
	}
	return blockItems(text)
}

// blockItems: behind a line "items:" at the left margin, each item begins with a
// dash at one and the same indentation, and whatever belongs to it is indented
// further. The first other line that is not ends the list.
func blockItems(text []byte) []part {
	var (
		out    []part
		inside bool
		dash   []byte // indentation and dash of each item
		start  int
		line   = 1
	)
	for pos := 0; pos < len(text); line++ {
		next := len(text)
		if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
			next = pos + i + 1
		}
		here := bytes.TrimRight(text[pos:next], " \t\r\n")
		bare := bytes.TrimLeft(here, " ")
		switch {
		case !inside:
			inside = string(here) == "items:"
		case len(bare) == 0 || bare[0] == '#':
		case dash == nil:
			if bare[0] != '-' {
				return nil
			}
			dash = append(bytes.Clone(here[:len(here)-len(bare)]), '-')
			out, start = append(out, part{line: line, start: pos}), pos
		case bytes.HasPrefix(here, dash) && (len(here) == len(dash) || here[len(dash)] == ' '):
			out[len(out)-1].text = text[start:pos]
			out, start = append(out, part{line: line, start: pos}), pos
		case len(here)-len(bare) < len(dash):
			// The end of the list; nothing behind it is an item.
			out[len(out)-1].text = text[start:pos]
			return out
		}
		pos = next
	}
	if len(out) > 0 {
		out[len(out)-1].text = text[start:]
	}
	return out
}

// jsonItems reads up to the top-level "items" and cuts its elements.
func jsonItems(text []byte) []part {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil
		}
		if key != "items" {
			var skip json.RawMessage
			if decoder.Decode(&skip) != nil {
				return nil
			}
			continue
		}
		if t, err := decoder.Token(); err != nil || t != json.Delim('[') {
			return nil
		}
		var (
			out     []part
			line    = 1
			counted = 0
		)
		for decoder.More() {
			var raw json.RawMessage
			if decoder.Decode(&raw) != nil {
				return nil
			}
			end := int(decoder.InputOffset())
			start := end - len(raw)
			line += bytes.Count(text[counted:start], []byte("\n"))
			counted = start
			out = append(out, part{line: line, start: start, text: text[start:end]})
		}
		return out
	}
	return nil
}
