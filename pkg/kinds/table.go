package kinds

// GatewayAPI is the group of the Gateway API.
const GatewayAPI = "gateway.networking.k8s.io"

// table is the table of kinds. Where the order matters, it is that of docs/rbac and
// of the words that a shell completes.
func table() []Kind {
	const (
		get, getList, list = "get", "get list", "list"

		apps, batch, discovery, networking = "apps", "batch", "discovery.k8s.io", "networking.k8s.io"
	)
	v1 := []string{"v1"}
	// Which versions serve a kind of the Gateway API depends on the release installed.
	stable := []string{"v1", "v1beta1", "v1alpha3", "v1alpha2"}
	grants := []string{"v1beta1", "v1", "v1alpha3", "v1alpha2"}
	streams := []string{"v1alpha2", "v1alpha3", "v1", "v1beta1"}
	return []Kind{
		// The ends of connections: pods, what owns them, what sends traffic to them.
		{Resource: "pods", Name: "Pod", Versions: v1, Verbs: getList, Short: "po", Type: "pod"},
		{Resource: "services", Name: "Service", Versions: v1, Verbs: getList, Short: "svc", Type: "svc"},
		{Resource: "deployments", Group: apps, Name: "Deployment", Versions: v1, Verbs: getList, Short: "deploy", Type: "deploy", Owner: true},
		{Resource: "replicasets", Group: apps, Name: "ReplicaSet", Versions: v1, Verbs: getList, Short: "rs", Type: "rs", Owner: true},
		{Resource: "statefulsets", Group: apps, Name: "StatefulSet", Versions: v1, Verbs: getList, Short: "sts", Type: "sts", Owner: true},
		{Resource: "daemonsets", Group: apps, Name: "DaemonSet", Versions: v1, Verbs: getList, Short: "ds", Type: "ds", Owner: true},
		{Resource: "replicationcontrollers", Name: "ReplicationController", Versions: v1, Verbs: getList, Short: "rc", Type: "rc", Owner: true},
		{Resource: "jobs", Group: batch, Name: "Job", Versions: v1, Verbs: getList, Type: "job", Owner: true},
		{Resource: "cronjobs", Group: batch, Name: "CronJob", Versions: v1, Verbs: getList, Short: "cj", Type: "cj", Owner: true},
		{Resource: "endpointslices", Group: discovery, Name: "EndpointSlice", Versions: v1, Verbs: list},
		// The front door: what sends traffic from outside to Services.
		{Part: Doors, Resource: "ingresses", Group: networking, Name: "Ingress", Versions: v1, Verbs: getList, Short: "ing", Type: "ing", Door: true},
		{Part: Doors, Resource: "ingressclasses", Group: networking, Name: "IngressClass", Versions: v1, Cluster: true, Verbs: list, Public: true},
		{Resource: "namespaces", Name: "Namespace", Versions: v1, Cluster: true, Verbs: getList, Short: "ns", Type: "ns"},
		{Resource: "nodes", Name: "Node", Versions: v1, Cluster: true, Verbs: getList, Short: "no", Type: "node"},
		{Part: Doors, Resource: "gatewayclasses", Group: GatewayAPI, Name: "GatewayClass", Versions: stable, Cluster: true, Verbs: getList, Optional: true, Public: true},
		{Part: Doors, Resource: "gateways", Group: GatewayAPI, Name: "Gateway", Versions: stable, Verbs: getList, Optional: true, Short: "gtw", Type: "gtw", Door: true},
		{Part: Doors, Resource: "httproutes", Group: GatewayAPI, Name: "HTTPRoute", Versions: stable, Verbs: getList, Optional: true, Type: "httproute", Door: true},
		{Part: Doors, Resource: "grpcroutes", Group: GatewayAPI, Name: "GRPCRoute", Versions: stable, Verbs: getList, Optional: true, Type: "grpcroute", Door: true},
		{Part: Doors, Resource: "tlsroutes", Group: GatewayAPI, Name: "TLSRoute", Versions: streams, Verbs: getList, Optional: true, Type: "tlsroute", Door: true},
		{Part: Doors, Resource: "tcproutes", Group: GatewayAPI, Name: "TCPRoute", Versions: streams, Verbs: getList, Optional: true, Type: "tcproute", Door: true},
		{Part: Doors, Resource: "udproutes", Group: GatewayAPI, Name: "UDPRoute", Versions: streams, Verbs: getList, Optional: true, Type: "udproute", Door: true},
		{Part: Doors, Resource: "listenersets", Group: GatewayAPI, Name: "ListenerSet", Versions: v1, Verbs: getList, Optional: true},
		{Part: Doors, Resource: "backendtlspolicies", Group: GatewayAPI, Name: "BackendTLSPolicy", Versions: []string{"v1", "v1alpha3"}, Verbs: list, Optional: true},
		{Part: Doors, Resource: "referencegrants", Group: GatewayAPI, Name: "ReferenceGrant", Versions: grants, Verbs: list, Optional: true},
		// Doors of the kinds that a single controller has, and what they name.
		{Part: Doors, Resource: "routes", Group: "route.openshift.io", Name: "Route", Versions: v1, Verbs: getList, Optional: true, Type: "route", Door: true},
		{Part: Doors, Resource: "httpproxies", Group: "projectcontour.io", Name: "HTTPProxy", Versions: v1, Verbs: getList, Optional: true, Type: "httpproxy", Door: true},
		{Part: Doors, Resource: "ingressroutes", Group: "traefik.io", Name: "IngressRoute", Versions: []string{"v1alpha1"}, Verbs: getList, Optional: true, Type: "ingressroute", Door: true},
		{Part: Doors, Resource: "middlewares", Group: "traefik.io", Name: "Middleware", Versions: []string{"v1alpha1"}, Verbs: get, Optional: true},
		{Part: Doors, Resource: "virtualservices", Group: "networking.istio.io", Name: "VirtualService", Versions: []string{"v1", "v1beta1", "v1alpha3"}, Verbs: getList, Optional: true, Short: "vs", Type: "vs", Door: true},
		{Part: Doors, Resource: "gateways.networking.istio.io", Group: "networking.istio.io", Name: "Gateway", Versions: []string{"v1", "v1beta1", "v1alpha3"}, Verbs: get, Optional: true},
		{Part: Doors, Resource: "mappings", Group: "getambassador.io", Name: "Mapping", Versions: []string{"v3alpha1", "v2"}, Verbs: getList, Optional: true, Type: "mapping", Door: true},
		// Of Envoy Gateway: who gets to a Gateway or route.
		{Part: Doors, Resource: "securitypolicies.gateway.envoyproxy.io", Group: "gateway.envoyproxy.io", Name: "SecurityPolicy", Versions: []string{"v1alpha1"}, Verbs: list, Optional: true},
		// Of Kong: plugins that turn clients away.
		{Part: Doors, Resource: "kongplugins", Group: "configuration.konghq.com", Name: "KongPlugin", Versions: v1, Verbs: get, Optional: true},
		{Part: Doors, Resource: "kongclusterplugins", Group: "configuration.konghq.com", Name: "KongClusterPlugin", Versions: v1, Cluster: true, Verbs: getList, Optional: true},
		// Of the AWS Load Balancer Controller: settings of its classes, and ways past doors.
		{Part: Doors, Resource: "ingressclassparams", Group: "elbv2.k8s.aws", Name: "IngressClassParams", Versions: []string{"v1beta1"}, Cluster: true, Verbs: get, Optional: true, Public: true},
		{Part: Doors, Resource: "targetgroupbindings", Group: "elbv2.k8s.aws", Name: "TargetGroupBinding", Versions: []string{"v1beta1"}, Verbs: list, Optional: true},
		{Part: Doors, Resource: "inferencepools", Group: "inference.networking.k8s.io", Name: "InferencePool", Versions: v1, Verbs: get, Optional: true},
		// What decides about them.
		{Part: Policies, Resource: "networkpolicies", Group: networking, Name: "NetworkPolicy", Versions: v1, Verbs: list},
		// Cilium says here whether it enforces policies.
		{Part: Settings, Resource: "configmaps", Name: "ConfigMap", Versions: v1, Verbs: get, Only: "cilium-config", Public: true},

		// Policy kinds that are noticed and not evaluated. Calico's and Antrea's staged
		// objects and Antrea's tiers are not here: they enforce nothing by themselves.
		//
		// sigs.k8s.io/network-policy-api: v1alpha2, and v1alpha1 before it.
		noticed("clusternetworkpolicies", "policy.networking.k8s.io", "ClusterNetworkPolicy", Policy{Evaluated: true}, cluster, in("v1alpha2")),
		noticed("adminnetworkpolicies", "policy.networking.k8s.io", "AdminNetworkPolicy", Policy{Evaluated: true}, cluster, in("v1alpha1")),
		noticed("baselineadminnetworkpolicies", "policy.networking.k8s.io", "BaselineAdminNetworkPolicy", Policy{Evaluated: true}, cluster, in("v1alpha1")),
		noticed("ciliumnetworkpolicies", "cilium.io", "CiliumNetworkPolicy", Policy{}),
		noticed("ciliumclusterwidenetworkpolicies", "cilium.io", "CiliumClusterwideNetworkPolicy", Policy{}, cluster),
		// Calico stores its policies as CRDs in crd.projectcalico.org; its API
		// server, where installed, shows the same objects in projectcalico.org.
		noticed("networkpolicies", "projectcalico.org", "NetworkPolicy", Policy{Evaluated: true, Mirrors: "crd.projectcalico.org"}, in("v3")),
		noticed("globalnetworkpolicies", "projectcalico.org", "GlobalNetworkPolicy", Policy{Evaluated: true, Mirrors: "crd.projectcalico.org"}, cluster, in("v3")),
		noticed("tiers", "projectcalico.org", "Tier", Policy{Evaluated: true, Mirrors: "crd.projectcalico.org"}, cluster, in("v3")),
		noticed("networksets", "projectcalico.org", "NetworkSet", Policy{Evaluated: true, Mirrors: "crd.projectcalico.org"}, in("v3")),
		noticed("globalnetworksets", "projectcalico.org", "GlobalNetworkSet", Policy{Evaluated: true, Mirrors: "crd.projectcalico.org"}, cluster, in("v3")),
		noticed("networkpolicies", "crd.projectcalico.org", "NetworkPolicy", Policy{Evaluated: true}, in("v1")),
		noticed("globalnetworkpolicies", "crd.projectcalico.org", "GlobalNetworkPolicy", Policy{Evaluated: true}, cluster, in("v1")),
		noticed("tiers", "crd.projectcalico.org", "Tier", Policy{Evaluated: true}, cluster, in("v1")),
		noticed("networksets", "crd.projectcalico.org", "NetworkSet", Policy{Evaluated: true}, in("v1")),
		noticed("globalnetworksets", "crd.projectcalico.org", "GlobalNetworkSet", Policy{Evaluated: true}, cluster, in("v1")),
		noticed("networkpolicies", "crd.antrea.io", "NetworkPolicy", Policy{}),
		noticed("clusternetworkpolicies", "crd.antrea.io", "ClusterNetworkPolicy", Policy{}, cluster),
		// "If no rule matches (or no EgressFirewall is present) then the traffic
		// will be allowed by default"; NetworkPolicies apply beside it.
		noticed("egressfirewalls", "k8s.ovn.org", "EgressFirewall", Policy{OnlyDenies: true}),
		noticed("fqdnnetworkpolicies", "networking.gke.io", "FQDNNetworkPolicy", Policy{}),
		noticed("clusternetworkpolicies", "networking.k8s.aws", "ClusterNetworkPolicy", Policy{}, cluster),
		noticed("applicationnetworkpolicies", "networking.k8s.aws", "ApplicationNetworkPolicy", Policy{}),
		// Meshes authorize above the network: a connection needs both to allow it.
		// Istio: "If namespace is set to root namespace (configured via
		// MeshConfig), the policy applies to all namespaces in a mesh"; the root
		// namespace is istio-system unless configured otherwise.
		noticed("authorizationpolicies", "security.istio.io", "AuthorizationPolicy", Policy{OnlyDenies: true, RootNamespace: "istio-system"}),
		// mtls.mode STRICT refuses what is not mutual TLS, plain clients of workloads among it
		// (istio.io/docs/reference/config/security/peer_authentication).
		noticed("peerauthentications", "security.istio.io", "PeerAuthentication", Policy{OnlyDenies: true, RootNamespace: "istio-system"}),
		// With outboundTrafficPolicy REGISTRY_ONLY, or a narrow egress.hosts, a sidecar sends
		// nowhere else (istio.io/docs/reference/config/networking/sidecar).
		noticed("sidecars", "networking.istio.io", "Sidecar", Policy{OnlyDenies: true, RootNamespace: "istio-system"}),
		noticed("servers", "policy.linkerd.io", "Server", Policy{OnlyDenies: true}),
		noticed("authorizationpolicies", "policy.linkerd.io", "AuthorizationPolicy", Policy{OnlyDenies: true}),
		noticed("serverauthorizations", "policy.linkerd.io", "ServerAuthorization", Policy{OnlyDenies: true}),
		// Intentions of Consul's mesh are objects of the source's and the destination's services,
		// in whatever namespace they stand (developer.hashicorp.com/consul/docs/connect/config-entries/service-intentions).
		noticed("serviceintentions", "consul.hashicorp.com", "ServiceIntentions", Policy{OnlyDenies: true}),
		// Kuma's stand in its system namespace, and bind the whole mesh from there
		// (kuma.io/docs/latest/policies/meshtrafficpermission).
		noticed("meshtrafficpermissions", "kuma.io", "MeshTrafficPermission", Policy{OnlyDenies: true, RootNamespace: "kuma-system"}),
		noticed("trafficpermissions", "kuma.io", "TrafficPermission", Policy{OnlyDenies: true}, cluster),
		// Security groups of a cloud or of a virtual switch, which hold beside policies: both
		// must allow (aws-network-policy-agent docs/network-policy-faq.md; kube-ovn docs,
		// guide/security-group).
		noticed("securitygrouppolicies", "vpcresources.k8s.aws", "SecurityGroupPolicy", Policy{OnlyDenies: true}),
		noticed("securitygroups", "kubeovn.io", "SecurityGroup", Policy{OnlyDenies: true}, cluster),
		// NSX's own policies stand before or behind those of Kubernetes, by priority
		// (github.com/vmware-tanzu/nsx-operator docs/security-policy.md).
		noticed("securitypolicies", "crd.nsx.vmware.com", "SecurityPolicy", Policy{}),
		noticed("securitypolicies", "nsx.vmware.com", "SecurityPolicy", Policy{}),
	}
}

// noticed is the row of a policy kind that is not evaluated. In which version it is
// served, discovery tells.
func noticed(plural, group, name string, p Policy, options ...func(*Kind)) Kind {
	k := Kind{
		Part: Policies, Resource: Resource(plural + "." + group), Group: group, Name: name, Verbs: "list", Optional: true, Policy: &p,
	}
	for _, o := range options {
		o(&k)
	}
	return k
}

// in is the version whose fields are known.
func in(version string) func(*Kind) { return func(k *Kind) { k.Versions = []string{version} } }

func cluster(k *Kind) { k.Cluster = true }
