package connset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// portEntry is one element of a Set in JSON. It speaks the language of networking/v1 NetworkPolicyPort, so that an
// element can be pasted into a policy: no port is every port of the protocol, endPort ends a range.
type portEntry struct {
	Protocol Protocol `json:"protocol"`
	Port     *uint16  `json:"port,omitempty"`
	EndPort  *uint16  `json:"endPort,omitempty"`
}

// MarshalJSON writes a list with the fields of NetworkPolicyPort, for instance
//
//	[{"protocol":"TCP","port":80},{"protocol":"TCP","port":8000,"endPort":9000},{"protocol":"UDP"}]
//
// where the last element is every UDP port. The order is that of [Protocols], then ascending. The empty set is [] and
// means none; mind that a NetworkPolicy rule with an empty list of ports means all.
func (s Set) MarshalJSON() ([]byte, error) {
	list := []portEntry{}
	for i, p := range Protocols() {
		if s.ports[i] == everyPort {
			list = append(list, portEntry{Protocol: p})
			continue
		}
		for _, r := range s.ports[i].ranges() {
			entry := portEntry{Protocol: p, Port: &r.First}
			if r.Last != r.First {
				entry.EndPort = &r.Last
			}
			list = append(list, entry)
		}
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON writes; elements may overlap and come in any order. An unknown field, an
// unknown or missing protocol, a port outside 1-65535, a named port, or an endPort that is alone or before its port is
// an error, and then s is left as it was. As for every JSON value in Go, null changes nothing.
func (s *Set) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields() // a misspelt "port" would otherwise read as every port
	var list []portEntry
	if err := decoder.Decode(&list); err != nil {
		return fmt.Errorf("read ports: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read ports: more than one value")
	}
	if list == nil {
		return nil
	}
	var out Set
	for i, entry := range list {
		one, err := entry.set()
		if err != nil {
			return fmt.Errorf("read ports: element %d: %w", i, err)
		}
		out = out.Union(one)
	}
	*s = out
	return nil
}

func (e portEntry) set() (Set, error) {
	p, err := ParseProtocol(string(e.Protocol))
	switch {
	case err != nil:
		return Set{}, err
	case e.Port == nil && e.EndPort == nil:
		return AllOf(p), nil
	case e.Port == nil:
		return Set{}, errors.New("endPort without port")
	case *e.Port == 0:
		return Set{}, errors.New("port 0 is out of range 1-65535")
	case e.EndPort == nil:
		return Of(p, *e.Port, *e.Port), nil
	case *e.EndPort < *e.Port:
		return Set{}, fmt.Errorf("endPort %d is before port %d", *e.EndPort, *e.Port)
	}
	return Of(p, *e.Port, *e.EndPort), nil
}
