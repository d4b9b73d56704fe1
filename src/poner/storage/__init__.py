"""storage: files and folders on this machine, written whole or not at all.

In come names and contents, out come files; nothing here knows the meaning of a file. If a process
ends at any moment, even by a power cut, either the old state or the new one is left. Unfinished
work lies in a scratch folder, which the next command in the same place finishes or removes.

    scratch.py    folders to work in, each with a lock that ends with its process
    leftovers.py  finds what ended processes left behind
    files.py      one file, several files that belong together, files that must be new
    folders.py    a whole folder, exchanged in one step where the system can
    listing.py    what a folder holds, compared with what it should hold
    records.py    values kept in the cache
    cache.py      lists the cache, and removes content that was not used for long
    places.py     poner's own folders
    faults.py     errors of the disk as messages of two sentences

This package removes only files that poner made and that no running process uses.
"""

from poner.storage.cache import Entry, hold, list_entries, prune
from poner.storage.faults import FULL_DISK, disk_faults, explain, temporary_faults
from poner.storage.files import (
    copy_file,
    fingerprint,
    place_new_file,
    read_file,
    replace_files,
    write_file,
    writing,
)
from poner.storage.folders import followed, replace_folder, restore
from poner.storage.leftovers import scratch_folder, sweep
from poner.storage.listing import ABSENT, hash_file, is_hash, name_some, others_in
from poner.storage.locks import alone
from poner.storage.places import cache_folder, private_folder, state_folder
from poner.storage.records import make_key, read_record, write_record

__all__ = [
    "ABSENT",
    "FULL_DISK",
    "Entry",
    "alone",
    "cache_folder",
    "copy_file",
    "disk_faults",
    "explain",
    "fingerprint",
    "followed",
    "hash_file",
    "hold",
    "is_hash",
    "list_entries",
    "make_key",
    "name_some",
    "others_in",
    "place_new_file",
    "private_folder",
    "prune",
    "read_file",
    "read_record",
    "replace_files",
    "replace_folder",
    "restore",
    "scratch_folder",
    "state_folder",
    "sweep",
    "temporary_faults",
    "write_file",
    "write_record",
    "writing",
]
