"""Other APIs on the same models, for comparison in the benchmark. Do not deploy them."""
