package printer

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// refusal is why a controller does not serve a door, or not all of it; option is the
// setting that decides.
func (n names) refusal(c cause, option string) string {
	detail, by := n.esc(c.detail), ""
	if option != "" {
		by = " (" + n.option(option) + ")"
	}
	switch c.reason {
	case report.NamespaceNotWatched:
		if c.detail == "" {
			return "the controller does not watch its namespace" + by
		}
		return "the controller only watches namespace " + detail + by
	case report.LabelsNotWatched:
		return "the controller only serves Ingresses with the label " + detail + by
	case report.OtherClass:
		if c.detail == "" {
			return "the controller serves other classes"
		}
		return "the controller serves class " + detail + " only" + by
	case report.IngressesNotServed:
		return "the controller was not told to serve Ingresses" + by
	case report.IngressRefused:
		return "the controller rejects it for its " + detail + by
	case report.SettingsUnknown:
		if c.detail == "" {
			return "a setting of the controller is not known" + by
		}
		return "a setting of the controller is not known: " + detail
	case report.ExternalNameRefused:
		return "the controller takes no Service of type ExternalName" + by
	case report.HostTaken:
		return "the controller gives its requests to ingress " + detail
	case report.HostShared:
		return "ingress " + detail + " claims the same requests, and which of the two gets them is not known"
	case report.NoMainIngress:
		return "it only adds to another Ingress of its host and path, and there is none"
	case report.NoShare:
		return "it gets no share of the requests"
	case report.NeverAsked:
		return "no request is left over for it: a rule takes every host and path"
	case report.NothingLeadsIn:
		return "nothing that is known leads clients outside to it" + inParens(detail)
	default:
		return ""
	}
}

// option shows a setting as one writes it: an argument with its dashes, what has a name
// of its own as it is.
func (n names) option(option string) string {
	if strings.ContainsAny(option, "/ABCDEFGHIJKLMNOPQRSTUVWXYZ") || strings.HasPrefix(option, "resolver-") {
		return n.esc(option)
	}
	return "--" + n.esc(option)
}
