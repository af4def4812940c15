package report

// Reasons that a controller has not to serve a door, or not all of it.
const (
	// NamespaceNotWatched: the controller's settings leave the Ingress's namespace out.
	NamespaceNotWatched Reason = "NamespaceNotWatched"
	// LabelsNotWatched: the controller selects Ingresses by labels that this one lacks.
	LabelsNotWatched Reason = "LabelsNotWatched"
	// OtherClass: the controllers that there are serve other classes.
	OtherClass Reason = "OtherClass"
	// IngressesNotServed: the controller was not told to serve Ingresses at all.
	IngressesNotServed Reason = "IngressesNotServed"
	// IngressRefused: the controller rejects an Ingress of that form.
	IngressRefused Reason = "IngressRefused"
	// SettingsUnknown: what the controller was told could not be read.
	SettingsUnknown Reason = "SettingsUnknown"
	// ExternalNameRefused: the controller takes no Service of type ExternalName.
	ExternalNameRefused Reason = "ExternalNameRefused"
	// HostTaken: the controller gives the requests to another Ingress.
	HostTaken Reason = "HostTaken"
	// HostShared: another Ingress claims the same requests, and which of them gets
	// them is not known.
	HostShared Reason = "HostShared"
	// NoMainIngress: an Ingress that only adds to another, such as a canary, has none.
	NoMainIngress Reason = "NoMainIngress"
	// NoShare: a canary that gets no share of the requests.
	NoShare Reason = "NoShare"
	// NeverAsked: no request is left over for the default backend.
	NeverAsked Reason = "NeverAsked"
	// NothingLeadsIn: nothing that is known leads clients outside to the controller.
	NothingLeadsIn Reason = "NothingLeadsIn"
)
