package snapshot

// DeletePod removes a pod, if it is there.
func (b *Builder) DeletePod(name Name) { delete(b.pods, name) }

// DeleteService removes a Service and its EndpointSlices, if it is there.
func (b *Builder) DeleteService(name Name) {
	delete(b.services, name)
	b.DeleteEndpointSlicesOf(name)
}

// DeleteEndpointSlicesOf removes the slices of a Service.
func (b *Builder) DeleteEndpointSlicesOf(service Name) {
	for key, s := range b.slices {
		if s.Namespace == service.Namespace && s.Service == service.Name {
			delete(b.slices, key)
		}
	}
}

// DeleteWorkload removes a workload, if it is there; its pods are the caller's.
func (b *Builder) DeleteWorkload(kind string, name Name) {
	delete(b.workloads, workloadKey{kind, name})
}

// DeleteIngress removes an Ingress, if it is there.
func (b *Builder) DeleteIngress(name Name) { delete(b.door.Ingresses, name) }

// DeleteGateway removes a Gateway, if it is there.
func (b *Builder) DeleteGateway(name Name) { delete(b.door.Gateways, name) }

// DeleteRoute removes a route of a kind, if it is there.
func (b *Builder) DeleteRoute(kind string, name Name) { delete(b.door.Routes, RouteKey{kind, name}) }

// DeleteNamespace removes a namespace and everything in it.
func (b *Builder) DeleteNamespace(name string) {
	delete(b.namespaces, name)
	deleteIn(b.pods, name)
	deleteIn(b.services, name)
	deleteIn(b.slices, name)
	deleteIn(b.policies, name)
	deleteIn(b.door.Ingresses, name)
	deleteIn(b.door.Gateways, name)
	deleteIn(b.door.ReferenceGrants, name)
	for key := range b.workloads {
		if key.name.Namespace == name {
			delete(b.workloads, key)
		}
	}
	for key := range b.door.Routes {
		if key.Namespace == name {
			delete(b.door.Routes, key)
		}
	}
	for u := range b.unmodelled {
		if u.Namespace == name {
			delete(b.unmodelled, u)
		}
	}
}

func deleteIn[V any](m map[Name]V, namespace string) {
	for key := range m {
		if key.Namespace == namespace {
			delete(m, key)
		}
	}
}
