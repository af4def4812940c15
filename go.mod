module github.com/kubectl-netguard/netguard

go 1.26.0
