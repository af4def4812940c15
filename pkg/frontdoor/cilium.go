package frontdoor

const ciliumID = "cilium.io/ingress-controller"

// cilium is Cilium's own Ingress and Gateway controller: Envoy on the nodes.
func cilium() controller {
	return controller{
		name: "Cilium", ids: []string{ciliumID, "io.cilium/gateway-controller"}, class: []string{"cilium"},
		outside: &outside{identity: true, why: "Cilium's Envoy on the nodes, which no NetworkPolicy peer selects: policies know it by Cilium's identity \"ingress\""},
		timeout: "503", refused: "503", source: "https://docs.cilium.io/en/stable/network/servicemesh/ingress/",
		ingress: &reader{
			serves: ciliumServes, tls: ciliumTLS,
			noEndpoints: "503", noService: "503", notFound: "404",
		},
	}
}

// ciliumServes: the class cilium, by field or annotation, whatever its IngressClass
// says (operator/pkg/ingress isCiliumManagedIngress).
func ciliumServes(q *asked) claim {
	got := q.annotated()
	if got == "" {
		got = q.class
	}
	c := is(got, "cilium", "")
	if object, _ := q.classObject(q.class); !certain(c) && object != nil && object.Controller == ciliumID {
		return served()
	}
	return c
}

func ciliumTLS(q *asked) tlsHosts {
	const key = "ingress.cilium.io/tls-passthrough"
	out := specTLS(q)
	if v := q.ing.Annotations[key]; v == "enabled" || v == "true" {
		out.through(hostsOf(q.ing), key)
	}
	return out
}
