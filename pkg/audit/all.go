package audit

// All are the analysers, by their codes. A code that is given up is not given again.
func All() []*Analyzer {
	return []*Analyzer{
		doorShutOut(), servicePort(), namedPort(), wrongNamespacePeer(), splitSelector(), nobodyMatches(), hostNetworkPeer(),
		idlePolicy(), misplacedPolicy(), noDNS(), doorWithoutEndpoints(), doorWrongPort(), ignoredIPBlock(),
		noDefaultDenyIngress(), noDefaultDenyEgress(), notIsolated(), sensitivePortInside(), sensitivePortOutside(),
		openRuleBesideNarrow(), metadataOpen(), aroundTheDoor(), crossEnvironment(), notEnforced(),
		shadowedRule(), duplicatePolicy(), deadPolicyType(), portsNobodyHas(), changesNothing(),
		retiredController(), retiredAPI(),
	}
}
