package settings

import (
	"path"
	"strings"
)

// Option is the name of an argument in the form of this package: --Ingress-Class=x
// is ingress-class. It is "" for what is no option.
func Option(arg string) string {
	name, _, _ := strings.Cut(arg, "=")
	bare := strings.TrimLeft(name, "-")
	if bare == name || bare == "" {
		return ""
	}
	return strings.ToLower(bare)
}

// Kept reports whether an option is kept: those of ingress-nginx
// (https://kubernetes.github.io/ingress-nginx/user-guide/cli-arguments/), F5
// (https://docs.nginx.com/nginx-ingress-controller/configuration/global-configuration/command-line-arguments/),
// HAProxy Technologies (haproxytech/kubernetes-ingress documentation/controller.md),
// HAProxy Ingress (https://haproxy-ingress.github.io/docs/configuration/command-line/),
// Kong (https://developer.konghq.com/kubernetes-ingress-controller/reference/configuration-options/),
// Contour (https://projectcontour.io/docs/main/configuration/), the AWS Load Balancer
// Controller (docs/deploy/configurations.md), NGINX Gateway Fabric, and Traefik's static
// configuration (https://doc.traefik.io/traefik/reference/install-configuration/).
func Kept(option string) bool {
	switch option {
	case "controller-class", "ingress-class", "ingress-class-by-name", "ingress-class-name", "ingress-class-precedence",
		"ingress.class", "empty-ingress-class", "watch-ingress-without-class", "disable-ingress-class-annotation", "watch-namespace",
		"watch-namespaces", "watch-namespace-selector", "watch-namespace-label", "namespace-whitelist", "namespace-blacklist",
		"publish-service", "configmap", "nginx-configmaps", "tcp-services-configmap", "udp-services-configmap",
		"configmap-tcp-services", "default-backend-service", "default-ssl-certificate", "wildcard-tls-secret", "enable-ssl-passthrough",
		"enable-tls-passthrough", "disable-catch-all", "disable-svc-external-name", "disable-http", "disable-https", "http-port",
		"https-port", "nginx-plus", "default-target-type", "disable-ingress-group-name-annotation", "default-load-balancer-scheme",
		"config-path", "contour-config-name", "configfile", "gateway-ctlr-name", "gatewayclass":
		return true
	default:
		return strings.HasPrefix(option, "providers.kubernetes") || strings.HasPrefix(option, "entrypoints")
	}
}

// KeptVariable reports whether a variable of a program is kept: of Kong's controller,
// each argument as CONTROLLER_…; of Traefik, as TRAEFIK_…; of Azure's (AGIC, its
// ConfigMap), and those that charts refer to in arguments.
func KeptVariable(name string) bool {
	switch name {
	case "CONTROLLER_INGRESS_CLASS", "CONTROLLER_WATCH_NAMESPACE", "CONTROLLER_PUBLISH_SERVICE", "POD_NAMESPACE", "WATCH_NAMESPACE",
		"KUBERNETES_WATCHNAMESPACE", "INGRESS_CLASS", "INGRESS_CLASS_RESOURCE_NAME", "INGRESS_CLASS_RESOURCE_ENABLED",
		"INGRESS_CLASS_RESOURCE_DEFAULT", "INGRESS_CLASS_RESOURCE_CONTROLLER":
		return true
	default:
		return strings.HasPrefix(name, "TRAEFIK_") && Kept(fromVariable(name))
	}
}

// fromVariable is the option that a variable of Traefik stands for:
// TRAEFIK_PROVIDERS_KUBERNETESINGRESS_NAMESPACES.
func fromVariable(name string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "TRAEFIK_"), "_", "."))
}

// Likely reports whether a container may be a controller, by its image and command:
// those of which more than the arguments is kept.
func Likely(image string, command []string) bool {
	if tells(Repository(image)) {
		return true
	}
	for _, c := range command {
		if c == "" || strings.HasPrefix(c, "-") {
			break
		}
		if tells(path.Base(c)) {
			return true
		}
	}
	return false
}

// tells reports whether a name has a word in it by which controllers are called.
func tells(name string) bool {
	for _, w := range [...]string{
		"ingress", "traefik", "contour", "kong", "haproxy", "nginx-gateway",
		"aws-load-balancer-controller", "pilot", "istiod", "openshift-router", "haproxy-router",
	} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// Args keeps of a command and its arguments what tells which objects are served,
// each option with its value, and the program's own name.
func Args(argv []string) []string {
	var out []string
	for i, a := range argv {
		option := Option(a)
		switch {
		case option == "":
			if i == 0 && Likely("", []string{a}) {
				out = append(out, a)
			}
		case Kept(option):
			if !strings.Contains(a, "=") && i+1 < len(argv) && argv[i+1] != "" && !strings.HasPrefix(argv[i+1], "-") {
				a += "=" + argv[i+1]
			}
			out = append(out, a)
		}
	}
	return out
}

// Repository is an image's name without registry host, tag and digest:
// ingress-nginx/controller.
func Repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	slash := strings.LastIndexByte(image, '/')
	if colon := strings.LastIndexByte(image, ':'); colon > slash {
		image = image[:colon]
	}
	if host, rest, ok := strings.Cut(image, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		image = rest
	}
	return image
}
