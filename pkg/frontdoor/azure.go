package frontdoor

const agicID = "azure/application-gateway"

// applicationGateway is the Application Gateway Ingress Controller (AGIC), and
// Application Gateway for Containers.
func applicationGateway() controller {
	return controller{
		name: "Azure Application Gateway", ids: []string{agicID, "alb.networking.azure.io/alb-controller"}, class: []string{"azure-application-gateway", agicID},
		outside: &outside{why: "an Azure Application Gateway outside the cluster, which sends from its own subnet"},
		images:  []string{"application-gateway/kubernetes-ingress"},
		timeout: "502", refused: "502", source: "https://learn.microsoft.com/azure/application-gateway/application-gateway-troubleshooting-502",
		ingress: &reader{
			serves: agicServes, guards: azureGuards, tls: agicTLS, together: &together{rule: unclear},
			noEndpoints: "502", noService: "502", notFound: "404",
		},
	}
}

// agicServes: the annotation azure/application-gateway, or a class of its controller
// (https://azure.github.io/application-gateway-kubernetes-ingress/ingress-v1/).
func agicServes(q *asked) claim {
	if q.class == "" {
		return is(q.annotated(), agicID, "")
	}
	return q.ofController(agicID, "alb.networking.azure.io/alb-controller")
}

// agicTLS: a certificate that the gateway holds may be named by annotation
// (https://azure.github.io/application-gateway-kubernetes-ingress/annotations/).
func agicTLS(q *asked) tlsHosts {
	const key = "appgw.ingress.kubernetes.io/appgw-ssl-certificate"
	out := q.mergedTLS()
	if q.ing.Annotations[key] != "" {
		out.add([]string{""}, key)
	}
	return out
}
