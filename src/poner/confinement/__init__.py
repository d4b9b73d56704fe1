"""confinement: what a process gives up before it touches an untrusted model.

In come a program in a file, the Python that runs it, the folders that it reads and limits of time
and memory (`process.ConfinedProcess`). The program runs without network, without the user's files
and variables, and cannot start, stop or change other processes; it reads requests from standard
input and writes answers to standard output. Its answers are as untrusted as the model.

    poner ── keeper ── worker        keeper.py ends the worker with poner, and watches its memory
                       confine.py    limits, namespaces and mounts, capabilities, Landlock, seccomp

`start.py` and what it imports run by location, on any Python from 3.8 on with nothing but the
standard library, and under the name `poner_confinement`. `process.py` and `report.py` are for
poner itself. The mounts serve the emulator's supervisor, too.
"""
