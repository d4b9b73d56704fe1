"""confinement: runs a program that reads an untrusted model without network and user files.

In: a program in a file, its Python, the folders that it reads, and limits of time and memory
(`process.ConfinedProcess`). Out: the program's standard output, as untrusted as the model. The
program gets neither the user's environment variables nor other processes to start, stop or change.

    poner ── keeper ── worker        keeper.py ends the worker with poner, and watches its memory
                       confine.py    limits, namespaces and mounts, capabilities, Landlock, seccomp
                       broker.py     the keeper opens files, if mounts and Landlock are missing

`start.py` and the modules it imports are loaded by location as `poner_confinement`, on Python 3.8
or later, with only the standard library. `process.py` and `report.py` run in poner's own process.
The emulator's supervisor uses the mounts, too.
"""
