"""Starts awslambdaric inside the function's process, as /var/runtime/bootstrap does on Lambda.

This file never runs in poner's own process. The function's Python (3.9 or later), which cannot
import poner, starts it by path.
"""

import os
import site
import sys

# AWS's Python runs `site`. This one does not (-S), so the names that `site` adds are added here.
site.setquit()
site.setcopyright()
site.sethelper()

# Below 3.12 Lambda has no LC_CTYPE (L49), but Python adds it if the locale LANG is not installed.
if sys.version_info < (3, 12) and os.environ.get("LC_CTYPE") == "C.UTF-8":
    del os.environ["LC_CTYPE"]

runtime_folder, task_folder = os.environ["LAMBDA_RUNTIME_DIR"], os.environ["LAMBDA_TASK_ROOT"]
sys.path[0] = runtime_folder

from awslambdaric.__main__ import main  # type: ignore[import-not-found] # noqa: E402 # of another Python

# L54: task folder, layer folders, runtime folder, standard library. The interpreter's own packages
# come before the runtime folder from 3.13 on, and last in earlier versions.
program, handler, site_packages, *layer_folders = sys.argv
packages = [site_packages] if sys.version_info >= (3, 13) else []
folders = [task_folder, *layer_folders, *packages, *sys.path, site_packages]
sys.path[:] = dict.fromkeys(folders)
main([program, handler])
