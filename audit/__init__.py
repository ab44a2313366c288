"""What svarsgrad is made of, as lists for whoever must know: an SBOM, and licences."""
