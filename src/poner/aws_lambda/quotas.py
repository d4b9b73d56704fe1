"""AWS Lambda's quotas that poner needs (L56, L62 to L70)."""

from __future__ import annotations

DIRECT_UPLOAD_BYTES = 52_428_800
"""Largest zip that a call of CreateFunction or PublishLayerVersion may carry."""

UNZIPPED_BYTES = 262_144_000
"""Largest unzipped total of a function and its layers."""

LAYERS = 5
"""Most layers a function can have."""

LAYER_NAME_LENGTH = 140
"""Longest name of a layer; letters, digits, - and _."""

HANDLER_CHARACTERS = 128
"""Longest name of a handler."""

REQUEST_BYTES = 6_291_456
"""Largest event of a synchronous invocation (6 MiB)."""

ASYNCHRONOUS_REQUEST_BYTES = 1_048_576
"""Largest event of an asynchronous invocation (1 MiB)."""

RESPONSE_BYTES = 6_291_556
"""Largest result of a synchronous invocation (6 MiB + 100)."""

MEMORY_MB = range(128, 10_240 + 1)
"""Memory that a function can have, in steps of 1 MB."""

TIMEOUT_S = range(1, 1_800 + 1)
"""Timeouts that poner accepts, in seconds. AWS's guides say at most 900, but its API
accepts more, so poner leaves values above 900 to AWS (L63)."""

INIT_TIMEOUT_S = 10.0
"""Longest init phase; Lambda stops a longer one and repeats it in the first invocation."""

DEFAULT_MEMORY_MB = 128
"""Memory of a function that sets none."""

DEFAULT_TIMEOUT_S = 3
"""Timeout of a function that sets none."""
