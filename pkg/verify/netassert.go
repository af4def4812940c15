package verify

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/document"
	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// Tests of netassert v2 (https://github.com/controlplaneio/netassert, its README "Test
// specification"): a list of tests of type k8s. Read are name, protocol, targetPort,
// exitCode (0 is allow, others deny), src.k8sResource and dst.k8sResource or dst.host with
// an address. timeoutSeconds and attempts concern its probes and are passed over.
type netassertTest struct {
	Name       string       `yaml:"name"`
	Type       string       `yaml:"type"`
	Protocol   string       `yaml:"protocol"`
	TargetPort int          `yaml:"targetPort"`
	ExitCode   int          `yaml:"exitCode"`
	Src        netassertEnd `yaml:"src"`
	Dst        netassertEnd `yaml:"dst"`
}

type netassertEnd struct {
	Resource *struct {
		Kind      string `yaml:"kind"`
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	} `yaml:"k8sResource"`
	Host *struct {
		Name string `yaml:"name"`
	} `yaml:"host"`
}

// netassert tells whether a text is such a list.
func netassert(text []byte) bool {
	var n yaml.Node
	if yaml.NewDecoder(bytes.NewReader(text)).Decode(&n) != nil || len(n.Content) == 0 {
		return false
	}
	return n.Content[0].Kind == yaml.SequenceNode
}

func readNetassert(file string, text []byte) ([]Intent, error) {
	var nodes []yaml.Node
	if err := yaml.Unmarshal(text, &nodes); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []Intent
	var errs []error
	for i := range nodes {
		var in netassertTest
		err := nodes[i].Decode(&in)
		if err == nil {
			var x Intent
			x, err = in.intent()
			x.File, x.Line = file, nodes[i].Line
			out = append(out, x)
		}
		if err != nil {
			errs = append(errs, &document.Error{File: file, Line: nodes[i].Line, Text: err.Error()})
		}
	}
	return out, errors.Join(errs...)
}

func (in *netassertTest) intent() (Intent, error) {
	out := Intent{Name: in.Name, Expect: Allow}
	if in.ExitCode != 0 {
		out.Expect = Deny
	}
	if in.Type != "k8s" {
		return out, fmt.Errorf("test %q has type %q; only k8s is read", in.Name, in.Type)
	}
	if in.TargetPort < 1 || in.TargetPort > 65535 {
		return out, fmt.Errorf("test %q has targetPort %d", in.Name, in.TargetPort)
	}
	port := reference.Port{Number: uint16(in.TargetPort), Protocol: connset.TCP}
	switch strings.ToLower(in.Protocol) {
	case "tcp", "":
	case "udp":
		port.Protocol = connset.UDP
	default:
		return out, fmt.Errorf("test %q has protocol %q; tcp and udp are read", in.Name, in.Protocol)
	}
	from, err := in.Src.end(reference.Port{})
	if err != nil {
		return out, fmt.Errorf("test %q, src: %w", in.Name, err)
	}
	to, err := in.Dst.end(port)
	if err != nil {
		return out, fmt.Errorf("test %q, dst: %w", in.Name, err)
	}
	out.From, out.To = []End{from}, []End{to}
	return out, nil
}

func (e *netassertEnd) end(port reference.Port) (End, error) {
	switch {
	case e.Resource != nil:
		kind, ok := reference.ParseKind(e.Resource.Kind)
		if !ok {
			return End{}, fmt.Errorf("unknown kind %q", e.Resource.Kind)
		}
		r, err := reference.Parse(e.Resource.Namespace+"/"+kind.Short()+"/"+e.Resource.Name, "default")
		if err != nil {
			return End{}, err
		}
		r.Port = port
		return End{Ref: &r}, nil
	case e.Host != nil:
		addr, err := netip.ParseAddr(e.Host.Name)
		if err != nil {
			return End{}, fmt.Errorf("host %q is a name; only addresses are read: where a name leads is not in the cluster's API", e.Host.Name)
		}
		return End{Ref: &reference.Reference{Form: reference.FormAddress, Prefix: netip.PrefixFrom(addr, addr.BitLen()), Port: port}}, nil
	default:
		return End{}, errors.New("k8sResource is missing")
	}
}
