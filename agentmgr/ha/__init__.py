"""Which manager owns which zone: leases, takeover, hand-back."""
