package settings

import "strings"

// Naming is what the value of an option or variable names.
type Naming uint8

// What values name.
const (
	// Nothing that is private: flags, classes, ports.
	Nothing Naming = iota
	// Namespaces, parted by commas.
	Namespaces
	// Objects are NAMESPACE/NAME, parted by commas.
	Objects
	// Labels are a label selector.
	Labels
)

// Names is what the value of an option, or of a variable, names.
func Names(option string) Naming {
	switch option {
	case "watch-namespace", "watch-namespaces", "namespace-whitelist", "namespace-blacklist", "providers.kubernetesingress.namespaces",
		"providers.kubernetescrd.namespaces", "providers.kubernetesgateway.namespaces",
		"CONTROLLER_WATCH_NAMESPACE", "POD_NAMESPACE", "WATCH_NAMESPACE", "KUBERNETES_WATCHNAMESPACE":
		return Namespaces
	case "publish-service", "configmap", "nginx-configmaps", "tcp-services-configmap", "udp-services-configmap", "configmap-tcp-services",
		"default-backend-service", "default-ssl-certificate", "wildcard-tls-secret", "providers.kubernetesingress.ingressendpoint.publishedservice",
		"CONTROLLER_PUBLISH_SERVICE":
		return Objects
	case "watch-namespace-selector", "watch-namespace-label", "providers.kubernetesingress.labelselector":
		return Labels
	default:
		return Nothing
	}
}

// PublicName is an image's name without what may be a private registry's folder: what
// stands before the last word that tells of a controller is left out.
func PublicName(repository string) string {
	parts := strings.Split(repository, "/")
	for len(parts) > 1 && !tells(parts[0]) {
		parts = parts[1:]
	}
	return strings.Join(parts, "/")
}
