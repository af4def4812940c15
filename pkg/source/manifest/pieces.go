package manifest

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
)

// pieceSize is about how long the pieces of a List are that are parsed by
// themselves: a parser takes some fifty times the room of its text.
const pieceSize = 256 << 10

// sharing has somebody else do something, if anybody has nothing to do.
type sharing func(func() error) bool

// pieces are a long List in YAML, such as a dump of a whole cluster, cut between items.
type pieces struct {
	// head ends with the line "items:", and tail stands behind the last item.
	head, tail []byte
	items      [][]byte
}

// cutList cuts a List that is longer than size, unless it is one that has to be read
// as a whole.
func cutList(text []byte, size int) (*pieces, bool) {
	if len(text) <= size || mayAnchor(text) {
		return nil, false
	}
	parts := blockItems(text)
	if len(parts) == 0 {
		return nil, false
	}
	start := parts[0].start
	list := pieces{head: text[:start:start]}
	end := start
	for _, p := range parts {
		if end-start >= size {
			list.items, start = append(list.items, text[start:end]), end
		}
		end += len(p.text)
	}
	list.items, list.tail = append(list.items, text[start:end]), text[end:]
	return &list, len(list.items) > 1
}

// read is direct for the List. The pieces are read side by side, a few items at a
// time. That each is complete in itself is not assumed but seen: where a text in
// quotes or braces went on beyond its piece, or the List were none, a piece would not
// parse, or not as what it is taken for.
func (p *pieces) read(share sharing) (found []*Object, ok bool) {
	if _, ok := withoutItems(p.head); !ok {
		return nil, false
	}
	list, ok := withoutItems(append(p.head, p.tail...))
	if !ok || p.itemsAgain() {
		return nil, false
	}
	if _, ok := ordinary(list); !ok {
		return nil, false
	}
	var (
		results = make([][]*Object, len(p.items))
		odd     atomic.Bool
		group   sync.WaitGroup
	)
	for i, text := range p.items {
		group.Add(1)
		read := func() error {
			defer group.Done()
			if odd.Load() {
				return nil
			}
			value, _ := parseYAML(text)
			items, ok := value.([]any)
			if ok {
				results[i], ok = directItems(items)
			}
			if !ok {
				odd.Store(true)
			}
			return nil
		}
		if share == nil || !share(read) {
			_ = read()
		}
	}
	group.Wait()
	return slices.Concat(results...), !odd.Load()
}

// itemsAgain reports whether the tail may have the items' key once more: the last of
// the same keys is the one that counts.
func (p *pieces) itemsAgain() bool {
	if len(bytes.TrimSpace(p.tail)) == 0 {
		return false
	}
	value, ok := parseYAML(p.tail)
	rest, isMap := value.(map[string]any)
	_, again := rest["items"]
	return !ok || again || !isMap && value != nil
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

// withoutItems reads what is around the items. Their key must be there, and nothing
// behind it.
func withoutItems(text []byte) (list map[string]any, ok bool) {
	if list, ok = readYAML(text); !ok {
		return nil, false
	}
	items, has := list["items"]
	return list, has && items == nil
}
