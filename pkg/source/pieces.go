package source

import (
	"bytes"
	"sync"
)

// pieceSize is about how long the pieces of a List are that are parsed by
// themselves: a parser takes some fifty times the room of its text.
const pieceSize = 256 << 10

// sharing has somebody else do something, if anybody has nothing to do.
type sharing func(func() error) bool

// directList is direct for a List in YAML, such as a dump of a whole cluster: its
// items are parsed side by side, a few at a time. That each piece is complete in
// itself is not assumed but seen: where a text in quotes or braces went on beyond
// its piece, or a List were none, a piece would not parse, or not as items.
func directList(text []byte, size int, share sharing) (found []*object, ok bool) {
	if len(text) <= size || !usualYAML(text) || mayAnchor(text) {
		return nil, false
	}
	head, pieces, tail := cutList(text, size)
	if len(pieces) < 2 {
		return nil, false
	}
	if _, ok := withoutItems(head); !ok {
		return nil, false
	}
	list, ok := withoutItems(append(head[:len(head):len(head)], tail...))
	if !ok {
		return nil, false
	}
	if _, ok := ordinary(list); !ok {
		return nil, false
	}
	results := make([][]*object, len(pieces))
	var group sync.WaitGroup
	for i, piece := range pieces {
		group.Add(1)
		read := func() error {
			defer group.Done()
			if value, ok := parseYAML(piece); ok {
				if items, ok := value.([]any); ok {
					results[i], _ = directItems(items)
				}
			}
			return nil
		}
		if share == nil || !share(read) {
			_ = read()
		}
	}
	group.Wait()
	for _, objects := range results {
		if objects == nil {
			return nil, false
		}
		found = append(found, objects...)
	}
	return found, true
}

// mayAnchor reports whether something in the text may be an anchor, which belongs to
// all of the text behind it.
func mayAnchor(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 || i == len(text)-1 {
			return false
		}
		switch c := text[i+1]; {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '_', c == '-':
			return true
		}
		text = text[i+1:]
	}
}

// cutList cuts a List between items. The head ends with the line "items:", and the
// tail is what stands behind the last item.
func cutList(text []byte, size int) (head []byte, pieces [][]byte, tail []byte) {
	parts := blockItems(text)
	if len(parts) == 0 {
		return nil, nil, nil
	}
	start := parts[0].start
	end := start
	for _, p := range parts {
		if end-start >= size {
			pieces, start = append(pieces, text[start:end]), end
		}
		end += len(p.text)
	}
	return text[:parts[0].start], append(pieces, text[start:end]), text[end:]
}

// withoutItems reads what is around the items. Their key must be there, and nothing
// behind it.
func withoutItems(text []byte) (list map[string]any, ok bool) {
	if list, ok = readYAML(text); !ok {
		return nil, false
	}
	items, has := list["items"]
	return list, has && items == nil
}
