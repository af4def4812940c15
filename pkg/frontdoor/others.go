package frontdoor

// nginxGatewayFabric is NGINX Gateway Fabric.
func nginxGatewayFabric() controller {
	return controller{
		name: "NGINX Gateway Fabric", apart: true, ids: []string{"gateway.nginx.org/nginx-gateway-controller"},
		images: []string{"nginx-gateway-fabric", "nginx/nginx-gateway-fabric"}, options: []string{"gateway-ctlr-name"},
		timeout: "504", refused: "502", source: "https://docs.nginx.com/nginx-gateway-fabric/overview/gateway-architecture/",
	}
}

// envoyGateway is Envoy Gateway.
func envoyGateway() controller {
	return controller{
		name: "Envoy Gateway", apart: true, ids: []string{"gateway.envoyproxy.io/gatewayclass-controller"},
		perGateway: []ownerLabels{{"gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace"}},
		perClass:   "gateway.envoyproxy.io/owning-gatewayclass",
		images:     []string{"envoyproxy/gateway"},
		timeout:    "503", refused: "503", source: "https://gateway.envoyproxy.io/docs/tasks/operations/gateway-namespace-mode/",
	}
}
