package audit

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func metricsCutOff() *Analyzer {
	return &Analyzer{
		Code: "NG015", Name: "metrics-cut-off", Severity: report.Low, Phase: outcomes,
		Title: "Policies keep Prometheus from a workload's metrics",
		Doc:   "A workload declares a port whose name has \"metrics\" in it, there are Prometheus pods in the cluster, and policies let none of them connect to it.",
		Why:   "The target is down for Prometheus, and alerts that rest on its metrics never fire.",
		Mend:  "Add a rule for the Prometheus pods with the namespaceSelector of their namespace, at the metrics port.",
		Sources: []string{
			"https://github.com/ahmetb/kubernetes-network-policy-recipes/issues/18",
			"https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config",
		},
		Run: func(p *Pass) {
			scrapers := p.prometheus()
			if !p.Enforced() || len(scrapers) == 0 || !p.Whole() {
				return
			}
			for _, w := range p.Workloads() {
				p.metricsOf(w, scrapers)
			}
		},
	}
}

// prometheus are the pods that scrape: as the operator and the charts label them
// (https://github.com/prometheus-operator/prometheus-operator, pkg/prometheus/server).
func (p *Pass) prometheus() []*model.Class {
	var out []*model.Class
	for _, c := range p.Classes() {
		l := c.Pods[0].Labels
		if (l["app.kubernetes.io/name"] == "prometheus" || l["app"] == "prometheus") && !c.Pods[0].HostNetwork {
			out = append(out, c)
		}
	}
	return out
}

func (p *Pass) metricsOf(w *Workload, scrapers []*model.Class) {
	for _, c := range w.Classes {
		if !c.Ingress.Isolates() || !p.Certain(c.Namespace) {
			continue
		}
		for _, port := range c.Pods[0].Ports {
			if !strings.Contains(port.Name, "metrics") || port.Protocol != connset.TCP {
				continue
			}
			ports, shut := connset.Of(port.Protocol, port.Port, port.Port), true
			for _, s := range scrapers {
				e := p.endpoint(s)
				shut = shut && s != c && denies(p.Says(c, report.Ingress, &e, ports))
			}
			if !shut {
				continue
			}
			f := found{key: port.Name}
			f.Object, f.Ends = w.Object(), []report.End{ownerEnd(scrapers[0])}
			for _, x := range c.Ingress.Policies() {
				f.By = append(f.By, ruleRef(x, "spec.ingress"))
			}
			f.Message = fmt.Sprintf("%s may not connect to the metrics of %s at TCP %d: no rule of %s lets it in",
				endName(ownerEnd(scrapers[0])), endName(w.End), port.Port, policyNames(f.By))
			f.Fix = p.fix(scrapers[0], c, refPort(port.Port, port.Protocol))
			p.report(f)
			return
		}
	}
}
