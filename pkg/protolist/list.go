package protolist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// prefix begins every protobuf message of Kubernetes.
const prefix = "k8s\x00"

// maxMessage bounds an item, and what stands around the items, in bytes. Objects
// are a few kilobytes, and etcd refuses those of more than a few megabytes.
const maxMessage = 32 << 20

// bufferSize is more than nearly every item, and little beside a page of them.
const bufferSize = 64 << 10

// Numbers of the fields of runtime.Unknown, and of every list of the API.
const (
	unknownTypeMeta = 1
	unknownRaw      = 2
	listMetadata    = 1
	listItems       = 2
)

// List reads a list as it arrives:
//
//	"k8s\x00" Unknown{typeMeta, raw: XList{metadata, items…}, …}
//
// It takes them in the order in which an API server writes them: the type before
// the list, the metadata before the items. A list is read to its end or is an
// error; a part of one never passes for the whole.
type List struct {
	in   *bufio.Reader
	kind string
	// left is how many bytes are still to come of the list itself.
	left uint64
	// held is how many bytes of in the caller was given and has not done with.
	held int
	// large is for what does not fit into in.
	large []byte

	// opened: the list itself has begun; began: an item of it was returned.
	opened, began bool
	meta          metav1.ListMeta
}

// IsProtobuf reports whether what in holds begins as protobuf of Kubernetes does.
// It takes nothing out of in.
func IsProtobuf(in *bufio.Reader) bool {
	start, err := in.Peek(len(prefix))
	return err == nil && string(start) == prefix
}

// NewBuffer returns a reader of the size that a List wants.
func NewBuffer(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, bufferSize) }

// NewList returns a reader of a list of the given kind, such as PodList.
func NewList(in *bufio.Reader, kind string) *List { return &List{in: in, kind: kind} }

// Continue is the token for the next page, "" when there is none. It is known
// once Next has returned anything.
func (l *List) Continue() string { return l.meta.Continue }

// Next returns the next item, which is valid until Next is called again. At the
// end of the list the error is io.EOF; any other means that the list could not be
// read to its end.
func (l *List) Next() ([]byte, error) {
	if !l.opened {
		if err := l.open(); err != nil {
			return nil, cutOff(err)
		}
		l.opened = true
	}
	for l.left > 0 {
		number, kind, err := l.tag()
		if err != nil {
			return nil, cutOff(err)
		}
		if kind == protowire.BytesType && (number == listMetadata || number == listItems) {
			message, err := l.message()
			if err != nil {
				return nil, cutOff(err)
			}
			if number == listItems {
				l.began = true
				return message, nil
			}
			if err := l.metadata(message); err != nil {
				return nil, err
			}
			continue
		}
		if err := l.skip(number, kind); err != nil {
			return nil, cutOff(err)
		}
	}
	if err := l.close(); err != nil {
		return nil, cutOff(err)
	}
	return nil, io.EOF
}

// cutOff is an end that came too early.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the answer ends in the middle of a list: %w", io.ErrUnexpectedEOF)
	}
	return err
}

func broken(what string) error {
	return fmt.Errorf("the answer is not a list as the API writes it: %s", what)
}

func (l *List) metadata(message []byte) error {
	// The next page is asked for by what stands here, while the items are read.
	if l.began {
		return broken("its metadata does not come first")
	}
	if err := l.meta.Unmarshal(message); err != nil {
		return broken("its metadata: " + err.Error())
	}
	return nil
}

// open reads up to where the list itself begins.
func (l *List) open() error {
	var start [len(prefix)]byte
	if _, err := io.ReadFull(l.in, start[:]); err != nil {
		return err
	}
	if string(start[:]) != prefix {
		return broken("it is not protobuf")
	}
	var t runtime.TypeMeta
	l.left = ^uint64(0) // as long as it takes
	for {
		number, kind, err := l.tag()
		if err != nil {
			return err
		}
		switch {
		case number == unknownTypeMeta && kind == protowire.BytesType:
			message, err := l.message()
			if err != nil {
				return err
			}
			if err := t.Unmarshal(message); err != nil {
				return broken("its type: " + err.Error())
			}
		case number == unknownRaw && kind == protowire.BytesType:
			if t.Kind != l.kind {
				return broken(fmt.Sprintf("it is a %.60q instead of a %s", t.Kind, l.kind))
			}
			l.left, err = l.varint()
			return err
		default:
			if err := l.skip(number, kind); err != nil {
				return err
			}
		}
	}
}

// close reads what stands behind the list.
func (l *List) close() error {
	l.left = ^uint64(0)
	for {
		l.release()
		if _, err := l.in.Peek(1); errors.Is(err, io.EOF) {
			return nil
		}
		number, kind, err := l.tag()
		if err != nil {
			return err
		}
		if number == unknownRaw {
			return broken("there are two of them")
		}
		if err := l.skip(number, kind); err != nil {
			return err
		}
	}
}

func (l *List) tag() (protowire.Number, protowire.Type, error) {
	l.release()
	v, err := l.varint()
	if err != nil {
		return 0, 0, err
	}
	number, kind := protowire.DecodeTag(v)
	if number < protowire.MinValidNumber {
		return 0, 0, broken("a field has no valid number")
	}
	return number, kind, nil
}

// varint reads a number, byte by byte, as protowire.ConsumeVarint does.
func (l *List) varint() (uint64, error) {
	var buffer [10]byte
	for i := range buffer {
		if l.left == 0 {
			return 0, io.ErrUnexpectedEOF
		}
		b, err := l.in.ReadByte()
		if err != nil {
			return 0, err
		}
		l.left--
		if buffer[i] = b; b < 0x80 {
			v, n := protowire.ConsumeVarint(buffer[:i+1])
			if n < 0 {
				return 0, broken(protowire.ParseError(n).Error())
			}
			return v, nil
		}
	}
	return 0, broken("a number is too long")
}

// message reads a length and as many bytes. They are valid until the next tag.
func (l *List) message() ([]byte, error) {
	size, err := l.varint()
	switch {
	case err != nil:
		return nil, err
	case size > l.left:
		return nil, broken("an item is longer than the list")
	case size > maxMessage:
		return nil, broken(fmt.Sprintf("an item is %d bytes long", size))
	}
	l.left -= size
	n := int(size)
	if n <= l.in.Size() {
		l.held = n
		return l.in.Peek(n)
	}
	return l.largeMessage(n)
}

// largeMessage takes only as much memory as has arrived, not what is announced.
func (l *List) largeMessage(n int) ([]byte, error) {
	l.large = l.large[:0]
	for len(l.large) < n {
		have := len(l.large)
		step := min(n-have, max(have, l.in.Size()))
		l.large = slices.Grow(l.large, step)[:have+step]
		if _, err := io.ReadFull(l.in, l.large[have:]); err != nil {
			return nil, err
		}
	}
	return l.large, nil
}

// release gives back what message returned.
func (l *List) release() {
	_, _ = l.in.Discard(l.held) // it is there
	l.held = 0
}

// skip passes over a field that is not known; lists have no groups.
func (l *List) skip(number protowire.Number, kind protowire.Type) error {
	switch kind {
	case protowire.VarintType:
		_, err := l.varint()
		return err
	case protowire.BytesType:
		_, err := l.message()
		return err
	case protowire.Fixed32Type, protowire.Fixed64Type:
		n := uint64(protowire.SizeFixed32())
		if kind == protowire.Fixed64Type {
			n = uint64(protowire.SizeFixed64())
		}
		if n > l.left {
			return io.ErrUnexpectedEOF
		}
		l.left -= n
		_, err := l.in.Discard(int(n))
		return err
	default:
		return broken(fmt.Sprintf("field %d is of no known type", number))
	}
}
