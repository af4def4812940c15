package snapshot

// DeletePod removes a pod, if it is there.
func (b *Builder) DeletePod(name Name) { b.objects.pods.delete(name) }

// DeleteService removes a Service and its EndpointSlices, if it is there.
func (b *Builder) DeleteService(name Name) {
	b.objects.services.delete(name)
	b.DeleteEndpointSlicesOf(name)
}

// DeleteEndpointSlicesOf removes the slices of a Service.
func (b *Builder) DeleteEndpointSlicesOf(service Name) {
	b.objects.slices.deleteFunc(func(_ Name, s *EndpointSlice) bool {
		return s.Namespace == service.Namespace && s.Service == service.Name
	})
}

// DeleteWorkload removes a workload, if it is there; its pods are the caller's.
func (b *Builder) DeleteWorkload(kind string, name Name) {
	b.objects.workloads.delete(workloadKey{kind, name})
}

// DeleteNamespace removes a namespace and everything in it.
func (b *Builder) DeleteNamespace(name string) {
	b.objects.namespaces.delete(name)
	deleteOf(&b.objects.pods, name)
	deleteOf(&b.objects.services, name)
	deleteOf(&b.objects.slices, name)
	deleteOf(&b.objects.policies, name)
	b.objects.workloads.deleteFunc(func(key workloadKey, _ *Workload) bool { return key.name.Namespace == name })
	for r, t := range b.few {
		deleteOf(&t, name)
		b.few[r] = t
	}
	for u := range b.unmodelled {
		if u.Namespace == name {
			delete(b.unmodelled, u)
		}
	}
}

func deleteOf[V any](t *table[Name, V], namespace string) {
	t.deleteFunc(func(key Name, _ V) bool { return key.Namespace == namespace })
}
