package protolist

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields are the fields of a message that are kept. The zero value keeps none.
// They do not change once made, and may be used by several goroutines.
type Fields struct {
	// whole: everything in it is kept.
	whole bool
	// entries: it is a map of texts, whose entries are messages.
	entries bool
	// of holds what is kept of each field, by the field's number; nil is nothing.
	of []*Fields
}

// FieldsOf returns the fields at the given paths of object's type, such as
// "metadata.name" or "spec.containers.ports": the names are those of the API's
// JSON. A path keeps everything below it. A list's items are cut alike; a map is
// kept as a whole. A path that the type does not have is an error.
func FieldsOf(object any, paths ...string) (*Fields, error) {
	root := &Fields{}
	for _, path := range paths {
		at, t := root, reflect.TypeOf(object)
		for step := range strings.SplitSeq(path, ".") {
			var (
				number protowire.Number
				ok     bool
			)
			if number, t, ok = field(t, step); !ok {
				return nil, fmt.Errorf("%T has no field %s: %s is not there", object, path, step)
			}
			at = at.child(number)
		}
		at.whole = true
		at.entries = t.Kind() == reflect.Map
	}
	return root, nil
}

func (f *Fields) child(number protowire.Number) *Fields {
	for len(f.of) <= int(number) {
		f.of = append(f.of, nil)
	}
	if f.of[number] == nil {
		f.of[number] = &Fields{}
	}
	return f.of[number]
}

// kept returns what is kept of a field; nil is nothing.
func (f *Fields) kept(number protowire.Number) *Fields {
	if int(number) >= len(f.of) {
		return nil
	}
	return f.of[number]
}

// field finds a field by the name in its protobuf tag, such as
// `protobuf:"bytes,2,rep,name=containers"`, and returns its number and type.
func field(t reflect.Type, name string) (protowire.Number, reflect.Type, bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return 0, nil, false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("protobuf"), ",")
		if len(tag) < 4 || tag[3] != "name="+name {
			continue
		}
		number, err := strconv.ParseInt(tag[1], 10, 32)
		return protowire.Number(number), f.Type, err == nil && number > 0
	}
	return 0, nil, false
}

// Keep appends to dst what is kept of a message, in the order in which it stands
// there, and returns the extended slice. Decoding that gives what decoding the
// message gives, in the fields that are kept: what protobuf says of fields that
// are repeated, split or merged holds as well, since none is moved.
//
// What is not kept is not looked into: its content may be broken. A message that
// is broken where it is looked at is an error.
func (f *Fields) Keep(dst, message []byte) ([]byte, error) {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return dst, protowire.ParseError(tag)
		}
		size := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if size < 0 {
			return dst, protowire.ParseError(size)
		}
		end := tag + size
		switch kept := f.kept(number); {
		case kept == nil:
		case kept.entries && !isEntry(message[tag:end], kind):
			return dst, errors.New("an entry of a map is not one")
		case kept.whole || kind != protowire.BytesType:
			// A field that should be a message and is none: the decoder says so.
			dst = append(dst, message[:end]...)
		default:
			inner, _ := protowire.ConsumeBytes(message[tag:end])
			var err error
			if dst, err = kept.keepInner(append(dst, message[:tag]...), inner); err != nil {
				return dst, err
			}
		}
		message = message[end:]
	}
	return dst, nil
}

// isEntry reports whether a field is a key and a value, both texts. The generated
// code does not look whether they end where the entry does, but reads on in what
// comes next; and that may not be kept.
func isEntry(content []byte, kind protowire.Type) bool {
	entry, n := protowire.ConsumeBytes(content)
	if n < 0 || kind != protowire.BytesType {
		return false
	}
	for len(entry) > 0 {
		_, kind, n := protowire.ConsumeField(entry)
		if n < 0 || kind != protowire.BytesType {
			return false
		}
		entry = entry[n:]
	}
	return true
}

// keepInner appends what is kept of a message within a message, behind its length.
func (f *Fields) keepInner(dst, message []byte) ([]byte, error) {
	// The length is known afterwards, and is at most the message's own.
	start := len(dst)
	dst = protowire.AppendVarint(dst, uint64(len(message)))
	room := len(dst)
	dst, err := f.Keep(dst, message)
	if err != nil {
		return dst, err
	}
	size := len(dst) - room
	if length := protowire.AppendVarint(dst[:start], uint64(size)); len(length) < room {
		return append(length, dst[room:]...), nil
	}
	return dst, nil
}
