package objects

import (
	"encoding/json"
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/protolist"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Codec is how the objects of one kind come into a snapshot, and out of it.
type Codec interface {
	// Resource is that of the kind.
	Resource() snapshot.Resource
	// New returns an empty API object of the kind; nil for a kind that is read as JSON.
	New() runtime.Object
	// List begins to read a list that an API server sends.
	List() (List, error)
	// Add adds an object that somebody else has read: one that New returned.
	Add(b *snapshot.Builder, in runtime.Object) error
	// Objects are the kind's objects in a snapshot as API objects, each with the fields
	// that were kept. They are not the snapshot's own.
	Objects(s *snapshot.Snapshot) ([]map[string]any, error)
}

// List collects the objects of one list.
type List interface {
	// Item takes in an item: protobuf, or JSON of a kind that has no API type here. The
	// bytes are the caller's again afterwards.
	Item(raw []byte) error
	// Object takes in an object of the API type.
	Object(in runtime.Object) error
	// Reset forgets the items so far.
	Reset()
	// Fill adds the items to a snapshot.
	Fill(b *snapshot.Builder)
}

// Of returns the codec of a resource, or nil.
func Of(r snapshot.Resource) Codec { return byResource()[r] }

// All returns the codecs, in the order in which a recording holds the kinds.
func All() []Codec { return codecs() }

// byResource finds codecs; files ask for one for each object. They have no state.
//
//nolint:gochecknoglobals // A constant that Go has no literal for.
var byResource = sync.OnceValue(func() map[snapshot.Resource]Codec {
	out := map[snapshot.Resource]Codec{}
	for _, c := range codecs() {
		out[c.Resource()] = c
	}
	return out
})

// decoder reads one item of a list. The item is the caller's again afterwards.
type decoder[S any] func(item []byte) (*S, error)

// message is an API type as its generated code decodes it.
type message interface {
	runtime.Object
	metav1.Object
	Reset()
	Unmarshal([]byte) error
}

// typed is the codec of a kind with an API type T, of which S is kept.
type typed[T, S any] struct {
	resource snapshot.Resource
	// fields are all that convert looks at. A path keeps everything below it.
	fields  []string
	convert func(*T) *S
	add     func(*snapshot.Builder, *S)
	// kept are the kind's objects in a snapshot, api makes them API objects again.
	kept func(*snapshot.Snapshot) []*S
	api  func(*S) *T
	// written, unless all that api makes is: what is recorded of its fields besides
	// the metadata.
	written func(o *S, fields map[string]any) map[string]any

	// live makes a conversion for one list of an API server, and decode a decoder, where
	// they are other than those that fields and convert say.
	live   func() func(*T) *S
	decode func() (decoder[S], error)
}

func (c *typed[T, S]) Resource() snapshot.Resource { return c.resource }

func (c *typed[T, S]) New() runtime.Object {
	out, _ := any(new(T)).(runtime.Object)
	return out
}

func (c *typed[T, S]) Add(b *snapshot.Builder, in runtime.Object) error {
	o, ok := any(in).(*T)
	if !ok {
		return c.another(in)
	}
	c.add(b, c.convert(o))
	return nil
}

func (c *typed[T, S]) another(in runtime.Object) error {
	return fmt.Errorf("internal error: %T is none of the %s", in, c.resource)
}

func (c *typed[T, S]) List() (List, error) {
	convert := c.convert
	if c.live != nil {
		convert = c.live()
	}
	decode, err := cutting(c.fields, convert)
	if c.decode != nil && err == nil {
		decode, err = c.decode()
	}
	return &items[T, S]{codec: c, convert: convert, decode: decode}, err
}

// items are those of one list of a typed kind.
type items[T, S any] struct {
	codec   *typed[T, S]
	convert func(*T) *S
	decode  decoder[S]
	out     []*S
}

func (l *items[T, S]) Item(raw []byte) error {
	o, err := l.decode(raw)
	if err == nil {
		l.out = append(l.out, o)
	}
	return err
}

func (l *items[T, S]) Object(in runtime.Object) error {
	o, ok := any(in).(*T)
	if !ok {
		return l.codec.another(in)
	}
	l.out = append(l.out, l.convert(o))
	return nil
}

func (l *items[T, S]) Reset() { l.out = nil }

func (l *items[T, S]) Fill(b *snapshot.Builder) {
	for _, o := range l.out {
		l.codec.add(b, o)
	}
}

// cutting cuts an item down to the fields that the conversion looks at, and has
// the API type's own code decode those. Where an item cannot be cut, that code
// gets all of it, and decides whether it is an object.
func cutting[T, S any](paths []string, convert func(*T) *S) (decoder[S], error) {
	fields, err := protolist.FieldsOf(*new(T), paths...)
	if err != nil {
		return nil, fmt.Errorf("internal error: %w", err)
	}
	in := new(T)
	decode, ok := any(in).(message)
	if !ok {
		return nil, fmt.Errorf("internal error: %T has no protobuf", in)
	}
	var kept []byte
	return func(item []byte) (*S, error) {
		kept = keep(fields, kept[:0], item)
		decode.Reset()
		if err := decode.Unmarshal(kept); err != nil {
			return nil, undecodable(err)
		}
		return convert(in), nil
	}, nil
}

func keep(fields *protolist.Fields, dst, item []byte) []byte {
	kept, err := fields.Keep(dst, item)
	if err != nil {
		return append(kept[:0], item...)
	}
	return kept
}

func undecodable(err error) error {
	return fmt.Errorf("an item of the list cannot be decoded: %w", err)
}

// byJSON is the codec of a kind that has no API type here.
type byJSON struct {
	resource snapshot.Resource
	decode   func(raw []byte) (snapshot.Object, error)
	// fields are those of the object but apiVersion, kind and metadata.
	fields func(snapshot.Object) (map[string]any, error)
}

func (c *byJSON) Resource() snapshot.Resource { return c.resource }

func (c *byJSON) New() runtime.Object { return nil }

func (c *byJSON) Add(_ *snapshot.Builder, in runtime.Object) error {
	return fmt.Errorf("internal error: %s are read as JSON, not as %T", c.resource, in)
}

func (c *byJSON) List() (List, error) { return &jsonItems{codec: c}, nil }

type jsonItems struct {
	codec *byJSON
	out   []snapshot.Object
}

func (l *jsonItems) Item(raw []byte) error {
	o, err := l.codec.decode(raw)
	if err != nil {
		return fmt.Errorf("decode %s: %w", kinds.Of(l.codec.resource).Name, err)
	}
	l.out = append(l.out, o)
	return nil
}

func (l *jsonItems) Object(in runtime.Object) error { return l.codec.Add(nil, in) }

func (l *jsonItems) Reset() { l.out = nil }

func (l *jsonItems) Fill(b *snapshot.Builder) {
	for _, o := range l.out {
		b.Add(o)
	}
}

// own is the codec of a kind whose type is the object's JSON: a struct with the tags
// of the fields that are kept, whose metadata is a [snapshot.Meta].
func own[T any, P interface {
	*T
	snapshot.Object
}](r snapshot.Resource) Codec {
	return &byJSON{
		resource: r,
		decode: func(raw []byte) (snapshot.Object, error) {
			out := P(new(T))
			return out, json.Unmarshal(raw, out)
		},
		fields: func(o snapshot.Object) (map[string]any, error) {
			text, err := json.Marshal(o)
			if err != nil {
				return nil, err
			}
			out := map[string]any{}
			if err := json.Unmarshal(text, &out); err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}
