package audit

// All are the analysers, by their codes. A code that is given up is not given again.
func All() []*Analyzer {
	return []*Analyzer{
		doorShutOut(), servicePort(), namedPort(), wrongNamespacePeer(), splitSelector(), nobodyMatches(), hostNetworkPeer(),
		idlePolicy(), misplacedPolicy(), noDNS(), doorWithoutEndpoints(), doorWrongPort(), ignoredIPBlock(),
		clientAddressReplaced(), metricsCutOff(), webhookCutOff(), meshPortShut(), bystanders(),
		noDefaultDenyIngress(), noDefaultDenyEgress(), notIsolated(), sensitivePortInside(), sensitivePortOutside(),
		openRuleBesideNarrow(), metadataOpen(), aroundTheDoor(), crossEnvironment(), notEnforced(),
		nodePortsOpen(), databaseToInternet(),
		shadowedRule(), duplicatePolicy(), deadPolicyType(), portsNobodyHas(), changesNothing(),
		retiredController(), retiredAPI(),
	}
}
